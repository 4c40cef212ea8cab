"""Relevance through a network of such layers, one document; and these layers from those of a Keras model."""

from __future__ import annotations

import numpy as np

from .forward import ACTIVATIONS, weights_of
from .lrp_cells import GRUCell, LSTMCell, SimpleRNNCell
from .lrp_layers import Activation, AveragePooling1D, Conv1D, Dense, Flatten, MaxPooling1D
from .lrp_recurrent import Bidirectional, Recurrent
from .lrp_rules import z

CELLS = {"LSTM": LSTMCell, "GRU": GRUCell, "SimpleRNN": SimpleRNNCell}


def outputs(layers, x, steps=None):
    """The input and the output of every layer."""
    steps = np.ones(len(x), bool) if steps is None else steps
    found = [x]
    for layer in layers:
        found.append(layer.forward(found[-1], steps))
    return found


def relevance(layers, x, unit, rule_of, steps=None, start=None):
    """The relevance of the vectors x (T, D) for one unit of the output, whose value it starts with unless told.

    `rule_of` gives the rule for a layer, or is one rule for all. `steps` bool (T,): not padding.
    """
    steps = np.ones(len(x), bool) if steps is None else steps
    values = outputs(layers, x, steps)
    out = np.zeros_like(values[-1])
    out[unit] = values[-1][unit] if start is None else start
    for layer, value in reversed(list(zip(layers, values[:-1], strict=True))):
        out = layer.back(value, out, rule_of(layer), steps)
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
