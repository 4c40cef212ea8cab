"""Grad-CAM: against its formula, on every kind of model, and free of the faults of its first version for text."""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from kinds import KINDS, SIZE, VOCABULARY, ids, kind
from reference import gradcam as slow
from reference.forward import conv1d, forward
from reference.gradients import gradient

import textattr
from textattr.errors import LayerError, OptionError
from textattr.gradcam.seen_by_units import _measured, all_layer_calls
from textattr.gradcam.stretch import KINDS as INTERPOLATIONS
from textattr.methods import GradCAM
from textattr.renderers.numbers import Digits
from textattr.split.model import split_model
from textattr.split.rows import Rows

layers = keras.layers


def rows_for(model, inputs):
    split = split_model(model)
    arrays = split.arrays(inputs)
    return split, Rows.predicted(arrays, split.head(arrays))


def stack(*parts, mask_zero=False, seed=3):
    keras.utils.set_random_seed(seed)
    lookup = layers.Embedding(VOCABULARY, SIZE, mask_zero=mask_zero, name="lookup")
    model = keras.Sequential([keras.Input((None,), dtype="int32"), lookup, *parts])
    rng = np.random.default_rng(seed)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(scale=0.6, size=weight.shape))
    return model


class Convolution:
    """One document of the convolutional kind: its hidden layer in NumPy."""

    def __init__(self):
        made = kind("convolution")
        self.model, self.ids = made.model, made.inputs[:1]
        vectors = np.asarray(self.model.get_layer("lookup").embeddings, np.float64)[self.ids[0]]
        self.hidden = conv1d(vectors, self.model.layers[1])
        self.name = self.model.layers[1].name
        self.real = np.ones(len(self.hidden), bool)

    def logit(self, hidden):
        return forward(self.model, hidden, None, first=1)[2]

    def probability(self, hidden):
        logits = forward(self.model, hidden, None, first=1)
        return np.exp(logits[2]) / np.exp(logits).sum()


@pytest.fixture(scope="module")
def convolution():
    return Convolution()


def test_the_map_is_that_of_the_paper(convolution):
    paper = slow.gradcam(convolution.logit, convolution.hidden, convolution.real)
    method = GradCAM(layer=convolution.name, relu=False)
    ours = method.heatmap(convolution.model, convolution.ids, target=2)[0]
    np.testing.assert_allclose(ours, paper, atol=1e-5 * np.abs(paper).max())
    assert (paper < 0).any()
    assert (paper > 0).any()

    cut = GradCAM(layer=convolution.name).heatmap(convolution.model, convolution.ids, target=2)[0]
    np.testing.assert_allclose(cut, np.maximum(paper, 0), atol=1e-5 * np.abs(paper).max())
    against = GradCAM(convolution.name, counterfactual=True)
    against = against.heatmap(convolution.model, convolution.ids, target=2)[0]
    np.testing.assert_allclose(against, np.maximum(-paper, 0), atol=1e-5 * np.abs(paper).max())


def test_a_normalized_gradient_has_length_1(convolution):
    paper = slow.gradcam(convolution.logit, convolution.hidden, convolution.real)
    length = np.linalg.norm(gradient(convolution.logit, convolution.hidden))
    method = GradCAM(layer=convolution.name, relu=False, normalize="l2")
    ours = method.heatmap(convolution.model, convolution.ids, target=2)[0]
    np.testing.assert_allclose(ours, paper / length, atol=1e-5 * np.abs(paper).max() / length)


def test_a_token_gets_the_average_of_the_units_that_see_it(convolution):
    paper = slow.gradcam(convolution.logit, convolution.hidden, convolution.real)
    spread = slow.average_of_seers(paper, 6, lambda unit, token: unit <= token < unit + 3)
    explanation = textattr.explain_prediction(
        convolution.model, convolution.ids[0], tokens=list("abcdef"), method="gradcam", relu=False, targets=2
    )
    np.testing.assert_allclose(explanation.targets[0].heatmap, spread, atol=1e-5 * np.abs(paper).max())


