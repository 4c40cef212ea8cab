import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textattr.explanation import Span
from textattr.renderers.segments import Piece, level_of, pieces_of, scale_of


def spans_of(document, *placed):
    return [Span(document[a:b], a, b, weight) for a, b, weight in placed]


@st.composite
def documents(draw):
    document = draw(st.text(max_size=40))
    position = st.integers(0, len(document))
    placed = draw(st.lists(st.tuples(position, position, st.floats(allow_nan=True)), max_size=8))
    return document, spans_of(document, *((min(a, b), max(a, b), w) for a, b, w in placed))


@settings(deadline=None)
@given(documents())
def test_the_pieces_are_the_document(case):
    document, spans = case
    pieces = pieces_of(document, spans, scale_of(spans))
    assert "".join(piece.text for piece in pieces) == document
    assert all(piece.text for piece in pieces)
    assert all(-8 <= piece.level <= 8 for piece in pieces)


def test_tokens_and_what_is_between_them():
    spans = spans_of("so bad!", (0, 2, 0.1), (3, 6, -0.4))
    assert pieces_of("so bad!", spans, 0.4) == (
        Piece("so", 0.1, 2),
        Piece(" "),
        Piece("bad", -0.4, -8),
        Piece("!"),
    )


def test_the_order_of_spans_does_not_matter():
    spans = spans_of("so bad!", (0, 2, 0.1), (3, 6, -0.4))
    assert pieces_of("so bad!", spans[::-1], 0.4) == pieces_of("so bad!", spans, 0.4)


def test_a_skin_tone_stays_with_its_emoji_and_adds_its_weight():
    document = "ok \U0001f44d\U0001f3fd!"
    pieces = pieces_of(document, spans_of(document, (0, 2, 0.1), (3, 4, 0.5), (4, 5, -0.25)), 0.5)
    assert [(p.text, p.weight) for p in pieces] == [
        ("ok", 0.1),
        (" ", None),
        ("\U0001f44d\U0001f3fd", 0.25),
        ("!", None),
    ]


def test_bytes_of_one_character_add_up():
    document = "a你b"
    pieces = pieces_of(document, spans_of(document, (1, 2, 0.1), (1, 2, 0.2), (1, 2, 0.3)), 0.3)
    assert [p.text for p in pieces] == ["a", "你", "b"]
    assert pieces[1].weight == pytest.approx(0.6)
    assert pieces[1].level == 8


@pytest.mark.parametrize(
    ("weight", "level"),
    [
        *((1, 4), (-1, -4), (0.13, 1), (-0.13, -1), (0.12, 0), (0.37, 1), (0.38, 2), (0, 0), (-0.0, 0)),
        *((7, 4), (math.nan, 0), (math.inf, 4), (-math.inf, -4)),
    ],
)
def test_levels(weight, level):
    assert level_of(weight, scale=1.0, steps=4) == level


@pytest.mark.parametrize("weights", [[], [0.0, 0.0], [math.nan, math.inf]])
def test_without_weight_nothing_has_a_level(weights):
    spans = [Span("a", 0, 1, weight) for weight in weights]
    assert scale_of(spans) == 0
    assert all(level_of(weight, 0.0) == 0 for weight in weights)


def test_the_scale_is_the_largest_finite_weight_of_either_sign():
    spans = [Span("a", 0, 1, weight) for weight in (0.2, -0.7, math.inf, math.nan)]
    assert scale_of(spans) == 0.7


def test_extreme_scales_do_not_overflow():
    assert level_of(1e308, 1.7e308) == 5
    assert level_of(5e-324, 5e-324) == 8


def test_weights_are_plain_floats():
    pieces = pieces_of("a", [Span("a", 0, 1, np.float32(0.5))], 1.0)
    assert type(pieces[0].weight) is float
    assert type(level_of(np.float64(0.5), np.float64(1.0))) is int
