"""What goes into a method and what comes out: one row per document and target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.comparison import Comparison, worst
from textattr.document import TextPart
from textattr.frozen import read_only
from textattr.split.family import tensorflow
from textattr.split.nests import leaves_of
from textattr.targets.head import Head
from textattr.targets.target import Predicted, Selector, Target, as_columns
from textattr.targets.token_class import TokenClass

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Rows:
    """Documents of one length, each with one target, to be attributed together.

    Args:
        inputs: nest of arrays (R, ...): what the model takes.
        targets: R of them, all of one form.
        head: what the model's output means.
        score: "logit", "log_odds" or "probability": what is attributed.
        batch_size: how many rows the model sees at once.
        pads: bool (R, P) for each site of text: True where user or tokenizer say that a token is padding; None where
            they say nothing. Empty: nothing is known of any site.
        parts: for each row the `TextPart` behind each site of text; empty where only ids are known.
        progress: show a bar, for what takes long.
        per_number: find the relevance of every number of a vector too, not only its sum.
        compiler: "xla": what runs on them is compiled by XLA too, where it can be; "auto": where that is faster; None:
            it is not.
        feature_baselines: for each input beside the text whose columns get weights, by its position in the order of
            `tf.nest.flatten`, what these are compared with: float (F,), of categories as ids; None: 0.
    """

    inputs: Any
    targets: tuple[Target, ...]
    head: Head
    score: str = "logit"
    batch_size: int = 64
    pads: tuple[Array | None, ...] = ()
    parts: tuple[tuple[TextPart, ...], ...] = ()
    progress: bool = False
    per_number: bool = False
    compiler: str | None = None
    feature_baselines: Mapping[int, Array | None] = field(default_factory=dict)

    @classmethod
    def predicted(cls, inputs: Any, head: Head, **settings: Any) -> Rows:
        """One row per document of `inputs`, whose predicted class is explained, or that of its first token."""
        count = len(leaves_of(inputs)[0])
        selector = TokenClass(0) if head.is_per_token else Predicted()
        return cls(inputs, (Target(selector, output=head.output),) * count, head, **settings)

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def selector(self) -> Selector:
        """That of the first target, which stands for the form of all."""
        return self.targets[0].selector

    @cached_property
    def columns(self) -> npt.NDArray[np.int32]:
        """What tells the targets apart, int32 (K, R), one line for each of the selector's columns."""
        return as_columns(self.targets)

    @property
    def op_by_op(self) -> Rows:
        """The same, compiled by nothing but TensorFlow."""
        return self if self.compiler is None else replace(self, compiler=None)

    def with_classes(self, classes: Array) -> Rows:
        """The same once it is known which class, int (R,), the model predicts for each row."""
        targets = zip(self.targets, classes.tolist(), strict=True)
        return replace(self, targets=tuple(target.fixed_to(index) for target, index in targets))

    def special_ids(self, site: int) -> Mapping[str, int]:
        """Ids of the "pad", "unknown" and "mask" tokens of the text behind a site, as far as its tokenizer tells."""
        return self.parts[0][site].special_ids if self.parts else {}

    @property
    def hold_strings(self) -> bool:
        """Whether the model takes strings."""
        return any(leaf.dtype == object for leaf in leaves_of(self.inputs))

    @property
    def run_alone(self) -> bool:
        """Whether each row must run by itself: strings of which nobody knows that they have as many tokens.

        A model that splits them itself fills up the shorter ones of a batch, which can change its scores.
        """
        return self.hold_strings and not self.parts

    def in_groups(self, size: int) -> list[Rows]:
        """The rows in order, up to `size` of them together."""
        if len(self) <= size:
            return [self]
        return [self[i : i + size] for i in range(0, len(self), size)]

    def __getitem__(self, which: Any) -> Rows:
        """Some of the rows: a slice or an array of positions."""
        inputs = tensorflow().nest.map_structure(lambda array: array[which], self.inputs)
        pads = tuple(None if each is None else each[which] for each in self.pads)
        parts = tuple(self.parts[i] for i in np.arange(len(self))[which]) if self.parts else ()
        targets = tuple(self.targets[i] for i in np.arange(len(self))[which])
        return replace(self, inputs=inputs, targets=targets, pads=pads, parts=parts)