@pytest.mark.product
@pytest.mark.parametrize("interpolation", ["linear", "nearest", "cubic", "previous"])
@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("counterfactual", [True, False])
def test_the_first_version(convolution, interpolation, relu, counterfactual):
    options = {"relu": relu, "counterfactual": counterfactual}
    paper = slow.first_version(convolution.probability, convolution.hidden, 6, kind=interpolation, **options)
    method = GradCAM.eli5(convolution.name, interpolation_kind=interpolation, **options)
    explanation = textattr.explain_prediction(
        convolution.model, convolution.ids[0], tokens=list("abcdef"), method=method, targets=2
    )
    np.testing.assert_allclose(
        explanation.targets[0].heatmap, paper, atol=2e-5 * max(np.abs(paper).max(), 1e-3)
    )
    assert explanation.targets[0].score == pytest.approx(convolution.probability(convolution.hidden))
    assert explanation.title == "Grad-CAM (eli5)"


def test_only_units_that_see_text_count():
    model = stack(
        layers.LSTM(5, return_sequences=True, name="read"),
        layers.GlobalAveragePooling1D(),
        layers.Dense(3),
        mask_zero=True,
    )
    short, padded = np.array([[3, 4, 5]]), np.array([[3, 4, 5, 0, 0, 0, 0]])
    alone, filled = (
        GradCAM("read", relu=False).heatmap(model, each, target=1)[0] for each in (short, padded)
    )
    np.testing.assert_allclose(filled[:3], alone, atol=1e-6)
    included = GradCAM("read", relu=False, include_padding=True).heatmap(model, padded, target=1)[0]
    np.testing.assert_allclose(included[:3], alone * 3 / 7, atol=1e-6)


@cache
def two_readers():
    return stack(
        layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
        layers.Bidirectional(layers.LSTM(3)),
        layers.Dense(1, activation="sigmoid"),
        mask_zero=True,
    )


@pytest.mark.parametrize(("more", "pad_values"), [(10, (None, 0, "<PAD>")), (3000, (None,))])
def test_padding_changes_nothing_for_a_masked_model(more, pad_values):
    model = two_readers()
    text = np.array([3, 4, 5, 9])
    padded = np.concatenate([text, np.zeros(more, int)])
    short = textattr.explain_prediction(model, text, tokens=list("abcd"), method="gradcam", relu=False)
    for pad_value in pad_values:
        long = textattr.explain_prediction(
            model,
            padded,
            tokens=[*"abcd", *["<PAD>"] * more],
            method="gradcam",
            relu=False,
            pad_value=pad_value,
        )
        np.testing.assert_allclose(long.targets[0].heatmap, short.targets[0].heatmap, atol=1e-6)
        assert long.document == short.document
        assert not long.warnings


def test_padding_that_the_user_names_does_not_count():
    keras.utils.set_random_seed(1)  # `read` draws its weights before `stack` sets a seed
    read = layers.Conv1D(5, 3, padding="same", activation="tanh", name="read")
    model = stack(read, layers.GlobalMaxPooling1D(), layers.Dense(3))
    doc = np.array([3, 4, 5, 9, 0, 0, 0, 0, 0, 0])
    hidden = read(model.get_layer("lookup")(doc[None]))
    with tf.GradientTape() as tape:
        tape.watch(hidden)
        score = tf.reduce_max(hidden, 1) @ model.layers[-1].kernel[:, :1]
    slope = tape.gradient(score, hidden).numpy()[0]
    asked = {"tokens": [*"abcd", *["<PAD>"] * 6], "method": "gradcam", "relu": False, "targets": 0}
    for pad, units in (("<PAD>", 5), (None, 10)):  # four units on the letters and one beside
        heat = hidden.numpy()[0] @ slope[:units].mean(0)
        expected = slow.average_of_seers(heat, 10, lambda unit, token: abs(unit - token) <= 1)
        found = textattr.explain_prediction(model, doc, pad_value=pad, **asked).targets[0].heatmap
        np.testing.assert_allclose(found, expected[: 4 if pad else 10], atol=1e-6)


STACKS = {
    "valid": [layers.Conv1D(3, 4)],
    "same, even": [layers.Conv1D(3, 4, padding="same")],
    "stride": [layers.Conv1D(3, 3, strides=2, padding="same")],
    "dilated": [layers.Conv1D(3, 3, dilation_rate=2)],
    "causal": [layers.Conv1D(3, 3, padding="causal", dilation_rate=2)],
    "separable": [layers.SeparableConv1D(3, 3, padding="same")],
    "depthwise": [layers.DepthwiseConv1D(3, strides=2)],
    "average": [layers.Conv1D(3, 2), layers.AveragePooling1D(3, padding="same")],
    "deep": [
        layers.Conv1D(3, 3),
        layers.AveragePooling1D(2),
        layers.Conv1D(3, 2, padding="same"),
        layers.Dense(4),
    ],
    "padded": [layers.ZeroPadding1D((2, 1)), layers.Conv1D(3, 3), layers.Cropping1D((1, 0))],
    "repeated": [layers.Conv1D(3, 3), layers.UpSampling1D(2)],
    "normalized": [layers.LayerNormalization(), layers.Conv1D(3, 2), layers.Dropout(0.5)],
}


