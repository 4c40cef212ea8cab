"""A sum whose parts are known: which method finds the two numbers that a recurrent model added or subtracted?

    ./dev setup && .venv/bin/python benchmarks/arithmetic.py

The toy task of Arras et al. 2019 (https://arxiv.org/abs/1904.11829, section 4.1): a sequence of 4 to 10 steps holds two
numbers, the rest is nothing. The first stands in the first of two columns, the second in the other, anywhere behind it.
An LSTM of one unit with a linear output learns their sum, another one their difference. Of a faithful method the
relevance of either number correlates with what it adds to the outcome, and what stands elsewhere gets nothing.

Adam stops at a mean squared error near 3e-3, which is too far from the task to blame a method for anything; so the 17
weights are fitted by least squares (Levenberg-Marquardt), from several starts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.optimize import least_squares
from scipy.special import expit

import textattr
from textattr.methods import LRP, METHODS

SEQUENCES, LENGTHS, STARTS, GOOD = 280, range(4, 11), 10, 1e-6
COMPARED = {
    "gradient_x_input": METHODS["gradient_x_input"](),
    "occlusion": METHODS["occlusion"](),
    "shapley_sampling": METHODS["shapley_sampling"](),
    "integrated_gradients": METHODS["integrated_gradients"](),
    "deeplift": METHODS["deeplift"](),
    "lrp, epsilon": LRP("epsilon"),
    "lrp, arras_lstm": LRP("arras_lstm"),
    "lrp, deepexplain": LRP("deepexplain"),
    "saliency": METHODS["saliency"](),
}
SHAPES = ((2, 4), (1, 4), (4,), (1, 1))  # kernel, recurrent kernel, bias, output


def sequences(count: int, length: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences (N, T, 2), and where their two numbers stand, int (N, 2)."""
    rng = np.random.default_rng([seed, length])
    places = np.sort(np.stack([rng.permutation(length)[:2] for _ in range(count)]), axis=1)
    x = np.zeros((count, length, 2))
    for column in range(2):
        x[np.arange(count), places[:, column], column] = rng.uniform(0.5, 1.0, count) * rng.choice(
            [-1, 1], count
        )
    return x, places


def weights_of(flat: np.ndarray) -> list[np.ndarray]:
    """The four arrays of weights."""
    ends = np.cumsum([int(np.prod(shape)) for shape in SHAPES])
    return [part.reshape(shape) for part, shape in zip(np.split(flat, ends[:-1]), SHAPES, strict=True)]


def outcome(flat: np.ndarray, steps: np.ndarray, begun: np.ndarray) -> np.ndarray:
    """What the LSTM makes of sequences, float (N,), as Keras computes it.

    Args:
        flat: the weights.
        steps: float (T, N, 2), filled up in front.
        begun: float (T, N, 1): 1 from where a sequence begins.
    """
    kernel, recurrent, bias, output = weights_of(flat)
    hidden = state = np.zeros((steps.shape[1], 1))
    for step, on in zip(steps @ kernel + bias, begun, strict=True):
        z = step + hidden @ recurrent
        gates = expit(z)
        state = on * (gates[:, 1:2] * state + gates[:, :1] * np.tanh(z[:, 2:3]))
        hidden = on * gates[:, 3:] * np.tanh(state)
    return (hidden @ output)[:, 0]


def filled_up(batches: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """All sequences as one array, filled up in front, and where each begins; as `outcome` takes them."""
    longest = max(x.shape[1] for x in batches)
    steps = [np.pad(x, [(0, 0), (longest - x.shape[1], 0), (0, 0)]) for x in batches]
    begun = [np.pad(np.ones(x.shape[:2]), [(0, 0), (longest - x.shape[1], 0)]) for x in batches]
    return np.moveaxis(np.concatenate(steps), 1, 0), np.concatenate(begun).T[..., None]


def fitted(combine: Callable[[np.ndarray], np.ndarray]) -> tuple[keras.Model, float]:
    """A model of the task and its mean squared error; `combine`: from the two numbers (N, 2) to the outcome (N,)."""
    batches = [sequences(SEQUENCES // len(LENGTHS), length, 1)[0] for length in LENGTHS]
    wanted = np.concatenate([combine(x.sum(1)) for x in batches])
    steps, begun = filled_up(batches)
    best, error = None, np.inf
    for start in range(STARTS):
        found = least_squares(
            lambda flat: outcome(flat, steps, begun) - wanted, _open_gates(start), method="lm", max_nfev=1200
        )
        if np.mean(found.fun**2) < error:
            best, error = found.x, float(np.mean(found.fun**2))
        if error < GOOD:
            break
    assert best is not None
    model = keras.Sequential(
        [keras.Input((None, 2)), keras.layers.LSTM(1), keras.layers.Dense(1, use_bias=False, name="outcome")]
    )
    model.set_weights(weights_of(best))
    return model, error


def _open_gates(seed: int) -> np.ndarray:
    """Weights to start from: gates that let most through, and numbers are taken in, the second with either sign."""
    kernel, recurrent, bias, output = weights_of(np.random.default_rng(seed).normal(0, 0.05, 17))
    kernel[:, 2] += (0.3, 0.3 if seed % 2 == 0 else -0.3)
    return np.concatenate(
        [kernel.ravel(), recurrent.ravel(), bias + np.array([2, 3, 0, 2]), output.ravel() + 3]
    )


def measured(
    model: keras.Model, method: textattr.methods.Method, signs: tuple[int, int]
) -> tuple[float, float]:
    """The correlation of relevance with what each number adds, and the share of |relevance| that is elsewhere."""
    relevance, added, elsewhere, whole = [], [], 0.0, 0.0
    explainer = textattr.Explainer(model, method=method, task="regression")
    for length in LENGTHS:
        x, places = sequences(40, length, 2)
        tokens = [[str(t) for t in range(length)]] * len(x)
        for found, numbers, at in zip(explainer.explain_many(list(x), tokens=tokens), x, places, strict=True):
            heatmap = found.targets[0].heatmap
            relevance.append(heatmap[at])
            added.append([numbers[at[column], column] * signs[column] for column in range(2)])
            whole += float(np.abs(heatmap).sum())
            elsewhere += float(np.abs(np.delete(heatmap, at)).sum())
    found, known = np.array(relevance), np.array(added)
    correlations = [np.corrcoef(found[:, column], known[:, column])[0, 1] for column in range(2)]
    return float(np.mean(correlations)), elsewhere / whole


def main() -> None:
    """Print the table."""
    table = Table(
        "method", title="Correlation of relevance with what a number adds, in % (relevance elsewhere, in %)"
    )
    columns = {}
    tasks = {"sum": (1, 1), "difference": (1, -1)}
    for task, signs in tasks.items():
        model, error = fitted(lambda numbers, signs=signs: numbers @ np.array(signs))
        table.add_column(f"{task} (squared error {error:.0e})", justify="right")
        columns[task] = {name: measured(model, method, signs) for name, method in COMPARED.items()}
    for name in COMPARED:
        cells = [f"{100 * columns[task][name][0]:.2f} ({100 * columns[task][name][1]:.1f})" for task in tasks]
        table.add_row(name, *cells)
    Console(width=110).print(table)


if __name__ == "__main__":
    sys.exit(main())
