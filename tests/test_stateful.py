"""RNNs with `stateful=True`: explained from the states that they are in, which stay as they are."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import tensorflow as tf
from kinds import keras_of

import textattr
from textattr.methods import GradientXInput

READERS = {
    "lstm": lambda la: la.LSTM(5, stateful=True),
    "gru": lambda la: la.GRU(5, stateful=True),
    "simple": lambda la: la.SimpleRNN(5, stateful=True),
    "bidirectional": lambda la: la.Bidirectional(la.LSTM(3, stateful=True)),
    "stacked": lambda la: la.RNN([la.LSTMCell(3), la.LSTMCell(4)], stateful=True),
}


def stateful(family, reader="lstm", batch=1):
    k = keras_of(family)
    k.utils.set_random_seed(2)
    ids = k.Input((None,), batch_size=batch, dtype="int32")
    read = READERS[reader](k.layers)(k.layers.Embedding(30, 4, mask_zero=True)(ids))
    model = k.Model(ids, k.layers.Dense(3, activation="softmax")(read))
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(scale=0.5, size=w.shape) for w in model.get_weights()])
    return model


def states_of(model):
    layers = [layer for layer in model._flatten_layers() if getattr(layer, "states", None) is not None]
    return [state for layer in layers for state in tf.nest.flatten(layer.states) if state is not None]


def values(model):
    return [np.array(state) for state in states_of(model)]


def output_without_moving_on(model, ids):
    before = values(model)
    output = np.asarray(model(np.array([ids])))[0]
    for state, value in zip(states_of(model), before, strict=True):
        state.assign(value)
    return output


@pytest.fixture(params=["keras", "tf_keras"])
def family(request):
    return request.param


@pytest.mark.product("stateful layers")
@pytest.mark.parametrize(
    ("family", "reader"),
    [*(("keras", reader) for reader in READERS), ("tf_keras", "bidirectional")],
)
def test_scores_are_those_of_the_present_states(family, reader):
    model = stateful(family, reader)
    seen = []
    for heard in ([7, 8, 9], [10, 11]):
        model(np.array([heard]))
        before = values(model)
        assert all(np.abs(state).max() > 0 for state in before)
        expected = output_without_moving_on(model, [3, 4, 5, 6])
        explanation = textattr.explain_prediction(model, [3, 4, 5, 6], method="integrated_gradients")
        np.testing.assert_allclose(explanation.prediction.probabilities, expected, atol=1e-6)
        for old, new in zip(before, values(model), strict=True):
            np.testing.assert_array_equal(old, new)
        [target] = explanation.targets
        gained = target.score - target.diagnostics["baseline_score"]
        assert target.heatmap.sum() == pytest.approx(gained, abs=1e-2 * abs(gained))
        seen.append(expected)
    assert np.abs(seen[0] - seen[1]).max() > 1e-3


@pytest.mark.product("stateful layers")
@pytest.mark.parametrize("method", ["gradient_x_input", "smoothgrad"])
def test_no_method_moves_the_states(family, method):
    model = stateful(family)
    model(np.array([[7, 8, 9]]))
    before = values(model)
    explainer = textattr.Explainer(model, method=method)
    docs = [[3, 4], [3, 4], [5, 6, 7]]
    one, again, _ = explainer.explain_many(docs)
    for other in (again, explainer.explain(docs[0])):
        np.testing.assert_allclose(
            other.targets[0].heatmap, one.targets[0].heatmap, atol=2e-6 * np.abs(one.targets[0].heatmap).max()
        )
    for old, new in zip(before, values(model), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.product("stateful layers")
def test_the_gradient_is_the_models_own(family):
    model = stateful(family)
    model(np.array([[7, 8, 9]]))
    found = GradientXInput().attribute(model, [[3, 4, 5]], target=1, score="probability")
    table = next(w for w in model.trainable_weights if w.shape[0] == 30)
    with tf.GradientTape() as tape:
        probability = model(np.array([[3, 4, 5]]))[0, 1]
    gradient = tape.gradient(probability, getattr(table, "value", table) if family == "keras" else table)
    expected = (np.asarray(table) * np.asarray(tf.convert_to_tensor(gradient)))[[3, 4, 5]]
    np.testing.assert_allclose(found[0], expected, atol=2e-6 * np.abs(expected).max())


@pytest.mark.product("stateful layers")
def test_the_model_moves_on_in_another_thread_meanwhile(family):
    model = stateful(family)
    other = stateful(family)
    other.set_weights(model.get_weights())
    outputs = []

    def read():
        outputs.extend(np.asarray(model(np.array([[i]]))) for i in range(1, 20))

    reading = threading.Thread(target=read)
    reading.start()
    textattr.explain_prediction(model, [3, 4, 5], method="gradient_x_input")
    reading.join()
    expected = [np.asarray(other(np.array([[i]]))) for i in range(1, 20)]
    np.testing.assert_allclose(outputs, expected, atol=1e-6)


@pytest.mark.product("stateful layers")
def test_states_of_several_documents_are_refused(family):
    with pytest.raises(
        textattr.TextAttrError, match="states of 'lstm.*' .*those of 4 documents.*batches of 1"
    ):
        textattr.explain_prediction(stateful(family, batch=4), [3, 4, 5])
