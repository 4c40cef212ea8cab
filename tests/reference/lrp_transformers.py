"""Layers of transformers, one document at a time, and how relevance goes back through them: AttnLRP and CP-LRP.

They fit into the networks of `lrp_network`. The rule of an attention layer is one of the two here: which part of a
product's relevance each factor gets, weights and values; and whether softmax passes any on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .lrp_rules import TINY, sign, z


@dataclass(frozen=True)
class Parts:
    """What the weights and the values of attention get, and what the two factors of any other product."""

    weights: float
    values: float


ATTNLRP = Parts(0.5, 0.5)  # Achtibat et al. 2024: half to each
CPLRP = Parts(0.0, 1.0)  # Ali et al. 2022: the weights are constants


def product(a, b, relevance):
    """The relevance of both factors of a b (n, m), each by what its numbers added, as if it got all."""
    parts = a[:, :, None] * b[None]
    total = parts.sum(1)
    shares = parts * (relevance / (total + TINY * sign(total)))[:, None]
    return shares.sum(2), shares.sum(0)


def softmax(x):
    powers = np.exp(x - x.max())
    return powers / powers.sum()


def through_softmax(x, relevance):
    """Taylor expansion at x: s_j = sum_i J_ji x_i + a constant, which keeps its part; J_ji = s_j ((i = j) - s_i)."""
    s = softmax(x)
    jacobian = np.array([[s[j] * ((i == j) - s[i]) for i in range(len(x))] for j in range(len(x))])
    return np.array(
        [sum(jacobian[j, i] * x[i] * relevance[j] / s[j] for j in range(len(x))) for i in range(len(x))]
    )


def attend(logits, values, allowed):
    """The weights (T, S), 0 where not allowed, and the weighted sums of the values."""
    weights = np.zeros_like(logits)
    for t, may in enumerate(allowed):
        weights[t, may] = softmax(logits[t, may])
    return weights, weights @ values


def attend_back(logits, values, allowed, relevance, parts):
    """The relevance of the logits and of the values."""
    weights, _ = attend(logits, values, allowed)
    of_weights, of_values = product(weights, values, relevance)
    of_logits = np.zeros_like(logits)
    for t, may in enumerate(allowed):
        of_logits[t, may] = through_softmax(logits[t, may], parts.weights * of_weights[t, may])
    return of_logits, parts.values * of_values


def everything(x, y, steps):
    """Every word may look at every other that is no padding."""
    return np.tile(steps, (len(x), 1))


def causal(x, y, steps):
    return np.tril(np.ones((len(x), len(y)), bool)) & steps


@dataclass(frozen=True, eq=False)
class DotProduct:
    """Logits q k / size."""

    size: float = 1.0

    def logits(self, q, k):
        return q @ k.T / self.size

    def back(self, q, k, relevance):
        of_q, of_k = product(q, k.T, relevance)
        return of_q / 2, of_k.T / 2


@dataclass(frozen=True, eq=False)
class Additive:
    """Logits sum_d scale_d tanh(q_d + k_d)."""

    scale: Any

    def logits(self, q, k):
        return (self.scale * np.tanh(q[:, None] + k[None])).sum(-1)

    def back(self, q, k, relevance):
        parts = self.scale * np.tanh(q[:, None] + k[None])
        total = parts.sum(-1)
        of_sums = parts * (relevance / (total + TINY * sign(total)))[..., None]
        sums = q[:, None] + k[None]
        return (q[:, None] / sums * of_sums).sum(1), (k[None] / sums * of_sums).sum(0)


@dataclass(frozen=True, eq=False)
class Attention:
    """Attention of x to x W, without weights of its own: `Attention` and `AdditiveAttention` behind a `Dense`."""

    weights: Any
    score: Any
    allowed: Any = everything
    name: str = "attention"

    def forward(self, x, steps):
        y = x @ self.weights
        return attend(self.score.logits(x, y), y, self.allowed(x, y, steps))[1]

    def back(self, x, relevance, rule, steps):
        y = x @ self.weights
        of_logits, of_values = attend_back(
            self.score.logits(x, y), y, self.allowed(x, y, steps), relevance, rule
        )
        of_q, of_k = self.score.back(x, y, of_logits)
        return of_q + affine_back(x, self.weights, 0.0, of_k + of_values)


@dataclass(frozen=True, eq=False)
class MultiHeadAttention:
    """Self-attention: kernels (D, H, K), biases (H, K), and what joins the heads, (H, K, D) and (D,).

    Keys and values may have fewer heads: each then serves several heads of queries in a row.
    """

    query: Any
    key: Any
    value: Any
    output: Any
    allowed: Any = everything
    name: str = "attention"

    def heads(self, x):
        count, fewer = self.query[0].shape[1], self.key[0].shape[1]
        for h in range(count):
            at = h * fewer // count
            yield [
                (kernel[:, i], bias[i])
                for (kernel, bias), i in zip((self.query, self.key, self.value), (h, at, at), strict=True)
            ]

    def seen(self, x, steps):
        """For each head: its affine maps, what they give, and the logits."""
        for maps in self.heads(x):
            q, k, v = (x @ kernel + bias for kernel, bias in maps)
            yield maps, (q, k, v), q @ k.T / np.sqrt(q.shape[1]), self.allowed(x, x, steps)

    def joined(self, x, steps):
        return np.concatenate(
            [attend(logits, v, allowed)[1] for _, (_, _, v), logits, allowed in self.seen(x, steps)], 1
        )

    def forward(self, x, steps):
        kernel, bias = self.output
        return self.joined(x, steps) @ kernel.reshape(-1, kernel.shape[-1]) + bias

    def back(self, x, relevance, rule, steps):
        kernel, bias = self.output
        of_heads = affine_back(self.joined(x, steps), kernel.reshape(-1, kernel.shape[-1]), bias, relevance)
        out = np.zeros_like(x)
        for (maps, (q, k, v), logits, allowed), r in zip(
            self.seen(x, steps), np.split(of_heads, self.query[0].shape[1], 1), strict=True
        ):
            of_logits, of_v = attend_back(logits, v, allowed, r, rule)
            of_q, of_k = DotProduct(np.sqrt(q.shape[1])).back(q, k, of_logits)
            for (w, b), of_it in zip(maps, (of_q, of_k, of_v), strict=True):
                out += affine_back(x, w, b, of_it)
        return out


def affine_back(x, weights, bias, relevance):
    """The z-rule, row by row."""
    return np.array([z(row, weights, bias, r) for row, r in zip(x, relevance, strict=True)])


@dataclass(frozen=True, eq=False)
class Normalization:
    """y = (x - mean) / deviation * gamma + beta over each of the groups of numbers; the deviation is a constant.

    `groups` lists which numbers of the flattened (T, D) go together. `kind`: "layer", "rms" (no mean), "unit" (no mean
    of squares either, but their sum).
    """

    groups: Any
    kind: str = "layer"
    gamma: Any = 1.0
    beta: Any = 0.0
    epsilon: float = 1e-3
    name: str = "normalization"

    def maps(self, x):
        """For each group: its numbers, and what its centred numbers are divided by."""
        for group in self.groups(x.shape):
            part = x.reshape(-1)[group]
            centred = part - part.mean() if self.kind == "layer" else part
            size = (centred**2).sum() if self.kind == "unit" else (centred**2).mean()
            yield group, part, np.sqrt(size + self.epsilon)

    def affine(self, x, group, part, deviation):
        """The group as a layer with weights and a bias."""
        gamma, beta = (np.broadcast_to(v, x.shape).reshape(-1)[group] for v in (self.gamma, self.beta))
        centring = np.eye(len(part)) - (1 / len(part) if self.kind == "layer" else 0)
        return centring / deviation * gamma, beta

    def forward(self, x, steps):
        out = np.zeros(x.size)
        for group, part, deviation in self.maps(x):
            weights, bias = self.affine(x, group, part, deviation)
            out[group] = part @ weights + bias
        return out.reshape(x.shape)

    def back(self, x, relevance, rule, steps):
        out = np.zeros(x.size)
        for group, part, deviation in self.maps(x):
            out[group] = z(part, *self.affine(x, group, part, deviation), relevance.reshape(-1)[group])
        return out.reshape(x.shape)


def each_row(shape):
    return np.arange(np.prod(shape)).reshape(shape)


def whole(shape):
    return each_row(shape).reshape(1, -1)


def columns(count):
    """`count` groups of neighbouring columns."""
    return lambda shape: [part.reshape(-1) for part in np.split(each_row(shape), count, 1)]


@dataclass(frozen=True, eq=False)
class Residual:
    """x + f(x): each part by what it added."""

    inside: list
    name: str = "residual"

    def values(self, x, steps):
        found = [x]
        for layer in self.inside:
            found.append(layer.forward(found[-1], steps))
        return found

    def forward(self, x, steps):
        return x + self.values(x, steps)[-1]

    def back(self, x, relevance, rule, steps):
        """`rule` says which rule a layer inside has."""
        values = self.values(x, steps)
        total = x + values[-1]
        out = values[-1] / total * relevance
        for layer, value in reversed(list(zip(self.inside, values[:-1], strict=True))):
            out = layer.back(value, out, rule(layer), steps)
        return out + x / total * relevance


@dataclass(frozen=True, eq=False)
class GatedFeedForward:
    """(silu(x A) * (x B)) C: of the product each factor gets half; silu passes relevance."""

    gate: Any
    signal: Any
    output: Any
    name: str = "feed_forward"

    def values(self, x):
        a, b = x @ self.gate, x @ self.signal
        return a, b, a / (1 + np.exp(-a)) * b

    def forward(self, x, steps):
        return self.values(x)[-1] @ self.output

    def back(self, x, relevance, rule, steps):
        _, _, both = self.values(x)
        half = affine_back(both, self.output, 0.0, relevance) / 2
        return affine_back(x, self.gate, 0.0, half) + affine_back(x, self.signal, 0.0, half)


@dataclass(frozen=True, eq=False)
class Positions:
    """x + a table: the tokens' share; what is missing is that of the positions."""

    table: Any
    name: str = "positions"

    def forward(self, x, steps):
        return x + self.table[: len(x)]

    def back(self, x, relevance, rule, steps):
        return x / (x + self.table[: len(x)]) * relevance


@dataclass(frozen=True, eq=False)
class FirstStep:
    """The vector of the first token, as [CLS]."""

    name: str = "first"

    def forward(self, x, steps):
        return x[0]

    def back(self, x, relevance, rule, steps):
        out = np.zeros_like(x)
        out[0] = relevance
        return out


@dataclass(frozen=True, eq=False)
class AttentionPooling:
    """The mean of the vectors, weighted by softmax(tanh(x W) u): how attention was written before there was a layer."""

    weights: Any
    context: Any
    name: str = "attention"

    def logits(self, x):
        return (np.tanh(x @ self.weights) @ self.context)[:, 0]

    def forward(self, x, steps):
        return softmax(self.logits(x)) @ x

    def back(self, x, relevance, rule, steps):
        of_weights, of_values = product(softmax(self.logits(x))[None], x, relevance[None])
        of_logits = through_softmax(self.logits(x), rule.weights * of_weights[0])
        of_hidden = affine_back(np.tanh(x @ self.weights), self.context, 0.0, of_logits[:, None])
        return rule.values * of_values + affine_back(x, self.weights, 0.0, of_hidden)
