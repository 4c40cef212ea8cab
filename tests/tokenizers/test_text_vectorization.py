"""`FromTextVectorization`: the layer's own ids, the text's own characters, for every way to standardize and split."""

from functools import cache
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textattr.errors import DocumentError, OptionError, TokenizerError
from textattr.tokenizers.choose import wrap
from textattr.tokenizers.encoding import Tokenizer
from textattr.tokenizers.text_vectorization import FromTextVectorization, find_text_vectorization

tf = pytest.importorskip("tensorflow")

FAMILIES = ["keras", "tf_keras"]
VOCABULARY = ["so", "good", "dont", "Don't", "a", "é", "é!", "👍", "جيد", " ", "film", "not", "so good"]
STANDARDIZE = [None, "lower", "strip_punctuation", "lower_and_strip_punctuation"]
SPLIT = [None, "whitespace", "character"]


def named(value):
    """An id that is the same in every run: functions by their names, not their addresses."""
    if isinstance(value, dict):
        return ", ".join(f"{key}={named(each)}" for key, each in value.items()) or "default"
    return getattr(value, "__name__", None) or repr(value)


def no_html(texts):
    """As in Keras' own tutorial."""
    texts = tf.strings.regex_replace(tf.strings.lower(texts), "<br />", " ")
    return tf.strings.regex_replace(texts, r"[!-/:-@\[-`{-~]", "")


def no_digits(texts):
    return tf.strings.regex_replace(texts, "[0-9]+", "NUMBER")


def lower_unicode(texts):
    return tf.strings.lower(texts, encoding="utf-8")


def long_words(texts):
    return tf.strings.regex_replace(texts, r"\b[a-zA-Z]{1,2}\b", "")


def expand(texts):
    return tf.strings.regex_replace(texts, "n't", " not")


def with_start(texts):
    return tf.strings.join(["[start] ", texts])


def at_commas(texts):
    return tf.strings.split(texts, sep=",")


def words_and_marks(texts):
    return tf.strings.split(tf.strings.regex_replace(texts, r"([.,!?'])", r" \1 "))


def backwards(texts):
    return tf.reverse(tf.strings.split(texts), [1])


def dense(texts):
    return tf.strings.split(texts).to_tensor()


FUNCTIONS = [
    {"standardize": no_html},
    {"standardize": no_digits},
    {"standardize": lower_unicode, "split": "character"},
    {"standardize": lower_unicode},
    {"standardize": long_words},
    {"standardize": expand},
    {"split": at_commas, "standardize": None},
    {"split": words_and_marks, "standardize": "lower"},
    {"split": dense},
    {"split": tf.strings.bytes_split},
]

awkward = st.text(
    st.sampled_from(
        "aAbséÉİıẞσΣς!'’.,-<>_«» \t\n\x0b\x0c\r\x00\x1c\x85\xa0\u2028\u3000\u200b\u0301👍🏽👩جيد好हि1２"
    )
    | st.characters(codec="utf-8")
) | st.lists(st.sampled_from(["so", "Good", "don't", "<br />", "br", "a,b", " ", ", ", "12", "İ"])).map(
    "".join
)


@cache
def made(family, **options):
    layers = pytest.importorskip(family).layers
    return layers.TextVectorization(vocabulary=VOCABULARY, **options)


def own_ids(layer, text):
    return np.asarray(layer(tf.constant([[text.encode()]]))[0]).tolist()


def own_tokens(layer, texts):
    """What the layer looks up in each text read alone, one after the other, without empty tokens."""
    if not texts:
        return []
    rows = layer._preprocess(tf.constant([[text.encode()] for text in texts])).numpy().tolist()
    return [token for row in rows for token in row if token]


def places(encoding):
    return [
        offsets for offsets, special in zip(encoding.offsets, encoding.special, strict=True) if not special
    ]


def check(layer, text):
    """Ids are the layer's; each token, read alone, is what the layer saw."""
    encoding = FromTextVectorization(layer)(text)
    assert encoding.ids.tolist() == own_ids(layer, text)
    assert (encoding.pad_id, encoding.unknown_id) == (0, 1)
    for token, (start, end), special in zip(encoding.tokens, encoding.offsets, encoding.special, strict=True):
        assert special or encoding.text[start:end] == token
    return encoding


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("standardize", "split"), list(product(STANDARDIZE, SPLIT)))
@given(text=awkward)
@settings(max_examples=15, deadline=None)
def test_offsets_are_exact_with_the_layers_own_options(family, standardize, split, text):
    layer = made(family, standardize=standardize, split=split)
    encoding = check(layer, text)
    assert encoding.text == text
    assert all(before[1] <= after[0] for before, after in pairwise(places(encoding)))
    alone = own_tokens(layer, [text[start:end] for start, end in places(encoding)])
    assert alone == own_tokens(layer, [text])
    assert len(places(encoding)) == len(alone)


