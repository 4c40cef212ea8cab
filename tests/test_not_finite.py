"""NaN and infinity reach nobody in silence: every method behind functions that have no value or no slope at zero."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf

import textattr
from textattr.errors import BaselineError, ModelOutputError, OptionError
from textattr.methods import METHODS, GradCAM, IntegratedGradients, Occlusion, Saliency, ShapleySampling
from textattr.methods.quadrature import QUADRATURES

TABLE = np.array([[0, 0, 0], [0.5, 1, 2], [2, 1, 1], [1, 3, 1]], np.float32)
TEXT, WITH_ZERO = [1, 2, 3], [1, 2, 0]
CHEAP = {"integrated_gradients": {"steps": 4}, "smoothgrad": {"samples": 2}}

# What each model makes of its vectors (B, T, D), as a score (B, 1).
FUNCTIONS = {
    "sqrt": lambda x: tf.reduce_sum(tf.sqrt(x), [1, 2])[:, None],
    "norm": lambda x: tf.reduce_sum(tf.norm(x, axis=-1), 1)[:, None],
    "log": lambda x: tf.reduce_sum(tf.math.log(tf.abs(x)), [1, 2])[:, None],
    "reciprocal": lambda x: tf.reduce_sum(tf.math.reciprocal(x), [1, 2])[:, None],
    "share": lambda x: tf.reduce_sum(x[:, 0], 1, keepdims=True) / tf.reduce_sum(x, [1, 2])[:, None],
}
BASELINE, WITHOUT = "for the baseline zero", "for the text with .* parts replaced"
SLOPE = "for the text itself.*takes no gradient there"

# By function and text: which methods are refused, and what the error says; all others give finite weights.
REFUSED = {
    ("sqrt", "text"): {},
    ("norm", "text"): {},
    ("log", "text"): {
        **dict.fromkeys(["integrated_gradients", "deeplift"], f"Log in odd .* {BASELINE}"),
        **dict.fromkeys(["occlusion", "shapley_sampling", "lime"], f"Log in odd .* {WITHOUT}"),
    },
    ("reciprocal", "text"): {
        **dict.fromkeys(["integrated_gradients", "deeplift"], f"Reciprocal in odd .* {BASELINE}"),
        **dict.fromkeys(["occlusion", "shapley_sampling", "lime"], f"Reciprocal in odd .* {WITHOUT}"),
    },
    ("share", "text"): {
        **dict.fromkeys(["integrated_gradients", "deeplift"], f"RealDiv in odd .* {BASELINE}"),
        **dict.fromkeys(["shapley_sampling", "lime"], f"RealDiv in odd .* {WITHOUT}"),
    },
    ("sqrt", "zero"): {
        **dict.fromkeys(
            ["saliency", "gradient_x_input", "gradcam"], f"the gradient of Sqrt in odd .* {SLOPE}"
        ),
        "smoothgrad": "Sqrt in odd .* gives NaN for a noisy copy of the text.*less noise",
    },
    ("norm", "zero"): dict.fromkeys(
        ["saliency", "gradient_x_input", "gradcam"], f"the gradient of Sqrt in odd .* {SLOPE}"
    ),
    ("log", "zero"): dict.fromkeys(METHODS, "Log in odd .* for the text itself"),
}
CASES = [(*of, method) for of in REFUSED for method in METHODS]


def behind_a_lookup(function, *, dtype=None, mask_zero=False):
    """A model whose score is a function of the vectors."""
    lookup = keras.layers.Embedding(len(TABLE), 3, name="lookup", mask_zero=mask_zero, dtype=dtype)
    odd = keras.layers.Lambda(function, output_shape=(1,), name="odd", dtype=dtype, mask=lambda *_: None)
    model = keras.Sequential([keras.Input((None,), dtype="int32"), lookup, odd])
    lookup.set_weights([TABLE])
    return model


@cache
def model_of(name):
    return behind_a_lookup(FUNCTIONS[name])


def explained(model, ids, method, **options):
    return textattr.explain_prediction(model, np.array(ids), method=method, task="regression", **options)


@pytest.mark.product
@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_a_method_behind_a_function(case):
    name, text, method = case
    model, ids = model_of(name), TEXT if text == "text" else WITH_ZERO
    says = REFUSED[name, text].get(method)
    if says is None:
        [target] = explained(model, ids, method, **CHEAP.get(method, {})).targets
        assert np.isfinite(target.heatmap).all()
        assert all(np.isfinite(span.weight) for span in target.spans)
        return
    with pytest.raises((ModelOutputError, BaselineError), match=f"(?s){says}") as caught:
        explained(model, ids, method, **CHEAP.get(method, {}))
    assert "steps" not in str(caught.value)


@pytest.mark.product
@pytest.mark.parametrize("quadrature", QUADRATURES)
@pytest.mark.parametrize("options", [{}, {"tolerance": 1e-3}, {"baseline": ["zero", [1.0, 1, 1]]}], ids=str)
def test_the_integral_is_finite_where_the_gradient_at_the_baseline_is_not(quadrature, options):
    """Along a ray from zero a norm is linear, so that every quadrature is exact."""
    [target] = explained(
        model_of("norm"), TEXT, "integrated_gradients", quadrature=quadrature, steps=8, **options
    ).targets
    wanted = target.score - target.diagnostics["baseline_score"]
    assert target.heatmap.sum() == pytest.approx(wanted, rel=1e-5 if len(options) == 0 else 0.05)
    if "baseline" not in options:
        assert target.heatmap == pytest.approx(np.linalg.norm(TABLE[TEXT], axis=1), rel=1e-5)


def test_the_integral_is_finite_in_half_precision_and_in_double():
    for dtype in ("float16", "float64"):
        model = behind_a_lookup(FUNCTIONS["norm"], dtype=dtype)
        [target] = explained(model, TEXT, "integrated_gradients", quadrature="riemann_left").targets
        assert target.heatmap == pytest.approx(np.linalg.norm(TABLE[TEXT], axis=1), rel=1e-2)


def test_every_gradient_method_takes_a_model_in_double_precision():
    model = behind_a_lookup(FUNCTIONS["norm"], dtype="float64")
    for method in ("saliency", "gradient_x_input", "smoothgrad"):
        assert np.isfinite(explained(model, TEXT, method).targets[0].heatmap).all()


def test_padding_that_has_no_slope_counts_as_zero_and_spoils_nothing():
    for settings in ({}, {"pad_value": 0}):
        model = behind_a_lookup(FUNCTIONS["norm"], mask_zero=not settings)
        explanation = explained(model, WITH_ZERO, "saliency", **settings)
        [target] = explanation.targets
        assert np.isfinite([*target.heatmap, *target.shares.values()]).all()
        assert any("of padding (1 tokens) the weight is not finite" in w for w in explanation.warnings)
        raw = Saliency().attribute(model, np.array([WITH_ZERO])) if not settings else np.zeros(1)
        assert np.isfinite(raw).all()
        seen = explained(model, WITH_ZERO, GradCAM(relu=False), **settings)
        assert np.isfinite(seen.targets[0].heatmap).all()


def test_rows_that_are_finite_are_explained_beside_one_that_is_not():
    explainer = textattr.Explainer(model_of("norm"), method="saliency", task="regression")
    with pytest.raises(ModelOutputError, match="gradient of Sqrt"):
        list(explainer.explain_many([np.array(TEXT), np.array(WITH_ZERO)]))
    assert np.isfinite(explainer.explain(np.array(TEXT)).targets[0].heatmap).all()


def test_raw_arrays_and_maps_are_finite_or_refused():
    ids = np.array([TEXT, WITH_ZERO])
    with pytest.raises(ModelOutputError, match="gradient of Sqrt"):
        Saliency().attribute(model_of("norm"), ids)
    with pytest.raises(ModelOutputError, match="gradient of Sqrt"):
        GradCAM().heatmap(model_of("norm"), ids)
    with pytest.raises(BaselineError, match="Log in odd"):
        IntegratedGradients().attribute(model_of("log"), ids[:1])


def test_an_output_of_nan_names_the_op():
    model = behind_a_lookup(lambda x: tf.sqrt(-tf.reduce_sum(x, [1, 2]))[:, None])
    for method in ("saliency", "occlusion"):
        with pytest.raises(ModelOutputError, match=r"weights are finite, but Sqrt in odd .* gives NaN"):
            explained(model, TEXT, method)


def test_an_infinity_that_masks_is_not_blamed():
    def masked(x):
        scores = tf.where(x[..., 0] > 10, x[..., 0], -np.inf)
        return tf.reduce_sum(tf.nn.softmax(scores), 1)[:, None]

    with pytest.raises(ModelOutputError, match=r"Softmax in odd .* gives NaN"):
        explained(behind_a_lookup(masked), TEXT, "saliency")


def test_a_share_of_other_inputs_that_is_not_finite_is_left_out():
    la = keras.layers
    ids, number = keras.Input((3,), dtype="int32", name="text"), keras.Input((1,), name="number")
    mean = la.GlobalAveragePooling1D()(la.Embedding(4, 2)(ids))
    log = la.Lambda(tf.math.log, output_shape=(1,), name="log")(number)
    model = keras.Model([ids, number], la.Dense(1)(la.Concatenate()([mean, log])))
    document = {"text": np.array(TEXT), "number": np.array([2.0], np.float32)}
    explanation = textattr.explain_prediction(model, document, method="occlusion", task="regression")
    assert np.isfinite(explanation.targets[0].heatmap).all()
    assert explanation.targets[0].shares == {}
    assert any("is left out: expected finite numbers, but Log in log" in w for w in explanation.warnings)


def test_a_function_as_target_that_is_not_finite():
    model = model_of("norm")
    with pytest.raises(ModelOutputError, match=r"Log in .* the function in targets= gives infinity"):
        explained(model, TEXT, "saliency", targets=lambda scores: tf.math.log(0 * scores[:, 0]))


def test_one_permutation_does_not_tell_its_error():
    explanation = textattr.explain_prediction(
        lambda texts: [float(len(text)) for text in texts], "a b c d e", method=ShapleySampling(samples=1)
    )
    assert any("one permutation does not tell" in warning for warning in explanation.warnings)


def test_tokens_that_are_taken_out():
    model = behind_a_lookup(
        lambda x: tf.math.log(tf.cast(tf.shape(x)[1], tf.float32) - 2.0 + 0 * x[:, 0, :1])
    )
    with pytest.raises(ModelOutputError, match=r"Log in odd .* 1 of 3 parts taken out"):
        explained(model, TEXT, "occlusion", replacement="remove")


@pytest.mark.parametrize("method", [Occlusion(), ShapleySampling()])
def test_a_function_of_texts_that_gives_infinity(method):
    def score(texts):
        return [np.inf if "good" not in text else 1.0 for text in texts]

    with pytest.raises(ModelOutputError, match="got inf for the text"):
        textattr.explain_prediction(score, "so good", method=method)


def test_an_infinite_score_of_another_class_is_told():
    def scores(texts):
        return [[1.0 + len(text), -np.inf] for text in texts]

    explanation = textattr.explain_prediction(scores, "so good", task="multiclass")
    assert any("score of class 1 is infinite" in warning for warning in explanation.warnings)


def test_replacements_and_baselines_of_numbers_that_are_not_finite():
    for bad in (np.nan, np.inf):
        for method in (lambda v: IntegratedGradients(baseline=v), lambda v: Occlusion(replacement=v)):
            with pytest.raises(BaselineError, match="finite numbers only"):
                method(np.full(3, bad))
        with pytest.raises(OptionError, match="noise must be"):
            textattr.explain_prediction(model_of("sqrt"), TEXT, method="smoothgrad", noise=bad)


@pytest.mark.parametrize("method", ["saliency", "integrated_gradients"])
def test_the_layer_inside_a_sentence_is_named(method):
    """A `TimeDistributed` runs as it does where nobody looks: all sentences at once."""
    words = keras.Input((5,), dtype="int32")
    read = keras.layers.Dense(4, name="words")(keras.layers.Embedding(9, 4)(words))
    sentence = keras.Model(words, keras.layers.GlobalMaxPooling1D()(read))
    x = keras.Input((4, 5), dtype="int32")
    read = keras.layers.GlobalMaxPooling1D()(keras.layers.TimeDistributed(sentence)(x))
    model = keras.Model(x, keras.layers.Dense(3)(read))
    layer = sentence.get_layer("words")
    layer.kernel.assign(np.full((4, 4), np.inf))
    with pytest.raises(ModelOutputError, match=r"words \(Dense\) gives infinity"):
        textattr.explain_prediction(model, np.arange(20).reshape(4, 5) % 9, method=method, targets=0)