@pytest.mark.product
@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize("length", [11, 12])
def test_fields_known_from_shapes_are_those_that_gradients_measure(name, length):
    parts = [layer.__class__.from_config(layer.get_config()) for layer in STACKS[name]]
    model = stack(*parts, layers.GlobalAveragePooling1D(), layers.Dense(2))
    split, rows = rows_for(model, ids(1, length))
    layer_call = next(m for m in all_layer_calls(split, rows) if m.is_last)
    [expected] = layer_call.field.seen((length,))
    [measured] = _measured(split, rows, layer_call, expected.shape[0])
    np.testing.assert_array_equal(expected.toarray(), measured.toarray())


def test_branches_and_residuals_see_what_any_of_them_sees():
    x = keras.Input((None,), dtype="int32")
    e = layers.Embedding(VOCABULARY, SIZE)(x)
    wide = layers.Conv1D(SIZE, 5, padding="same")(e)
    both = layers.Concatenate()([layers.Add()([e, wide]), layers.Conv1D(2, 3, padding="causal")(e)])
    model = keras.Model(x, layers.Dense(2)(layers.GlobalAveragePooling1D()(both)))
    split, rows = rows_for(model, ids(1, 9))
    layer_call = next(m for m in all_layer_calls(split, rows) if m.is_last)
    assert layer_call.kind == "Concatenate"
    np.testing.assert_array_equal(
        layer_call.field.seen((9,))[0].toarray(), _measured(split, rows, layer_call, 9)[0].toarray()
    )


