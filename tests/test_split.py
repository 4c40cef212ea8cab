"""The split model: right, and without a trace on the model."""

from __future__ import annotations

import gc
import threading
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from kinds import keras_of

import textattr
from textattr.methods import GradientXInput, IntegratedGradients, Saliency
from textattr.split import leftovers
from textattr.split import model as split_model
from textattr.split.interception import intercepted
from textattr.split.rows import Rows


def classifier(units=3, activation="softmax", k=keras):
    return k.Sequential(
        [
            k.Input((None,), dtype="int32"),
            k.layers.Embedding(30, 4, name="lookup"),
            k.layers.GlobalAveragePooling1D(),
            k.layers.Dense(units, activation=activation),
        ]
    )


def test_a_layer_is_put_back_after_an_exception():
    layer = layers.Dense(2)
    call = layer.call
    with pytest.raises(RuntimeError, match="inside"), intercepted([layer], lambda *_: None):
        assert layer.call != call
        raise RuntimeError("inside")
    assert layer.call == call
    assert "call" not in vars(layer)


def test_only_the_thread_that_intercepts_is_intercepted():
    layer = layers.Dense(2, kernel_initializer="ones")
    x = np.ones((1, 3), "float32")
    seen = []
    with intercepted([layer], lambda layer, call, args, kwargs: call(*args, **kwargs) * 0):
        other = threading.Thread(target=lambda: seen.append(layer(x).numpy()))
        other.start()
        other.join()
        mine = layer(x).numpy()
    np.testing.assert_array_equal(seen[0], [[3, 3]])
    np.testing.assert_array_equal(mine, [[0, 0]])


def test_two_threads_explain_while_a_third_predicts():
    model = classifier()
    ids = np.random.default_rng(0).integers(1, 30, (4, 7)).astype("int32")
    expected = model(ids).numpy()
    wanted = {
        m: m.attribute(keras.models.clone_model(model), ids).shape for m in (Saliency(), GradientXInput())
    }
    failures: list[BaseException] = []
    predictions = []

    def run(work):
        try:
            work()
        except BaseException as error:  # noqa: BLE001  (it is raised in the main thread)
            failures.append(error)

    results = {}
    threads = [
        threading.Thread(target=run, args=(lambda m=m: results.update({m: m.attribute(model, ids)}),))
        for m in wanted
    ]
    threads.append(
        threading.Thread(
            target=run, args=(lambda: predictions.extend(model(ids).numpy() for _ in range(30)),)
        )
    )
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    for prediction in predictions:
        np.testing.assert_allclose(prediction, expected, atol=1e-6)
    for method, found in results.items():
        np.testing.assert_allclose(found, method.attribute(model, ids), atol=1e-6)


def test_new_weights_are_explained():
    model = classifier()
    old = GradientXInput().attribute(model, [[3, 4, 5]], target=0)
    model.set_weights([2 * w for w in model.get_weights()])
    new = GradientXInput().attribute(model, [[3, 4, 5]], target=0)
    np.testing.assert_allclose(new, 4 * old, rtol=1e-5)
    table, kernel, _ = model.get_weights()
    np.testing.assert_allclose(new[0], table[[3, 4, 5]] * kernel[:, 0] / 3, rtol=1e-5)


def test_a_trained_model_is_explained_as_trained():
    model = classifier()
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(1.0))
    GradientXInput().attribute(model, [[3, 4, 5]], target=0)
    model.fit(np.array([[3, 4, 5]]), np.array([0]), verbose=0)
    found = GradientXInput().attribute(model, [[3, 4, 5]], target=0)
    table, kernel, _ = model.get_weights()
    np.testing.assert_allclose(found[0], table[[3, 4, 5]] * kernel[:, 0] / 3, rtol=1e-5)


def test_another_length_does_not_trace_again():
    traces = []

    class Counting(layers.Layer):
        def call(self, x):
            if not tf.executing_eagerly():
                traces.append(x.shape)
            return x

    tokens = keras.Input((None,), dtype="int32")
    x = Counting()(layers.Embedding(30, 4)(tokens))
    model = keras.Model(tokens, layers.Dense(2, activation="softmax")(layers.GlobalMaxPooling1D()(x)))
    for method in (GradientXInput(), IntegratedGradients(baseline="zero")):
        method.attribute(model, [[3, 4, 5]])
        count = len(traces)
        for length in (1, 7, 30):
            method.attribute(model, np.ones((2, length), "int32"))
        if isinstance(method, IntegratedGradients):
            IntegratedGradients(steps=7, baseline="zero").attribute(model, [[3, 4]])
        assert len(traces) == count


