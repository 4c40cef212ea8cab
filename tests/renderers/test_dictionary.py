import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from textattr.errors import TextAttrError
from textattr.explanation import Explanation, MultiTextExplanation, Span, TargetExplanation, Token
from textattr.renderers.dictionary import format_as_dict
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR

floats = st.floats(allow_nan=True)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | floats
    | st.text()
    | arrays.arrays(
        st.sampled_from(["<f8", ">f4", "<f2", "<i4", "|u1", "|b1", "<U3"]),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    ),
    lambda children: (
        st.lists(children, max_size=3)
        | st.lists(children, max_size=3).map(tuple)
        | st.dictionaries(
            st.text(max_size=5) | st.integers() | st.sampled_from(["$float", "$tuple"]), children, max_size=3
        )
    ),
    max_leaves=8,
)


def there_and_back(explanation):
    """Through JSON that a strict parser accepts."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    text = json.dumps(format_as_dict(explanation), allow_nan=False)
    return Explanation.from_dict(json.loads(text, parse_constant=refuse))


def alike(one, other):
    """Equal with equal types, all the way down."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, dict):
        assert list(one) == list(other)
        list(map(alike, one.values(), other.values()))
    elif isinstance(one, tuple | list):
        assert len(one) == len(other)
        list(map(alike, one, other))
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            alike(getattr(one, field.name), getattr(other, field.name))
    else:
        assert one == other or (one != one and other != other)


def with_(explanation, **changes):
    target = dataclasses.replace(
        explanation.targets[0],
        **{
            name: changes.pop(name)
            for name in list(changes)
            if name in TargetExplanation.__dataclass_fields__
        },
    )
    return dataclasses.replace(explanation, targets=(target,), **changes)


@settings(deadline=None)
@given(
    options=st.dictionaries(st.text(), values, max_size=3),
    diagnostics=st.dictionaries(st.text(), values, max_size=3),
)
def test_options_and_diagnostics_come_back_as_they_were(options, diagnostics):
    explanation = with_(EXAMPLE, options=options, diagnostics=diagnostics)
    back = there_and_back(explanation)
    alike(back.options, explanation.options)
    alike(back.targets[0].diagnostics, explanation.targets[0].diagnostics)


@settings(deadline=None)
@given(
    document=st.text(st.characters(), min_size=1),
    weights=st.lists(floats, min_size=1, max_size=5),
    scores=arrays.arrays(st.sampled_from(["<f4", "<f8", "<f2"]), 3),
    probability=st.none() | floats,
    score=floats,
    truth=st.none() | st.text(),
    warnings=st.lists(st.text()).map(tuple),
)
def test_an_explanation_comes_back(document, weights, scores, probability, score, truth, warnings):
    explanation = dataclasses.replace(
        with_(
            EXAMPLE,
            heatmap=np.array(weights),
            spans=tuple(Span(document[:1], 0, 1, weight) for weight in weights),
            shares={"padding": score},
            score=score,
            probability=probability,
            document=document,
            truth=truth,
            warnings=warnings,
        ),
        tokens=tuple(Token(document, 0, len(document), is_special) for is_special in (True, False)),
        prediction=dataclasses.replace(
            EXAMPLE.prediction, scores=scores, probabilities=None if probability is None else scores
        ),
    )
    back = there_and_back(explanation)
    assert back == explanation
    alike(back, explanation)


def test_each_kind_comes_back(any_hostile):
    back = there_and_back(any_hostile)
    assert back == any_hostile
    alike(back, any_hostile)


@settings(deadline=None)
@given(names=st.lists(st.text() | st.sampled_from(["$float", "version", "texts"]), unique=True, max_size=3))
def test_the_names_and_order_of_texts_come_back(names):
    several = dataclasses.replace(PAIR, texts=dict.fromkeys(names, PAIR["premise"]))
    alike(there_and_back(several), several)


def test_outputs_and_functions_come_back(outputs):
    alike(there_and_back(outputs), outputs)


@pytest.mark.parametrize("explanation", [EXAMPLE, PAIR, FEATURES])
@pytest.mark.parametrize("kind", [Explanation, MultiTextExplanation])
def test_either_class_finds_the_right_one(explanation, kind):
    assert type(kind.from_dict(format_as_dict(explanation))) is type(explanation)


def test_texts_are_dicts_by_name():
    data = format_as_dict(PAIR)
    assert list(data["texts"]) == ["premise", "hypothesis"]
    assert data["texts"]["premise"]["document"] == "A man is sleeping on a bench."
    assert "document" not in data
    assert "heatmap" not in data["targets"][0]
    del data["texts"]["hypothesis"]["tokens"]
    with pytest.raises(TextAttrError, match="lacks the key 'tokens'"):
        Explanation.from_dict(data)


def test_arrays_that_come_back_are_read_only():
    back = there_and_back(with_(EXAMPLE, diagnostics={"standard_error": np.array([0.1, math.nan])}))
    for array in (
        back.targets[0].diagnostics["standard_error"],
        back.targets[0].heatmap,
        back.prediction.scores,
    ):
        assert not array.flags.writeable


def test_numbers_are_plain_lists():
    data = format_as_dict(EXAMPLE)
    assert data["version"] == 1
    assert data["targets"][0]["heatmap"] == EXAMPLE.targets[0].heatmap.tolist()
    assert data["prediction"]["scores"] == EXAMPLE.prediction.scores.tolist()


def test_numpy_scalars_become_numbers():
    back = there_and_back(
        with_(
            EXAMPLE,
            target=np.int64(1),
            score=np.float32(0.5),
            options={"steps": np.int32(5), "flag": np.bool_(True)},
        )
    )
    assert back.options == {"steps": 5, "flag": True}
    assert type(back.targets[0].score) is float


def test_other_objects_come_back_as_their_repr():
    assert there_and_back(with_(EXAMPLE, options={"predict": len})).options == {
        "predict": "<built-in function len>"
    }


@pytest.mark.parametrize("data", [{}, {"version": 2}, [], None, "{}"])
def test_what_is_no_explanation_is_refused(data):
    with pytest.raises(TextAttrError, match='expected a dict from format_as_dict with "version": 1; got'):
        Explanation.from_dict(data)


def test_a_missing_key_is_named():
    data = format_as_dict(EXAMPLE)
    del data["tokens"]
    with pytest.raises(TextAttrError, match="lacks the key 'tokens'"):
        Explanation.from_dict(data)


def test_spans_must_fit_the_document():
    data = format_as_dict(EXAMPLE)
    data["document"] = "Something else"
    with pytest.raises(TextAttrError, match="expected the span 'The' at characters 0 to 3"):
        Explanation.from_dict(data)