@pytest.mark.parametrize("options", FUNCTIONS, ids=named)
@given(text=awkward)
@settings(max_examples=15, deadline=None)
def test_offsets_are_in_order_with_functions(options, text):
    layer = made("keras", **options)
    encoding = check(layer, text)
    assert encoding.text == text
    assert all(before[:1] <= after[:1] for before, after in pairwise(places(encoding)))
    assert all(start < end for start, end in places(encoding))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("options", "text", "tokens"),
    [
        ({}, "Don't,\ta «É»\n👍🏽 جيد\xa0so!  ", ["Don't", "a", "«É»", "👍🏽", "جيد\xa0so"]),
        ({}, "... -- good-film", ["good-film"]),
        ({"split": "character"}, "É, 👍🏽", ["É", " ", "👍", "🏽"]),
        ({"split": "character", "standardize": None}, "e\u0301!", ["e", "\u0301", "!"]),
        ({"split": None}, " So, good! ", [" So, good! "]),
        (
            {"standardize": no_html},
            "Good<br /><br />so br b <br /> r<br />r.",
            ["Good", "so", "br", "b", "r", "r"],
        ),
        ({"standardize": no_digits}, "so 1984, 2001!", ["so", "1984,", "2001!"]),
        ({"standardize": lower_unicode}, "İSTANBUL «ẞ» ΟΔΟΣ", ["İSTANBUL", "«ẞ»", "ΟΔΟΣ"]),
        ({"standardize": long_words}, "is this a this", ["this", "this"]),
        ({"standardize": expand}, "I don't, no", ["I", "do", "n't,", "no"]),
        ({"split": words_and_marks, "standardize": "lower"}, "So, good!", ["So", ",", "good", "!"]),
        ({"split": tf.strings.bytes_split, "standardize": None}, "é!", ["é", "é", "!"]),
        ({"ngrams": 1}, "So, good!", ["So", "good"]),
        ({"ngrams": (2,)}, "So, good!", ["So, good"]),
        ({"ragged": True}, "So, good!", ["So", "good"]),
    ],
    ids=named,
)
def test_tokens_are_characters_of_the_text(family, options, text, tokens):
    encoding = check(made(family, **options), text)
    assert encoding.text == text
    assert [text[start:end] for start, end in encoding.offsets] == tokens == list(encoding.tokens)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("options", "document"),
    [
        ({"ngrams": 2}, "so | good | so good"),
        ({"split": backwards}, "good so"),
        ({"standardize": with_start}, "[start] So, good!"),
    ],
    ids=named,
)
def test_tokens_that_cannot_be_told_apart_are_joined(family, options, document):
    encoding = check(made(family, **options), "So, good!")
    assert encoding.text == document


@pytest.mark.parametrize("text", ["", "   ", "<br />"])
def test_a_token_that_stands_for_no_character_is_joined_too(text):
    assert check(made("keras", standardize=with_start, split=backwards), "").text == "[start]"
    assert len(check(made("keras", standardize=no_html), text)) == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_the_layers_length_wins_over_the_models(family):
    tokenizer = FromTextVectorization(made(family, output_sequence_length=3))
    short, long = tokenizer("so", length=9), tokenizer("so good, a film", length=9)
    assert short.ids.tolist() == [2, 0, 0]
    assert short.tokens == ("so", "<PAD>", "<PAD>")
    assert short.special == (False, True, True)
    assert short.offsets == ((0, 2), (0, 0), (0, 0))
    assert short.untruncated_length is None
    assert long.tokens == ("so", "good", "a")
    assert (long.text, long.untruncated_length) == ("so good, a film", 4)


@pytest.mark.parametrize("family", FAMILIES)
def test_without_a_length_of_its_own_the_models_counts(family):
    tokenizer = FromTextVectorization(made(family))
    assert tokenizer("so good").ids.tolist() == [2, 3]
    assert tokenizer("so good", length=3).ids.tolist() == [2, 3, 0]
    assert tokenizer("so good", length=1).untruncated_length == 2
    with pytest.raises(OptionError, match="length="):
        tokenizer("so", length=0)


def test_a_ragged_layer_cuts_and_does_not_fill_up():
    tokenizer = FromTextVectorization(made("keras", ragged=True, output_sequence_length=2))
    assert tokenizer("so").ids.tolist() == [2]
    assert tokenizer("so good film").untruncated_length == 3


def test_an_empty_token_is_padding():
    encoding = check(made("keras", standardize=None, split=at_commas), "so,,a")
    assert encoding.tokens == ("so", "<PAD>", "a")
    assert encoding.special == (False, True, False)
    assert check(made("keras", split=None), "?!").special == (True,)