@pytest.mark.parametrize(
    ("last", "activation"),
    [
        (lambda x: layers.Dense(3, activation="softmax")(x), "softmax"),
        (lambda x: layers.Softmax()(layers.Dense(3)(x)), "softmax"),
        (lambda x: layers.Activation("log_softmax")(layers.Dense(3)(x)), "log_softmax"),
        (lambda x: keras.ops.softmax(layers.Dense(3)(x)), "softmax"),
        (lambda x: layers.Dense(3, activation="sigmoid")(x), "sigmoid"),
        (lambda x: layers.Reshape((3,))(layers.Dense(3, activation="softmax")(x)), "softmax"),
        (lambda x: layers.Dense(1, activation="sigmoid")(x), "sigmoid"),
        (lambda x: keras.ops.squeeze(layers.Dense(1, activation="sigmoid")(x), -1), "sigmoid"),
        (lambda x: layers.Dense(3)(x), None),
    ],
)
def test_logits_before_the_last_activation(last, activation):
    tokens = keras.Input((None,), dtype="int32")
    model = keras.Model(tokens, last(layers.GlobalAveragePooling1D()(layers.Embedding(30, 4)(tokens))))
    model.set_weights([5 * w for w in model.get_weights()])
    [prediction] = textattr.Explainer(model).predict([[3, 4, 5]])
    assert prediction.activation == activation
    output = model.predict(np.array([[3, 4, 5]]), verbose=0).reshape(-1)
    if activation == "sigmoid":
        p = output if len(output) > 1 else np.array([1 - output[0], output[0]])
        np.testing.assert_allclose(prediction.probabilities, p, atol=1e-6)
        np.testing.assert_allclose(prediction.scores, np.log(p / (1 - p)), atol=1e-4)
    else:
        p = {"softmax": output, "log_softmax": np.exp(output), None: np.exp(output) / np.exp(output).sum()}[
            activation
        ]
        np.testing.assert_allclose(prediction.probabilities, p, atol=1e-6)
        shift = prediction.scores - np.log(p)
        np.testing.assert_allclose(shift, shift[0], atol=1e-4)
    if activation is None:
        np.testing.assert_allclose(prediction.scores, output, atol=1e-6)


def test_another_backend_is_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(textattr.TextAttrError, match="'jax'.*KERAS_BACKEND=tensorflow"):
        textattr.explain_prediction(classifier(), [3, 4])


def test_models_are_let_go():
    model = classifier()
    explanation = textattr.explain_prediction(model, [3, 4, 5])
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
    assert explanation.prediction.task == "multiclass"


# the same finalizers in both
@pytest.mark.parametrize("family", ["keras", pytest.param("tf_keras", marks=pytest.mark.rest)])
def test_many_models_are_let_go(family):
    """Each is explained in several ways; what was compiled for it goes with it, and nothing stays in the registry."""
    references, registered = [], len(split_model._SPLITS)
    for i in range(8):
        model = classifier(units=2 + i % 3, k=keras_of(family))
        method = list(textattr.METHODS)[i % len(textattr.METHODS)]
        explainer = textattr.Explainer(model, method=method)
        assert len(list(explainer.explain_many([[3, 4, 5], [6, 7], [8, 9, 10]], targets="all"))) == 3
        references += [weakref.ref(model), weakref.ref(model.layers[0]), weakref.ref(explainer)]
    del model, explainer
    gc.collect()
    assert not [reference for reference in references if reference() is not None]
    assert len(split_model._SPLITS) <= registered


@pytest.mark.parametrize(("others", "cleared"), [(0, 2), (1, 0)])
def test_kernels_are_cleared_after_models_that_went(others, cleared, monkeypatch):
    """Every eighth, where no other model would have to prepare its functions again."""
    calls = []
    monkeypatch.setattr(leftovers, "clear_kernels", lambda: calls.append(1))
    counted = leftovers.Leftovers()

    class Model:
        pass

    kept = [Model() for _ in range(others)]
    for model in kept:
        counted.clear_after(model)
    for _ in range(17):
        counted.clear_after(Model())
    gc.collect()
    assert len(calls) == cleared
    assert counted.living == others


@pytest.mark.parametrize("wanted", ["lookup", 0])
def test_the_lookup_can_be_named(wanted):
    model = classifier()
    found = GradientXInput().attribute(model, [[3, 4]], embedding_layer=wanted)
    np.testing.assert_array_equal(found, GradientXInput().attribute(model, [[3, 4]]))
    by_layer = GradientXInput().attribute(model, [[3, 4]], embedding_layer=model.get_layer("lookup"))
    np.testing.assert_array_equal(found, by_layer)


def test_layers_are_those_that_the_model_has_after_it_ran():
    """A Sequential of tf_keras makes an input layer anew where it meets another shape."""
    k = keras_of("tf_keras")

    class Classifier(k.Model):
        def __init__(self):
            super().__init__()
            self.table = k.layers.Embedding(9, 4)
            self.read = k.Sequential([k.layers.Dense(6, activation="relu"), k.layers.Dense(4)])
            self.scores = k.layers.Dense(3, activation="softmax")

        def call(self, x):
            return self.scores(tf.reduce_max(self.read(self.table(x)), 1))

    model, ids = Classifier(), np.array([[1, 2, 3]], "int32")
    model(ids)
    split = split_model.split_model(model)
    rows = Rows.predicted(ids, split.head(ids))
    gc.collect()
    assert all(layer() is not None for layer in split.known(ids).layers)
    found = GradientXInput().explain_rows(split, rows)
    assert np.abs(found.relevance[0]).sum() > 0
