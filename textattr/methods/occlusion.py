"""Occlusion: leave a window or a group out, and see what the score loses."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

import numpy as np

from textattr.checks import shown
from textattr.errors import OptionError
from textattr.methods.baseline import require_replacement
from textattr.methods.perturbation import PerturbationMethod, check_limit
from textattr.perturbation.coalition_plan import Plan
from textattr.perturbation.perturbed_document import PerturbedDocument
from textattr.perturbation.players import Players
from textattr.perturbation.windows import occlude, windows
from textattr.units.groups import require_groups


@dataclass(frozen=True, eq=False)
class Occlusion(PerturbationMethod):
    """What the score loses when a token is left out, or a window or group that it lies in.

    R_i = sum over the parts P that hold i of f(x) - f(x without P), divided by the sum of their sizes; the plain case,
    a window of one token, is leave-one-out (Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901; averaged as
    DeepExplain does). The weights need not sum to anything. The last window is moved back so that it ends with the
    text. Padding stays where it is and gets 0. What is no text keeps its values; its share is what the score loses when
    all of it becomes 0.

    Replaced vectors leave the model's mask as it is: a token that is replaced by the pad token's vector is still
    read. `replacement="remove"` really takes tokens out.

    Args:
        window: how many tokens a window holds; (t, d) is one of d numbers in the vectors of t tokens.
        stride: how far a window moves on, likewise.
        replacement: what stands in the place of what is left out: "zero", "pad", "unknown", "mask" or "mean" vectors,
            vectors (T, D) or (D,), ids (T,), or words that the text's tokenizer knows; "remove" takes the tokens out,
            and the rest moves up; or a function (ids (T,), left out, bool (T,)) -> ids (T,). Of a black box, which has
            no vectors, the characters are removed unless this is a function of (tokens, left out) or the text to put
            in their place.
        groups: leave out these instead of windows: "words" or "sentences" (as `explanation.merge` knows them),
            stretches of the text as [(start, end), ...] of tuples, or a function of the text that gives such stretches,
            where each token outside is a group of its own; or a number for each token (the same within a group), or
            lists of positions, as [[0, 1], [4]], where all others stay. The explanation is then one of groups, not of
            tokens.
        max_evaluations: the most documents to run through the model; the explanation says how far it got.

    Raises:
        OptionError: for a window or stride that is not positive, and a stride that would skip tokens.

    Example:
        >>> Occlusion(window=2, stride=5)
        Traceback (most recent call last):
            ...
        textattr.errors.OptionError: stride 5 is larger than window 2: it would skip tokens 2, 3, 4, 7, 8, 9 and so on
    """

    name: ClassVar[str] = "occlusion"
    title: ClassVar[str] = "Occlusion"

    window: Any = 1
    stride: Any = 1
    replacement: Any = "zero"
    groups: Any = None
    max_evaluations: int | None = None

    def __post_init__(self) -> None:
        pair = _is_pair(self.window)
        sizes = _sizes("window", self.window, pair)
        steps = _sizes("stride", self.stride, pair)
        for size, step, what in zip(sizes, steps, ("tokens", "numbers"), strict=False):
            if step > size:
                skipped = islice((str(k * step + i) for k in range(2) for i in range(size, step)), 8)
                raise OptionError(
                    f"stride {step} is larger than window {size}: it would skip {what} {', '.join(skipped)} and so on"
                )
        require_groups(self.groups)
        if self.groups is not None and (self.window, self.stride) != (1, 1):
            raise OptionError(
                "groups= are left out instead of windows: give either groups= or window= and stride="
            )
        check_limit(self.max_evaluations)
        require_replacement(self.replacement)

    def counts_numbers(self, tokens: int, numbers: int) -> bool:  # noqa: ARG002  (either does not count here)
        """A window over two axes."""
        return _is_pair(self.window)

    def arrange(self, document: PerturbedDocument) -> Players:
        """Each unit, or the groups."""
        return document.in_groups(self.groups)

    def plan(self, document: PerturbedDocument, players: Players) -> tuple[Plan, int]:  # noqa: ARG002  (players tell it all)
        """Each window once."""
        pair = _is_pair(self.window)
        size, step = (_sizes("", each, pair) for each in (self.window, self.stride))
        parts = [part for grid in players.grids for part in windows(grid, size, step)]
        if self.groups is not None:
            parts = list(np.arange(players.count)[:, None])
        most = 1 + len(parts)
        limit = self.max_evaluations
        return occlude(parts, players.count, players.sizes, limit), most if limit is None else min(
            most, limit
        )


def _is_pair(window: Any) -> bool:
    return isinstance(window, tuple | list)


def _sizes(name: str, given: Any, pair: bool) -> tuple[int, int]:
    """(tokens, numbers)."""
    sizes = tuple(given) if isinstance(given, tuple | list) else (given, given if pair else 1)
    whole = all(
        isinstance(s, int | np.integer) and not isinstance(s, bool) and 0 < s <= sys.maxsize for s in sizes
    )
    if len(sizes) != 2 or not whole or _is_pair(given) and not pair:
        expected = (
            "a pair (tokens, numbers), as window= is one," if pair else "a positive whole number of tokens"
        )
        raise OptionError(f"{name} must be {expected} or both as pairs, got {shown(given)}")
    return int(sizes[0]), int(sizes[1])