def test_units_of_an_unknown_layer_are_measured():
    @keras.saving.register_keras_serializable("tests")
    class Halved(layers.Layer):
        """Pairs of neighbours, by a reshape that nobody can follow."""

        def call(self, x):
            shape = tf.shape(x)
            return tf.reshape(x, [shape[0], shape[1] // 2, 2 * x.shape[-1]])

        def compute_output_shape(self, shape):
            return (shape[0], None, 2 * shape[2])

    model = stack(
        Halved(name="halved"),
        layers.Dense(4, activation="tanh", name="read"),
        layers.GlobalAveragePooling1D(),
        layers.Dense(2),
    )
    doc = ids(1, 8)
    units = GradCAM("read", relu=False).heatmap(model, doc, target=0)[0]
    assert units.shape == (4,)
    explanation = textattr.explain_prediction(
        model,
        doc[0],
        tokens=list("abcdefgh"),
        method="gradcam",
        layer="read",
        relu=False,
        targets=0,
        score="logit",
    )
    np.testing.assert_allclose(explanation.targets[0].heatmap, np.repeat(units, 2), atol=1e-6)


@cache
def sums(padding):
    return keras.Sequential(
        [
            keras.Input((40,), dtype="int32"),
            layers.Embedding(2, 1, weights=[np.array([[0.0], [1.0]])]),
            layers.Conv1D(2, 5, padding=padding, activation="relu", kernel_initializer="ones"),
            layers.MaxPooling1D(2),
            layers.Conv1D(2, 3, padding=padding, activation="relu", kernel_initializer="ones"),
            layers.AveragePooling1D(2),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, kernel_initializer="ones"),
        ]
    )


# Without padding the tokens at either end are seen by few units, all of which see those beside them as well.
@pytest.mark.parametrize(
    ("padding", "at"), [("same", 0), ("same", 7), ("same", 38), ("valid", 12), ("valid", 20), ("valid", 27)]
)
def test_a_spike_is_painted_where_it_stands(padding, at):
    model = sums(padding)
    doc = np.zeros(40, int)
    doc[at] = 1
    heat = (
        textattr.explain_prediction(model, doc, tokens=[str(i) for i in doc], method="gradcam")
        .targets[0]
        .heatmap
    )
    assert heat[at] == heat.max() > 0


@cache
def pooled():
    return stack(
        layers.Conv1D(5, 3, activation="relu"),
        layers.MaxPooling1D(2),
        layers.GlobalAveragePooling1D(),
        layers.Dense(3),
    )


@pytest.mark.parametrize("interpolation", ["receptive_field", *INTERPOLATIONS])
def test_after_relu_nothing_is_negative(interpolation):
    model = pooled()
    doc = ids(1, 16)
    explanation = textattr.explain_prediction(
        model,
        doc[0],
        tokens=list("abcdefghijklmnop"),
        method="gradcam",
        interpolation_kind=interpolation,
        targets="all",
    )
    heat = np.array([target.heatmap for target in explanation.targets])
    assert heat.shape == (3, 16)
    assert heat.min() >= 0
    assert heat.max() > 0


def test_too_few_units_for_a_spline():
    model = stack(
        layers.Conv1D(5, 3), layers.MaxPooling1D(2), layers.GlobalAveragePooling1D(), layers.Dense(3)
    )
    with pytest.raises(OptionError, match="needs 4 units of the layer or more, but it has 2"):
        textattr.explain_prediction(
            model, [1, 2, 3, 4, 5, 6], tokens=list("abcdef"), method="gradcam", interpolation_kind="cubic"
        )


def test_the_default_is_the_last_layer_of_each_branch():
    made = kind("three_branches")
    split, rows = rows_for(made.model, made.inputs)
    last = [layer_call for layer_call in all_layer_calls(split, rows) if layer_call.is_last]
    assert [layer_call.kind for layer_call in last] == ["Conv1D"] * 3
    together = GradCAM(relu=False).heatmap(made.model, made.inputs, target=1)
    assert sorted(together) == sorted(layer_call.name for layer_call in last)
    joined = split_heat(made, GradCAM(relu=False))
    each = [split_heat(made, GradCAM(layer_call.name, relu=False)) for layer_call in last]
    np.testing.assert_allclose(joined, np.sum(each, 0), atol=1e-6)
    listed = split_heat(made, GradCAM([layer_call.name for layer_call in last], relu=False))
    np.testing.assert_array_equal(joined, listed)


def split_heat(made, method):
    split, rows = rows_for(made.model, made.inputs)
    return method.explain_rows(split, rows).relevance[0]


def test_an_attention_pooling_is_explained_at_what_it_pools():
    x = keras.Input((None,), dtype="int32")
    read = layers.Conv1D(4, 2, padding="same", name="read")(layers.Embedding(VOCABULARY, SIZE)(x))
    weights = layers.Softmax(axis=1)(layers.Dense(1)(read))
    model = keras.Model(x, layers.Dense(2)(keras.ops.sum(read * weights, axis=1)))
    split, rows = rows_for(model, ids())
    assert [m.name for m in all_layer_calls(split, rows) if m.is_last] == ["read"]


def test_layers_by_index_name_path_and_layer():
    made = kind("nested")
    encoder = made.model.get_layer("encoder")
    inner = encoder.layers[2]
    whole = GradCAM("encoder").heatmap(made.model, made.inputs)
    for layer in (
        inner,
        inner.name,
        f"encoder/{inner.name}",
        encoder,
        made.model.layers.index(encoder),
        None,
    ):
        np.testing.assert_array_equal(GradCAM(layer).heatmap(made.model, made.inputs), whole)
    made = kind("subclassed_nested")
    assert GradCAM(made.model.hidden).heatmap(made.model, made.inputs).shape == (3, 6)


def test_a_layer_that_is_called_twice_asks_which_call():
    made = kind("shared_table")
    read = made.model.layers[3]
    assert type(read).__name__ == "Conv1D"
    with pytest.raises(
        LayerError, match=rf"called 2 times: write layer='{read.name}:0' or layer='{read.name}:1'"
    ):
        GradCAM(read).heatmap(made.model, made.inputs)
    one = {"premise": made.inputs[0][0], "hypothesis": made.inputs[1][0]}
    tokens = {"premise": list("abcdef"), "hypothesis": list("ghij")}

    def heat(layer):
        found = textattr.explain_prediction(
            made.model, one, tokens=tokens, method="gradcam", layer=layer, relu=False, targets=0
        )
        return [found[name].targets[0].heatmap for name in ("premise", "hypothesis")]

    first, second = sorted(
        (heat(f"{read.name}:{n}") for n in (0, 1)), key=lambda each: -np.abs(each[0]).max()
    )
    assert np.abs(first[0]).max() > 0
    assert np.abs(first[1]).max() == 0
    assert np.abs(second[0]).max() == 0
    assert np.abs(second[1]).max() > 0
    both = heat(None)
    np.testing.assert_allclose(both[0], first[0], atol=1e-6)
    np.testing.assert_allclose(both[1], second[1], atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "error", "message"),
    [
        ("nope", LayerError, "has no layer 'nope'"),
        (99, LayerError, "layer 99 is out of range"),
        (1.5, OptionError, "layer must be an index, a name, a layer or a list of these, got 1.5"),
        ([], OptionError, "empty list"),
        (
            "pooled",
            LayerError,
            r"'pooled' \(GlobalMaxPooling1D\) has no value per token.*choose one of lookup, read",
        ),
        ("scores", LayerError, r"'scores' \(Dense\) has no value per token"),
        ("last", LayerError, r"'last' \(LSTM\) has no value per token"),
        ("read:3", LayerError, "has no call number 3"),
    ],
)
def test_layers_that_will_not_do(layer, error, message):
    x = keras.Input((None,), dtype="int32")
    read = layers.Conv1D(4, 2, name="read")(layers.Embedding(VOCABULARY, SIZE, name="lookup")(x))
    parts = [layers.GlobalMaxPooling1D(name="pooled")(read), layers.LSTM(3, name="last")(read)]
    model = keras.Model(x, layers.Dense(2, name="scores")(layers.Concatenate()(parts)))
    with pytest.raises(error, match=message):
        textattr.explain_prediction(model, [1, 2, 3], tokens=list("abc"), method="gradcam", layer=layer)


