"""Transformers whose ids, masks and segments are inputs of their own: from a text, all of them are made."""

from __future__ import annotations

import numpy as np
import pytest

import textattr
from textattr.backends.token_inputs import TokenInputs

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "good", "bad", "film"]
WORDS = textattr.Words(VOCABULARY, unknown=1, splitting="words", start=2)


def classifier(keras, names=("token_ids", "padding_mask", "segment_ids"), length=None):
    """Reads ids where the mask is 1, and adds the vectors of segments."""
    layers = keras.layers
    ids, mask, segments = (keras.Input((length,), dtype="int32", name=name) for name in names)
    vectors = layers.Embedding(len(VOCABULARY), 3, name="lookup")(ids)
    vectors = layers.Add()([vectors, layers.Embedding(2, 3)(segments)])
    wide = layers.Reshape((-1, 1))(layers.Lambda(lambda each: keras.ops.cast(each, "float32"))(mask))
    mean = layers.GlobalAveragePooling1D()(layers.Multiply()([layers.Dense(4, "tanh")(vectors), wide]))
    return keras.Model([ids, mask, segments], layers.Dense(2, "softmax")(mean))


@pytest.fixture(scope="module")
def model(keras):
    keras.utils.set_random_seed(0)
    return classifier(keras)


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras", exc_type=ImportError)


def test_a_text_is_explained_as_its_ids_mask_and_segments_are(model):
    by_hand = textattr.explain_prediction(
        model,
        {"token_ids": [2, 4, 5, 7], "padding_mask": [1, 1, 1, 1], "segment_ids": [0, 0, 0, 0]},
        tokens=["<START>", "a", "good", "film"],
        method="gradient_x_input",
    )
    explanation = textattr.explain_prediction(
        model, "A good film", tokenizer=WORDS, method="gradient_x_input"
    )
    assert explanation.document == "A good film"
    np.testing.assert_allclose(explanation.targets[0].heatmap, by_hand.targets[0].heatmap, atol=1e-6)
    assert explanation.prediction.scores == pytest.approx(by_hand.prediction.scores)
    assert set(explanation.targets[0].shares) <= {"special", "other inputs"}


def test_texts_filled_up_to_a_fixed_length_are_masked(keras):
    keras.utils.set_random_seed(0)
    fixed = classifier(keras, length=6)
    [explanation] = textattr.Explainer(fixed, tokenizer=WORDS).explain_many(["a bad film"])
    assert [token.text for token in explanation.tokens] == ["<START>", "a", "bad", "film"]
    inputs = {
        "token_ids": [[2, 4, 6, 7, 0, 0]],
        "padding_mask": [[1] * 4 + [0] * 2],
        "segment_ids": [[0] * 6],
    }
    arrays = {name: np.array(each) for name, each in inputs.items()}
    assert explanation.prediction.probabilities == pytest.approx(np.asarray(fixed(arrays))[0], abs=1e-6)


def test_the_names_of_other_libraries(keras):
    keras.utils.set_random_seed(0)
    other = classifier(keras, ("input_ids", "attention_mask", "token_type_ids"))
    explanation = textattr.explain_prediction(other, "a good film", tokenizer=WORDS)
    assert explanation.document == "a good film"


def test_a_text_among_named_inputs_is_its_ids_alone(model):
    explanation = textattr.explain_prediction(
        model,
        {"token_ids": "a good film", "padding_mask": [1, 1, 1, 0], "segment_ids": [0, 0, 0, 0]},
        tokenizer=WORDS,
    )
    assert [token.text for token in explanation.tokens] == ["<START>", "a", "good"]


def test_segments_number_the_texts_that_are_packed_into_one():
    encoding = textattr.Encoding(
        "",
        [2, 4, 3, 5, 3, 0],
        ["[CLS]", "a", "[SEP]", "good", "[SEP]", "[PAD]"],
        [(0, 0), (0, 1), (0, 0), (0, 4), (0, 0), (0, 0)],
        [True, False, True, False, True, True],
        pad_id=0,
        texts={"question": "a", "answer": "good"},
        text_of=[None, "question", None, "answer", None, None],
    )
    inputs = TokenInputs.of_shapes(dict.fromkeys(["ids", "mask", "segment_ids", "position_ids"], (None,)))
    assert inputs is not None
    assert {name: array.tolist() for name, array in inputs.arrays(encoding).items()} == {
        "ids": [2, 4, 3, 5, 3, 0],
        "mask": [1, 1, 1, 1, 1, 0],
        "segment_ids": [0, 0, 0, 1, 1, 0],
        "position_ids": [0, 1, 2, 3, 4, 5],
    }


