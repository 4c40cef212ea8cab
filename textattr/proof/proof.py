"""`Proof`: what was found out about a model when it was first used, and how its rows are to be run since."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, replace

from textattr.comparison import Comparison, worst
from textattr.errors import ModelOutputError
from textattr.proof.agreement import Agreement, agreement
from textattr.proof.independence import CAUTION, are_independent
from textattr.proof.places import can_tell_places, require_own_places
from textattr.split.model import SplitModel
from textattr.split.rows import Attribution, Rows
from textattr.split.survey import Survey
from textattr.targets.head import Head


@dataclass(frozen=True)
class Proof:
    """What was found out about one structure of inputs.

    Args:
        checks: what was compared.
        is_independent: whether rows do not influence each other; None where only single ones were seen so far.
        are_in_place: whether vectors were seen to stand at the places of their tokens; not by documents of one token.
    """

    checks: tuple[Comparison, ...]
    is_independent: bool | None
    are_in_place: bool = True

    def prepared(self, rows: Rows) -> Rows:
        """The rows, to be run one at a time where they influence each other."""
        return replace(rows, batch_size=1) if self.is_independent is False else rows

    def noted(self, found: Attribution) -> Attribution:
        """An attribution with what was compared, and a warning where rows influence each other."""
        caution = (CAUTION,) if self.is_independent is False else ()
        warnings = tuple((*caution, *each) for each in found.warnings)
        return replace(found, checks=(*self.checks, *found.checks), warnings=warnings)


_PROOFS: weakref.WeakKeyDictionary[Survey, dict[Head, Proof]] = weakref.WeakKeyDictionary()
_LOCK = threading.RLock()


def proof_of(split: SplitModel, rows: Rows) -> Proof:
    """What is known of the model on inputs of this structure; found out at the first call, on these rows.

    Raises:
        ModelOutputError: where the cut model is not the model.
    """
    survey = split.known(rows.inputs)
    with _LOCK:
        known = _PROOFS.setdefault(survey, {})
        proof = known.get(rows.head)
        if proof is None or _tells_more(proof, split, rows):
            proof = _found(split, rows, proof)
            _PROOFS.setdefault(split.known(rows.inputs), {})[rows.head] = proof  # lengths may count by now
        return proof


def one_at_a_time(split: SplitModel, rows: Rows) -> Proof:
    """Note that the model's rows influence each other, as was seen among the copies of a document."""
    with _LOCK:
        proof = replace(proof_of(split, rows), is_independent=False)
        _PROOFS[split.known(rows.inputs)][rows.head] = proof
        return proof


def _tells_more(proof: Proof, split: SplitModel, rows: Rows) -> bool:
    """Whether these rows can tell what those before could not."""
    is_open = proof.is_independent is None and _can_tell(rows)
    return is_open or not proof.are_in_place and can_tell_places(split, rows)


def _can_tell(rows: Rows) -> bool:
    """Whether there are rows to run side by side."""
    return min(len(rows), rows.batch_size) > 1 and not rows.run_alone


def _agreement(split: SplitModel, rows: Rows) -> Agreement:
    """As `agreement`, but a model that does something else where lengths are unknown is traced for each from now on.

    Not where it then has other sites: what is known of the rows is of those that it had.
    """
    sites = split.known(rows.inputs).sites
    try:
        return agreement(split, rows)
    except ModelOutputError:
        if not split.trace_each_length():
            raise
        known = split.known(rows.inputs).sites
        if (len(known.texts), len(known.others)) != (len(sites.texts), len(sites.others)):
            raise
        return agreement(split, rows)


def _found(split: SplitModel, rows: Rows, before: Proof | None) -> Proof:
    size = 1 if rows.run_alone else rows.batch_size
    some = Rows.predicted(rows.inputs, rows.head)[:size]
    seen = _agreement(split, some)
    require_own_places(split, some, seen)
    checks = seen.checks if before is None else (*before.checks, *seen.checks)
    is_independent = None if before is None else before.is_independent
    if is_independent is None and _can_tell(rows):
        is_independent = are_independent(split, some, seen)
    return Proof(worst(checks), is_independent, can_tell_places(split, some))
