"""The game on the ids that the model reads: tokens are taken out, or others are put in their place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.checks import finite_array, shown
from textattr.comparison import Comparison, worst
from textattr.errors import OptionError
from textattr.perturbation.companions import is_counted, look_tied, tied_to
from textattr.perturbation.unit_map import UnitMap
from textattr.perturbation.vectors import left_out
from textattr.proof.copies import numbers, require_untouched, run_on_truth
from textattr.split.cut import Cut
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.nests import leaves_of
from textattr.split.rows import Rows
from textattr.split.sanity import require_ids_inside
from textattr.split.texts import TextInput
from textattr.suspicions import not_finite
from textattr.targets.target import TargetTensors

Array = npt.NDArray[Any]
Replace = Callable[[Array, Array], Any]
_Copy = tuple[int, list[Array], Array]  # which row it is made of, the model's inputs, and which units stay


@dataclass(frozen=True, eq=False)
class TokenGame:
    """Scores of documents whose ids are changed before the model reads them.

    Args:
        split: the split model.
        rows: the documents, with their targets.
        unit_map: its units are tokens.
        pads: for each row and text bool (T,): which tokens are padding.
        replace: (ids (T,), left out, bool (T,)) -> ids (T,); None: tokens that are left out are taken out, and the
            rest moves up.
        checks: what was compared so far.
    """

    split: SplitModel
    rows: Rows
    unit_map: UnitMap
    pads: Sequence[tuple[Array, ...]]
    replace: Replace | None
    checks: list[Comparison] = field(default_factory=list)

    def values(self, coalitions: Sequence[tuple[int, Array]]) -> list[Array]:
        """As `Game` says; documents of one length go into the model together."""
        made = [(row, self._changed(row, stay), stay) for row, units in coalitions for stay in units]
        by_shape: dict[Any, list[int]] = {}
        for i, (_, leaves, _) in enumerate(made):
            by_shape.setdefault(tuple(leaf.shape for leaf in leaves), []).append(i)
        scores = np.zeros(len(made))
        size = self.rows.batch_size
        whole = tuple(leaf.shape[1:] for leaf in leaves_of(self.rows.inputs))
        for shape, members in by_shape.items():
            untouched = int(shape == whole and size > 1)  # rows of each batch
            for start in range(0, len(members), size - untouched):
                batch = [made[i] for i in members[start : start + size - untouched]]
                batch += [self._untouched(batch[-1][0])] * untouched
                found = self._score(batch)
                scores[members[start : start + size - untouched]] = found[: len(batch) - untouched]
        return np.split(scores, np.cumsum([len(units) for _, units in coalitions])[:-1])

    def _untouched(self, row: int) -> _Copy:
        return (
            row,
            [leaf[row] for leaf in leaves_of(self.rows.inputs)],
            np.ones(self.unit_map.count, bool),
        )

    def _score(self, batch: Sequence[_Copy]) -> Array:
        rows, found = self._run(batch)
        self._compare(batch, found)
        scores = np.asarray(found["score"], np.float64)
        if not np.isfinite(scores).all():
            at = int((~np.isfinite(scores)).argmax())
            visit = left_out(batch[at][2], None, "taken out or exchanged")
            raise not_finite(self.split, rows[[at]], [visit])
        return scores

    def _run(self, batch: Sequence[_Copy]) -> tuple[Rows, dict[str, Any]]:
        """The copies as rows, and what the model says of them side by side."""
        tf = tensorflow()
        leaves = [np.stack(each) for each in zip(*(leaves for _, leaves, _ in batch), strict=True)]
        require_ids_inside(self._sites(), tf.nest.pack_sequence_as(self.rows.inputs, leaves))
        dtypes = [leaf.dtype for leaf in tf.nest.flatten(self.rows.inputs)]
        arrays = [leaf.astype(dtype) for leaf, dtype in zip(leaves, dtypes, strict=True)]
        rows = Rows(
            tf.nest.pack_sequence_as(self.rows.inputs, arrays),
            tuple(self.rows.targets[row] for row, _, _ in batch),
            self.rows.head,
            self.rows.score,
            self.rows.batch_size,
        )
        return rows, self.split.program(_build, rows)

    def _compare(self, batch: Sequence[_Copy], found: dict[str, Any]) -> None:
        """The copies that miss nothing with their documents; of copies of other lengths the first with itself alone."""
        at = [i for i, (_, _, stay) in enumerate(batch) if stay.all()]
        if at:
            expected = self._shown[[batch[i][0] for i in at]]
        elif len(batch) > 1:
            at, expected = [0], self._run(batch[:1])[1]["numbers"]
        else:
            return
        alone = self.rows.batch_size == 1
        check = require_untouched(expected, found["numbers"][at], found["epsilon"], alone=alone)
        self.checks[:] = worst([*self.checks, check])

    @cached_property
    def _shown(self) -> Array:
        shown: Array = self.split.program(_build, self.rows)["numbers"]
        return shown

    def _changed(self, row: int, stay: Array) -> list[Array]:
        """The model's inputs for one coalition, flat and without a batch axis."""
        leaves = [leaf[row] for leaf in leaves_of(self.rows.inputs)]
        texts = self.split.known(self.rows.inputs).texts
        for text, grid, pads in zip(texts, self.unit_map.grids, self.pads[row], strict=True):
            kept = stay[grid[:, 0]]
            if self.replace is None:
                self._take_out(leaves, row, text, kept, pads)
            else:
                leaves[text.source] = self._replaced(leaves[text.source], ~kept)
        return leaves

    def _replaced(self, ids: Array, left_out: Array) -> Array:
        assert self.replace is not None
        new = finite_array(
            "what the function in replacement= returns",
            called_for_replacement(self.replace, ids.copy(), left_out.copy()),
        )
        if new.shape != ids.shape or new.dtype.kind not in ("iuf" if ids.dtype.kind == "f" else "iu"):
            raise OptionError(
                f"expected of the function in replacement= one token for each of {len(ids)}, got {shown(new)}"
            )
        return np.where(left_out, new, ids)

    def _take_out(self, leaves: list[Array], row: int, text: TextInput, kept: Array, pads: Array) -> None:
        """Shorten a text, and what goes with its tokens; fill it up again where the model reads one length only."""
        length = len(kept)
        fixed = self.split.known(self.rows.inputs).fixed[text.source]
        tied = look_tied(text, self.split, self.rows[[row]], pads) if fixed else self._tied[text.source]
        for i in (text.source, *tied):
            leaf = leaves[i]
            counted = i != text.source and is_counted(leaf)
            short = leaf[: int(kept.sum())] if counted else leaf[kept]
            if fixed or not len(short):
                wanted = length if fixed else 1
                filling = leaf[:1] * 0 + (self._pad_id(text, leaf, pads) if i == text.source else 0)
                filled = [np.repeat(filling, wanted - len(short), axis=0), short]
                at_front = bool(pads[0]) and not pads[-1]
                short = leaf if counted else np.concatenate(filled if at_front else filled[::-1])
            leaves[i] = short

    @cached_property
    def _tied(self) -> dict[int, frozenset[int]]:
        """The inputs that go with the tokens of each text of any length, by where the text stands among the inputs."""
        texts = self.split.known(self.rows.inputs).texts
        return {text.source: tied_to(text, self.split, self.rows[:1]) for text in texts}

    def _pad_id(self, text: TextInput, ids: Array, pads: Array) -> Any:
        if ids.dtype.kind == "f":
            return 0.0
        special_ids = self.rows.special_ids(text.entries[0])
        if "pad" in special_ids:
            return special_ids["pad"]
        if pads.any():
            return ids[pads][0]
        if any(getattr(s.layer and s.layer(), "mask_zero", False) for s in self._sites()):
            return 0
        raise OptionError(
            "replacement='remove' has to fill the text up again, for the model reads texts of one length only or "
            "nothing is left, and no pad id is known: pass a tokenizer that tells it, or another replacement"
        )

    def _sites(self) -> Sequence[Any]:
        return self.split.known(self.rows.inputs).sites.texts


