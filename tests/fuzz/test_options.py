"""Whatever an option is given: an error that says what was expected and what came, or a right result."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import keras
import numpy as np
from fuzzing import fuzz
from hypothesis import given, note
from hypothesis import strategies as st

import textattr
from textattr.errors import TextAttrError
from textattr.lrp import AlphaBeta, Epsilon, Gamma, ZBox
from textattr.methods import METHODS, GradientXInput, Saliency
from textattr.methods.options import option_names

HUGE = 10**12
IDS = np.array([3, 1, 4], np.int32)


class NoRepr:
    """Something that cannot even be shown."""

    def __repr__(self):
        raise RuntimeError("no")

    __str__ = __repr__


numbers = st.one_of(
    st.integers(-3, 6),
    st.sampled_from([HUGE, -HUGE, 10**400, 10**6000, 2**31, 2**63]),
    st.floats(),
    st.booleans(),
    st.integers(0, 5).map(np.int64),
    st.floats(0, 2).map(np.float32),
    st.floats(0, 2).map(np.float16),
    st.booleans().map(np.bool_),
    st.fractions().map(Fraction),
)
words = st.one_of(
    st.text(max_size=5),
    st.sampled_from(
        ["zero", "auto", "mean", "unknown", "remove", "words", "exact", "no", "l2", "linear", "epsilon"]
    ),
)
arrays = st.sampled_from(
    [
        np.zeros(4),
        np.zeros((3, 4)),
        np.full((3, 4), np.nan),
        np.full(4, np.inf),
        np.array([1, 2, 0]),
        np.array(["a", "b"]),
        np.zeros((0, 4)),
        np.zeros((2, 3, 4), np.float32),
        np.array([[0, 1, 2]]),
        np.array(None),
        np.array(3),
        np.zeros(4, bool),
        np.zeros(3, np.complex64),
    ]
)
odd = st.sampled_from(
    [
        None,
        b"x",
        object(),
        NoRepr(),
        NoRepr,
        int,
        {},
        {1: 2},
        {1, 2},
        [],
        (),
        ...,
        [[1], [2, 3]],
        ["a", 3],
        len,
    ]
)
simple = st.one_of(numbers, words, arrays, odd)
anything = st.one_of(
    simple,
    st.lists(simple, max_size=3),
    st.tuples(simple, simple),
    st.sampled_from([Epsilon(), Saliency(), GradientXInput(), Saliency]),
)

OPTIONS = [(name, option) for name, kind in METHODS.items() for option in option_names(kind)]
SETTINGS = [
    "method",
    "target_names",
    "task",
    "score",
    "pad_value",
    "padding",
    "embedding_layer",
    "window",
    "stride",
    "join",
    "batch_size",
    "progress",
]


@cache
def model():
    keras.utils.set_random_seed(1)
    la = keras.layers
    return keras.Sequential(
        [
            keras.Input((3,), dtype="int32"),
            la.Embedding(6, 4, name="lookup"),
            la.Conv1D(3, 2, activation="relu", name="conv"),
            la.GlobalMaxPooling1D(),
            la.Dense(2, activation="softmax"),
        ]
    )


def told(error):
    """An error says something short, whatever it is about."""
    assert 0 < len(str(error)) < 2000


def finite(explanation):
    assert all(np.isfinite(target.heatmap).all() for target in explanation.targets)
    assert textattr.format_as_dict(explanation)


# Drawing a value takes far longer than trying it: each is given to all of them.


@fuzz
@given(value=anything)
def test_every_option_takes_or_refuses_what_it_is_given(value):
    for name, option in OPTIONS:
        note(f"{name}, {option}=")
        try:
            made = METHODS[name](**{option: value})
        except TextAttrError as error:
            told(error)
            continue
        assert made == METHODS[name](**{option: value})
        assert (made == METHODS[name]()) in (True, False)
        hash(made)


RULES = [Epsilon, Gamma, AlphaBeta, lambda v: AlphaBeta(2, 1, v), lambda v: ZBox(v, v)]


@fuzz
@given(value=anything)
def test_every_rule_takes_or_refuses_what_it_is_given(value):
    for place, kind in enumerate(RULES):
        note(f"rule {place}")
        try:
            kind(value)
        except TextAttrError as error:
            told(error)


@fuzz
@given(value=anything)
def test_every_setting_takes_or_refuses_what_it_is_given(value):
    for setting in SETTINGS:
        note(f"{setting}=")
        try:
            textattr.Explainer(model(), **{"method": "saliency", setting: value})
        except TextAttrError as error:
            told(error)


# What stands the checks must run; large counts are left to tests/test_bounds.py.
RUN = [
    *[(name, option) for name, option in OPTIONS if option not in ("samples", "steps", "max_steps")],
    ("shapley_sampling", "samples"),
]


@fuzz
@given(of=st.sampled_from(RUN), value=anything)
def test_what_is_taken_gives_a_finite_result(of, value):
    name, option = of
    try:
        finite(textattr.explain_prediction(model(), IDS, method=METHODS[name](**{option: value})))
    except TextAttrError as error:
        told(error)


@fuzz
@given(setting=st.sampled_from(SETTINGS), value=anything)
def test_what_is_set_gives_a_finite_result(setting, value):
    try:
        finite(textattr.explain_prediction(model(), IDS, **{"method": "saliency", setting: value}))
    except TextAttrError as error:
        told(error)


ASKED = [(name, option) for name, option in OPTIONS if name in ("occlusion", "shapley_sampling", "lime")]


@fuzz
@given(of=st.sampled_from(ASKED), value=anything)
def test_what_is_taken_for_a_function_of_texts_gives_a_finite_result(of, value):
    name, option = of
    try:
        method = METHODS[name](**{option: value})
        finite(
            textattr.explain_prediction(
                lambda texts: [float(len(t)) for t in texts], "so good", method=method
            )
        )
    except TextAttrError as error:
        told(error)


COUNTS = [("smoothgrad", "samples"), ("integrated_gradients", "steps"), ("lime", "samples")]


@fuzz
@given(
    of=st.sampled_from(COUNTS),
    value=st.one_of(st.integers(-2, 9), st.integers(1, 9).map(np.int32), odd, words),
)
def test_counts_that_are_taken_give_a_finite_result(of, value):
    name, option = of
    try:
        finite(textattr.explain_prediction(model(), IDS, method=METHODS[name](**{option: value})))
    except TextAttrError as error:
        told(error)
