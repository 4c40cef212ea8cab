"""Numbers beside the text: each named column has a weight of its own, on the same path as the words."""

from __future__ import annotations

import itertools
import json
import math

import keras
import numpy as np
import pandas as pd
import pytest
from kinds import ids, kind, lookup, tokens

import textattr
from textattr.errors import BaselineError, DocumentError, OptionError
from textattr.methods import METHODS, DeepLIFT, IntegratedGradients, ShapleySampling

NAMES = ("age", "pulse", "temp")
COMPLETE = (IntegratedGradients(tolerance=1e-3), DeepLIFT(), ShapleySampling(samples=3))


def explainer_of(case, method, **settings):
    return textattr.Explainer(case.model, method=method, feature_names={"vitals": NAMES}, **settings)


def sum_of(target):
    return target.heatmap.sum() + sum(each.weight for each in target.features) + sum(target.shares.values())


@pytest.mark.product
@pytest.mark.parametrize("method", COMPLETE, ids=lambda method: method.name)
@pytest.mark.parametrize("name", ["text_and_table", "subclassed_text_and_table"])
@pytest.mark.parametrize("family", ["keras", "tf_keras"])
def test_words_and_features_sum_to_what_was_gained(name, family, method):
    case = kind(name, family)
    for baseline in ("zero", {"vitals": [1.0, -2.0, 0.5]}):
        found = explainer_of(case, method, feature_baseline=baseline).explain(case.rows(0))
        target = found.targets[0]
        assert [each.name for each in target.features] == list(NAMES)
        np.testing.assert_allclose([each.value for each in target.features], case.inputs["vitals"][0])
        assert sum_of(target) == pytest.approx(target.score - target.baseline_score, abs=2e-3)
        assert "other inputs" not in target.shares
        empty = {**case.rows(slice(0, 1)), "vitals": np.zeros((1, 3), "float32")}
        assert len(found.tokens) == 6
        if baseline != "zero":
            empty["vitals"][:] = baseline["vitals"]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_a_weight_to_each_column(method):
    case = kind("text_and_table")
    options = {"integrated_gradients": {"steps": 8}, "smoothgrad": {"samples": 2}, "lime": {"samples": 60}}
    found = explainer_of(case, method, **options.get(method, {})).explain(case.rows(1))
    assert isinstance(found, textattr.Explanation)
    weights = np.array([each.weight for each in found.targets[0].features])
    assert weights.shape == (3,)
    assert np.isfinite(weights).all()
    assert (weights != 0).any() == (method != "gradcam")
    assert any("says nothing of the columns of" in each for each in found.warnings) == (method == "gradcam")


def additive(weights):
    """A score that is the sum of what each word and each number gives."""
    x, table = tokens(keras, name="text"), keras.Input((3,), name="vitals")
    words = keras.layers.GlobalAveragePooling1D()(lookup(keras, size=1)(x))
    numbers = keras.layers.Dense(1, use_bias=False, name="linear")(table)
    model = keras.Model({"text": x, "vitals": table}, keras.layers.Add()([words, numbers]))
    model.get_layer("linear").set_weights([np.reshape(weights, (3, 1))])
    return model


@pytest.mark.parametrize(
    "method", [*COMPLETE, METHODS["occlusion"](), METHODS["lrp"]()], ids=lambda method: method.name
)
def test_a_number_of_an_additive_model_gets_its_own_term(method):
    weights, baseline, values = (
        np.array([2.0, -1.0, 0.5]),
        [1.0, 1.0, 3.0],
        np.array([3.0, 2.0, 1.0], "float32"),
    )
    if method.name == "lrp":
        baseline = [0.0, 0.0, 0.0]
    found = textattr.explain_prediction(
        additive(weights),
        {"text": ids()[0], "vitals": values},
        method=method,
        task="regression",
        feature_names={"vitals": NAMES},
        feature_baseline={"vitals": baseline},
    )
    got = [each.weight for each in found.targets[0].features]
    np.testing.assert_allclose(got, weights * (values - baseline), atol=1e-5)


def test_a_reference_gives_its_mean():
    case = kind("text_and_table")
    reference = np.random.default_rng(4).normal(size=(20, 3))
    mean, given = (
        explainer_of(case, "deeplift", feature_baseline={"vitals": of}).explain(case.rows(0)).targets[0]
        for of in (reference, reference.mean(0))
    )
    np.testing.assert_allclose(
        [each.weight for each in mean.features], [each.weight for each in given.features], atol=1e-6
    )


