"""Whatever a tokenizer gives, and however many tokens, ids and masks: our own error, or exact characters."""

from __future__ import annotations

from functools import cache
from itertools import cycle, pairwise

import keras
import numpy as np
import pytest
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

import textattr
from textattr import errors

TEXT = "so good, a film"


def classes(x):
    return layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling1D()(x))


class Text:
    """A callable object."""

    def __init__(self, call):
        self.call = call

    def __call__(self, text):
        return self.call(text)


@cache
def explainer(kind="ids"):
    keras.utils.set_random_seed(5)
    ids = keras.Input((None,), dtype="float32" if kind == "floats" else "int32", name="ids")
    if kind == "masked":
        mask = keras.Input((None,), dtype="int32", name="attention_mask")
        x = layers.Embedding(9, 3)(ids) * keras.ops.expand_dims(keras.ops.cast(mask, "float32"), -1)
        model = keras.Model({"ids": ids, "attention_mask": mask}, classes(x))
    else:
        model = keras.Model(ids, classes(layers.Embedding(9, 3)(ids)))
    return textattr.Explainer(model, method="gradient_x_input")


def require_sound(ask):
    """One of our errors, or weights and characters that belong together."""
    try:
        explanation = ask()
    except textattr.TextAttrError:
        return
    [target] = explanation.targets
    assert target.heatmap.shape == (len(explanation.tokens),)
    assert np.isfinite(target.heatmap).all()
    assert all(explanation.document[span.start : span.end] == span.text for span in target.spans)
    starts = [(span.start, span.end) for span in target.spans]
    assert starts == sorted(starts)


places = st.tuples(st.integers(-2, 18), st.integers(-2, 18))
in_order = st.lists(st.integers(0, 15), min_size=2, max_size=8).map(sorted)
offsets = st.lists(places, max_size=5) | in_order.map(lambda cuts: list(pairwise(cuts)))
odd = st.sampled_from(
    [None, 3, "so", b"so", [None], [[]], [("a", "b")], [(0.5, 1)], [(1, 2, 3)], {0: (0, 1)}, np.nan]
)


@given(
    ids=st.lists(st.integers(-1, 9) | st.sampled_from([1.0, 0.5, None, 2**63, "a"]), max_size=5) | odd,
    offsets=offsets | odd,
    tokens=st.none() | st.lists(st.sampled_from(["so", "", "\ud83d", 3, None]), max_size=5) | odd,
    special=st.none() | st.lists(st.booleans(), max_size=5) | odd,
    text_of=st.none() | st.lists(st.sampled_from([None, "a", "b"]), max_size=5),
    texts=st.sampled_from([None, None, {"a": TEXT, "b": "so"}, {}, ["so"], {"a": None}, 3]),
    inputs=st.sampled_from([None, None, {}, {"ids": [1, 2]}, {"ids": None}, [1, 2], 3, {3: [1]}]),
    pad_id=st.sampled_from([None, 0, -1, "0", 0.5]),
)
@fuzz
def test_any_encoding(ids, offsets, tokens, special, text_of, texts, inputs, pad_id):
    def encode(text):
        length = len(ids) if isinstance(ids, list) else 0
        given = ["so"] * length if tokens is None else tokens
        return textattr.Encoding(
            text, ids, given, offsets, special, pad_id=pad_id, inputs=inputs, texts=texts, text_of=text_of
        )

    model = explainer().model
    require_sound(
        lambda: textattr.explain_prediction(model, TEXT, tokenizer=encode, method="gradient_x_input")
    )


@given(
    ids=st.lists(st.integers(-1, 9) | st.sampled_from([2.0, 0.5, 507.0, np.nan, None]), max_size=4),
    mask=st.lists(st.integers(0, 1) | st.sampled_from([0.5, None, "1"]), max_size=4),
    tokens=st.none()
    | st.lists(st.sampled_from(["a", "b", 3]), max_size=4)
    | st.dictionaries(st.sampled_from(["ids", "attention_mask", "x", 3]), st.lists(st.just("a"), max_size=3)),
    batched=st.booleans(),
    given=st.sampled_from([dict, tuple]),
)
@fuzz
def test_ids_tokens_and_masks_of_any_length(ids, mask, tokens, batched, given):
    parts = {"ids": [ids], "attention_mask": [mask]} if batched else {"ids": ids, "attention_mask": mask}
    doc = parts if given is dict else tuple(parts.values())
    require_sound(lambda: explainer("masked").explain(doc, tokens=tokens))


