"""What `./dev bench` measures with: documents, methods, and the yardstick, which run in turns.

The yardstick is what one would write by hand: a `tf.function` that runs the model and takes the gradient of the
predicted class at the embedding table, compiled once for texts of any number and length, as the methods are. Both
take NumPy ids and give a NumPy array.
Method and yardstick run in turns in one process, so that a busy machine slows both; medians are compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from bench_models import LARGE, VOCABULARY
from keras import layers

from textattr.methods import (
    LRP,
    DeepLIFT,
    GradCAM,
    GradientXInput,
    IntegratedGradients,
    Occlusion,
    Saliency,
    ShapleySampling,
    SmoothGrad,
)

LENGTH, CHUNK = 100, 64


# name -> the method, and how many forward and backward passes its formula asks for
METHODS: dict[str, tuple[Any, int]] = {
    "saliency": (Saliency(), 1),
    "gradient_x_input": (GradientXInput(), 1),
    "deeplift": (DeepLIFT(baseline="zero"), 1),
    "lrp": (LRP(), 1),
    "attnlrp": (LRP("attnlrp"), 1),
    "cplrp": (LRP("cplrp"), 1),
    "smoothgrad (25)": (SmoothGrad(), 25),
    "integrated_gradients (50)": (IntegratedGradients(steps=50, baseline="zero"), 50),
    "gradcam": (GradCAM(), 1),
}

# name -> the method, how many documents it is given, and how many rows its formula asks for, for each
ASKING: dict[str, tuple[Any, int, int]] = {
    "occlusion": (Occlusion(), 100, LENGTH + 1),
    "shapley_sampling (25)": (ShapleySampling(), 10, 24 * (LENGTH - 1) + 2),  # 12 pairs
}


def methods_of(kind: str) -> list[str]:
    """Transformers have two kinds of LRP; the large one shows these alone, beside one gradient."""
    if kind == LARGE:
        return ["gradient_x_input", "attnlrp", "cplrp"]
    twofold = ("lrp",) if kind == "transformer" else ("attnlrp", "cplrp")
    return [name for name in METHODS if name not in twofold]


def documents(count: int) -> Any:
    return np.random.default_rng(0).integers(1, VOCABULARY, (count, LENGTH)).astype("int32")


def explain(method: Any, model: Any, ids: Any) -> Any:
    """What the method gives for all numbers, before anything is summed up or shown."""
    compute = method.heatmap if isinstance(method, GradCAM) else method.attribute
    return compute(model, ids, batch_size=CHUNK)


def forward_backward(model: Any) -> Callable[[Any], Any]:
    """The gradient of the predicted class at the vectors of the tokens, by hand, compiled."""
    table = next(layer for layer in model.layers if isinstance(layer, layers.Embedding)).embeddings.value

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])
    def gradient(ids: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(table)
            score = tf.reduce_max(model(ids, training=False), -1)
        return tape.gradient(score, table).values

    return gradient


def in_turns(first: Callable[[], Any], second: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Median seconds of both, run alternately."""
    seconds: list[tuple[float, float]] = []
    for _ in range(rounds):
        pair = []
        for work in (first, second):
            start = time.perf_counter()
            work()
            pair.append(time.perf_counter() - start)
        seconds.append((pair[0], pair[1]))
    a, b = np.median(np.array(seconds), 0)
    return float(a), float(b)


def beside(
    method: Any, model: Any, ids: Any, passes: int, by_hand: Callable[[Any], Any], rounds: int
) -> tuple[float, float]:
    """Median seconds of a method, and of as many passes by hand as its formula asks for, in chunks."""
    rows = np.repeat(ids, passes, 0)
    chunks = [rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK)]

    def ours() -> None:
        explain(method, model, ids)

    def naive() -> None:
        for chunk in chunks:
            by_hand(chunk).numpy()

    ours(), naive()
    return in_turns(ours, naive, rounds)
