"""Small text models, forward, in plain float64 NumPy: from vectors (T, D) and a mask (T,) to logits (C,)."""

from __future__ import annotations

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def relu(x):
    return np.maximum(x, 0)


def linear(x):
    return x


ACTIVATIONS = {"relu": relu, "tanh": np.tanh, "sigmoid": sigmoid, "softmax": linear, "linear": linear}


def weights_of(layer):
    return [np.asarray(w, np.float64) for w in layer.get_weights()]


def conv1d(x, layer):
    kernel, bias = weights_of(layer)
    size = len(kernel)
    if layer.padding == "same":
        left = (size - 1) // 2
        x = np.pad(x, ((left, size - 1 - left), (0, 0)))
    windows = [x[t : t + size] for t in range(len(x) - size + 1)]
    z = np.array([np.einsum("kd,kdf->f", window, kernel) + bias for window in windows])
    return ACTIVATIONS[layer.activation.__name__](z)


def dense(x, layer, logits):
    kernel, bias = weights_of(layer)
    z = x @ kernel + bias
    return z if logits else ACTIVATIONS[layer.activation.__name__](z)


def lstm(x, mask, layer, backwards=False):
    kernel, recurrent, bias = weights_of(layer)
    units = len(recurrent)
    h = c = np.zeros(units)
    order = range(len(x))[::-1] if backwards else range(len(x))
    for t in order:
        if not mask[t]:
            continue
        i, f, g, o = np.split(x[t] @ kernel + h @ recurrent + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    return h


def forward(model, vectors, mask, first=0):
    """Logits of a Sequential Keras model of the layers below; the first layer is the lookup.

    With `first`, `vectors` are what goes into that layer (0: the one after the lookup).
    """
    x = vectors
    layers = [layer for layer in model.layers if type(layer).__name__ not in ("InputLayer", "Embedding")][
        first:
    ]
    for i, layer in enumerate(layers):
        match type(layer).__name__:
            case "Conv1D":
                x = conv1d(x, layer)
            case "GlobalMaxPooling1D":
                x = x.max(0)
            case "GlobalAveragePooling1D":
                x = x[mask].mean(0)
            case "Flatten":
                x = x.reshape(-1)
            case "LSTM":
                x = lstm(x, mask, layer)
            case "Bidirectional":
                there = lstm(x, mask, layer.forward_layer)
                back = lstm(x, mask, layer.backward_layer, backwards=True)
                x = np.concatenate([there, back])
            case "Dense":
                x = dense(x, layer, logits=i == len(layers) - 1)
            case other:
                raise NotImplementedError(other)
    return x