@pytest.mark.parametrize(
    "tokens",
    [
        (token for token in "abc"),
        map(str, range(3)),
        ("a", "b", "c"),
        np.array(["a", "b", "c"]),
        np.array(["a", "b", "c"], object),
        dict.fromkeys("abc").keys,
        [iter("abc")],
    ],
)
def test_tokens_may_come_in_anything_that_has_an_order(tokens):
    tokens = list(tokens()) if callable(tokens) else tokens
    assert len(explainer().explain([3, 4, 5], tokens=tokens).tokens) == 3


@pytest.mark.parametrize(
    ("tokens", "says"),
    [
        ({"a", "b", "c"}, "in the order of the ids, got set"),
        ({"a": 1, "b": 2, "c": 3}, "in the order of the ids, got dict"),
        (b"abc", "one string"),
        (3, "list of strings, got 3"),
        (iter("abcdef"), "more than 3 tokens and 3 ids"),
        (cycle("ab"), "more than 3 tokens and 3 ids"),
        (["a", "b", b"c"], "as strings, got b'c'"),
    ],
)
def test_tokens_of_other_kinds_are_refused(tokens, says):
    with pytest.raises(errors.TokensError, match=says):
        explainer().explain([3, 4, 5], tokens=tokens)


def encoded(text, offsets=((0, 2), (3, 7)), **more):
    return textattr.Encoding(text, [3, 4], ["so", "good"], offsets, **more)


@pytest.mark.parametrize(
    "tokenizer", [lambda text: encoded(text), lambda text, length: encoded(text), Text(encoded)]
)
def test_a_tokenizer_need_not_know_of_a_length(tokenizer):
    explanation = textattr.explain_prediction(explainer().model, "so good", tokenizer=tokenizer)
    assert [span.text for span in explanation.targets[0].spans] == ["so", "good"]


def test_a_function_that_splits_needs_ids_for_a_model_of_ids():
    with pytest.raises(errors.TokenizerError, match=r"got \['so', 'good'\]: .*vocabulary=\{token: id\}"):
        textattr.explain_prediction(explainer().model, "so good", tokenizer=str.split)
    explanation = textattr.explain_prediction(ask, "so good", tokenizer=str.split)
    assert [span.text for span in explanation.targets[0].spans] == ["so", "good"]


@pytest.mark.parametrize("model", [explainer, None])
@pytest.mark.parametrize(
    ("tokenizer", "says"),
    [
        (len, "got int: 7"),
        (lambda text: None, "got NoneType"),
        (lambda: None, "one text is all it is called with"),
        (lambda text, pairs: None, "one text is all it is called with"),
    ],
)
def test_tokenizers_that_are_none(model, tokenizer, says):
    model = ask if model is None else model().model
    with pytest.raises(errors.TokenizerError, match=says):
        textattr.explain_prediction(model, "so good", tokenizer=tokenizer)


def ask(texts):
    return [[len(text), 1] for text in texts]


@pytest.mark.parametrize(
    ("offsets", "says"),
    [
        ([(0, 2), (3, 99)], r"0 <= start <= end <= 7.*got \(3, 99\) at position 1"),
        ([(-3, 2), (3, 7)], r"got \(-3, 2\) at position 0"),
        ([(2, 0), (3, 7)], r"got \(2, 0\) at position 0"),
        ([(3, 7), (0, 2)], r"order of the text, got \(0, 2\) at position 1 behind \(3, 7\)"),
        ([(0, 7), (3, 5)], r"order of the text"),
        ([(0.5, 2), (3, 7)], "pairs of whole numbers"),
        ([(0, 2, 3), (3, 7)], "pairs of whole numbers"),
        ([(0, 2)], "2 ids and 1 offsets"),
    ],
)
def test_offsets_that_are_none(offsets, says):
    with pytest.raises(errors.TokenizerError, match=says):
        encoded("so good", offsets)


def test_pieces_of_one_character_may_share_it():
    explanation = explainer().explain(encoded("so good", [(0, 2), (0, 7)]))
    assert [span.text for span in explanation.targets[0].spans] == ["so", "so good"]


def test_a_text_that_the_tokenizer_changed_is_said_to_be_another():
    explanation = textattr.explain_prediction(
        explainer().model, "  SO GOOD", tokenizer=lambda text: encoded(text.strip().lower())
    )
    assert explanation.document == "so good"
    assert any(
        "could not be placed in the text as it was given" in warning for warning in explanation.warnings
    )


def test_float_ids_are_named_as_what_they_are():
    with pytest.raises(errors.IdOutsideTableError, match="id 507 at position 1"):
        explainer("floats").explain([3, 507.0])
    with pytest.raises(errors.DocumentError, match="whole numbers; got 2.5 at position 1"):
        explainer("floats").explain([3, 2.5])
