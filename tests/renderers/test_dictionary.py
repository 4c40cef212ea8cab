import dataclasses
import json
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from textattr.errors import TextAttrError
from textattr.explanation import Explanation, MultiTextExplanation, TargetExplanation, Token
from textattr.renderers.dictionary import format_as_dict
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR
from textattr.spans import weighted_spans

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
    scores=arrays.arrays(st.sampled_from(["<f4", ">f8", "<f2"]), 2),
    probability=st.none() | st.floats(0, 1, width=16) | st.just(math.nan),
    score=floats,
    truth=st.none() | st.text(),
    warnings=st.lists(st.text()).map(tuple),
)
def test_an_explanation_comes_back(document, weights, scores, probability, score, truth, warnings):
    tokens = tuple(Token(document, 0, len(document) - i % 2, i % 3 == 1) for i in range(len(weights)))
    explanation = dataclasses.replace(
        with_(
            EXAMPLE,
            heatmap=np.array(weights),
            spans=weighted_spans(document, tokens, weights),
            shares={"padding": score},
            score=score,
            probability=probability,
            document=document,
            truth=truth,
            warnings=warnings,
        ),
        tokens=tokens,
        prediction=dataclasses.replace(
            EXAMPLE.prediction,
            scores=scores,
            probabilities=None if probability is None else np.full(2, probability, scores.dtype),
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


def change(data, path, value):
    """The dict with another value at a place such as "targets.0.label"; `del` takes the place away."""
    *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    inner = data
    for key in parents:
        inner = inner[key]
    if value is del_:
        del inner[last]
    else:
        inner[last] = value
    return data


del_ = object()
DEEP = "x"
for _ in range(500):
    DEEP = [DEEP]
CYCLE = {}
CYCLE["again"] = CYCLE
LAUGH = ["ha"]
for _ in range(40):
    LAUGH = [LAUGH, LAUGH]


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("version", True, "version"),
        ("version", "1", "version"),
        ("truth", 5, "truth: expected a string, got 5"),
        ("more", 1, "the dict: expected no key 'more'"),
        ("document", 5, "document: expected a string"),
        ("document", "", r"targets\[0\].spans\[0\].end: expected a whole number from 0 to 0"),
        ("layout", "poem", "layout: expected one of 'text', 'features', got 'poem'"),
        ("warnings", "abc", "warnings: expected a list, got 'abc'"),
        ("warnings", (w for w in "abc"), "warnings: .* got an object of type generator"),
        ("options", [], "options: expected a dict with strings as keys"),
        ("options", DEEP, "options.*: expected at most 64"),
        ("options", CYCLE, "options.again: expected every dict and list to stand in one place"),
        ("options", LAUGH, "options.*: expected every dict and list to stand in one place"),
        ("options", {1: 2}, r"options: expected keys that are strings \(not 1\)"),
        ("options", {"n": 10**5000}, "options.n: expected a number of at most 4096 bits"),
        (
            "options",
            {"$float": "1e5"},
            r"options\['\$float'\]: expected one of 'nan', 'inf', '-inf', got '1e5'",
        ),
        ("options", {"a": {"$unknown": 1}}, "options.a: expected no key that starts with"),
        ("options", {"a": {"$repr": "x", "b": 1}}, "options.a: expected no key 'b'"),
        ("options", {"a": {"$mapping": [[[], 1]]}}, "options.a.*: expected a key"),
        ("options", {"a": {"$mapping": [[1, 1], [True, 2]]}}, "options.a.*: expected every key once"),
        ("options", {"a": {"$mapping": [[1]]}}, "options.a.*: expected a key and a value"),
        (
            "options",
            {"a": {"$array": [1], "dtype": "<f8", "shape": [10**9]}},
            "options.a.shape: expected a shape",
        ),
        ("options", {"a": {"$array": [], "dtype": "<f8", "shape": [0] + [2**31] * 9}}, "options.a.shape"),
        (
            "options",
            {"a": {"$array": ["x"], "dtype": "<U250000000", "shape": [1]}},
            "options.a.*: expected strings",
        ),
        ("options", {"a": {"$array": ["x"], "dtype": "<U9999999999", "shape": [1]}}, "options.a.dtype"),
        ("options", {"a": {"$array": ["ab"], "dtype": "<U1", "shape": [1]}}, "options.a.*: .* hold exactly"),
        ("options", {"a": {"$array": [1.5], "dtype": "<i4", "shape": [1]}}, "options.a.*: .* hold exactly"),
        (
            "options",
            {"a": {"$array": [[1]], "dtype": "<f4", "shape": [1]}},
            "options.a.*: expected a list of values",
        ),
        ("options", {"a": {"$array": [1], "dtype": "f4,(9999999,)i4", "shape": [1]}}, "options.a.dtype"),
        ("tokens.2.start", True, r"tokens\[2\].start: expected a whole number from 0 to 45, got True"),
        ("tokens.2.start", 9.0, r"tokens\[2\].start"),
        ("tokens.2.end", 2, r"tokens\[2\].end: expected a whole number from 9 to 45, got 2"),
        ("tokens.2.is_special", 1, r"tokens\[2\].is_special: expected true or false, got 1"),
        ("tokens.2", del_, r"targets\[0\].heatmap: expected one weight per token, 8, got a list of 9"),
        (
            "tokens.2.is_special",
            True,
            r"targets\[0\].spans: expected a span per token .*, 8, got a list of 9",
        ),
        (
            "targets.0.heatmap",
            [0.5],
            r"targets\[0\].heatmap: expected one weight per token, 9, got a list of 1",
        ),
        ("targets.0.heatmap", "123456789", r"targets\[0\].heatmap: expected a list"),
        ("targets.0.heatmap.3", "x", r"targets\[0\].heatmap\[3\]: expected a number, got 'x'"),
        ("targets.0.heatmap.3", 10**400, r"targets\[0\].heatmap\[3\]: expected a number below"),
        ("targets.0.spans.3.weight", 0.5, r"targets\[0\].spans\[3\].weight: expected the weight -0.87"),
        ("targets.0.spans.3.start", 12, r"targets\[0\].spans\[3\]: expected the span 'awful'"),
        ("targets.0.spans", [], r"targets\[0\].spans: expected a span per token"),
        ("targets.0.target", 2, r"targets\[0\].target: expected a whole number from 0 to 1, got 2"),
        ("targets.0.target", 0, r"targets\[0\].label: expected one of 'negative', got 'positive'"),
        ("targets.0.against", -1, r"targets\[0\].against"),
        ("targets.0.output", "other", r"targets\[0\].output: expected one of"),
        ("targets.0.probability", 1.5, r"targets\[0\].probability: expected a probability"),
        ("targets.0.score", None, r"targets\[0\].score: expected a number"),
        ("targets.0.shares", {"padding": "x"}, r"targets\[0\].shares: expected a number per name"),
        ("targets.0.heatmap", del_, r"targets\[0\] lacks the key 'heatmap'"),
        ("prediction.labels", ["a", "b"], r"prediction.label: expected one of 'a', 'b', got 'positive'"),
        ("prediction.labels", "ab", r"prediction.labels: expected a list"),
        ("prediction.scores.0", del_, "prediction.scores: expected one number per label, 2"),
        ("prediction.probabilities.0", -0.5, r"prediction.probabilities\[0\]: expected a probability"),
        ("prediction.probabilities", None, "prediction.dtypes.probabilities: expected None"),
        ("prediction.dtypes.scores", "<U4", "prediction.dtypes.scores: expected the name of a NumPy dtype"),
        ("prediction.dtypes.scores", "<f3", "prediction.dtypes.scores: expected the name of a NumPy dtype"),
        ("prediction.task", "regression", "prediction.probabilities: expected None"),
        ("prediction.task", [], "prediction.task: expected one of"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(path, value, place):
    data = change(format_as_dict(EXAMPLE), path, value)
    with pytest.raises(TextAttrError, match=f"^(the dict .*|expected a dict .*)?{place}"):
        Explanation.from_dict(data)


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("texts", [], "texts: expected a dict"),
        ("texts.premise.targets.0.label", "neutral", r"texts.premise.targets\[0\].label"),
        ("texts.premise.targets", [], "texts.premise.targets: expected the targets of the whole, 1"),
        (
            "texts.premise.targets.0.against",
            1,
            r"texts.premise.targets\[0\]: expected the target of the whole",
        ),
        (
            "texts.premise.prediction.scores.0",
            1.0,
            "texts.premise.prediction: expected the predictions of the whole",
        ),
        ("targets.0.heatmap", [], r"targets\[0\]: expected no key 'heatmap'"),
    ],
)
def test_parts_that_contradict_the_whole_are_named(path, value, place):
    with pytest.raises(TextAttrError, match=f"^{place}"):
        MultiTextExplanation.from_dict(change(format_as_dict(PAIR), path, value))


def test_a_small_dict_takes_little_memory():
    data = change(
        format_as_dict(EXAMPLE),
        "options",
        {str(i): {"$array": ["x"], "dtype": f"<U{4 * 10**8 >> i}", "shape": [1]} for i in range(20)},
    )
    tracemalloc.start()
    with pytest.raises(TextAttrError, match="expected strings that need"):
        Explanation.from_dict(data)
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[", b"\xff", b"[" * 100_000, b'{"version": 1' + b"0" * 5000 + b"}", b'{"version": NaN}'],
)
def test_a_file_that_holds_no_explanation_is_refused(content, tmp_path):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(TextAttrError, match="expected"):
        Explanation.from_json(tmp_path / "x.json")


@pytest.mark.parametrize("explanation", [EXAMPLE, PAIR, FEATURES])
def test_a_saved_file_is_read(explanation, tmp_path):
    explanation.save(tmp_path / "x.json")
    assert Explanation.from_json(str(tmp_path / "x.json")) == explanation
    with pytest.raises(TextAttrError, match=r"cannot read .*other\.json"):
        Explanation.from_json(tmp_path / "other.json")