def test_shapley_values_of_a_small_mixed_model_are_exact():
    case = kind("text_and_table")
    document = {"text": ids()[0][:3], "vitals": case.inputs["vitals"][0]}
    target = explainer_of(case, ShapleySampling(), score="logit").explain(document, targets=0).targets[0]
    embed, convolve, pool, mix, end = (
        next(layer for layer in case.model.layers if type(layer).__name__ == name and not skipped(layer))
        for name, skipped in (
            ("Embedding", lambda _: False),
            ("Conv1D", lambda _: False),
            ("GlobalMaxPooling1D", lambda _: False),
            ("Dense", lambda layer: layer.units == 3),
            ("Dense", lambda layer: layer.units != 3),
        )
    )
    vectors = np.asarray(embed(document["text"]))

    def score(stay):
        kept, numbers = vectors * stay[:3, None], document["vitals"] * stay[3:]
        joined = np.concatenate([np.asarray(pool(convolve(kept[None])))[0], numbers])
        return float(
            (np.asarray(mix(joined[None].astype("float32"))) @ np.asarray(end.kernel) + end.bias)[0, 0]
        )

    values = {stay: score(np.array(stay)) for stay in itertools.product((0, 1), repeat=6)}
    exact = np.zeros(6)
    for order in itertools.permutations(range(6)):
        stay = [0] * 6
        for player in order:
            before = values[tuple(stay)]
            stay[player] = 1
            exact[player] += (values[tuple(stay)] - before) / math.factorial(6)
    got = [*target.heatmap, *(each.weight for each in target.features)]
    np.testing.assert_allclose(got, exact, atol=1e-5)


def test_a_category_beside_the_text_is_no_text():
    case = kind("category_beside_text")
    found = textattr.explain_prediction(case.model, case.rows(0), method="gradient_x_input")
    assert isinstance(found, textattr.Explanation)
    assert set(found.targets[0].shares) == {"other inputs"}


def test_each_target_of_each_document_tells_the_numbers_of_its_own():
    case = kind("text_and_table")
    explainer = explainer_of(case, "gradient_x_input", target_names=("a", "b", "c"))
    rows = [case.rows(row) for row in range(3)]
    for row, found in enumerate(explainer.explain_many(rows, targets=[["a", "b"], ["c"], "all"])):
        alone = explainer.explain(rows[row], targets=[target.label for target in found.targets])
        for one, other in zip(found.targets, alone.targets, strict=True):
            assert [each.value for each in one.features] == case.inputs["vitals"][row].tolist()
            np.testing.assert_allclose(
                [each.weight for each in one.features], [each.weight for each in other.features], atol=1e-6
            )


def test_they_are_kept_and_shown():
    case = kind("text_and_table")
    found = explainer_of(case, "deeplift").explain(case.rows(0))
    assert textattr.Explanation.from_dict(json.loads(json.dumps(textattr.format_as_dict(found)))) == found
    for shown in (textattr.format_as_html(found), textattr.format_as_text(found)):
        assert all(name in shown for name in NAMES)
    frame = textattr.format_as_dataframe(found)
    assert frame[frame["kind"] == "feature"]["token"].tolist() == list(NAMES)


@pytest.mark.parametrize("method", [DeepLIFT(), ShapleySampling(samples=3), METHODS["occlusion"]()])
def test_a_category_that_is_named_is_a_feature(method):
    case = kind("category_beside_text")
    for baseline in ("zero", {"country": [2]}):
        found = textattr.explain_prediction(
            case.model,
            case.rows(0),
            targets=1,
            method=method,
            feature_names={"country": ["country"]},
            feature_baseline=baseline,
        )
        assert isinstance(found, textattr.Explanation)
        [feature] = found.targets[0].features
        table = next(la for la in case.model.layers if getattr(la, "input_dim", None) == 5)
        start = 0 if baseline == "zero" else np.asarray(table.embeddings)[2]
        kernel = np.asarray(case.model.layers[-1].kernel)[-3:, 1]
        expected = (np.asarray(table.embeddings)[1] - start) @ kernel
        assert (feature.name, feature.value) == ("country", 1.0)
        assert feature.weight == pytest.approx(expected, abs=1e-5)


