"""Tokenizers and preprocessors of keras-hub: their own ids and inputs, at the characters of any text."""

import io

import numpy as np
import pytest
from awkward import AWKWARD, assert_placed
from hypothesis import given, settings

import textattr
from textattr.errors import DocumentError, TokenizerError
from textattr.tokenizers.choose import wrap
from textattr.tokenizers.encoding import Packer

keras_hub = pytest.importorskip(
    "keras_hub", reason="needs keras-hub (pip install --no-deps keras-hub regex)", exc_type=ImportError
)
sentencepiece = pytest.importorskip("sentencepiece")

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##a", "film", "##s", "e", "##e", ".", "!", "-"]
PIECES += ["1", "19", "fi", "##1", "ss", "##ss", "e\u0301", "##\u0301", "good", "very"]
ALPHABET = [*map(chr, range(33, 127)), *map(chr, range(161, 173)), *map(chr, range(174, 256))]
ALPHABET += [chr(256 + i) for i in range(256 - len(ALPHABET))]
MERGES = ["f i", "fi l", "fil m", "Ġ film"]
BYTE_PAIRS = [*ALPHABET, "fi", "fil", "film", "Ġfilm", "<s>", "</s>", "<pad>", "<mask>", "<unk>"]


def byte_pair(kind, **settings):
    return kind({token: i for i, token in enumerate(BYTE_PAIRS)}, MERGES, **settings)


def proto(**settings):
    out = io.BytesIO()
    texts = ["A warm and funny film, a little too neat.", "films are heartwarming 👍🏽 这部电影 café"] * 10
    settings = {"vocab_size": 90, "hard_vocab_limit": False, "minloglevel": 2, **settings}
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(texts), model_writer=out, **settings)
    return out.getvalue()


def tokenizers():
    make, models = keras_hub.tokenizers, keras_hub.models
    special = {"special_tokens": ["[CLS]"], "special_tokens_in_strings": True}
    marks = {"user_defined_symbols": ["[MASK]"]}
    bert = {"pad_id": 0, "unk_id": 1, "bos_id": -1, "eos_id": -1}
    return {
        "word pieces": make.WordPieceTokenizer(PIECES, lowercase=True, strip_accents=True),
        "word pieces as they are": make.WordPieceTokenizer(PIECES, lowercase=False, strip_accents=False),
        "special in strings": make.WordPieceTokenizer(PIECES, lowercase=True, split_on_cjk=False, **special),
        "cut word pieces": make.WordPieceTokenizer(PIECES, lowercase=True, sequence_length=5),
        "whole texts": make.WordPieceTokenizer(PIECES, split=False),
        "BERT": models.BertTokenizer(PIECES, lowercase=True, strip_accents=True),
        "byte pairs": byte_pair(make.BytePairTokenizer),
        "cut byte pairs": byte_pair(make.BytePairTokenizer, add_prefix_space=True, sequence_length=6),
        "RoBERTa": byte_pair(models.RobertaTokenizer),
        "sentence pieces": make.SentencePieceTokenizer(proto()),
        "cut sentence pieces": make.SentencePieceTokenizer(
            proto(), add_bos=True, add_eos=True, sequence_length=7
        ),
        "XLM-RoBERTa": models.XLMRobertaTokenizer(proto()),
        "ALBERT": models.AlbertTokenizer(
            proto(**bert, user_defined_symbols=["[CLS]", "[SEP]", "[MASK]"], pad_piece="<pad>")
        ),
        "DeBERTa": models.DebertaV3Tokenizer(
            proto(
                pad_id=0,
                bos_id=1,
                eos_id=2,
                unk_id=3,
                pad_piece="[PAD]",
                bos_piece="[CLS]",
                eos_piece="[SEP]",
                unk_piece="[UNK]",
            )
        ),
        "bytes": make.ByteTokenizer(),
        "normalised bytes": make.ByteTokenizer(normalization_form="NFKC", lowercase=False),
        "characters": make.UnicodeCodepointTokenizer(),
        "cut characters": make.UnicodeCodepointTokenizer(
            normalization_form="NFC", vocabulary_size=300, sequence_length=9
        ),
        "normalised characters": make.UnicodeCodepointTokenizer(normalization_form="NFKD", lowercase=False),
        "marks": make.SentencePieceTokenizer(proto(**marks)),
    }


TOKENIZERS = tokenizers()


@pytest.mark.parametrize("name", TOKENIZERS)
@settings(deadline=None)
@given(text=AWKWARD)
def test_its_own_ids_at_their_characters(name, text):
    tokenizer = TOKENIZERS[name]
    encoding = wrap(tokenizer)(text)
    assert encoding.ids.tolist() == np.asarray(tokenizer.tokenize(text)).reshape(-1).tolist()
    assert_placed(encoding, text)


def test_words_and_unknown_tokens():
    encoding = wrap(TOKENIZERS["BERT"])("Films, é zz")
    assert encoding.tokens == ("Film", "s", ",", "é", "zz")
    assert encoding.words == (0, 0, 1, 2, 3)
    assert (encoding.pad_id, encoding.unknown_id, encoding.mask_id) == (0, 1, 4)
    assert encoding.ids.tolist()[-1] == 1


def test_the_length_of_the_model():
    wrapped = wrap(TOKENIZERS["word pieces"])
    assert wrapped("a film", length=4).ids.tolist() == [5, 7, 0, 0]
    assert wrapped("a film", length=1).unread == {None: ((1, 6),)}
    assert wrap(TOKENIZERS["cut word pieces"], padding="pre")("a", length=3).ids.tolist() == [5, 0, 0, 0, 0]


