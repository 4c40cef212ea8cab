"""What a tokenizer does not know or cuts off reaches the explanation, from the text to the picture."""

from __future__ import annotations

import pytest

import textattr
from textattr.tokenizers.characters import Characters
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.text_vectorization import FromTextVectorization
from textattr.tokenizers.words import Words

keras = pytest.importorskip("keras")
layers = keras.layers

KNOWN = ["so", "good", "film"]
TEXT = "So good, a flimflam film!"
WORDS = Words(["<PAD>", "<UNK>", *KNOWN], unknown=1, splitting=r"\w+")


def layer(family="keras", **options):
    return pytest.importorskip(family).layers.TextVectorization(vocabulary=KNOWN, **options)


def model(length=None):
    ids = keras.Input((length,), dtype="int32")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(9, 3)(ids))
    return keras.Model(ids, layers.Dense(2, activation="softmax")(x))


def model_of_strings(layer):
    text = keras.Input((1,), dtype="string")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(9, 3)(layer(text)))
    return keras.Model(text, layers.Dense(2, activation="softmax")(x))


def explain(model, doc, **settings):
    return textattr.explain_prediction(model, doc, **{"method": "gradient_x_input", **settings})


def unknown(explanation):
    assert all(type(token.is_unknown) is bool for token in explanation.tokens)
    return [token.text for token in explanation.tokens if token.is_unknown]


def unread(explanation):
    return [explanation.document[start:end] for start, end in explanation.unread]


@pytest.mark.parametrize(
    "tokenizer",
    [WORDS, layer(), FromTextVectorization(layer()), layer("tf_keras")],
    ids=["words", "layer", "tokenizer of a layer", "layer of tf_keras"],
)
def test_words_outside_the_vocabulary_are_unknown(tokenizer):
    explanation = explain(model(), TEXT, tokenizer=tokenizer)
    assert unknown(explanation) == ["a", "flimflam"]
    assert explanation.unread == ()


def test_characters_outside_the_vocabulary_are_unknown():
    characters = Characters(["<PAD>", "<UNK>", *"Sogd"], unknown=1)
    assert unknown(explain(model(), "So good!", tokenizer=characters)) == [" ", "!"]


@pytest.mark.parametrize("length", [5, 9])
def test_padding_is_neither_unknown_nor_unread(length):
    for tokenizer in (WORDS, layer(), Words([*KNOWN], offset=1, unknown=0, pad=0, splitting=r"\w+")):
        explanation = explain(model(length), TEXT, tokenizer=tokenizer)
        assert unknown(explanation) == ["a", "flimflam"]
        assert explanation.unread == ()


def test_where_unknown_words_are_left_out_nothing_is_marked():
    words = Words(["<PAD>", *KNOWN], unknown=None, splitting="words")
    explanation = explain(model(), TEXT, tokenizer=words)
    assert [token.text for token in explanation.tokens] == ["So", "good", "film"]
    assert unknown(explanation) == []


def test_ids_with_tokens_are_not_marked():
    explanation = explain(model(), [2, 1, 1], tokens=["so", "[UNK]", "<UNK>"])
    assert unknown(explanation) == []
    assert explanation.unread == ()


@pytest.mark.parametrize("number", [None, 1])
def test_an_encoding_marks_what_it_says(number):
    encoding = Encoding(
        "so so-so", [2, 1, 1], ["so", "so", "so"], [(0, 2), (3, 5), (6, 8)], unknown_id=number
    )
    assert unknown(explain(model(), encoding)) == ["so", "so"] * (number is not None)


@pytest.mark.parametrize("padding", ["post", "pre"])
def test_what_a_vocabulary_cuts_off_is_unread(padding):
    words = Words(["<PAD>", "<UNK>", *KNOWN], unknown=1, splitting=r"\w+", padding=padding)
    explanation = explain(model(3), TEXT, tokenizer=words)
    assert unread(explanation) == [{"post": " flimflam film!", "pre": "So good, "}[padding]]
    characters = Characters(["<PAD>", "<UNK>", *"Sogd"], unknown=1, padding=padding)
    assert unread(explain(model(4), "So good", tokenizer=characters)) == [
        {"post": "ood", "pre": "So "}[padding]
    ]


@pytest.mark.parametrize("family", ["keras", "tf_keras"])
def test_what_a_layer_cuts_off_is_unread(family):
    cutting = layer(family, output_sequence_length=3)
    assert unread(explain(model(3), TEXT, tokenizer=cutting)) == [" flimflam film!"]
    assert unread(explain(model(3), TEXT, tokenizer=layer(family))) == [" flimflam film!"]


def test_a_layer_inside_the_model_tells_both():
    explanation = explain(model_of_strings(layer(output_sequence_length=3)), TEXT)
    assert unknown(explanation) == ["a"]
    assert unread(explanation) == [" flimflam film!"]


def test_where_tokens_stand_for_a_document_it_is_cut_as_well():
    explanation = explain(model_of_strings(layer(output_sequence_length=3, ngrams=2)), TEXT)
    assert explanation.document.startswith("so | good | a | flimflam | film")
    assert unread(explanation)[0].startswith(" | flimflam | film")


@pytest.mark.parametrize("doc", ["so good", "so good!", "  so good  ", "so good ..."])
@pytest.mark.parametrize("padding", ["post", "pre"])
def test_what_is_no_token_is_not_cut_off(doc, padding):
    words = Words(["<PAD>", "<UNK>", *KNOWN], unknown=1, start=6, splitting=r"\w+", padding=padding)
    assert not any(words(doc, length=3).unread.values())
    if padding == "pre":
        assert words(doc, length=2).untruncated_length == 3
        assert not any(words(doc, length=2).unread.values()), "only the start token was lost"


def test_a_start_token_alone_leaves_all_text_unread():
    words = Words(["<PAD>", "<UNK>", *KNOWN], unknown=1, start=6, splitting="words")
    assert words("so good", length=1).unread == {None: ((0, 7),)}


def test_each_of_several_texts_has_its_own():
    both = {name: keras.Input((3,), dtype="int32", name=name) for name in ("title", "body")}
    table = layers.Embedding(9, 3)
    x = layers.Concatenate()([layers.Flatten()(table(each)) for each in both.values()])
    pair = keras.Model(both, layers.Dense(2, activation="softmax")(x))
    explanation = explain(pair, {"title": "A good film", "body": TEXT}, tokenizer=WORDS)
    assert [unknown(explanation[name]) for name in both] == [["A"], ["a"]]
    assert [unread(explanation[name]) for name in both] == [[], [" flimflam film!"]]


def test_a_function_of_texts_reads_all_of_them():
    """Its tokenizer only tells where tokens stand: what it cuts off or does not know is no business of the function."""
    words = Words(["<PAD>", "<UNK>", *KNOWN], unknown=1, length=3, splitting="words")
    explanation = textattr.explain_prediction(
        lambda texts: [[len(text), 1.0] for text in texts], TEXT, tokenizer=words, method="occlusion"
    )
    assert "the rest stays in the text" in explanation.warnings[0]
    assert unknown(explanation) == []
    assert explanation.unread == ()


def test_the_picture_of_a_model_that_cuts_its_text():
    html = textattr.format_as_html(explain(model_of_strings(layer(output_sequence_length=3)), TEXT))
    for words in ("unknown to the model", "✂ not read", "60 % of the text"):
        assert words in html
