"""What an output means: probabilities are those of `model.predict`, and labels its argmax or p >= 0.5."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from kinds import keras_of

import textattr
from textattr.methods import IntegratedGradients
from textattr.split.model import SplitModel, split_model
from textattr.targets.head import NO_LOGITS

DOCUMENTS = np.array([[3, 4, 5, 9], [7, 8, 2, 1], [11, 2, 6, 3], [20, 21, 3, 4]], "int32")

PROVEN = "are between 0 and 1 whatever the text"
BY_LOSS = "compile it with from_logits=True"
OPEN = "nothing in it keeps them there"
OUTSIDE = "are not all between 0 and 1"
GUESSED = "was not compiled with a loss"


def classifier(k, head, size=4):
    """A model of ids that ends in `head(k, pooled)`, with weights that tell texts apart."""
    k.utils.set_random_seed(5)
    tokens = k.Input((None,), dtype="int32")
    pooled = k.layers.GlobalAveragePooling1D()(k.layers.Embedding(30, size)(tokens))
    model = k.Model(tokens, head(k, pooled))
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(scale=1.5, size=w.shape) for w in model.get_weights()])
    return model


def dense(k, x, units, activation=None):
    return k.layers.Dense(units, activation=activation)(x)


def of(k, function, *inputs):
    """A function of tensors, as a layer."""
    return k.layers.Lambda(lambda tensors: function(*tensors))(list(inputs))


def sigmoids(k, x, count=3):
    return [dense(k, x, 1, "sigmoid") for _ in range(count)]


def softmax_by_hand(z):
    powers = tf.exp(z - tf.reduce_max(z, -1, keepdims=True))
    return powers / tf.reduce_sum(powers, -1, keepdims=True)


def sparsemax(z):
    ordered = tf.sort(z, direction="DESCENDING")
    sums = tf.cumsum(ordered, -1)
    count = tf.range(1, z.shape[-1] + 1, dtype=z.dtype)
    support = tf.reduce_sum(tf.cast(1 + count * ordered > sums, tf.int32), -1)
    total = tf.gather(sums, support - 1, batch_dims=1)
    return tf.nn.relu(z - ((total - 1) / tf.cast(support, z.dtype))[:, None])


def distance(a, b):
    return tf.exp(-tf.reduce_sum((a - b) ** 2, -1, keepdims=True))


# What a model ends in, its task, whether its logits are found, and what the explanation says of it.
PROBABLE = {
    "dense sigmoid": (lambda k, x: dense(k, x, 1, "sigmoid"), "binary", True, None),
    "dense softmax": (lambda k, x: dense(k, x, 3, "softmax"), "multiclass", True, None),
    "several sigmoids": (lambda k, x: dense(k, x, 3, "sigmoid"), "multilabel", True, None),
    "log softmax": (lambda k, x: of(k, tf.nn.log_softmax, dense(k, x, 3)), "multiclass", True, None),
    "temperature softmax": (
        lambda k, x: of(k, lambda z: tf.nn.softmax(z / 2.5), dense(k, x, 3)),
        "multiclass",
        True,
        None,
    ),
    "activation behind a reshape": (
        lambda k, x: k.layers.Activation("softmax")(k.layers.Reshape((3,))(dense(k, x, 3))),
        "multiclass",
        True,
        None,
    ),
    "averaged sigmoids": (lambda k, x: k.layers.Average()(sigmoids(k, x)), "binary", False, PROVEN),
    "averaged softmaxes": (
        lambda k, x: k.layers.Average()([dense(k, x, 3, "softmax") for _ in range(3)]),
        "multiclass",
        False,
        None,
    ),
    "weighted softmaxes": (
        lambda k, x: of(
            k,
            lambda w, *p: sum(w[:, i : i + 1] * each for i, each in enumerate(p)),
            dense(k, x, 2, "softmax"),
            dense(k, x, 3, "softmax"),
            dense(k, x, 3, "softmax"),
        ),
        "multiclass",
        False,
        None,
    ),
    "softmax by hand": (lambda k, x: of(k, softmax_by_hand, dense(k, x, 3)), "multiclass", False, None),
    "sigmoid by hand": (
        lambda k, x: of(k, lambda z: 1 / (1 + tf.exp(-z)), dense(k, x, 1)),
        "binary",
        False,
        PROVEN,
    ),
    "clip": (
        lambda k, x: of(k, lambda z: tf.clip_by_value(z, 0.0, 1.0), dense(k, x, 1)),
        "binary",
        False,
        PROVEN,
    ),
    "hard sigmoid": (lambda k, x: dense(k, x, 1, "hard_sigmoid"), "binary", False, PROVEN),
    "sparsemax": (lambda k, x: of(k, sparsemax, dense(k, x, 3)), "multiclass", False, None),
    "one less p, and p": (
        lambda k, x: of(k, lambda p: tf.concat([1 - p, p], -1), dense(k, x, 1, "sigmoid")),
        "multiclass",
        False,
        None,
    ),
    "distance of two": (
        lambda k, x: of(k, distance, dense(k, x, 2), dense(k, x, 2)),
        "binary",
        False,
        PROVEN,
    ),
    "smoothed labels": (
        lambda k, x: of(k, lambda p: p * 0.9 + 0.05, dense(k, x, 1, "sigmoid")),
        "binary",
        False,
        PROVEN,
    ),
    "product": (lambda k, x: k.layers.Multiply()(sigmoids(k, x)), "binary", False, PROVEN),
    "noisy or": (
        lambda k, x: of(k, lambda p: 1 - tf.reduce_prod(1 - p, -1, keepdims=True), dense(k, x, 3, "sigmoid")),
        "binary",
        False,
        PROVEN,
    ),
    "one class of a softmax": (
        lambda k, x: of(k, lambda p: tf.gather(p, [1], axis=1), dense(k, x, 3, "softmax")),
        "binary",
        False,
        PROVEN,
    ),
    "classes in another order": (
        lambda k, x: of(k, lambda p: tf.gather(p, [2, 0, 1], axis=1), dense(k, x, 3, "softmax")),
        "multiclass",
        False,
        None,
    ),
    "softmax of each of two": (
        lambda k, x: k.layers.Reshape((4,))(
            k.layers.Activation("softmax")(k.layers.Reshape((2, 2))(dense(k, x, 4)))
        ),
        "multilabel",
        False,
        PROVEN,
    ),
    "the larger of two": (lambda k, x: k.layers.Maximum()(sigmoids(k, x, 2)), "binary", False, PROVEN),
}


def read(model, **settings):
    """What the explainer says of each document and what the model says, one number per class."""
    predictions = textattr.Explainer(model, **settings).predict(list(DOCUMENTS))
    output = np.asarray(model(DOCUMENTS, training=False)).reshape(len(DOCUMENTS), -1)
    return predictions, output


def agrees(model, task, given=None):
    """Probabilities are those of the model, labels its argmax or p >= 0.5."""
    predictions, output = read(model, task=given)
    if predictions[0].activation == "log_softmax":
        output = np.exp(output)
    expected = np.concatenate([1 - output, output], -1) if output.shape[1] == 1 else output
    best = (output[:, 0] >= 0.5).astype(int) if output.shape[1] == 1 else output.argmax(-1)
    for said, p, label in zip(predictions, expected, best, strict=True):
        assert said.task == task
        np.testing.assert_allclose(said.probabilities, p, rtol=1e-6, atol=1e-6)
        assert said.label == f"class {label}"


def is_complete(model, tolerance=2e-3):
    """Integrated gradients share out the difference of the very score that is explained."""
    method = IntegratedGradients(steps=2000, max_steps=2000, baseline="zero")
    for explained in textattr.Explainer(model, method=method).explain_many(list(DOCUMENTS)):
        for target in explained.targets:
            shared = target.score - target.diagnostics["baseline_score"]
            np.testing.assert_allclose(target.heatmap.sum(), shared, atol=tolerance)
    return explained


def said(explanation, note):
    """Whether a note is among the warnings."""
    return any(note in warning for warning in explanation.warnings)


NOTES = (PROVEN, BY_LOSS, OPEN, OUTSIDE, GUESSED)


def says_only(explanation, note):
    """Of all that may be said of how an output was read, that note alone; None: nothing."""
    assert [each for each in NOTES if said(explanation, each)] == ([] if note is None else [note])


@pytest.mark.parametrize("name", PROBABLE)
def test_probabilities_are_those_of_the_model(name):
    head, task, has_logits, note = PROBABLE[name]
    model = classifier(keras, head)
    agrees(model, task)
    explanation = is_complete(model)
    says_only(explanation, note)
    assert said(explanation, NO_LOGITS) != has_logits
    for target in explanation.targets:
        if not has_logits:
            np.testing.assert_allclose(target.score, target.probability, rtol=1e-6)


@pytest.mark.parametrize("name", ["averaged sigmoids", "averaged softmaxes", "hard sigmoid", "noisy or"])
def test_so_they_are_in_tf_keras(name):
    head, task, _, note = PROBABLE[name]
    model = classifier(keras_of("tf_keras"), head)
    agrees(model, task)
    says_only(is_complete(model), note)


def compiled(model, loss):
    model.compile(loss=loss)
    return model


LOGITS = keras.losses.CategoricalCrossentropy(from_logits=True)

# What a model ends in, its loss, its task, and what the explanation says of it: the scores are its output as it came.
OTHERS = {
    "logits, says the loss": (lambda k, x: dense(k, x, 3), LOGITS, "multiclass", None),
    "one logit, says the loss": (
        lambda k, x: dense(k, x, 1),
        keras.losses.BinaryCrossentropy(from_logits=True),
        "binary",
        None,
    ),
    "logits, though the loss says otherwise": (
        lambda k, x: dense(k, x, 3),
        "categorical_crossentropy",
        "multiclass",
        OUTSIDE,
    ),
    "logits without a loss": (lambda k, x: dense(k, x, 3), None, "multiclass", GUESSED),
    "linear regression": (lambda k, x: dense(k, x, 1), "mse", "regression", None),
    "linear regression without a loss": (lambda k, x: dense(k, x, 1), None, "regression", GUESSED),
    "rectified regression": (lambda k, x: dense(k, x, 1, "relu"), "mae", "regression", None),
    "hyperbolic tangent": (lambda k, x: dense(k, x, 1, "tanh"), "mse", "regression", None),
    "counts": (lambda k, x: dense(k, x, 1, "exponential"), "poisson", "regression", None),
    "ordinal": (
        lambda k, x: of(k, lambda z: z - tf.constant([[0.0, 1.0, 2.0]]), dense(k, x, 1)),
        keras.losses.BinaryCrossentropy(from_logits=True),
        "multilabel",
        None,
    ),
}

INSIDE = 0.01  # so small are the logits of look-alikes


def small(k, x, units):
    """Linear outputs that happen to lie within [0, 1], whatever is tried; nothing proves it."""
    return of(k, lambda z: 0.5 + tf.math.asinh(z * INSIDE) * INSIDE, dense(k, x, units))


LOOK_ALIKES = {
    "logits within [0, 1], says the loss": (lambda k, x: small(k, x, 3), LOGITS, "multiclass", None),
    "logits within [0, 1]": (lambda k, x: small(k, x, 3), None, "multiclass", OPEN),
    "logits within [0, 1], categorical": (
        lambda k, x: small(k, x, 3),
        "categorical_crossentropy",
        "multiclass",
        OPEN,
    ),
    "a value within [0, 1]": (lambda k, x: small(k, x, 1), "mse", "regression", None),
    "a value within [0, 1] without a loss": (lambda k, x: small(k, x, 1), None, "regression", OPEN),
    "unit norm": (
        lambda k, x: k.layers.UnitNormalization()(dense(k, x, 3)),
        "cosine_similarity",
        "multiclass",
        GUESSED,
    ),
    "unit norm, never negative": (
        lambda k, x: k.layers.UnitNormalization()(dense(k, x, 3, "softplus")),
        None,
        "multiclass",
        OPEN,
    ),
    "rectified": (lambda k, x: dense(k, x, 1, "relu"), None, "regression", GUESSED),
}


@pytest.mark.parametrize("name", [*OTHERS, *LOOK_ALIKES])
def test_what_is_no_probability_is_taken_as_it_comes(name):
    head, loss, task, note = {**OTHERS, **LOOK_ALIKES}[name]
    model = classifier(keras, head)
    if loss is not None:
        model.compile(loss=loss)
    predictions, output = read(model)
    for one, z in zip(predictions, output, strict=True):
        assert one.task == task
        np.testing.assert_allclose(one.scores, [-z[0], z[0]] if task == "binary" else z, rtol=1e-6, atol=1e-6)
        if task == "regression":
            assert one.probabilities is None
    explanation = is_complete(model)
    says_only(explanation, note)
    assert not said(explanation, NO_LOGITS)


@pytest.mark.parametrize(("units", "task"), [(1, "binary"), (3, "multilabel")])
def test_a_loss_settles_what_was_only_seen(units, task):
    model = compiled(classifier(keras, lambda k, x: small(k, x, units)), "binary_crossentropy")
    agrees(model, task)
    explanation = is_complete(model)
    says_only(explanation, BY_LOSS)
    assert said(explanation, NO_LOGITS)
    compiled(model, keras.losses.BinaryCrossentropy(from_logits=True))
    predictions, output = read(model)
    for one, z in zip(predictions, output, strict=True):
        np.testing.assert_allclose(one.scores[-1], z[-1], rtol=1e-6)
        np.testing.assert_allclose(one.probabilities[-1], 1 / (1 + np.exp(-z[-1])), rtol=1e-6)


def test_several_probabilities_are_classes_where_the_loss_says_so():
    model = classifier(keras, lambda k, x: dense(k, x, 3, "hard_sigmoid"))
    agrees(model, "multilabel")
    agrees(compiled(model, "sparse_categorical_crossentropy"), "multiclass")


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_the_task_that_is_given_stays(task):
    model = classifier(keras, PROBABLE["averaged sigmoids"][0])
    explanation = textattr.explain_prediction(model, DOCUMENTS[0], task=task, method="saliency")
    assert explanation.prediction.task == task
    if task == "binary":
        agrees(model, task, given=task)
    else:
        output = model.predict(DOCUMENTS[:1], verbose=0)
        np.testing.assert_allclose(explanation.prediction.scores, output[0], rtol=1e-6)
        assert explanation.warnings == ()


def test_the_score_that_is_given_stays():
    model = classifier(keras, PROBABLE["averaged sigmoids"][0])
    explanation = textattr.explain_prediction(model, DOCUMENTS[0], score="probability", method="saliency")
    assert not said(explanation, NO_LOGITS)
    again = textattr.explain_prediction(model, DOCUMENTS[0], score="logit", method="saliency")
    assert said(again, NO_LOGITS)
    np.testing.assert_array_equal(explanation.targets[0].heatmap, again.targets[0].heatmap)


def test_half_is_the_positive_class():
    model = classifier(keras, PROBABLE["dense sigmoid"][0])
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    agrees(model, "binary")
    explanation = textattr.explain_prediction(model, DOCUMENTS[0], method="gradient_x_input")
    assert explanation.prediction.label == explanation.targets[0].label == "class 1"
    of_texts = textattr.Explainer(lambda texts: np.full(len(texts), 0.5), task="binary")
    assert of_texts.predict(["so good"])[0].label == "class 1"


@pytest.mark.product
@pytest.mark.parametrize("method", sorted(set(textattr.METHODS) - {"grad_cam", "shapley_sampling"}))
@pytest.mark.parametrize("name", ["averaged sigmoids", "averaged softmaxes"])
def test_every_method_explains_the_probability(name, method):
    model = classifier(keras, PROBABLE[name][0])
    for target in (0, 1):
        explanation = textattr.explain_prediction(model, DOCUMENTS[0], method=method, targets=target)
        [found] = explanation.targets
        np.testing.assert_allclose(found.score, found.probability, rtol=1e-6)
        assert np.isfinite(found.heatmap).all()
        assert said(explanation, NO_LOGITS)


def test_a_contrast_of_probabilities():
    model = classifier(keras, PROBABLE["averaged sigmoids"][0])
    [target] = textattr.explain_prediction(
        model, DOCUMENTS[0], targets=1, against=0, method="saliency"
    ).targets
    p = float(model.predict(DOCUMENTS[:1], verbose=0)[0, 0])
    np.testing.assert_allclose(target.score, p - (1 - p), atol=1e-6)


def test_outputs_are_read_each_for_itself():
    k = keras
    model = classifier(
        k, lambda k, x: {"mood": k.layers.Average()(sigmoids(k, x)), "topic": dense(k, x, 3, "softmax")}
    )
    heads = split_model(model).heads(DOCUMENTS)
    assert heads["mood"].is_probability
    assert not heads["topic"].is_probability
    assert heads["topic"].activation == "softmax"


class Picky(keras.layers.Layer):
    """Takes documents of one single length."""

    def call(self, x):
        with tf.control_dependencies([tf.debugging.assert_equal(tf.shape(x)[1], 4)]):
            return tf.identity(x)


def picky(last):
    tokens = keras.Input((None,), dtype="int32")
    x = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(30, 4)(Picky()(tokens)))
    return keras.Model(tokens, last(x))


def test_a_model_that_refuses_what_is_tried_is_explained_all_the_same():
    averaged = picky(lambda x: keras.layers.Average()(sigmoids(keras, x)))
    agrees(averaged, "binary")  # the ops prove it
    linear = compiled(picky(keras.layers.Dense(3)), "categorical_crossentropy")
    explanation = textattr.explain_prediction(linear, DOCUMENTS[0], method="saliency")
    assert explanation.prediction.task == "multiclass"
    assert said(explanation, "took none of the texts")


def test_what_a_score_means_does_not_depend_on_the_documents():
    def head(k, x):
        return of(k, lambda z: tf.maximum(z, 0.0), dense(k, x, 1))

    model = classifier(keras, head)
    heads = {
        SplitModel(model).head(document[None, :length]) for document in DOCUMENTS for length in (1, 2, 4)
    }
    assert len(heads) == 1


def test_the_model_is_tried_once_and_only_where_that_tells():
    runs = []

    def counted(x):
        tf.py_function(lambda: runs.append(1), [], [])
        return x

    def model(last):
        tokens = keras.Input((None,), dtype="int32")
        x = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(30, 4)(tokens))
        return keras.Model(tokens, last(keras.layers.Lambda(counted)(x)))

    split = split_model(model(keras.layers.Dense(3, activation="softmax")))
    split.head(DOCUMENTS)
    assert not runs
    split = split_model(compiled(model(keras.layers.Dense(3)), LOGITS))
    split.head(DOCUMENTS)
    assert not runs
    split = split_model(model(keras.layers.Dense(3)))
    split.head(DOCUMENTS)
    split.head(DOCUMENTS[:2, :3])
    assert len(runs) == 1


def strings(last, **options):
    words = ["good", "bad", "film", "so", "not"]
    vectorise = keras.layers.TextVectorization(vocabulary=words, **options)
    texts = keras.Input((1,), dtype="string")
    x = vectorise(texts)
    if not options:
        x = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(7, 4)(x))
    return keras.Model(texts, last(x))


@pytest.mark.product
@pytest.mark.parametrize("options", [{}, {"output_mode": "count"}], ids=["looks up", "counts"])
@pytest.mark.parametrize("name", ["averaged sigmoids", "averaged softmaxes", "clip"])
def test_models_that_read_strings(name, options):
    keras.utils.set_random_seed(1)
    head, task, _, note = PROBABLE[name]
    model = strings(lambda x: head(keras, x), **options)
    texts = ["so good", "bad", "not good film"]
    for text, prediction in zip(texts, textattr.Explainer(model).predict(texts), strict=True):
        [p] = model.predict(tf.constant([[text]]), verbose=0)
        assert prediction.task == task
        np.testing.assert_allclose(prediction.probabilities[-1], p[-1], rtol=1e-6, atol=1e-6)
    explanation = textattr.explain_prediction(model, texts[0], method="occlusion")
    says_only(explanation, note)
    assert said(explanation, NO_LOGITS)
    [target] = explanation.targets
    np.testing.assert_allclose(target.score, target.probability, rtol=1e-6)


@pytest.mark.product
@pytest.mark.parametrize("dtype", ["float64", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", ["averaged sigmoids", "averaged softmaxes", "hard sigmoid", "noisy or"])
def test_other_precisions(name, dtype):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        model = classifier(keras, PROBABLE[name][0])
    finally:
        keras.config.set_dtype_policy(before)
    [prediction] = textattr.Explainer(model).predict(DOCUMENTS[:1])
    output = np.asarray(model.predict(DOCUMENTS[:1], verbose=0), float)[0]
    assert prediction.task == PROBABLE[name][1]
    np.testing.assert_allclose(
        prediction.probabilities[-1], output[-1], atol=1e-2 if "mixed" in dtype else 1e-9
    )
