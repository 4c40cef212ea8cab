"""The names of private interfaces that textattr needs: where one has vanished, the test says which."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from kinds import keras_of

from textattr import keras_private

ROOT = Path(__file__).parents[1]
FAMILIES = ["keras", "tf_keras"]


@pytest.fixture(scope="module", params=FAMILIES)
def k(request):
    return keras_of(request.param)


def has(thing, name):
    assert hasattr(thing, name), (
        f"{type(thing).__module__} has no more {name!r}: see textattr/keras_private.py"
    )


def test_layers(k):
    inner = k.Sequential([k.layers.Dense(2), k.layers.Dense(3)])
    model = k.Sequential([inner, k.layers.Dense(1)])
    has(model, "_flatten_layers")
    assert keras_private.layers_of(model) == [inner, model.layers[1]]
    assert set(map(id, keras_private.all_layers_of(model))) >= set(map(id, [model, inner, *inner.layers]))
    assert keras_private.all_layers_of(object()) == []
    with pytest.raises(AttributeError):
        keras_private.layers_of(object())


def test_masks(k):
    out = k.layers.Embedding(5, 2, mask_zero=True)(np.array([[1, 0]]))
    has(out, keras_private.MASK)
    assert np.asarray(keras_private.tensor_mask(out)).tolist() == [[True, False]]
    keras_private.set_tensor_mask(out, None)
    assert keras_private.tensor_mask(out) is None


def test_losses(k):
    layer = k.layers.ActivityRegularization(0.1)
    has(layer, "_losses")
    assert keras_private.losses_of(layer) == []


def test_inputs_of_a_functional_model(k):
    x = {"a": k.Input((2,), name="a"), "b": k.Input((2,), name="b")}
    model = k.Model(x, k.layers.Concatenate()([x["a"], x["b"]]))
    has(model, "_inputs_struct" if k.__name__ == "keras" else "_nested_inputs")
    assert set(keras_private.inputs_as_built(model)) == {"a", "b"}


def test_every_new_op_of_a_graph():
    """Also those of gradients; not those of other graphs. Afterwards the graph is as it was."""
    graph, seen = tf.Graph(), []

    def make(create, kind, inputs, *args, **kwargs):
        seen.append(kind)
        return create("Neg" if kind == "Relu" else kind, inputs, *args, **kwargs)

    has(graph, keras_private.NEW_OP)
    assert keras_private.shows_new_ops(graph)
    with graph.as_default():
        x = tf.constant([1.0, -2.0])
        with keras_private.each_new_op(graph, make):
            y = tf.nn.relu(x)
            with tf.Graph().as_default():
                tf.no_op()
            tf.gradients(tf.square(x), x)
        after = tf.nn.relu(x)
    assert y.op.type == "Neg"
    assert seen[0] == "Relu"
    assert {"Square", "Mul"} <= set(seen)
    assert "NoOp" not in seen
    assert after.op.type == "Relu"


def test_kernels_are_forgotten():
    from tensorflow.python.eager import context

    has(context.context(), "clear_kernel_cache")
    keras_private.clear_kernels()
    assert float(tf.constant(1.0) + 1) == 2.0


def test_symbolic_calls(k):
    layer = k.layers.Dense(3)
    layer(k.Input((2,)))
    has(layer, "_inbound_nodes")
    [outputs] = keras_private.outputs_of_calls(layer)
    [output] = outputs if isinstance(outputs, list | tuple) else [outputs]
    assert tuple(output.shape) == (None, 3)


def test_states_of_rnns(k):
    layer = k.layers.LSTM(2, stateful=True)
    assert keras_private.takes_states_beside_inputs(layer) == (k.__name__ == "tf_keras")
    assert keras_private.stateful_flags(layer), "neither stateful nor _stateful"
    if k.__name__ == "tf_keras":
        layer(np.zeros((1, 3, 2), np.float32))
        sequences, states = keras_private.unpacked_inputs(layer, np.zeros((1, 3, 2), np.float32), None)
        assert sequences.shape == (1, 3, 2)
        assert len(states) == 2


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
def test_kernels_of_rnns(k, name):
    layer = getattr(k.layers, name)(2)
    assert keras_private.has_two_kernels(layer) == (k.__name__ == "tf_keras")


def test_arguments_of_call(k):
    found = keras_private.call_arguments(k.layers.Dropout(0.5))
    assert found == (frozenset({"training"}) if k.__name__ == "keras" else None)
    if k.__name__ == "keras":
        assert "mask" in keras_private.call_arguments(k.layers.LSTM(2))


@pytest.mark.parametrize(
    ("family", "name", "of"),
    [
        ("keras", "models", "Functional"),
        ("keras", "ops.numpy", "Add"),
        ("tf_keras", "mixed_precision.loss_scale_optimizer", "LossScaleOptimizerV3"),
        ("tf_keras", "layers.core.tf_op_layer", "TFOpLambda"),
    ],
)
def test_modules(family, name, of):
    keras_of(family)
    has(keras_private.source_module(family, name), of)


def test_no_other_module_uses_a_private_name():
    private = re.compile(
        r"keras\.src|_keras_mask|_flatten_layers|_inbound_nodes|_inputs_struct|_nested_inputs"
    )
    holders = "layer|model|cell|tensor|out|truth|given|parent"
    hidden = re.compile(rf"\b[ghs]etattr\(\w+, [\"']_[a-z]|(?<![\w)\]])(?:{holders})\._[a-z]")
    wrong = []
    for path in sorted((ROOT / "textattr").rglob("*.py")):
        if path.name == "keras_private.py":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            code = line.split("  #")[0]
            if private.search(code) or hidden.search(code):
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not wrong, "\n".join(["belongs into textattr/keras_private.py:", *wrong])
