"""The network of `benchmarks/peers.py` in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from work import Case


class Behind(torch.nn.Module):
    """From vectors (B, T, D) to the logit (B, 1)."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        length, weights = case.ids.shape[1], case.weights
        self.windows = torch.nn.ModuleList()
        for width in case.widths:
            _, size, filters = weights[f"kernel_{width}"].shape
            window = torch.nn.Conv1d(size, filters, width, padding="same")
            fill(window, weights[f"kernel_{width}"].transpose(2, 1, 0), weights[f"bias_{width}"])
            pool = torch.nn.MaxPool1d(length)
            self.windows.append(torch.nn.Sequential(window, torch.nn.ReLU(), pool, torch.nn.Flatten()))
        kernel = weights["score_kernel"]
        self.score = fill(torch.nn.Linear(*kernel.shape), kernel.T, weights["score_bias"])

    def forward(self, vectors: Any) -> Any:
        channels = vectors.transpose(1, 2)
        return self.score(torch.cat([window(channels) for window in self.windows], 1))


class Whole(torch.nn.Module):
    """From ids (B, T) to the logit (B, 1)."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.lookup = torch.nn.Embedding.from_pretrained(torch.tensor(case.weights["table"]))
        self.behind = Behind(case)

    def forward(self, ids: Any) -> Any:
        return self.behind(self.lookup(ids))


def fill(layer: Any, kernel: Any, bias: Any) -> Any:
    layer.weight.data = torch.tensor(kernel.copy())
    layer.bias.data = torch.tensor(bias)
    return layer


def as_ids(ids: Any) -> Any:
    return torch.tensor(ids).long()


def scores_of(network: Any) -> Callable[[Any], Any]:
    def scores(ids: Any) -> Any:
        with torch.no_grad():
            return network(as_ids(ids)).numpy()

    return scores