def test_a_long_text_is_read_exactly():
    words = ["So", "a<br />", "br", "film,", "don't", "<br /><br />", "good."] * 400
    encoding = check(made("keras", standardize=no_html), " ".join(words))
    assert set(encoding.tokens) == {"So", "a", "br", "film", "don't", "good"}
    assert len(encoding) == 2400


def test_a_long_text_without_spaces_is_read_exactly():
    text = "so,1,é," * 60
    tokenizer = FromTextVectorization(made("keras", standardize=no_digits, split=at_commas))
    assert [token for token in tokenizer(text).tokens if token != "<PAD>"] == ["so", "1", "é"] * 60


@pytest.mark.parametrize("family", FAMILIES)
def test_a_layer_learned_from_texts(family):
    layer = pytest.importorskip(family).layers.TextVectorization()
    tokenizer = FromTextVectorization(layer)
    with pytest.raises(TokenizerError, match=r"'text_vec.*' has no vocabulary yet: call its adapt"):
        tokenizer("so good")
    layer.adapt(["so good", "so"])
    assert tokenizer("GOOD so film").ids.tolist() == [3, 2, 1]
    assert repr(tokenizer) == f"FromTextVectorization({layer.name!r}, 4 tokens)"
    assert isinstance(tokenizer, Tokenizer)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_subclass_that_changes_the_ids_is_refused(family):
    base = pytest.importorskip(family).layers.TextVectorization

    class Shifted(base):
        def call(self, inputs):
            return super().call(inputs) + 1

    class Cut(base):
        def call(self, inputs):
            return super().call(inputs)[:, :1]

    class Same(base):
        pass

    for kind in (Shifted, Cut):
        with pytest.raises(TokenizerError, match=r"one id per token.*\['so', 'good'\]"):
            FromTextVectorization(kind(vocabulary=VOCABULARY))("so good")
    assert wrap(Same(vocabulary=VOCABULARY))("so").ids.tolist() == [2]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_layer_may_be_passed_as_tokenizer(family):
    layer = made(family)
    assert wrap(layer).layer is layer
    counting = pytest.importorskip(family).layers.TextVectorization(output_mode="tf_idf")
    with pytest.raises(TokenizerError, match=r"output_mode=\"int\".*'tf_idf'.*inside the model.*as features"):
        wrap(counting)


def test_what_is_no_such_layer_is_refused():
    class TextVectorization:
        pass

    with pytest.raises(
        TokenizerError, match="expected a Keras TextVectorization layer, got TextVectorization"
    ):
        FromTextVectorization(TextVectorization())
    with pytest.raises(TokenizerError, match="cannot be called"):
        wrap(TextVectorization())


def test_what_is_no_text_is_refused():
    tokenizer = FromTextVectorization(made("keras"))
    with pytest.raises(DocumentError, match=r"one text \(str\), got list"):
        tokenizer(["so"])
    with pytest.raises(DocumentError, match=r"position 3 stands '\\ud83d', half of a character"):
        tokenizer("so \ud83d")


@pytest.mark.parametrize("family", FAMILIES)
def test_the_layer_is_found_in_every_kind_of_model(family):
    keras = pytest.importorskip(family)
    layer = made(family, output_sequence_length=4)

    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.texts = layer

    text = keras.Input((1,), dtype="string")
    functional = keras.Model(text, keras.layers.Embedding(20, 2)(layer(text)))
    sequential = keras.Sequential([layer, keras.layers.Embedding(20, 2)])
    for model in (functional, sequential, keras.Sequential([functional]), Subclassed()):
        assert find_text_vectorization(model) is layer
    assert find_text_vectorization(keras.Sequential([keras.layers.Embedding(20, 2)])) is None
    assert find_text_vectorization(len) is None


@pytest.mark.parametrize("family", FAMILIES)
def test_of_several_layers_the_one_of_tokens_is_meant(family):
    keras = pytest.importorskip(family)

    def model(*layers):
        text = keras.Input((1,), dtype="string")
        return keras.Model(text, [layer(text) for layer in layers])

    one, two = made(family, output_sequence_length=4), made(family, output_sequence_length=5)
    counts = [made(family, output_mode=mode, name=mode) for mode in ("count", "multi_hot")]
    assert find_text_vectorization(model(counts[0], one, counts[1])) is one
    assert find_text_vectorization(model(one, one)) is one
    assert find_text_vectorization(model(counts[0])) is counts[0]
    with pytest.raises(
        TokenizerError, match=rf"2 TextVectorization layers, '{one.name}', '{two.name}'.*get_layer"
    ):
        find_text_vectorization(model(one, counts[0], two))
    with pytest.raises(TokenizerError, match="2 TextVectorization layers, 'count', 'multi_hot'"):
        find_text_vectorization(model(*counts))