def test_several_categories_of_one_input_are_features_of_their_own():
    x, place = tokens(keras, name="text"), keras.Input((2,), dtype="int32", name="place")
    words = keras.layers.GlobalAveragePooling1D()(lookup(keras, size=1)(x))
    of_place = keras.layers.Flatten()(keras.layers.Embedding(5, 1, name="places")(place))
    scores = keras.layers.Concatenate()([words, of_place])
    model = keras.Model({"text": x, "place": place}, keras.ops.sum(scores, axis=1, keepdims=True))
    document = {"text": ids()[0], "place": np.array([1, 4])}
    found = textattr.explain_prediction(
        model,
        document,
        method="deeplift",
        task="regression",
        feature_names={"place": pd.Index(["city", "country"])},
        feature_baseline={"place": [0, 2]},
    )
    table = np.asarray(model.get_layer("places").embeddings)[:, 0]
    features = found.targets[0].features
    assert [(each.name, each.value) for each in features] == [("city", 1), ("country", 4)]
    np.testing.assert_allclose(
        [each.weight for each in features], [table[1] - table[0], table[4] - table[2]], atol=1e-6
    )


FEW_METHODS = [*COMPLETE, METHODS["occlusion"]()]


def beside_text(shape, dtype, read):
    """A model whose score is the sum of what each word gives, and of what `read` makes of an input beside the text."""
    keras.utils.set_random_seed(2)
    x, beside = tokens(keras, name="text"), keras.Input(shape, dtype=dtype, name="beside")
    words = keras.layers.GlobalAveragePooling1D()(lookup(keras, size=1)(x))
    return keras.Model({"text": x, "beside": beside}, words + read(beside))


@pytest.mark.parametrize("method", FEW_METHODS, ids=lambda method: method.name)
@pytest.mark.parametrize("shape", [(), (1,)])
def test_a_single_number_beside_the_text_is_a_feature(shape, method):
    model = beside_text(shape, "float32", lambda age: 3 * keras.layers.Reshape((1,))(age))
    explainer = textattr.Explainer(
        model,
        method=method,
        task="regression",
        feature_names={"beside": ["age"]},
        feature_baseline={"beside": [1.0]},
    )
    documents = [{"text": ids()[0], "beside": age} for age in (4.0, 2.0)]
    for found, age in zip(explainer.explain_many(documents), (4.0, 2.0), strict=True):
        [feature] = found.targets[0].features
        assert (feature.name, feature.value) == ("age", age)
        assert feature.weight == pytest.approx(3 * (age - 1), abs=1e-5)


@pytest.mark.parametrize("method", FEW_METHODS, ids=lambda method: method.name)
@pytest.mark.parametrize("shape", [(), (1,)])
def test_all_tables_that_a_category_is_looked_up_in_count(shape, method):
    tables = [keras.layers.Embedding(5, size) for size in (1, 3)]

    def read(user):
        vectors = [keras.layers.Flatten()(table(user)) for table in tables]
        return keras.ops.sum(keras.layers.Concatenate()(vectors), axis=1, keepdims=True)

    found = textattr.explain_prediction(
        beside_text(shape, "int32", read),
        {"text": ids()[0], "beside": 4},
        method=method,
        task="regression",
        feature_names={"beside": ["user"]},
        feature_baseline={"beside": [1]},
    )
    [feature] = found.targets[0].features
    gained = sum(np.asarray(table.embeddings)[[4, 1]].sum(1) @ [1, -1] for table in tables)
    assert (feature.name, feature.value) == ("user", 4)
    assert feature.weight == pytest.approx(gained, abs=1e-5)
    assert "other inputs" not in found.targets[0].shares


def columns_with_tables(columns, width):
    """A model with a table for each of some columns, and the tables by their columns."""
    tables = {column: keras.layers.Embedding(7, 1) for column in columns}
    model = beside_text((width,), "int32", lambda x: sum(table(x[:, i]) for i, table in tables.items()))
    return model, tables


@pytest.mark.parametrize("method", FEW_METHODS, ids=lambda method: method.name)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_categories_of_one_input_may_have_a_table_each(order, method):
    model, tables = columns_with_tables(order, 2)
    found = textattr.explain_prediction(
        model,
        {"text": ids()[0], "beside": [2, 6]},
        method=method,
        task="regression",
        feature_names={"beside": ["city", "country"]},
        feature_baseline={"beside": [1, 5]},
    )
    of = {column: np.asarray(table.embeddings)[:, 0] for column, table in tables.items()}
    features = found.targets[0].features
    assert [(each.name, each.value) for each in features] == [("city", 2), ("country", 6)]
    np.testing.assert_allclose(
        [each.weight for each in features], [of[0][2] - of[0][1], of[1][6] - of[1][5]], atol=1e-5
    )