def test_a_model_without_time_says_what_to_use_instead():
    made = kind("bag_of_words")
    with pytest.raises(LayerError, match="no layer of the model has a value per token.*integrated_gradients"):
        GradCAM().heatmap(made.model, made.inputs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"interpolation_kind": "bogus"},
            "unknown interpolation_kind 'bogus': choose one of receptive_field, linear",
        ),
        ({"normalize": "l1"}, "unknown normalize 'l1'"),
        ({"relu": "yes"}, "relu must be True or False, got 'yes'"),
    ],
)
def test_options_that_will_not_do(options, message):
    with pytest.raises(OptionError, match=message):
        GradCAM(**options)


def test_the_first_version_knows_no_fields():
    with pytest.raises(OptionError, match="knows no interpolation_kind='receptive_field'"):
        GradCAM.eli5(interpolation_kind="receptive_field")


def test_a_map_that_relu_cut_off_says_so():
    model = stack(layers.Conv1D(4, 2, activation="relu"), layers.GlobalMaxPooling1D(), layers.Dense(1))
    dense = model.layers[-1]
    dense.set_weights([-np.ones((4, 1)), np.zeros(1)])
    explain = {"tokens": list("abc"), "method": "gradcam", "task": "regression"}
    explanation = textattr.explain_prediction(model, [1, 2, 3], **explain)
    assert not explanation.targets[0].heatmap.any()
    assert any("relu=True cut everything off" in warning for warning in explanation.warnings)
    shown = textattr.explain_prediction(model, [1, 2, 3], relu=False, **explain)
    assert (shown.targets[0].heatmap < 0).any()
    assert not shown.warnings


def test_what_the_first_version_got_wrong_in_showing():
    model = stack(layers.Conv1D(4, 3, padding="same"), layers.GlobalAveragePooling1D(), layers.Dense(3))
    model.layers[-1].set_weights([1e-6 * weight for weight in model.layers[-1].get_weights()])
    doc, tokens = [3, 4, 3, 4, 3], ["so", "New York", "so", "New York", "so"]
    explanation = textattr.explain_prediction(
        model, doc, tokens=tokens, method="gradcam", relu=False, targets=[np.int64(1), np.int32(2)]
    )
    target = explanation.targets[0]
    assert explanation.document == "so New York so New York so"
    assert [span.text for span in target.spans] == tokens
    np.testing.assert_array_equal([span.weight for span in target.spans], target.heatmap)
    assert [each.target for each in explanation.targets] == [1, 2]
    html = textattr.format_as_html(explanation)
    assert "New York" in html
    digits = Digits.of(max(abs(each).max() for each in (t.heatmap for t in explanation.targets)))
    assert digits.signed(target.heatmap[0], more=1) in html  # small weights do not read 0.000


def test_many_documents_and_targets():
    made = kind("multilabel")
    docs = list(made.inputs)
    tokens = [list("abcdef")] * 3
    explainer = textattr.Explainer(made.model, method="gradcam", relu=False)
    together = list(explainer.explain_many(docs, tokens=tokens, targets="all"))
    for doc, words, found in zip(docs, tokens, together, strict=True):
        alone = explainer.explain(doc, tokens=words, targets="all")
        assert len(found.targets) == 3
        for one, other in zip(found.targets, alone.targets, strict=True):
            np.testing.assert_allclose(one.heatmap, other.heatmap, atol=1e-6)