@dataclass(frozen=True, eq=False)
class Attribution:
    """What a method found for some rows.

    Args:
        relevance: float (R, P) for each site of text, P positions each: what each vector got, padding in place.
        masks: bool (R, P) for each site: False where the model ignores the token; None where it has no mask.
        others: float (R,) for each other site: the relevance of what is no text, summed.
        target: int (R,): the class that was attributed.
        value: float (R,): the score that was attributed.
        logits: float (R, C), probabilities: float (R, C): all scores of the model.
        diagnostics: what the method says of each row: arrays whose first axis is R.
        shares: float (R,) by name: relevance of what is neither text nor a site.
        warnings: one tuple of sentences per row.
        checks: what was compared with the model's own answer.
        per_token: what the method says of each token: float (R, P) for each site, by name; tables over the same ids
            add up.
        seen: bool (R, P) for each site: whether the score depends on the vector at all; empty where nobody looked.
        numbers: float (R, P, D) for each site: the same before the sum over a vector; empty unless the rows ask for it.
    """

    relevance: tuple[Array, ...]
    masks: tuple[Array | None, ...]
    others: tuple[Array, ...]
    target: Array
    value: Array
    logits: Array
    probabilities: Array
    diagnostics: Mapping[str, Array] = field(default_factory=dict)
    shares: Mapping[str, Array] = field(default_factory=dict)
    warnings: tuple[tuple[str, ...], ...] = ()
    per_token: Mapping[str, tuple[Array, ...]] = field(default_factory=dict)
    checks: tuple[Comparison, ...] = ()
    numbers: tuple[Array, ...] = ()
    seen: tuple[Array, ...] = ()

    def __len__(self) -> int:
        return len(self.target)

    def diagnostics_of(self, row: int) -> dict[str, Any]:
        """What the method says of a row: Python numbers and strings, and read-only arrays."""
        found = {name: values[row] for name, values in self.diagnostics.items()}
        return {
            name: value.item() if np.ndim(value) == 0 and hasattr(value, "item") else read_only(value)
            for name, value in found.items()
        }

    def first(self, count: int) -> Attribution:
        """What was found for the first rows."""
        by_row = ("target", "value", "logits", "probabilities", "warnings")
        by_site = ("relevance", "others", "numbers", "seen")
        cut: dict[str, Any] = {name: getattr(self, name)[:count] for name in by_row}
        cut |= {name: tuple(each[:count] for each in getattr(self, name)) for name in by_site}
        return replace(
            self,
            **cut,
            masks=tuple(None if each is None else each[:count] for each in self.masks),
            diagnostics={name: each[:count] for name, each in self.diagnostics.items()},
            shares={name: each[:count] for name, each in self.shares.items()},
            per_token={name: tuple(e[:count] for e in each) for name, each in self.per_token.items()},
        )


def join(parts: list[Attribution]) -> Attribution:
    """Several attributions of the same method, one below the other."""
    if len(parts) == 1:
        return parts[0]

    def stack(name: str) -> Array:
        return np.concatenate([getattr(part, name) for part in parts])

    first = parts[0]
    return Attribution(
        relevance=tuple(_stack(arrays) for arrays in zip(*(p.relevance for p in parts), strict=True)),
        masks=tuple(
            None if arrays[0] is None else _stack(arrays)
            for arrays in zip(*(p.masks for p in parts), strict=True)
        ),
        others=tuple(np.concatenate(arrays) for arrays in zip(*(p.others for p in parts), strict=True)),
        target=stack("target"),
        value=stack("value"),
        logits=stack("logits"),
        probabilities=stack("probabilities"),
        diagnostics={name: _stack([p.diagnostics[name] for p in parts]) for name in first.diagnostics},
        shares={name: np.concatenate([p.shares[name] for p in parts]) for name in first.shares},
        warnings=tuple(w for part in parts for w in part.warnings),
        checks=worst([check for part in parts for check in part.checks]),
        per_token={
            name: tuple(_stack(arrays) for arrays in zip(*(p.per_token[name] for p in parts), strict=True))
            for name in first.per_token
        },
        numbers=tuple(_stack(arrays) for arrays in zip(*(p.numbers for p in parts), strict=True)),
    )


def _stack(arrays: Sequence[Array]) -> Array:
    """Arrays (R, P, ...) or (R,) one below the other, filled up with zeros to the longest."""
    if arrays[0].ndim == 1:
        return np.concatenate(arrays)
    longest = max(array.shape[1] for array in arrays)
    if all(array.shape[1] == longest for array in arrays):
        return np.concatenate(arrays)
    fill = [((0, 0), (0, longest - a.shape[1]), *[(0, 0)] * (a.ndim - 2)) for a in arrays]
    return np.concatenate([np.pad(array, amount) for array, amount in zip(arrays, fill, strict=True)])
