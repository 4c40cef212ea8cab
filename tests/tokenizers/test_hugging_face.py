"""Hugging Face tokenizers, trained here: their own ids, words and special tokens, at the characters of any text."""

import pytest
from awkward import AWKWARD, assert_placed
from hypothesis import given, settings
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from textattr.errors import DocumentError, OptionError, TokenizerError
from textattr.tokenizers.choose import wrap

TEXTS = [
    "A warm and funny film, though the ending is a little too neat.",
    "unbelievable films are heartwarming 👍🏽 这部电影 café naïve straße",
] * 10


def word_piece():
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    made.train_from_iterator(
        TEXTS, trainers.WordPieceTrainer(vocab_size=150, special_tokens=special, show_progress=False)
    )
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return made


def byte_pair():
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=alphabet, special_tokens=["<s>", "<pad>"], show_progress=False
    )
    made.train_from_iterator(TEXTS, trainer)
    return made


def unigram():
    made = Tokenizer(models.Unigram())
    made.normalizer, made.pre_tokenizer = normalizers.NFKC(), pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=100, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False
    )
    made.train_from_iterator(TEXTS, trainer)
    return made


@pytest.fixture(scope="module", params=[word_piece, byte_pair, unigram])
def tokenizer(request):
    return request.param()


@settings(deadline=None)
@given(text=AWKWARD)
def test_its_own_ids_at_their_characters(tokenizer, text):
    encoding = wrap(tokenizer)(text)
    assert encoding.ids.tolist() == tokenizer.encode(text).ids
    assert_placed(encoding, text)


def test_words_and_special_tokens():
    encoding = wrap(word_piece())("A café, zz [MASK] 电影!")
    names = [encoding.text[a:b] for a, b in encoding.offsets]
    assert names == ["", "A", "café", ",", "zz", "[MASK]", "电", "影", "!", ""]
    assert [i for i, special in enumerate(encoding.special) if special] == [0, 9]
    assert encoding.words == (None, 0, 1, 2, 3, 4, 5, 6, 7, None)
    assert (encoding.pad_id, encoding.unknown_id, encoding.mask_id) == (0, 1, 4)
    assert encoding.ids[4] == encoding.unknown_id


def test_bytes_of_one_character_stand_at_it():
    encoding = wrap(byte_pair())("👍🏽 film")
    assert set(encoding.offsets) == {(0, 1), (1, 2), (3, 7)}
    assert encoding.words[:2] == (0, 0)
    assert encoding.words[-1] == 1


def test_words_without_a_rule_of_its_own_stand_between_spaces():
    made = unigram()
    made.pre_tokenizer = None
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    text = "A warm film"
    encoding = wrap(made)(text)
    by_word = {}
    for word, (start, end) in zip(encoding.words, encoding.offsets, strict=True):
        by_word.setdefault(word, []).append(text[start:end])
    assert {word: "".join(dict.fromkeys(parts)).strip() for word, parts in by_word.items()}[2] == "film"
    assert len(by_word) == 3


def test_cutting_keeps_the_special_tokens():
    made = word_piece()
    encoding = wrap(made)("A warm film is neat", length=5)
    assert encoding.special == (True, False, False, False, True)
    assert (encoding.untruncated_length, encoding.unread) == (7, {None: ((11, 19),)})
    left = wrap(made, length=3)
    assert left("A warm film").tokens == ("[CLS]", "A", "[SEP]")
    with pytest.raises(OptionError, match="2 special tokens"):
        wrap(made)("A", length=1)
    filled = wrap(made)("A", length=5)
    assert filled.ids.tolist() == [2, made.token_to_id("a"), 3, 0, 0]
    assert wrap(made, padding="pre")("A", length=5).ids.tolist() == [0, 0, 2, made.token_to_id("a"), 3]


def test_its_own_settings_cut_and_fill_up():
    made = word_piece()
    made.enable_truncation(4, stride=1)
    made.enable_padding(length=6)
    texts = ["A warm film is neat", "A"]
    found = wrap(made).encode_many(texts, length=6)
    assert [each.ids.tolist() for each in found] == [made.encode(text).ids for text in texts]
    assert (found[0].untruncated_length, found[0].unread) == (7, {None: ((6, 19),)})
    assert found[1].untruncated_length is None
    made.enable_truncation(4, direction="left")
    made.no_padding()
    assert wrap(made)("A warm film is neat").unread == {None: ((0, 12),)}