# No layer in them puts out a value per token.
WITHOUT_TIME = {"bag_of_words", "bare_gather"}
MASKED_WITHIN = {
    "mask_in_the_model"
}  # the mask belongs to a layer further on: what stands before it is no padding


@pytest.mark.product("every kind of model, walked back")
@pytest.mark.parametrize("name", sorted(set(KINDS) - WITHOUT_TIME))
def test_every_kind_of_model(name):
    made = kind(name)
    split, rows = rows_for(made.model, made.inputs)
    method = GradCAM(relu=False)
    found = method.explain_rows(split, rows)
    assert all(np.isfinite(heat).all() for heat in found.relevance)
    assert sum(np.abs(heat).sum() for heat in found.relevance) > 0
    if made.padding is not None and name not in MASKED_WITHIN:
        assert np.abs(found.relevance[0][made.padding]).max() == 0
    for i in range(made.count):
        alone = method.explain_rows(*rows_for(made.model, made.rows(slice(i, i + 1))))
        for whole, one in zip(found.relevance, alone.relevance, strict=True):
            scale = max(np.abs(whole).max(), 1e-6) * (1e-2 if made.half else 1e-5)
            np.testing.assert_allclose(whole[i, : one.shape[1]], one[0], atol=scale)


def test_a_transformer_block():
    x = keras.Input((None,), dtype="int32")
    e = layers.Embedding(VOCABULARY, SIZE, mask_zero=True)(x)
    block = layers.LayerNormalization(name="block")(e + layers.MultiHeadAttention(2, 3)(e, e))
    model = keras.Model(x, layers.Dense(2)(layers.GlobalAveragePooling1D()(block)))
    split, rows = rows_for(model, ids(padded=True))
    assert [m.name for m in all_layer_calls(split, rows) if m.is_last] == ["block"]
    heat = GradCAM(relu=False).explain_rows(split, rows).relevance[0]
    np.testing.assert_allclose(
        heat,
        np.where(ids(padded=True) != 0, GradCAM("block", relu=False).heatmap(model, ids(padded=True)), 0),
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"doc": [[1, 2, 3], [1, 2, 3]]}, "explain_many"),
        ({"tokens": ["a", "b"]}, r"2 .*3|3 .*2"),
        ({"tokens": []}, "0"),
        ({"tokens": "abc"}, "tokens"),
        ({"tokens": [1, 2, 3]}, "tokens"),
        ({"tokens": [["a"], ["b", "c"]]}, "expected tokens= as one list of strings, got 2 lists"),
        ({"targets": 7}, "out of range"),
        ({"targets": 1.5}, "expected a class index or a label, got 1.5"),
        ({"targets": "nobody"}, "nobody"),
        ({"padding": "mid"}, "unknown padding 'mid'"),
        ({"pad_value": [0]}, r"pad_value must be .* got \[0\]"),
        ({"method": "saliency"}, "add method='gradcam'"),
    ],
)
def test_misuse_that_the_first_version_refused(changed, message):
    made = kind("convolution")
    given = {"doc": [1, 2, 3], "tokens": ["a", "b", "c"], "method": "gradcam", "relu": True, **changed}
    with pytest.raises((textattr.TextAttrError, TypeError), match=message):
        textattr.explain_prediction(made.model, given.pop("doc"), **given)


def test_what_the_first_version_refused_for_no_reason():
    made = kind("convolution")
    explanation = textattr.explain_prediction(
        made.model, [1, 2, 3, 4], tokens=np.array(list("abcd")), method="gradcam", targets=[0, np.int64(1), 2]
    )
    assert [target.target for target in explanation.targets] == [0, 1, 2]


@pytest.mark.parametrize("turned", [False, True])
def test_a_layer_that_hands_its_steps_on_in_reverse_is_warned_of(turned):
    keras.utils.set_random_seed(0)
    loop = keras.layers.GRU(4, return_sequences=True, go_backwards=True, name="back")
    wrapped = keras.layers.Bidirectional(keras.layers.GRU(4, return_sequences=True)) if turned else loop
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(20, 4),
            wrapped,
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    found = textattr.explain_prediction(model, np.array([3, 4, 5, 6]), method="gradcam")
    assert any("the layer back reads the text backwards" in each for each in found.warnings) is not turned