@pytest.mark.parametrize(
    "names",
    [
        ["title", "body"],
        ["text", "age"],
        ["mask", "segment_ids"],
        ["text"],
        ["text", "composition"],  # parts of names say nothing
        ["body", "position_title"],
        ["text", "market_segment"],
    ],
)
def test_inputs_that_are_no_ids_with_masks_and_segments(names):
    assert TokenInputs.of_shapes(dict.fromkeys(names, (None,))) is None


def test_a_category_is_no_position_of_tokens():
    assert TokenInputs.of_shapes({"text": (None,), "position_id": (1,)}) is None
    assert TokenInputs.of_shapes({"text": (None,), "position_ids": (None,)}) is not None


def test_two_texts_need_two_texts(keras, model):
    with pytest.raises(textattr.TextAttrError, match="takes 3 inputs"):
        textattr.explain_prediction(model, [4, 5])


@pytest.fixture(scope="module")
def word_piece():
    """A tokenizer with BERT's special tokens."""
    tokenizers = pytest.importorskip("tokenizers", exc_type=ImportError)
    return tokenizers.BertWordPieceTokenizer({entry: i for i, entry in enumerate(VOCABULARY)})


def test_a_pair_is_packed_by_its_tokenizer(model, word_piece):
    pair = {"question": "a good film", "answer": "a bad film"}
    explanation = textattr.explain_prediction(model, pair, tokenizer=word_piece, method="gradient_x_input")
    inputs = {
        "token_ids": [2, 4, 5, 7, 3, 4, 6, 7, 3],
        "padding_mask": [1] * 9,
        "segment_ids": [0] * 5 + [1] * 4,
    }
    by_hand = textattr.explain_prediction(model, inputs, tokens=list("cgofsabfs"), method="gradient_x_input")
    heat = by_hand.targets[0].heatmap
    np.testing.assert_allclose(explanation["question"].targets[0].heatmap, heat[1:4], atol=1e-6)
    np.testing.assert_allclose(explanation["answer"].targets[0].heatmap, heat[5:8], atol=1e-6)
    assert explanation.targets[0].shares["special"] == pytest.approx(heat[[0, 4, 8]].sum(), abs=1e-6)
    assert {name: explanation[name].document for name in pair} == pair


def test_a_pair_is_filled_up_to_a_fixed_length_and_not_cut(keras, word_piece):
    keras.utils.set_random_seed(0)
    fixed = classifier(keras, length=8)
    explanation = textattr.explain_prediction(fixed, ("film", "a film"), tokenizer=word_piece)
    assert explanation.prediction.probabilities == pytest.approx(
        np.asarray(
            fixed(
                {
                    "token_ids": np.array([[2, 7, 3, 4, 7, 3, 0, 0]]),
                    "padding_mask": np.array([[1] * 6 + [0] * 2]),
                    "segment_ids": np.array([[0] * 3 + [1] * 3 + [0] * 2]),
                }
            )
        )[0],
        abs=1e-6,
    )
    with pytest.raises(textattr.TextAttrError, match="the pair has 10 tokens and the model reads 8"):
        textattr.explain_prediction(fixed, ("a good film", "a bad bad film"), tokenizer=word_piece)


def test_a_model_of_two_texts_gets_each_as_an_input_of_its_own(keras, word_piece):
    layers = keras.layers
    premise, hypothesis = (
        keras.Input((None,), dtype="int32", name=name) for name in ("premise", "hypothesis")
    )
    table = layers.Embedding(len(VOCABULARY), 3)
    pool = layers.GlobalAveragePooling1D()
    both = layers.Concatenate()([pool(table(premise)), pool(table(hypothesis))])
    two = keras.Model([premise, hypothesis], layers.Dense(2, "softmax")(both))
    explanation = textattr.explain_prediction(
        two, ("a film", "good"), tokenizer=word_piece, method="saliency"
    )
    assert {name: text.document for name, text in explanation.texts.items()} == {
        "premise": "a film",
        "hypothesis": "good",
    }
    assert [token.text for token in explanation["premise"].tokens] == ["[CLS]", "a", "film", "[SEP]"]
