"""Every layer that is a matrix in disguise, under every rule: as the dense layer with that matrix, written out."""

from __future__ import annotations

import numpy as np
import pytest
from reference import lrp_rules
from reference.lrp_rules_of import rewrite
from stacks import SIZE, part, stack

from textattr.lrp import AlphaBeta, Epsilon, Flat, Gamma, WSquare, Z, ZBox, ZPlus
from textattr.methods import LRP

LENGTH = 6
IMAGE = part("Reshape", target_shape=(LENGTH, SIZE, 1))
LAYERS = {
    "dense_per_step": [part("Dense", units=3)],
    "einsum": [part("EinsumDense", equation="btd,tde->bte", output_shape=(LENGTH, 3), bias_axes="te")],
    "einsum_heads": [
        part("EinsumDense", equation="btd,dhk->bthk", output_shape=(LENGTH, 2, 3), bias_axes="hk")
    ],
    "convolution": [part("Conv1D", filters=3, kernel_size=3, strides=2, padding="same")],
    "convolution_causal": [part("Conv1D", filters=3, kernel_size=2, dilation_rate=2, padding="causal")],
    "convolution_depthwise": [part("DepthwiseConv1D", kernel_size=3, depth_multiplier=2, padding="same")],
    "convolution_transposed": [part("Conv1DTranspose", filters=3, kernel_size=3, strides=2)],
    "convolution_over_both_axes": [IMAGE, part("Conv2D", filters=2, kernel_size=(3, 2), padding="same")],
    "convolution_over_all": [IMAGE, part("Conv2D", filters=5, kernel_size=(2, SIZE))],
}
RULES = {
    "epsilon": Epsilon(0.3),
    "gamma": Gamma(0.5),
    "alpha_beta": AlphaBeta(2, 1, bias="whole"),
    "alpha_beta_split": AlphaBeta(3, 2, bias="split"),
    "z_plus": ZPlus(),
    "z_box": ZBox(-4, 4),
    "w_square": WSquare(),
    "flat": Flat(),
}


def matrix(layer, shape):
    """The layer's matrix (inputs, outputs), its bias, and which input belongs to which output; by what it answers."""
    size = int(np.prod(shape))
    weights = layer.get_weights()
    bias = np.asarray(layer(np.zeros((1, *shape)))).reshape(-1)
    units = np.eye(size).reshape(size, *shape)
    answers = np.asarray(layer(units)).reshape(size, -1) - bias
    layer.set_weights([np.ones_like(w) for w in weights[:-1]] + [np.zeros_like(weights[-1])])
    connected = np.asarray(layer(units)).reshape(size, -1) > 0.5
    layer.set_weights(weights)
    return answers, bias, connected


def flat(x, weights, bias, relevance, connected):
    """As the flat rule, where not every input belongs to every output."""
    return (connected / connected.sum(0) * relevance).sum(1)


@pytest.mark.product
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", LAYERS)
def test_as_a_dense_layer(name, rule):
    made = stack([*LAYERS[name], part("Flatten"), part("Dense", units=2)], length=LENGTH)
    *_, layer, _, logits = made.model.layers
    rules = [(layer.name, RULES[rule]), ("*", Z())]
    ours = LRP(rules=rules).attribute(made.model, made.ids, target=1)

    weights, bias, connected = matrix(layer, tuple(layer.input.shape[1:]))
    kernel, offset = logits.get_weights()
    for row, vectors in enumerate(made.vectors):
        x = vectors.reshape(-1)
        y = x @ weights + bias
        start = np.array([0, (y @ kernel + offset)[1]])
        relevance = lrp_rules.z(y, kernel, offset, start)
        if rule == "flat":
            theirs = flat(x, weights, bias, relevance, connected)
        else:
            theirs = rewrite(RULES[rule])(x, weights, bias, relevance)
        np.testing.assert_allclose(ours[row].reshape(-1), theirs, rtol=0, atol=1e-9 * np.abs(theirs).max())