def test_a_text_of_a_batch_is_read_as_it_is_alone():
    made = word_piece()
    made.enable_padding()
    found = wrap(made).encode_many(["A warm film", "A"])
    assert [len(each) for each in found] == [5, 3]
    made.enable_padding(pad_to_multiple_of=4)
    found = wrap(made).encode_many(["A warm film", "A"])
    assert [each.ids.tolist() for each in found] == [made.encode(text).ids for text in ("A warm film", "A")]


class Fast:
    """As the fast tokenizers of transformers are: a tokenizer inside, with settings of its own."""

    padding_side, pad_token_id, mask_token_id, unk_token_id = "left", 0, 4, 1

    def __init__(self, change=lambda ids: ids):
        self.backend_tokenizer, self.change = word_piece(), change

    def __call__(self, texts):
        return {"input_ids": [self.change(each.ids) for each in self.backend_tokenizer.encode_batch(texts)]}


def test_the_fast_tokenizers_of_transformers():
    encoding = wrap(Fast())("A film", length=6)
    assert encoding.tokens == ("<PAD>", "<PAD>", "[CLS]", "A", "film", "[SEP]")
    assert encoding.original is None
    other = wrap(Fast(lambda ids: [*ids[:-1], 4, 3]))("A film")
    assert other.original == "A film"
    assert "Fast gives other ids" in other.warnings[0]
    assert "at token 3 it gives the id 4 ('[MASK]')" in other.warnings[0]
    assert other.text == "a film [MASK]"
    strange = Fast()
    strange.__class__ = type("Strange", (Fast,), {"__call__": lambda self, texts: 3})
    with pytest.raises(TokenizerError, match="a dict with input_ids, got int"):
        wrap(strange)("A")


def test_tokens_in_another_order_are_shown_themselves():
    made = word_piece()

    class Turned:
        def __init__(self):
            self._tokenizer = made

    class Given:
        def __init__(self, given):
            self.given = given

        def __getattr__(self, name):
            value = getattr(self.given, name)
            return value[::-1] if isinstance(value, list) else value

    from textattr.tokenizers.hugging_face import FromHuggingFace

    encoding = FromHuggingFace(Turned())._read("A film", Given(made.encode("A film")))
    assert encoding.original == "A film"
    assert encoding.text == "film a"
    assert "another order" in encoding.warnings[0]


def test_bad_input():
    wrapped = wrap(word_piece())
    with pytest.raises(DocumentError, match="half of a character"):
        wrapped("so \ud800")
    assert wrapped("").special == (True, True)
    assert wrapped("a\0b").text == "a\0b"
    assert len(wrapped("so good " * 10_000)) > 20_000
    assert wrapped("x" * 1_000_000).unread == {}
    with pytest.raises(OptionError, match="there is no pad id"):
        wrap(unigram())("A", length=9)
    with pytest.raises(OptionError, match="does not take vocabulary for a Hugging Face tokenizer"):
        wrap(word_piece(), vocabulary=["a"])


def test_places_that_dropped_characters_shift_are_not_shown():
    tokenizer = Tokenizer(models.BPE(vocab={"a": 0, "b": 1, "c": 2}, merges=[]))
    encoding = wrap(tokenizer)("aXb")
    assert encoding.text == "a b"
    assert encoding.original == "aXb"
    assert "drops characters" in encoding.warnings[0]
    assert wrap(tokenizer)("abc").offsets == ((0, 1), (1, 2), (2, 3))


def test_a_pair_is_checked_on_the_path_of_the_object_that_holds_the_tokenizer():
    class Fast:
        backend_tokenizer = Tokenizer(models.WordLevel({"a": 0, "b": 1, "[SEP]": 2}, unk_token="a"))
        extra = ()

        def __call__(self, first, second):
            pair = zip(first, second, strict=True)
            return {"input_ids": [[*self.backend_tokenizer.encode(*each).ids, *self.extra] for each in pair]}

    held = Fast()
    assert wrap(held).pack({"one": "a", "other": "b"}).ids.tolist() == [0, 1]
    held.extra = (2,)
    with pytest.raises(TokenizerError, match=r"other ids for a pair, \[0, 1, 2\]"):
        wrap(held).pack({"one": "a", "other": "b"})