def test_names_for_columns_of_which_some_have_no_table_are_refused():
    model, _ = columns_with_tables((0, 2), 3)
    with pytest.raises(OptionError, match="of whose 3 columns the model looks up some"):
        textattr.explain_prediction(
            model,
            {"text": ids()[0], "beside": [2, 6, 1]},
            method="deeplift",
            task="regression",
            feature_names={"beside": ["city", "street", "country"]},
        )


def test_flags_are_numbers():
    case = kind("text_and_table")
    found = explainer_of(case, "deeplift").explain({"text": ids()[0], "vitals": [True, False, True]})
    assert [each.value for each in found.targets[0].features] == [1, 0, 1]


@pytest.mark.parametrize("values", [[1, 2], [1.0, 2.0]])
def test_a_table_with_too_few_numbers_is_not_told_of_tokens(values):
    case = kind("text_and_table")
    expected = "the model takes 3 numbers on axis 1 for the input 'vitals', got 2: give as many"
    with pytest.raises(DocumentError, match=expected):
        textattr.explain_prediction(case.model, {"text": ids()[0], "vitals": values}, method="saliency")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (
            {"feature_names": {"vitals": ("age", "pulse")}},
            DocumentError,
            "expected 2 numbers for the input 'vitals'",
        ),
        (
            {"feature_names": {"pulse": NAMES}},
            OptionError,
            "names the input 'pulse': expected an input beside",
        ),
        ({"feature_names": {"text": NAMES}}, OptionError, "names the input 'text'"),
        ({"feature_names": NAMES}, OptionError, "expected feature_names= as"),
        (
            {"feature_names": {"vitals": "age"}},
            OptionError,
            "expected a list of names for the input 'vitals'",
        ),
        ({"feature_names": {"vitals": ("a", "a", "b")}}, OptionError, "two columns of one name"),
        ({"feature_baseline": "mean"}, OptionError, "expected feature_baseline="),
        ({"feature_baseline": {"vitals": [1.0]}}, OptionError, "expected a value for each of the 3 columns"),
        ({"feature_baseline": {"x": [1.0]}}, OptionError, "which feature_names= does not name"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, error, message):
    case = kind("text_and_table")
    with pytest.raises(error, match=message):
        textattr.explain_prediction(
            case.model, case.rows(0), method="saliency", **{"feature_names": {"vitals": NAMES}, **settings}
        )


@pytest.mark.parametrize("baseline", [[1.5], [[1], [2]]])
def test_a_category_between_others_is_refused(baseline):
    case = kind("category_beside_text")
    with pytest.raises(BaselineError, match="expected whole numbers as feature_baseline of categories"):
        textattr.explain_prediction(
            case.model,
            case.rows(0),
            method="deeplift",
            feature_names={"country": ["country"]},
            feature_baseline={"country": baseline},
        )


def test_strings_for_numbers_are_refused():
    case = kind("text_and_table")
    document = {"text": ids()[0], "vitals": np.array(["old", "fast", "warm"])}
    with pytest.raises(textattr.TextAttrError, match="vitals"):
        explainer_of(case, "saliency").explain(document)


def test_a_category_that_is_a_string_has_no_weight_by_name():
    layers = keras.layers
    title = keras.Input((None,), dtype="int32", name="title")
    genre = keras.Input((1,), dtype="string", name="genre")
    category = layers.StringLookup(vocabulary=["drama", "comedy"])(genre)
    vectors = [layers.GlobalAveragePooling1D()(layers.Embedding(9, 3)(title))]
    vectors += [layers.Flatten()(layers.Embedding(4, 3)(category))]
    model = keras.Model([title, genre], layers.Dense(2, activation="softmax")(layers.Concatenate()(vectors)))
    document = {"title": [3, 4, 5], "genre": "drama"}
    with pytest.raises(DocumentError, match=r"\['drama'\]: only numbers.*without a name.*is a share"):
        textattr.explain_prediction(
            model, document, method="deeplift", baseline="zero", feature_names={"genre": ["genre"]}
        )
    found = textattr.explain_prediction(model, document, method="deeplift", baseline="zero")
    assert found.targets[0].shares["other inputs"]