def test_another_answer_of_its_own_is_what_counts():
    class Odd(keras_hub.tokenizers.WordPieceTokenizer):
        def tokenize(self, inputs):
            return [[*row, 4] for row in super().tokenize(inputs)]

    encoding = wrap(Odd(PIECES, lowercase=True))("a film")
    assert encoding.ids.tolist() == [5, 7, 4]
    assert (encoding.text, encoding.original) == ("a film [MASK]", "a film")
    assert "Odd gives other ids" in encoding.warnings[0]


def test_a_kind_that_is_not_known_shows_its_tokens():
    class Words(keras_hub.tokenizers.Tokenizer):
        def tokenize(self, inputs):
            return [[len(word) for word in text.split()] for text in inputs]

        def vocabulary_size(self):
            return 20

    encoding = wrap(Words())("a film")
    assert encoding.ids.tolist() == [1, 4]
    assert (encoding.text, encoding.original) == ("[1] [4]", "a film")


def preprocessors():
    models = keras_hub.models
    return {
        "BERT": models.BertTextClassifierPreprocessor(TOKENIZERS["BERT"], sequence_length=10),
        "DistilBERT": models.DistilBertTextClassifierPreprocessor(
            models.DistilBertTokenizer(PIECES, lowercase=True), sequence_length=7, truncate="waterfall"
        ),
        "RoBERTa": models.RobertaTextClassifierPreprocessor(TOKENIZERS["RoBERTa"], sequence_length=14),
        "XLM-RoBERTa": models.XLMRobertaTextClassifierPreprocessor(
            TOKENIZERS["XLM-RoBERTa"], sequence_length=12
        ),
        "ALBERT": models.AlbertTextClassifierPreprocessor(TOKENIZERS["ALBERT"], sequence_length=12),
        "DeBERTa": models.DebertaV3TextClassifierPreprocessor(TOKENIZERS["DeBERTa"], sequence_length=12),
    }


PREPROCESSORS = preprocessors()


@pytest.mark.parametrize("name", PREPROCESSORS)
@settings(max_examples=15, deadline=None)
@given(text=AWKWARD, other=AWKWARD)
def test_what_a_preprocessor_makes(name, text, other):
    preprocessor = PREPROCESSORS[name]
    wrapped = wrap(preprocessor)
    encoding = wrapped(text)
    own = preprocessor([text])
    assert encoding.inputs.keys() == own.keys()
    for each, value in own.items():
        np.testing.assert_array_equal(encoding.inputs[each], np.asarray(value)[0])
    assert encoding.ids.tolist() == np.asarray(own["token_ids"])[0].tolist()
    assert_placed(encoding, text)
    pair = wrapped.pack({"question": text, "passage": other})
    own = preprocessor(x=([text], [other]))
    assert pair.ids.tolist() == np.asarray(own["token_ids"])[0].tolist()
    assert pair.warnings == ()
    assert pair.texts == {"question": text, "passage": other}
    for token, (start, end), of, special in zip(
        pair.tokens, pair.offsets, pair.text_of, pair.special, strict=True
    ):
        assert special == (of is None)
        assert start == end or pair.texts[of][start:end] == token


def test_a_pair_that_is_cut():
    wrapped = wrap(PREPROCESSORS["BERT"])
    assert isinstance(wrapped, Packer)
    pair = wrapped.pack({"question": "a films!", "passage": "film e é e e. e e"})
    assert pair.tokens == ("[CLS]", "a", "film", "s", "!", "[SEP]", "film", "e", "é", "[SEP]")
    assert pair.text_of == (None, *["question"] * 4, None, *["passage"] * 3, None)
    assert (pair.untruncated_length, pair.unread) == (15, {"passage": ((8, 17),)})
    one = wrapped.pack({"question": "a film"})
    assert one.text_of[:4] == (None, "question", "question", None)
    assert wrapped("a film ").unread == {}
    assert wrapped("film " * 9).unread == {None: ((39, 45),)}
    with pytest.raises(DocumentError, match="at least one text"):
        wrapped.pack({})


def test_special_tokens_are_a_share_of_their_own():
    sizes = {
        "num_layers": 1,
        "hidden_dim": 8,
        "intermediate_dim": 8,
        "max_sequence_length": 10,
        "num_heads": 2,
    }
    backbone = keras_hub.models.BertBackbone(vocabulary_size=len(PIECES), **sizes)
    model = keras_hub.models.BertTextClassifier(backbone, num_classes=2)
    explanation = textattr.explain_prediction(
        model, "a films!", tokenizer=PREPROCESSORS["BERT"], method="gradient_x_input"
    )
    assert explanation.document == "a films!"
    [target] = explanation.targets
    assert [span.text for span in target.spans] == ["a", "film", "s", "!"]
    assert "special" in target.shares


def test_bad_input():
    wrapped = wrap(TOKENIZERS["BERT"])
    with pytest.raises(DocumentError, match="half of a character"):
        wrapped("so \ud800")
    assert len(wrapped("")) == 0
    assert wrapped("a\0b").text == "a\0b"
    assert len(wrapped("so good " * 25_000)) == 50_000
    with pytest.raises(TokenizerError, match="gives string.*dtype=.int32"):
        wrap(keras_hub.tokenizers.WordPieceTokenizer(PIECES, dtype="string"))
    with pytest.raises(TokenizerError, match="has none: make it with the one"):
        wrap(keras_hub.tokenizers.WordPieceTokenizer())("a")
    with pytest.raises(DocumentError, match="half of a character"):
        wrap(PREPROCESSORS["BERT"])("so \ud800")
