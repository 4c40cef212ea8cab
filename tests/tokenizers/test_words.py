"""`Words`: offsets of any text, the rules that split it, special ids, padding, Keras' IMDB ids, and its errors."""

import pickle
from itertools import pairwise
from unicodedata import category

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textattr.errors import DocumentError, OptionError, TokenizerError
from textattr.tokenizers.encoding import Tokenizer
from textattr.tokenizers.words import Words

VOCABULARY = {"<PAD>": 0, "<UNK>": 1, "so": 2, "good": 3, "don't": 4, "i": 5, "ß": 6, "i̇": 7}

# Letters, marks, apostrophes, emoji and their glue, alphabets and spaces, more often than chance would give them.
awkward = st.text(
    st.sampled_from("aİẞé'’-_.!19²٣ \u0301\u0327\n\u3000\u200b\u200d\u200c\ufe0f👍🏽👩❤🇩🇪ﷺجيد很好हि\xad")
    | st.characters()
)


def make(**options):
    return Words(
        VOCABULARY, **{"unknown": 1, **({} if "pattern" in options else {"splitting": "words"}), **options}
    )


@given(awkward, st.booleans())
def test_offsets_are_exact_in_order_and_apart(text, lowercase):
    encoding = make(lowercase=lowercase)(text)
    end = 0
    for token, (start, stop) in zip(encoding.tokens, encoding.offsets, strict=True):
        assert end <= start < stop
        assert text[start:stop] == token
        assert not token.isspace()
        end = stop


@given(awkward)
def test_letters_and_digits_all_belong_to_a_token(text):
    covered = {i for start, stop in make()(text).offsets for i in range(start, stop)}
    assert all(i in covered for i, character in enumerate(text) if character.isalnum())


@given(awkward)
def test_no_token_begins_with_what_belongs_to_the_character_before(text):
    offsets = make()(text).offsets
    for (_, before), (start, _) in pairwise(offsets):
        if before == start:
            assert category(text[start])[0] != "M"
            assert not "\U0001f3fb" <= text[start] <= "\U0001f3ff"


