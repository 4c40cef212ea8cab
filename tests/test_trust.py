"""What a user can rely on where models do unusual things: masks, lookups, states and numbers of every kind."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest
from keras import layers
from kinds import UNUSUAL, kind, quantise
from test_stateful import READERS, stateful, values

import textattr

METHODS = list(textattr.METHODS)
MASKED = ("lstm_masked", "mask_set_in_the_call", "mask_around_the_lookup")
SETTINGS = {"lime": {"samples": 64}, "gradcam": {"relu": False}}
IDS = np.array([5, 6, 7, 8])


def explained(model, ids, method, **settings):
    return textattr.explain_prediction(
        model, ids, method=method, targets=1, **SETTINGS.get(method, {}), **settings
    )


def same_weights(one, other):
    scale = np.abs(one.targets[0].heatmap).max()
    assert scale > 0
    np.testing.assert_allclose(other.targets[0].heatmap, one.targets[0].heatmap, atol=1e-5 * scale)


@pytest.mark.product("padding behind a mask")
@pytest.mark.parametrize("family", ["keras", "tf_keras"])
@pytest.mark.parametrize("name", MASKED)
@pytest.mark.parametrize("method", METHODS)
def test_padding_behind_a_mask_changes_nothing(method, name, family):
    model = kind(name, family).model
    alone = explained(model, IDS, method)
    padded = explained(model, np.r_[IDS, 0, 0, 0], method)
    assert [token.text for token in padded.tokens] == [token.text for token in alone.tokens]
    same_weights(alone, padded)


@pytest.mark.product("padding behind a mask")
@pytest.mark.parametrize("name", MASKED)
@pytest.mark.parametrize("method", ["gradient_x_input", "integrated_gradients", "deeplift", "occlusion"])
def test_padding_on_the_other_side_and_in_batches_changes_nothing(method, name):
    model = kind(name).model
    if name == "mask_around_the_lookup":  # counts its positions: padding in front moves the text
        padded = [np.r_[IDS, 0, 0], np.r_[IDS[:2], 0, 0, 0, 0]]
    else:
        padded = [np.r_[0, 0, IDS], np.r_[0, 0, 0, 0, IDS[:2]]]
    explainer = textattr.Explainer(model, method=method)
    for batch in (padded, padded[::-1]):
        for found, ids in zip(explainer.explain_many(batch, targets=1), batch, strict=True):
            same_weights(explained(model, ids[ids != 0], method), found)


def test_a_mask_set_in_the_call_survives_saving(tmp_path):
    model = kind("mask_set_in_the_call").model
    model.save(tmp_path / "model.keras")
    again = textattr.load_model(tmp_path / "model.keras")
    padded = np.r_[IDS, 0, 0, 0]
    same_weights(explained(model, IDS, "occlusion"), explained(again, padded, "occlusion"))


def test_the_table_of_keras_hub_masks_as_well():
    hub = pytest.importorskip("keras_hub", reason="needs keras-hub (pip install keras-hub)")
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32")
    vectors = hub.layers.TokenAndPositionEmbedding(20, 10, 4, mask_zero=True)(ids)
    model = keras.Model(ids, layers.Dense(3, activation="softmax")(layers.LSTM(4)(vectors)))
    for method in ("integrated_gradients", "occlusion", "shapley_sampling"):
        same_weights(explained(model, IDS, method), explained(model, np.r_[IDS, 0, 0, 0], method))


# --- What is no table: numbers computed of the ids, beside a table.

SHAPES = {
    "(B, T, 1)": lambda mask: mask[:, :, None],
    "(B, 1, T)": lambda mask: mask[:, None, :],
    "(B, 1, 1, T)": lambda mask: mask[:, None, None, :],
    "(B, T, T)": lambda mask: mask[:, None, :] + 0 * mask[:, :, None],
}
FORMULAS = {
    "equal": lambda ids: keras.ops.cast(keras.ops.equal(ids, 0), "float32"),
    "to bool": lambda ids: keras.ops.cast(keras.ops.cast(ids, "bool"), "float32"),
    "sign": lambda ids: keras.ops.cast(keras.ops.sign(ids), "float32"),
    "minimum": lambda ids: keras.ops.cast(keras.ops.minimum(ids, 1), "float32"),
    "scaled": lambda ids: keras.ops.cast(ids, "float32") / 30,
}


class Computed(layers.Layer):
    def __init__(self, formula, shaped):
        super().__init__()
        self.formula, self.shaped = formula, shaped

    def call(self, ids):
        return self.shaped(self.formula(ids))


@pytest.mark.product
@pytest.mark.parametrize(
    ("formula", "shape"),
    [*(("equal", shape) for shape in SHAPES), *((formula, "(B, T, 1)") for formula in FORMULAS)],
)
def test_numbers_computed_of_the_ids_are_no_vectors(formula, shape):
    keras.utils.set_random_seed(3)
    ids = keras.Input((None,), dtype="int32")
    vectors = layers.Embedding(30, 4)(ids)
    beside = Computed(FORMULAS[formula], SHAPES[shape])(ids)
    beside = layers.Lambda(lambda x: keras.ops.reshape(keras.ops.mean(x), (1, 1)))(beside)
    pooled = layers.GlobalAveragePooling1D()(vectors)
    model = keras.Model(ids, layers.Dense(3)(layers.Dense(4, activation="tanh")(pooled) * (1 + beside)))
    [of_vectors] = textattr.methods.GradientXInput().attribute(model, IDS[None], target=1)
    assert of_vectors.shape == (4, 4)
    found = textattr.explain_prediction(model, IDS, method="occlusion", targets=1, task="multiclass")
    table = model.layers[1] if hasattr(model.layers[1], "embeddings") else model.layers[2]
    score = float(model(IDS[None])[0, 1])
    truth = np.array(table.embeddings)
    for at, token in enumerate(IDS):
        without = truth.copy()
        without[token] = 0
        table.embeddings.assign(without)
        assert found.targets[0].heatmap[at] == pytest.approx(score - float(model(IDS[None])[0, 1]), abs=1e-6)
    table.embeddings.assign(truth)


def test_what_reads_the_text_in_another_order_is_told_apart():
    found = textattr.explain_prediction(
        kind("read_in_reverse_as_well").model, IDS, method="integrated_gradients"
    )
    assert found.targets[0].shares["other inputs"] != 0


# --- Stateful layers.


@pytest.mark.product
@pytest.mark.parametrize(
    ("family", "reader"), [*(("keras", reader) for reader in READERS), ("tf_keras", "simple")]
)
def test_relevance_goes_through_stateful_layers(family, reader):
    model = stateful(family, reader)
    model(np.array([[7, 8, 9]]))
    before = values(model)
    lrp = explained(model, IDS, "lrp").targets[0]
    parts = ("taken_by_biases", "left_in_first_states", "taken_by_stabilisers")
    whole = lrp.heatmap.sum() + sum(lrp.diagnostics[part] for part in parts)
    assert whole == pytest.approx(lrp.score, abs=1e-5)
    assert np.abs(lrp.heatmap).min() > 0
    deeplift = explained(model, IDS, "deeplift").targets[0]
    gained = deeplift.score - deeplift.diagnostics["baseline_score"]
    assert deeplift.heatmap.sum() == pytest.approx(gained, abs=1e-5)
    for old, new in zip(before, values(model), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_loop_of_the_models_own_is_refused_by_name():
    class Running(layers.Layer):
        def call(self, x):
            import tensorflow as tf

            steps = tf.scan(lambda state, now: state * 0.5 + now, tf.transpose(x, [1, 0, 2]))
            return steps[-1]

        def compute_output_shape(self, shape):
            return (shape[0], shape[2])

    ids = keras.Input((None,), dtype="int32")
    model = keras.Model(ids, layers.Dense(2)(Running(name="running")(layers.Embedding(30, 4)(ids))))
    for method in ("lrp", "deeplift"):
        with pytest.raises(textattr.TextAttrError, match="loop .*running"):
            textattr.explain_prediction(model, IDS, method=method, task="multiclass")


# --- A caution that is true.

NORMALISED = {
    "alone": lambda e: layers.LayerNormalization(epsilon=1e-9)(e),
    "scaled": lambda e: layers.LayerNormalization(epsilon=1e-9)(e * 2.0),
    "rms": lambda e: layers.RMSNormalization(epsilon=1e-9)(layers.Dropout(0.1)(e)),
    "groups": lambda e: layers.GroupNormalization(2, epsilon=1e-9)(e),
    "with positions": lambda e: layers.LayerNormalization()(
        e + layers.Embedding(4, 4)(keras.ops.arange(4)) + 1.0
    ),
    "residual": lambda e: e + layers.Dense(4)(layers.LayerNormalization()(e)),
    "residual inside": lambda e: layers.LayerNormalization()(e + layers.Dense(4, activation="relu")(e)),
    "last of several": lambda e: layers.LayerNormalization()(
        e + layers.Dense(4)(layers.RMSNormalization()(e))
    ),
    "none": lambda e: e,
}


@pytest.mark.parametrize("place", NORMALISED)
def test_the_caution_about_normalisation_is_true(place):
    keras.utils.set_random_seed(5)
    ids = keras.Input((4,), dtype="int32")
    table = layers.Embedding(
        30, 4, embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0, seed=0)
    )
    hidden = layers.Dense(4, activation="tanh")(NORMALISED[place](table(ids)))
    model = keras.Model(ids, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling1D()(hidden)))
    found = explained(model, IDS, "gradient_x_input")
    gradient = explained(model, IDS, "saliency").targets[0].heatmap
    is_zero = abs(found.targets[0].heatmap.sum()) < 1e-4 * gradient.sum()
    assert any("sums to zero" in warning for warning in found.warnings) == is_zero
    assert any("normalisation" in warning for warning in found.warnings) == (
        is_zero or place == "with positions"
    )


# --- Quantised models.


@cache
def quantised(mode, table):
    keras.utils.set_random_seed(2)
    ids = keras.Input((None,), dtype="int32")
    read = getattr(layers, table)(30, 16, mask_zero=True)(ids)
    read = layers.GlobalAveragePooling1D()(layers.Dense(8, activation="tanh")(read))
    model = keras.Model(ids, layers.Dense(3, activation="softmax")(read))
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(scale=0.5, size=w.shape) for w in model.get_weights()])
    quantise(model, mode)
    return model


@pytest.mark.product("unusual models")
@pytest.mark.parametrize(
    ("mode", "table"),
    [("int8", "Embedding"), ("int8", "ReversibleEmbedding"), ("int4", "Embedding"), ("float8", "Embedding")],
)
@pytest.mark.parametrize("method", METHODS)
def test_a_quantised_model_is_explained_or_refused_truly(method, mode, table):
    model = quantised(mode, table)
    if method == "lrp" and mode == "int8":
        with pytest.raises(
            textattr.TextAttrError, match=r"dense.* rounded to whole ones, as quantised layers do"
        ):
            explained(model, IDS, method)
        return
    # Keras' ReversibleEmbedding loses its mask when it is quantised
    found = explained(model, IDS if table == "ReversibleEmbedding" else np.r_[IDS, 0], method)
    [target] = found.targets
    np.testing.assert_allclose(found.prediction.probabilities, np.asarray(model(IDS[None]))[0], atol=1e-6)
    assert len(target.heatmap) == len(IDS)
    takes_gradients = method in (
        "saliency",
        "gradient_x_input",
        "smoothgrad",
        "integrated_gradients",
        "gradcam",
    )
    assert any("quantised" in warning for warning in found.warnings) == takes_gradients
    if method in ("deeplift", "shapley_sampling"):
        gained = target.score - target.diagnostics["baseline_score"]
        assert target.heatmap.sum() == pytest.approx(gained, abs=1e-5)
    whole = explained(model, IDS, "occlusion").targets[0].heatmap
    if mode != "float8" and method not in ("saliency", "smoothgrad", "gradient_x_input", "gradcam"):
        np.testing.assert_allclose(target.heatmap, whole, atol=0.15 * np.abs(whole).max())


def test_a_model_that_tensorflow_cannot_trace_is_refused():
    with keras.RematScope("full"):
        ids = keras.Input((4,), dtype="int32")
        model = keras.Model(ids, layers.Dense(2)(layers.Flatten()(layers.Embedding(30, 4)(ids))))
    with pytest.raises(
        textattr.TextAttrError, match="cannot make a graph of the model .*See whether model.predict"
    ):
        textattr.explain_prediction(model, IDS)


def test_relevance_goes_through_layers_of_different_precision():
    keras.utils.set_random_seed(4)
    ids = keras.Input((None,), dtype="int32")
    read = layers.Embedding(30, 4, dtype="float64")(ids)
    read = layers.Dense(4, activation="tanh", use_bias=False, dtype="float64")(read)
    read = layers.GlobalAveragePooling1D(dtype="float64")(read)
    model = keras.Model(ids, layers.Dense(2, use_bias=False, dtype="float32")(read))
    target = explained(model, IDS, "lrp", task="multiclass").targets[0]
    assert target.heatmap.sum() == pytest.approx(target.score, rel=1e-3)


# --- Unusual models: right, or refused.

REFUSED = {
    ("quantised_int8", "lrp"): "rounded to whole ones",
}


@pytest.mark.product("unusual models")
@pytest.mark.parametrize("name", UNUSUAL)
@pytest.mark.parametrize("method", METHODS)
def test_unusual_models_are_explained_or_refused(method, name):
    case = kind(name)
    doc = case.inputs[0] if case.inputs.dtype != object else str(np.ravel(case.inputs)[0])
    if (name, method) in REFUSED:
        with pytest.raises(textattr.TextAttrError, match=REFUSED[name, method]):
            explained(case.model, doc, method)
        return
    found = explained(case.model, doc, method)
    if name != "stateful":  # a call of such a model moves it on
        said = np.asarray(case.model(case.inputs[:1], training=False))[0]
        np.testing.assert_allclose(found.prediction.probabilities, said, atol=1e-6)
    [target] = found.targets
    assert len(target.heatmap) == len(found.tokens)
    assert np.isfinite(target.heatmap).all()
    if method in ("integrated_gradients", "deeplift", "shapley_sampling"):
        gained = target.score - target.diagnostics["baseline_score"]
        rounded = 0.1 * abs(gained) if method == "integrated_gradients" and "quantised" in name else 0
        assert target.heatmap.sum() == pytest.approx(gained, abs=1e-4 + rounded)
