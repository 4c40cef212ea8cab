"""SmoothGrad: a gradient method, averaged over noisy vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from textattr.checks import MOST_SEED, number, shown, whole_number
from textattr.errors import OptionError
from textattr.methods.chunks import Chunk, Copies, Tensors
from textattr.methods.gradient import GradientMethod, GradientXInput, outcome, sum_per_row
from textattr.methods.method import VectorMethod
from textattr.origin import Visit
from textattr.proof.copies import numbers, require_untouched, run_on_truth
from textattr.split.cut import Cut, Run, wide
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.rows import Attribution, Rows
from textattr.split.sizes import sizes
from textattr.split.survey import Survey
from textattr.suspicions import THE_TEXT
from textattr.targets.target import TargetTensors

_VISITED = 64  # copies that are looked at, to find where a number that is not finite comes from
_ADVICE = "give less noise=, or use another method"
MOST_NOISE = 1000  # times the range: no text is left in such copies


@dataclass(frozen=True, eq=False)
class SmoothGrad(VectorMethod):
    """The mean of a gradient method over vectors with Gaussian noise.

    R = 1/n sum_i R_method(x + e_i), e_i ~ N(0, sigma^2), sigma = noise * (max(x) - min(x)) over the document
    (Smilkov et al. 2017, https://arxiv.org/abs/1706.03825). Tokens that the model masks count neither for the
    range nor for anything else. The same seed gives every document of one length the same noise.

    Args:
        method: the gradient method to average: `GradientXInput()`, or `Saliency()` as in the paper, which has no sign.
        samples: how many noisy copies.
        noise: sigma as a fraction of the document's range.
        seed: of the noise.

    Raises:
        OptionError: for a method that is no gradient method, fewer than one sample, negative noise.

    Example:
        >>> SmoothGrad(samples=50)
        SmoothGrad(method=GradientXInput(), samples=50, noise=0.1, seed=0)
    """

    name: ClassVar[str] = "smoothgrad"
    title: ClassVar[str] = "SmoothGrad"
    without_xla: ClassVar[str] = "XLA would draw other noise"

    method: GradientMethod = field(default_factory=GradientXInput)
    samples: int = 25
    noise: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.method, GradientMethod):
            raise OptionError(f"SmoothGrad averages Saliency() or GradientXInput(), got {shown(self.method)}")
        whole_number("samples", self.samples)
        number("noise", self.noise, least=0, most=MOST_NOISE)
        whole_number("seed", self.seed, 0, MOST_SEED)

    def visits(self, split: SplitModel, row: Rows) -> Iterator[Visit]:
        """The text, and noisy copies of it."""
        yield THE_TEXT
        copies = split.program(_copies_of_one, row, self._arguments(row))
        yield Visit("a noisy copy of the text", _ADVICE, copies, takes_gradient=True)

    def _arguments(self, rows: Rows) -> dict[str, Any]:
        return {
            "samples": np.int32(self.samples),
            "noise": np.float64(self.noise),
            "seed": np.int32(self.seed),
            "batch_size": np.int32(rows.batch_size),
        }

    def cautions(self, survey: Survey) -> tuple[str, ...]:
        """Those of the method that is averaged."""
        return self.method.cautions(survey)

    def explain_group(self, split: SplitModel, rows: Rows) -> Attribution:
        """All rows and samples share one axis."""
        result = split.program(_build, rows, self._arguments(rows), options=(self.method,))
        shown, again, epsilon = (result.pop(name) for name in ("shown", "again", "epsilon"))
        check = require_untouched(shown, again, epsilon, alone=rows.batch_size == 1)
        return Attribution(**result, warnings=((),) * len(rows), checks=(check,))


def _build(cut: Cut, targets: TargetTensors, given: dict[str, Any], method: GradientMethod) -> dict[str, Any]:
    """Graph code: the method's expression, averaged over noisy copies."""
    tf = tensorflow()
    run, epsilon = run_on_truth(cut)
    targets = cut.fixed(run, targets)
    value = cut.value(run, targets)
    shown = numbers(run, targets, value)
    vectors = tuple(map(wide, run.vectors))
    noisy_at = _noisy(run, given)

    def contribution(chunk: Chunk) -> tuple[Tensors, Tensors]:
        row, here = chunk.row, targets.at(chunk.row)
        is_last = chunk.copy == given["samples"]  # without noise and without weight: the document itself
        noisy = tuple(
            tf.where(is_last[:, None, None], tf.gather(v, row), n)
            for v, n in zip(vectors, noisy_at(chunk), strict=True)
        )
        found = cut.gradient(here, rows=row, vectors=noisy)
        reported = numbers(found.run, here, found.value)
        at_last = tf.where(is_last[:, None], reported, tf.zeros_like(reported))
        texts = [method.relevance(wide(g), x) for g, x in zip(found.vectors, noisy, strict=True)]
        beside = zip(found.others, found.run.others, strict=True)
        others = [sum_per_row(method.relevance(wide(g), wide(x))) for g, x in beside]
        return (at_last,), (*texts, *others)

    samples = given["samples"]
    shares = tf.concat([tf.fill([samples, 1], 1 / samples), tf.zeros([1, 1], tf.float64)], 0)
    per_row = tuple(tf.zeros_like(sum_per_row(wide(x))) for x in run.others)
    (again,), sums = Copies(shares, given["batch_size"]).sums(contribution, (shown,), (*vectors, *per_row))
    mean = [tf.squeeze(each, 1) for each in sums]
    texts, others = mean[: len(vectors)], mean[len(vectors) :]
    found = outcome(cut, run, texts, others, cut.classes(run, targets), value)
    return {**found, "shown": shown, "again": again, "epsilon": epsilon}


def _noisy(run: Run, given: dict[str, Any]) -> Callable[[Chunk], tuple[Any, ...]]:
    """Graph code: from a chunk of samples to noisy vectors (n, P, D) for each site."""
    tf = tensorflow()
    vectors = tuple(map(wide, run.vectors))
    sigmas = [
        tf.cast(given["noise"], v.dtype) * _range(v, m) for v, m in zip(vectors, run.masks, strict=True)
    ]

    def at(chunk: Chunk) -> tuple[Any, ...]:
        found = []
        for i, (v, sigma) in enumerate(zip(vectors, sigmas, strict=True)):
            noise = _noise(tf.shape(v)[1:], given["seed"] + i, chunk.copies, v.dtype)
            some, by = (tf.expand_dims(tf.gather(each, chunk.rows), 1) for each in (v, sigma))
            found.append(tf.reshape(some + by * noise, [-1, *sizes(v)[1:]]))
        return tuple(found)

    return at


def _copies_of_one(cut: Cut, _: Any, given: dict[str, Any]) -> tuple[Any, ...]:
    """Graph code: the first noisy copies of the only row."""
    tf = tensorflow()
    copies = tf.range(tf.minimum(given["samples"], _VISITED))
    some = Chunk(tf.constant([0]), copies, tf.ones_like(copies, tf.bool))
    return _noisy(cut.run(), given)(some)


def _range(vectors: Any, mask: Any) -> Any:
    """Max - min of each document's vectors, (R, 1, 1), over the tokens that count."""
    tf = tensorflow()
    low = high = vectors
    if mask is not None:
        low = tf.where(mask[..., None], vectors, vectors.dtype.max)
        high = tf.where(mask[..., None], vectors, vectors.dtype.min)
    return tf.maximum(tf.reduce_max(high, [1, 2], True) - tf.reduce_min(low, [1, 2], True), 0)


def _noise(shape: Any, seed: Any, sample: Any, dtype: Any) -> Any:
    """Standard normal noise (n, T, D), the same for a sample in whatever chunk it stands."""
    tf = tensorflow()
    normal = lambda s: tf.random.stateless_normal(shape, tf.stack([seed, s]), dtype=dtype)  # noqa: E731
    return tf.map_fn(normal, sample, fn_output_signature=dtype)