def test_a_share_outside_the_sum_says_so_and_a_large_one_is_warned_of():
    case = kind("dict_with_numbers")
    settings = {"targets": 1, "method": "deeplift"}
    found = textattr.explain_prediction(case.model, case.rows(0), **settings)
    assert "other inputs (outside the sum)" in textattr.format_as_text(found)
    conserved = textattr.explain_prediction(case.model, case.rows(0), targets=1, method="lrp")
    assert "outside the sum" not in textattr.format_as_text(conserved)
    large = {**case.rows(0), "numbers": case.rows(0)["numbers"] * 100}
    warnings = textattr.explain_prediction(case.model, large, **settings).warnings
    assert any("of the relevance went to what is no text (numbers)" in warning for warning in warnings)


@pytest.mark.parametrize("method", ["gradient_x_input", "integrated_gradients", "deeplift", "occlusion"])
def test_masks_and_segments_get_no_share(method):
    x, segments, mask = (
        keras.Input((None,), dtype=dtype, name=name)
        for name, dtype in (("token_ids", "int32"), ("segment_ids", "int32"), ("padding_mask", "float32"))
    )
    joined = keras.layers.Add()([lookup(keras)(x), keras.layers.Embedding(2, 4)(segments)])
    masked = keras.layers.Multiply()([joined, keras.layers.Reshape((-1, 1))(mask)])
    model = keras.Model(
        {"token_ids": x, "segment_ids": segments, "padding_mask": mask},
        keras.layers.Dense(3)(keras.layers.GlobalAveragePooling1D()(masked)),
    )
    document = {
        "token_ids": ids()[0],
        "segment_ids": np.zeros(6, "int32"),
        "padding_mask": np.ones(6, "float32"),
    }
    found = textattr.explain_prediction(model, document, method=method, task="multiclass")
    assert "other inputs" not in found.targets[0].shares


@pytest.mark.parametrize(
    "method",
    [IntegratedGradients(steps=200), DeepLIFT(), ShapleySampling(samples=2)],
    ids=lambda method: method.name,
)
def test_in_double_precision_words_and_features_sum_to_the_last_digits(method):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        keras.utils.set_random_seed(1)
        x, table = tokens(keras, name="text"), keras.Input((3,), dtype="float64", name="vitals")
        read = keras.layers.GRU(4)(lookup(keras)(x))
        mixed = keras.layers.Dense(5, activation="tanh")(keras.layers.Concatenate()([read, table]))
        model = keras.Model({"text": x, "vitals": table}, keras.layers.Dense(3)(mixed))
    finally:
        keras.config.set_dtype_policy(policy)
    document = {"text": ids()[0], "vitals": np.array([0.3, -1.2, 2.0])}
    settings = {"task": "multiclass", "feature_names": {"vitals": NAMES}}
    baseline = {"feature_baseline": {"vitals": [0.1, 0.2, 0.3]}}
    target = textattr.explain_prediction(model, document, method=method, **settings, **baseline).targets[0]
    assert sum_of(target) == pytest.approx(target.score - target.baseline_score, abs=1e-9)


def test_every_renderer_shows_them(tmp_path):
    case = kind("text_and_table")
    document = case.rows(0)
    settings = {"feature_names": {"vitals": ["age", "pulse", "temperature"]}}
    found = textattr.explain_prediction(case.model, document, **settings)
    compared = textattr.compare(case.model, document, methods=["deeplift", "gradient_x_input"], **settings)
    textattr.write_report([found], tmp_path / "report.html")
    found.save(tmp_path / "row.csv")
    shown = {
        "html": textattr.format_as_html(found),
        "text": textattr.format_as_text(found),
        "svg": textattr.format_as_svg(found),
        "latex": textattr.format_as_latex(found),
        "report": (tmp_path / "report.html").read_text(encoding="utf-8"),
        "csv": (tmp_path / "row.csv").read_text(encoding="utf-8"),
        "comparison": str(compared),
        "comparison in a notebook": compared._repr_html_(),
        "plot": " ".join(label.get_text() for label in textattr.plot(found).get_yticklabels()),
    }
    lacking = {form for form, content in shown.items() if "temperature" not in content}
    assert lacking == set()