def called_for_replacement(function: Callable[..., Any], what: Any, left_out: Array) -> Any:
    """What the user's function puts in the place of what is left out.

    Raises:
        OptionError: where it raises anything.
    """
    try:
        return function(what, left_out)
    except Exception as error:
        raise OptionError(
            "expected replacement= as a function of (tokens, left out) that returns what to put in, but "
            f"{shown(function)} raised {type(error).__name__}: {shown(str(error))}"
        ) from error


def require_tokens(split: SplitModel, rows: Rows, option: str) -> None:
    """Refuse a model that does not read one row of tokens per text.

    Raises:
        OptionError: for strings, features, and texts in several rows.
    """
    leaves = leaves_of(rows.inputs)
    for text in split.known(rows.inputs).texts:
        leaf = leaves[text.source]
        if rows.hold_strings:
            raise OptionError(
                f"{option} works on token ids, but the model reads strings: explain the function "
                "lambda texts: model.predict(tf.constant(texts)) instead, or choose another replacement"
            )
        if leaf.ndim != (3 if leaf.dtype.kind == "f" else 2):
            raise OptionError(
                f"{option} needs a text as one row of tokens, got an input of shape {leaf.shape}"
            )


def _build(cut: Cut, targets: TargetTensors, _: dict[str, Any]) -> dict[str, Any]:
    """Graph code: the score of each row."""
    run, epsilon = run_on_truth(cut)
    score = cut.value(run, targets)
    return {"score": score, "numbers": numbers(run, targets, score), "epsilon": epsilon}
