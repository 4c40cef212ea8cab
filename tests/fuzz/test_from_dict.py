"""The dict of an explanation, changed at random: refused, or an explanation that everything accepts."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import numpy as np
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

import textattr
from textattr.errors import TextAttrError
from textattr.explanation import Explanation, Prediction
from textattr.renderers.csv_table import format_as_csv
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR, explanation_of

TWO = explanation_of("so bad", ["so", "bad"], [0.1, np.nan], [-0.2, 0.0], against=1, truth="negative")
OUTPUTS = replace(
    EXAMPLE,
    options={"rules": ["a", ("b", np.arange(3))], "names": {1: np.array(["x", "yz"]), "$": np.inf}},
    prediction=replace(EXAMPLE.prediction, output="topic"),
    other_predictions=(
        Prediction("regression", ("value",), np.array([3.5], "<f4"), None, "value", output="length"),
    ),
    targets=(
        replace(EXAMPLE.targets[0], output="topic", diagnostics={"error": np.ones(9)}),
        replace(EXAMPLE.targets[0], output=None, target=None, label="margin", probability=None),
    ),
)
DICTS = [textattr.format_as_dict(each) for each in (EXAMPLE, PAIR, FEATURES, TWO, OUTPUTS)]


def cyclic():
    inner: list = []
    inner.append(inner)
    return inner


def deep(levels):
    return {"a": deep(levels - 1)} if levels else 1


values = st.one_of(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    st.sampled_from(
        [0, 1, 2, -1, 0.5, 1.5, 10**30, 10**5000, 2**63, 1e308, "", "positive", "nan", "<f4", "<f16", "|O"]
    ),
    st.builds(
        lambda make: make(),
        st.sampled_from([list, dict, set, object, cyclic, lambda: iter("abc"), lambda: b"x"]),
    ),
    st.builds(
        lambda make: make(),
        st.sampled_from([lambda: np.arange(3), lambda: np.float64(2), lambda: np.int64(1)]),
    ),
    st.integers(1, 100).map(deep),
    st.fixed_dictionaries({"$float": st.sampled_from(["nan", "inf", "-inf", "x", 1])}),
    st.fixed_dictionaries({"$repr": st.text(max_size=2) | st.integers()}),
    st.fixed_dictionaries(
        {"$tuple": st.lists(st.integers() | st.text(max_size=2), max_size=3) | st.integers()}
    ),
    st.fixed_dictionaries(
        {
            "$mapping": st.lists(
                st.lists(st.integers(0, 1) | st.just([]), min_size=2, max_size=2), max_size=3
            )
            | st.dictionaries(st.text(max_size=2), st.integers(), max_size=2)
        }
    ),
    st.fixed_dictionaries(
        {
            "$array": st.lists(st.integers() | st.floats() | st.text(max_size=2) | st.just([1]), max_size=3),
            "dtype": st.sampled_from(
                ["<f8", ">f2", "<i4", "|u1", "|b1", "<U1", "<U99999999", "|O", "<f16", "V8", "x", 5]
            ),
            "shape": st.lists(st.sampled_from([0, 1, 2, 3, -1, 10**9, True, 1.0]), max_size=3)
            | st.integers(0, 3).map(lambda n: [n]),
        }
    ),
)


def places(tree, found):
    """Every (container, key) below a dict or list."""
    for key, item in tree.items() if isinstance(tree, dict) else enumerate(tree):
        found.append((tree, key))
        if isinstance(item, dict | list):
            places(item, found)
    return found


@st.composite
def changed_dicts(draw):
    data = copy.deepcopy(draw(st.sampled_from(DICTS)))
    for _ in range(draw(st.integers(1, 3))):
        every = places(data, []) if not isinstance(data, set) else []
        container, key = every[draw(st.integers(0, len(every) - 1))]
        match draw(st.sampled_from(["replace", "replace", "remove", "repeat", "swap", "add"])):
            case "replace":
                container[key] = draw(values)
            case "remove":
                del container[key]
            case "repeat" if isinstance(container, list):
                container.insert(key, copy.deepcopy(container[key]))
            case "swap":
                other, place = every[draw(st.integers(0, len(every) - 1))]
                container[key], other[place] = copy.deepcopy(other[place]), copy.deepcopy(container[key])
            case "add" if isinstance(container, dict):
                container[draw(st.sampled_from(["more", "$array", "texts", "version"]))] = draw(values)
        if _is_cyclic(data):
            break
    return data


def _is_cyclic(data):
    try:
        json.dumps(data, default=str)
    except (ValueError, RecursionError):
        return True
    return False


@fuzz
@given(data=changed_dicts())
def test_a_changed_dict_is_refused_or_an_explanation(data, tmp_path):
    try:
        explanation = Explanation.from_dict(data)
    except TextAttrError:
        return
    check_everything(explanation, tmp_path)


def check_everything(explanation, folder):
    """All renderers accept it, and it comes back."""
    again = json.loads(json.dumps(textattr.format_as_dict(explanation), allow_nan=False))
    assert Explanation.from_dict(again) == explanation
    textattr.write_report(explanation, folder / "x.html")
    for form in (str, repr, textattr.format_as_html, textattr.format_as_dataframe, format_as_csv):
        assert form(explanation) is not None
    textattr.format_as_text(explanation, colour=True, top=100)
    for text in explanation.texts.values() if hasattr(explanation, "texts") else [explanation]:
        for target in text.targets:
            assert len(target.heatmap) == len(text.tokens)
            for span in target.spans:
                assert text.document[span.start : span.end] == span.text


def test_what_is_not_changed_is_accepted(tmp_path):
    for data in DICTS:
        check_everything(Explanation.from_dict(data), tmp_path)
        assert textattr.format_as_dict(Explanation.from_dict(data)) == data
