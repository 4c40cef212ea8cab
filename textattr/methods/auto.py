"""`Auto`: the method that suits a model, by what its graph holds."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textattr.graph.registry import version
from textattr.methods.applied import Applied, applied
from textattr.methods.deeplift import DeepLIFT
from textattr.methods.integrated_gradients import IntegratedGradients
from textattr.methods.lrp import LRP
from textattr.methods.method import Method, option_names
from textattr.methods.shapley_sampling import ShapleySampling
from textattr.proof.proof import proof_of
from textattr.split.memory import Memory
from textattr.split.model import KEPT, SplitModel
from textattr.split.rows import Attribution, Rows
from textattr.split.survey import Survey

_FEW = 6  # tokens, which have 64 coalitions
_CHOICES: weakref.WeakKeyDictionary[Survey, Memory[Applied]] = weakref.WeakKeyDictionary()
_LOCK = threading.RLock()


@dataclass(frozen=True, eq=False)
class Auto(Method):
    """The first of some methods that knows a way back through every op between the vectors and the score.

    By what was measured on trained models (`benchmarks/FAITHFULNESS.md`): DeepLIFT ranks words as integrated gradients
    do, and sums to the same, in two passes forward and one back. Where an op has no rule in its table, AttnLRP comes
    close on models with attention, in one pass; integrated gradients work on whatever has a gradient.

    Args:
        candidates: the methods, in order; the last one takes any model.
        named: why there is no other candidate; empty where there are several.
    """

    name: ClassVar[str] = "auto"
    title: ClassVar[str] = "the method that suits the model"

    candidates: tuple[Method, ...] = (DeepLIFT(), LRP(), IntegratedGradients())
    named: str = ""

    def chosen(self, split: SplitModel, asked: Sequence[Rows]) -> Applied:
        """The first candidate that can walk back from the scores of all rows; looked up once for each kind of score."""
        for rows in asked:
            proof_of(split, rows)  # which may find that each length needs a trace of its own
        survey = split.known(asked[0].inputs)
        if any(rows.selector.is_code for rows in asked):
            return self._first(split, asked, survey)  # to remember a function may keep the model alive
        key = (self, tuple((rows.head, rows.score, rows.selector.form) for rows in asked), version())
        with _LOCK:
            memory = _CHOICES.setdefault(survey, Memory(KEPT))
            choice = memory.get(key)
            if choice is None:
                choice = self._first(split, asked, survey)
                memory.put(key, choice)
            return choice

    def _first(self, split: SplitModel, asked: Sequence[Rows], survey: Survey) -> Applied:
        *others, last = self.candidates
        refusals: list[str] = []
        for method in others:
            # without attention, integrated gradients were the better choice
            if isinstance(method, LRP) and not survey.has_attention:
                continue
            refusal = next(filter(None, (method.refusal(split, rows) for rows in asked)), None)
            if refusal is None:
                return applied(method, _reason(method, refusals))
            refusals.append(refusal)
        return applied(last, _reason(last, refusals) if others else self.named)

    def explain_group(self, split: SplitModel, rows: Rows) -> Attribution:
        """As the method that suits the rows."""
        return self.chosen(split, [rows]).method.explain_group(split, rows)


def chosen(method: Method, split: SplitModel, asked: Sequence[Rows]) -> Applied:
    """The method that explains some rows, each of them of another form: the one that was named, or as `Auto` says."""
    return method.chosen(split, asked) if isinstance(method, Auto) else applied(method)


def chosen_for_texts(method: Method) -> Applied:
    """The method that explains a model that can only be asked."""
    return applied(method.candidates[-1], method.named) if isinstance(method, Auto) else applied(method)


def hint(method: Method, tokens: Sequence[str]) -> str:
    """Where Shapley values are worth their time, by the tokens of a document; empty elsewhere."""
    if isinstance(method, ShapleySampling):
        return ""
    if 0 < len(tokens) <= _FEW:
        return f"of {len(tokens)} tokens, exact Shapley values (method='shapley_sampling') take a moment"
    if tokens and all(len(token) == 1 for token in tokens):
        return "of characters, Shapley values (method='shapley_sampling') showed better what a model goes by"
    return ""


@dataclass(frozen=True)
class Automatic:
    """What `method="auto"` means for models of one kind.

    Args:
        takes_options_of: the method whose options may be given with it.
        of: makes the method of these options.
    """

    takes_options_of: type[Method]
    of: Callable[[dict[str, Any]], Auto]


def _of_candidates(options: dict[str, Any]) -> Auto:
    """The candidates that have the options."""
    known = [kind for kind in (DeepLIFT, LRP, IntegratedGradients) if set(options) <= set(option_names(kind))]
    named = f"of the methods to choose from it alone has {' and '.join(f'{name}=' for name in options)}"
    return Auto(tuple(kind(**options) for kind in known), named if len(known) == 1 else "")


def _of_texts(options: dict[str, Any]) -> Auto:
    return Auto((ShapleySampling(**options),), "the model can only be asked, not looked into")


FOR_KERAS = Automatic(IntegratedGradients, _of_candidates)
FOR_TEXTS = Automatic(ShapleySampling, _of_texts)


def _reason(method: Method, refusals: Sequence[str]) -> str:
    """One line: what speaks for the method, and what stood against those before it."""
    if not refusals:
        return "every op of the model has a rule"
    reasons = "; ".join(dict.fromkeys(refusals))
    return f"{reasons}; {method.title} {'has all rules' if isinstance(method, LRP) else 'needs no rules'}"
