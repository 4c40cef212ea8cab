"""The tiny network of which `record_metrics.py` records what other programs say, and what these ask of it.

A lookup, the mean of the vectors, a hidden layer and three logits, in double precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

WORDS, NUMBERS, HIDDEN, CLASSES, LENGTH, DOCUMENTS = 12, 4, 6, 3, 8, 3
SHUFFLED, MOVED, DRAWS, RADIUS = 0, 1, 5, 0.1  # two seeds, and how often and how far tables move
Array = Any  # np.ndarray


class Shuffles(torch.nn.Module):
    """What Quantus calls "reset" is here: the numbers of each tensor in another order, the last tensor first."""

    rng = np.random.default_rng(SHUFFLED)

    def reset_parameters(self) -> None:
        for parameter in reversed(list(self.parameters())):
            values = parameter.detach().numpy()
            parameter.data = torch.tensor(Shuffles.rng.permutation(values.ravel()).reshape(values.shape))


class Lookup(Shuffles):
    def __init__(self, table: Array) -> None:
        super().__init__()
        self.table = torch.nn.Parameter(torch.tensor(table))

    def forward(self, ids: Any) -> Any:
        return self.table[ids]


class Dense(Shuffles):
    def __init__(self, kernel: Array, bias: Array) -> None:
        super().__init__()
        self.kernel = torch.nn.Parameter(torch.tensor(kernel))
        self.bias = torch.nn.Parameter(torch.tensor(bias))

    def forward(self, numbers: Any) -> Any:
        return numbers @ self.kernel + self.bias


class Network(torch.nn.Module):
    def __init__(self, weights: dict[str, Array]) -> None:
        super().__init__()
        self.lookup = Lookup(weights["table"])
        self.hidden = Dense(weights["hidden_kernel"], weights["hidden_bias"])
        self.logits = Dense(weights["logits_kernel"], weights["logits_bias"])

    def of_vectors(self, vectors: Any) -> Any:
        return self.logits(torch.tanh(self.hidden(vectors.mean(1))))

    def forward(self, ids: Any) -> Any:
        return self.of_vectors(self.lookup(ids.long()))


class OfDocument(torch.nn.Module):
    """The network as a function of which tokens stay, float (M, ..., T); what is asked of it is remembered."""

    def __init__(self, network: Network, ids: Array) -> None:
        super().__init__()
        self.network = network
        self.vectors = network.lookup(torch.tensor(ids))
        self.asked: list[Array] = []
        self.said: list[Array] = []

    def forward(self, stay: Any) -> Any:
        stay = stay.reshape(len(stay), -1).double()
        logits = self.network.of_vectors(stay[..., None] * self.vectors)
        self.asked += list(stay.detach().numpy())
        self.said += list(logits.detach().numpy())
        return logits

    def record(self, target: int) -> dict[str, Array]:
        """The copies and their scores since the last record, without what was asked of the whole document."""
        asked, said = np.array(self.asked), np.array(self.said)[:, target]
        self.asked, self.said = [], []
        is_copy = (asked == 0).any(1)
        return {"stay": asked[is_copy] > 0, "scores": said[is_copy]}


def gradient_x_input(network: Network, vectors: Any, targets: Any) -> Any:
    """The weight of each token, float (N, T)."""
    with torch.enable_grad():
        vectors = vectors.detach().requires_grad_()
        logits = network.of_vectors(vectors)
        [gradient] = torch.autograd.grad(logits[torch.arange(len(vectors)), targets].sum(), vectors)
    return (gradient * vectors).sum(-1).detach()


def explained(model: Network, inputs: Array, targets: Array, **_: Any) -> Array:
    """The same of ids, as Quantus calls it."""
    ids = torch.tensor(np.asarray(inputs)).long()
    return gradient_x_input(model, model.lookup(ids), torch.tensor(np.asarray(targets))).numpy()


def made() -> tuple[Network, dict[str, Array]]:
    """The network, and what both records tell of it: weights, documents, classes, maps."""
    rng = np.random.default_rng(7)
    shapes = {
        "table": (WORDS, NUMBERS),
        "hidden_kernel": (NUMBERS, HIDDEN),
        "hidden_bias": (HIDDEN,),
        "logits_kernel": (HIDDEN, CLASSES),
        "logits_bias": (CLASSES,),
    }
    weights = {name: rng.standard_normal(shape).astype("float32") for name, shape in shapes.items()}
    network = Network({name: weight.astype(float) for name, weight in weights.items()}).eval()
    ids = np.stack([rng.permutation(WORDS)[:LENGTH] for _ in range(DOCUMENTS)])
    ids[:, -1] = ids[:, 0]  # a word that stands twice
    logits = network(torch.tensor(ids)).detach().numpy()
    targets = logits.argmax(1)
    maps = explained(network, ids, targets)
    # words that stand twice get another weight each: the order of equal ones is nobody's to compare
    told = maps + 0.1 * rng.standard_normal(maps.shape)
    common = {"ids": ids, "logits": logits, "targets": targets, "map": maps, "told": told}
    return network, {f"w/{name}": weight for name, weight in weights.items()} | common


def tables(table: Array) -> Array:
    """The table as it moves, float (DRAWS, WORDS, NUMBERS)."""
    rng = np.random.default_rng(MOVED)
    return np.stack([table + RADIUS * np.ptp(table) * rng.uniform(-1, 1, table.shape) for _ in range(DRAWS)])