@given(st.text())
def test_every_pattern_gives_exact_offsets(text):
    for pattern in (r"\S+", r"\w*", r"(a)|(b)"):
        encoding = make(pattern=pattern)(text)
        assert [text[a:b] for a, b in encoding.offsets] == list(encoding.tokens)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't, don’t!", ["Don't", ",", "don’t", "!"]),
        ("'quoted' rock'n'roll dogs'", ["'", "quoted", "'", "rock'n'roll", "dogs", "'"]),
        ("well-made... 3.5/10", ["well", "-", "made", ".", ".", ".", "3", ".", "5", "/", "10"]),
        ("snake_case", ["snake", "_", "case"]),
        ("a\u00a0b\u3000c\td\u200be\ufefff", ["a", "b", "c", "d", "e", "f"]),
        ("cafe\u0301 naïve", ["cafe\u0301", "naïve"]),
        ("\u0301a", ["\u0301", "a"]),
        ("👍🏽👩‍❤️‍💋‍👨x", ["👍🏽", "👩‍❤️‍💋‍👨", "x"]),
        (
            "🇩🇪🇫🇷 🏴\U000e0067\U000e0062\U000e007f 1️⃣ #️⃣",
            ["🇩🇪", "🇫🇷", "🏴\U000e0067\U000e0062\U000e007f", "1️⃣", "#️⃣"],
        ),
        ("الفيلم جيِّد، جداً!", ["الفيلم", "جيِّد", "،", "جداً", "!"]),
        ("می‌خواهم", ["می‌خواهم"]),
        ("हिन्दी में।", ["हिन्दी", "में", "।"]),
        ("这部电影，很好。", ["这部电影", "，", "很好", "。"]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_tokens_of_the_default_pattern(text, tokens):
    assert list(make()(text).tokens) == tokens


@pytest.mark.parametrize(("text", "ids"), [("İ", [7]), ("ẞ GOOD", [6, 3]), ("İİ so", [1, 2])])
def test_lower_case_that_changes_the_length_leaves_the_offsets_alone(text, ids):
    encoding = make()(text)
    assert encoding.ids.tolist() == ids
    assert [text[a:b] for a, b in encoding.offsets] == text.split()


def test_unknown_words_keep_their_text():
    encoding = make()("So Zzyzx")
    assert encoding.tokens == ("So", "Zzyzx")
    assert encoding.ids.tolist() == [2, 1]
    assert encoding.special == (False, False)
    assert encoding.unknown_id == 1


def test_unknown_words_can_be_left_out():
    encoding = make(unknown=None)("so zzyzx good")
    assert encoding.tokens == ("so", "good")
    assert encoding.offsets == ((0, 2), (9, 13))
    assert encoding.unknown_id is None


def test_case_counts_when_asked():
    assert Words({"So": 2, "so": 3}, unknown=1, splitting="words", lowercase=False)(
        "So so SO"
    ).ids.tolist() == [2, 3, 1]


def test_start_stands_before_the_text_and_for_no_characters():
    encoding = make(start=9)("so")
    assert encoding.tokens == ("<START>", "so")
    assert encoding.ids.tolist() == [9, 2]
    assert encoding.offsets == ((0, 0), (0, 2))
    assert encoding.special == (True, False)
    assert make(start=9)("").ids.tolist() == [9]


def test_filling_up():
    after = make(length=4, padding="post")("so good")
    assert after.ids.tolist() == [2, 3, 0, 0]
    assert after.tokens == ("so", "good", "<PAD>", "<PAD>")
    assert after.offsets == ((0, 2), (3, 7), (0, 0), (0, 0))
    assert after.special == (False, False, True, True)
    assert after.pad_id == 0
    before = make(length=4, padding="pre")("so good")
    assert before.ids.tolist() == [0, 0, 2, 3]
    assert before.special == (True, True, False, False)
    assert before.untruncated_length is None


def test_cutting_takes_the_side_that_padding_names():
    after = make(length=2, padding="post", start=9)("so good so")
    assert after.ids.tolist() == [9, 2]
    assert after.untruncated_length == 4
    before = make(length=2, padding="pre", start=9)("so good so")
    assert before.ids.tolist() == [3, 2]
    assert before.offsets == ((3, 7), (8, 10))
    assert before.untruncated_length == 4


@given(
    st.lists(st.sampled_from(["so", "good", "zz"]), max_size=8),
    st.integers(1, 8),
    st.sampled_from(["post", "pre"]),
)
def test_length_is_met(words, length, padding):
    text = " ".join(words)
    encoding = make(length=length, padding=padding)(text)
    assert len(encoding) == length
    assert [
        token for token, is_special in zip(encoding.tokens, encoding.special, strict=True) if not is_special
    ] == (words[:length] if padding == "post" else words[-length:])


def test_own_length_wins_over_the_model():
    assert len(make()("so good", length=5)) == 5
    assert len(make(length=3)("so good", length=5)) == 3


def test_padding_and_unknown_may_be_one_id():
    encoding = make(unknown=0, length=3)("so zzyzx")
    assert encoding.ids.tolist() == [2, 0, 0]
    assert encoding.special == (False, False, True)


def test_a_list_gives_each_word_its_position():
    assert Words(["", "[UNK]", "so"], unknown=1, splitting="words")("so what").ids.tolist() == [2, 1]


def test_numpy_numbers_are_ids():
    words = Words({"so": np.int64(2)}, unknown=np.int32(1), splitting="words", length=np.int64(2))
    assert words("so").ids.tolist() == [2, 0]
    assert type(words.unknown) is int


def test_keras_imdb_gives_the_ids_of_load_data():
    index = {"the": 1, "and": 2, "a": 3, "don't": 89, "film": 19, "br": 7}
    words = Words.keras_imdb(index)
    assert words("The film, and don't  zzyzx-a!").ids.tolist() == [1, 4, 22, 5, 92, 2, 6]
    assert words("the", length=3).ids.tolist() == [0, 1, 4]
    assert Words.keras_imdb(index, length=2)("the film").ids.tolist() == [4, 22]
    assert Words.keras_imdb(index, padding="post", length=4)("the").ids.tolist() == [1, 4, 0, 0]


def test_keras_imdb_numbers_from_num_words_on_are_unknown():
    words = Words.keras_imdb({"the": 1, "film": 19}, num_words=22)
    assert words("the film").ids.tolist() == [1, 4, 2]
    assert Words.keras_imdb({"the": 1, "film": 19}, num_words=23)("film").ids.tolist() == [1, 22]


def test_a_word_may_list_the_special_ids():
    Words({"<PAD>": 0, "[UNK]": 1, "<s>": 2, "so": 3}, unknown=1, splitting="words", start=2)
    Words(["pad", "unk", "so"], unknown=1, splitting="words")
    Words({"the": 1, "of": 2}, unknown=2, splitting="words", start=1, offset=2)


@pytest.mark.parametrize(
    ("vocabulary", "options", "message"),
    [
        ({"the": 1}, {"unknown": 1}, "unknown=1 is also the id of the word 'the'"),
        ({"the": 0}, {"unknown": 1}, "pad=0 is also the id of the word 'the'"),
        (
            {"the": 1},
            {"unknown": 5, "start": 3, "offset": 2},
            r"start=3 is also .* 'the' \(1 in the vocabulary, offset=2\)",
        ),
        ({"so": 2}, {"unknown": 1, "start": 1}, "start= needs an id of its own"),
        ({"so": 2}, {"unknown": 1, "start": 0}, "start= needs an id of its own"),
        ({"so": 2}, {"unknown": -1}, "whole numbers from 0 up, got -1 for unknown="),
        ({"so": 2}, {"unknown": True}, "got True for unknown="),
        ({"so": 2}, {"unknown": 1.0}, "got 1.0 for unknown="),
        ({"so": "2"}, {"unknown": 1}, "got '2' for the word 'so'"),
        ({"so": 2}, {"unknown": 1, "offset": -3}, "offset= is a whole number"),
        ({"so": 2}, {"unknown": 1, "offset": 0.5}, "offset= is a whole number"),
        ({2: "so"}, {"unknown": 1}, "strings, got 2 .int.; where the dict maps ids to words, turn it round"),
        ({}, {"unknown": 1}, "empty"),
        (["a", "b", "a"], {"unknown": 7, "pad": None}, "'a' at positions 0 and 2"),
        ("abc", {"unknown": 1}, "a dict .word: id. or a list of words .* got str"),
        (None, {"unknown": 1}, "got NoneType"),
    ],
)
def test_vocabularies_that_are_refused(vocabulary, options, message):
    with pytest.raises(TokenizerError, match=message):
        Words(vocabulary, splitting="words", **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pattern": "("}, "regular expression .* got '\\('"),
        ({"pattern": 3}, "regular expression .* got 3"),
        ({"length": 0}, "length= is None or a positive whole number, got 0"),
        ({"length": "5"}, "length= .* got '5'"),
        ({"padding": "left"}, '"post" .* or "pre" .* got \'left\''),
    ],
)
def test_options_that_are_refused(options, message):
    with pytest.raises(OptionError, match=message):
        make(**options)


def test_keras_imdb_takes_the_index():
    with pytest.raises(TokenizerError, match="got list"):
        Words.keras_imdb(["the"])
    with pytest.raises(OptionError, match="num_words="):
        Words.keras_imdb({"the": 1}, num_words=-1)


def test_filling_up_needs_a_pad_id():
    with pytest.raises(OptionError, match=r"the model reads 3 tokens, this text has 1.*pad="):
        make(pad=None)("so", length=3)


def test_one_text_at_a_time():
    with pytest.raises(DocumentError, match=r"one text .* got list"):
        make()(["so"])
    with pytest.raises(OptionError, match="length="):
        make()("so", length=-1)


def test_equal_by_value_hashable_and_picklable():
    words = make(length=3)
    assert words == make(length=3)
    assert hash(words) == hash(make(length=3))
    assert words != make(length=4)
    again = pickle.loads(pickle.dumps(words))
    assert again == words
    assert np.array_equal(again("so").ids, words("so").ids)


def test_the_vocabulary_is_a_copy():
    vocabulary = {"so": 2}
    words = Words(vocabulary, unknown=1, splitting="words")
    vocabulary["good"] = 3
    assert words("good").ids.tolist() == [1]


def test_one_line_repr():
    assert repr(make()) == "Words(8 words, unknown=1, splitting='words')"
    assert (
        repr(make(unknown=None, start=9, length=5))
        == "Words(8 words, unknown=None, splitting='words', start=9, length=5)"
    )


def test_is_a_tokenizer():
    assert isinstance(make(), Tokenizer)


TEXTS = st.text(
    st.sampled_from("aBéÉİΣσß.,'’!-_~19 \t\n\r\v\f\x1c\x85\u00a0\u2009\u3000\u0301👍🏽")
    | st.characters(exclude_categories=("Cs",)),
    max_size=12,
)


@pytest.fixture(scope="module")
def layer():
    import keras

    return keras.layers.TextVectorization(vocabulary=["a", "b", "ab", "É", "1", "19"])


@settings(deadline=None)
@given(TEXTS)
def test_the_rule_of_text_vectorization_is_that_of_the_layer(layer, text):
    words = Words(layer.get_vocabulary(), unknown=1, splitting="text_vectorization")
    assert words(text).ids.tolist() == np.asarray(layer([text]))[0].tolist()
    assert [text[a:b] for a, b in words(text).offsets] == list(words(text).tokens)


@pytest.fixture(scope="module", params=[{"oov_token": "<OOV>"}, {}])
def keras_tokenizer(request):
    import tf_keras

    tokenizer = tf_keras.preprocessing.text.Tokenizer(**request.param)
    tokenizer.fit_on_texts(["a b ab É 1 19", "Σας\u00a0a ß"])
    return tokenizer


@settings(deadline=None)
@given(TEXTS)
def test_the_rule_of_keras_tokenizer_is_that_of_the_tokenizer(keras_tokenizer, text):
    unknown = 1 if keras_tokenizer.oov_token else None
    words = Words(keras_tokenizer.word_index, unknown=unknown, splitting="keras_tokenizer")
    assert words(text).ids.tolist() == keras_tokenizer.texts_to_sequences([text])[0]


def test_keras_splits_at_space_tab_and_newline_only():
    words = Words({"a": 2}, unknown=1, splitting="keras_tokenizer")
    assert words("a\tb\nc d").tokens == ("a", "b", "c", "d")
    assert words("a\u00a0b\rc\u2009d\u3000e").tokens == ("a\u00a0b\rc\u2009d\u3000e",)


def test_without_a_rule_it_warns_and_keeps_words():
    with pytest.warns(FutureWarning, match="splitting=.*'keras_tokenizer'.*later version") as caught:
        words = Words(VOCABULARY, unknown=1)
    assert caught[0].filename == __file__
    encoding = words("so, good")
    assert encoding.tokens == ("so", ",", "good")
    assert "splitting=" in encoding.warnings[0]
    assert make()("so").warnings == ()


def test_the_vocabulary_of_a_layer_gives_itself_away():
    vocabulary = ["", "[UNK]", "so"]
    with pytest.warns(FutureWarning, match="tokenizer=layer"):
        assert "tokenizer=layer" in Words(vocabulary, unknown=1)("so").warnings[0]
    assert "tokenizer=layer" in Words(vocabulary, unknown=1, splitting="words")("so").warnings[0]
    for splitting in ("text_vectorization", r"\w+"):
        assert Words(vocabulary, unknown=1, splitting=splitting)("so").warnings == ()


def test_a_pattern_may_read_like_a_rule():
    assert make(pattern="words")("so words").offsets == ((3, 8),)
    assert make(splitting=r"[a-z]+")("so, good").tokens == ("so", "good")
    with pytest.raises(OptionError, match="say the same"):
        make(splitting="words", pattern=r"\w+")
    with pytest.raises(OptionError, match="splitting= is 'words', .* or a regular expression"):
        make(splitting="(")
