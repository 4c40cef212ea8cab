"""What the original programs computed, and their networks as Keras models with the recorded weights."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import keras
import numpy as np
from keras import layers

FOLDER = Path(__file__).parent / "reference" / "recorded"


@cache
def archive(name):
    with np.load(FOLDER / f"{name}.npz") as data:
        return dict(data)


def under(name, prefix):
    """What stands in an archive below a prefix."""
    prefix = f"{prefix}/"
    return {k.removeprefix(prefix): v for k, v in archive(name).items() if k.startswith(prefix)}


def dense(units, activation, name, dtype="float32"):
    return layers.Dense(units, activation=activation, name=name, dtype=dtype)


def deepexplain_model(net, variant, dtype="float32"):
    """The network `net` behind a lookup, with the weights of the variant; one model for all variants."""
    model = _deepexplain_net(net, dtype)
    weights = under(f"deepexplain_{net}", f"{variant}/w")
    for layer in model.layers:
        if layer.weights:
            names = [w.path.split("/")[-1] for w in layer.weights]
            layer.set_weights([weights[f"{layer.name}/{name}"] for name in names])
    return model


@cache
def _deepexplain_net(net, dtype):
    after = {
        "a": lambda: [
            layers.Flatten(dtype=dtype),
            dense(16, "relu", "hidden", dtype),
            dense(4, "softmax", "logits", dtype),
        ],
        "b": lambda: [
            layers.Conv1D(12, 3, activation="relu", name="conv", dtype=dtype),
            layers.GlobalMaxPooling1D(dtype=dtype),
            dense(10, "relu", "hidden", dtype),
            dense(3, "softmax", "logits", dtype),
        ],
        "e": lambda: [layers.LSTM(6, name="lstm", dtype=dtype), dense(3, "softmax", "logits", dtype)],
    }[net]()
    lookup = layers.Embedding(50, 8, name="emb", dtype=dtype)
    return keras.Sequential([keras.Input((12,), dtype="int32"), lookup, *after])


@cache
def toolbox_model(net, dtype="float32"):
    """A network of the LRP toolbox, on vectors (12, 8), which it flattens."""
    if net == "a_rect_random":
        from_a = under("deepexplain_a", "random/w")
        weights = [from_a[f"{layer}/{part}"] for layer in ("hidden", "logits") for part in ("kernel", "bias")]
    else:
        recorded = under("lrp_toolbox_dense", "tanh3/w")
        weights = [recorded[f"{part}{i}"] for i in range(3) for part in "Wb"]
    if net == "rect3_nobias":
        weights[1::2] = [np.zeros_like(bias) for bias in weights[1::2]]
    activation = "tanh" if net == "tanh3" else "relu"
    *hidden, last = [len(bias) for bias in weights[1::2]]
    model = keras.Sequential(
        [
            keras.Input((12, 8), dtype=dtype),
            layers.Flatten(dtype=dtype),
            *(dense(units, activation, f"dense_{i}", dtype) for i, units in enumerate(hidden)),
            dense(last, None, "logits", dtype),
        ]
    )
    model.set_weights(weights)
    return model


@cache
def innvestigate_model(net, dtype="float32"):
    """A network of iNNvestigate's cases, on vectors (20, 8)."""
    data = archive("innvestigate_small")
    if net == "small":
        conv, *denses = [[data[f"w_small/{name}_{part}"] for part in "kb"] for name in ("conv", "d1", "d2")]
    else:
        conv = [data["w/nobias/c/0"]]
        denses = [[data["w/nobias/out/0"], data["w/nobias/out/1"]]]
    *hidden, last = denses
    model = keras.Sequential(
        [
            keras.Input((20, 8), dtype=dtype),
            layers.Conv1D(
                conv[0].shape[-1], 3, activation="relu", use_bias=len(conv) == 2, name="conv", dtype=dtype
            ),
            layers.GlobalMaxPooling1D(dtype=dtype),
            *(dense(len(bias), "relu", "hidden", dtype) for _, bias in hidden),
            dense(len(last[1]), None, "logits", dtype),
        ]
    )
    model.set_weights([weight for layer in (conv, *denses) for weight in layer])
    return model


@cache
def arras_model(dtype="float32"):
    """The bidirectional LSTM of Arras et al., on vectors (T, 8)."""
    weights = under("arras_bilstm", "keras")
    model = keras.Sequential(
        [
            keras.Input((None, 8), dtype=dtype),
            layers.Bidirectional(layers.LSTM(6, dtype=dtype), name="bilstm", dtype=dtype),
            layers.Dense(3, use_bias=False, name="logits", dtype=dtype),
        ]
    )
    parts = [
        f"{way}_{part}" for way in ("forward", "backward") for part in ("kernel", "recurrent_kernel", "bias")
    ]
    model.set_weights([weights[part] for part in (*parts, "dense_kernel")])
    return model
