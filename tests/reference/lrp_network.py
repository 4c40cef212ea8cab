"""Relevance through a network of such layers, one document; and these layers from those of a Keras model."""

from __future__ import annotations

import numpy as np

from .forward import ACTIVATIONS, weights_of
from .lrp_cells import GRUCell, LSTMCell, SimpleRNNCell
from .lrp_layers import Activation, AveragePooling1D, Conv1D, Dense, Flatten, MaxPooling1D
from .lrp_recurrent import Bidirectional, Recurrent
from .lrp_rules import z

CELLS = {"LSTM": LSTMCell, "GRU": GRUCell, "SimpleRNN": SimpleRNNCell}


def seen_by(layers, x, steps):
    """The input of every layer with the steps that are not padding, and the output of the last; no `steps`: no padding.

    As in Keras, a convolution or pooling forgets what was padding.
    """
    steps = np.ones(len(x), bool) if steps is None else steps
    found = [(x, steps)]
    for layer in layers:
        x = layer.forward(x, steps)
        if isinstance(layer, Conv1D | MaxPooling1D | AveragePooling1D):
            steps = np.ones(len(x), bool)
        found.append((x, steps))
    return found[:-1], x


def outputs(layers, x, steps=None):
    """The output of the last layer."""
    return seen_by(layers, x, steps)[1]


def relevance(layers, x, unit, rule_of, steps=None, start=None):
    """The relevance of the vectors x (T, D) for one unit of the output, whose value it starts with unless told.

    `rule_of` gives the rule of a layer. `steps`, bool (T,): which are not padding.
    """
    seen, output = seen_by(layers, x, steps)
    out = np.zeros_like(output)
    out[unit] = output[unit] if start is None else start
    for layer, (value, there) in reversed(list(zip(layers, seen, strict=True))):
        out = layer.back(value, out, rule_of(layer), there)
    return out


def everywhere(rule):
    return lambda layer: rule


def by_name(rules, default):
    """A rule for each layer from {name: rule}."""
    return lambda layer: rules.get(layer.name, default)


def weights_and_bias(layer):
    weights = weights_of(layer)
    return weights if layer.use_bias else [*weights, np.zeros(weights[-1].shape[-1])]


def recurrent(layer, name, sums, zeros=False):
    found = weights_and_bias(layer)
    if not layer.use_bias and getattr(layer, "reset_after", False):
        found[-1] = np.zeros((2, *found[-1].shape))
    cell = CELLS[type(layer).__name__](*found, sums)
    return Recurrent(cell, layer.return_sequences, layer.go_backwards, zeros, name)


def layers_of(model, sums=z):
    """The layers of a Sequential Keras model behind its lookup, up to the logits; activations are layers of their own.

    `sums` is the rule for the sums inside recurrent cells.
    """
    found = []
    for layer in model.layers:
        name = layer.name
        match type(layer).__name__:
            case "InputLayer" | "Embedding" | "Dropout" | "Masking":
                pass
            case "Dense":
                found.append(Dense(*weights_and_bias(layer), name))
            case "Conv1D":
                (stride,), (dilation,) = layer.strides, layer.dilation_rate
                found.append(Conv1D(*weights_and_bias(layer), layer.padding, stride, dilation, name))
            case "Flatten":
                found.append(Flatten(name))
            case "GlobalMaxPooling1D":
                found.append(MaxPooling1D(None, name))
            case "GlobalAveragePooling1D":
                found.append(AveragePooling1D(None, name))
            case "MaxPooling1D":
                found.append(MaxPooling1D(*np.ravel(layer.pool_size), name))
            case "AveragePooling1D":
                found.append(AveragePooling1D(*np.ravel(layer.pool_size), name))
            case "LSTM" | "GRU" | "SimpleRNN":
                found.append(recurrent(layer, name, sums))
            case "Bidirectional":
                both = layer.forward_layer, layer.backward_layer
                zeros = layer.forward_layer.return_sequences
                found.append(
                    Bidirectional(
                        *(recurrent(one, name, sums, zeros) for one in both), layer.merge_mode, name
                    )
                )
            case "Activation":
                found.append(Activation(ACTIVATIONS[layer.activation.__name__], name))
            case other:
                raise NotImplementedError(other)
        if hasattr(layer, "activation") and type(layer).__name__ in ("Dense", "Conv1D"):
            function = layer.activation.__name__
            if layer is model.layers[-1] and function in ("softmax", "sigmoid"):
                function = "linear"
            if function != "linear":
                found.append(Activation(ACTIVATIONS[function], name))
    return found
