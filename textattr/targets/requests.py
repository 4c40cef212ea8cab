"""From what a user typed as `targets=`, `against=` and `truth=` to targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from textattr.checks import shown
from textattr.errors import TargetError
from textattr.targets.head import Head
from textattr.targets.labels import class_indices, contrast, labels_of
from textattr.targets.target import Class, Function, Predicted, Selector, Target
from textattr.targets.token_class import TokenClass
from textattr.targets.tokens import Entities, TokenRequest, token_request
from textattr.targets.truth import Written, right_label

Labels = Mapping[str | None, tuple[str, ...]]


@dataclass(frozen=True)
class ClassRequest:
    """The classes of one output that a user asks for; None: what the model predicts."""

    classes: tuple[int, ...] | None
    against: int | None = None

    def targets(self, head: Head, probabilities: Any) -> tuple[Target, ...]:
        """The targets: of a multilabel model, where no class was named, every label with p >= 0.5, or the top one.

        Args:
            head: what the output means.
            probabilities: float (C,), of the document; only looked at where a multilabel model decides.
        """
        selectors: tuple[Selector, ...]
        if self.classes is not None:
            selectors = tuple(map(Class, self.classes))
        elif head.task == "regression":
            selectors = tuple(map(Class, range(head.classes)))
        elif head.task == "multilabel" and probabilities is not None:
            likely = np.flatnonzero(probabilities >= 0.5).tolist() or [int(probabilities.argmax())]
            selectors = tuple(map(Class, likely))
        else:
            selectors = (Predicted(),)
        against = None if self.against is None else Class(self.against)
        return tuple(Target(selector, against, head.output) for selector in selectors)


@dataclass(frozen=True)
class TargetRequest:
    """What is to be explained of one document.

    Args:
        by_output: the classes, by the name of the output; None is the name of an only one.
        tokens: of outputs that have scores for each token, which tokens and classes; likewise.
        selector: a function of the outputs, or another selector that the user made, to explain instead.
        truth: the right label, if the caller gave it.
    """

    by_output: Mapping[str | None, ClassRequest] = field(default_factory=dict)
    tokens: Mapping[str | None, TokenRequest] = field(default_factory=dict)
    selector: Selector | None = None
    truth: str | None = None


def all_labels(heads: Mapping[str | None, Head], target_names: Any) -> dict[str | None, tuple[str, ...]]:
    """The names of the classes of every output; `target_names` is a dict by output where there are several."""
    if len(heads) == 1:
        return {name: labels_of(head, target_names) for name, head in heads.items()}
    if target_names is not None and not (
        isinstance(target_names, Mapping) and set(target_names) <= set(heads)
    ):
        raise TargetError(
            f"the model has the outputs {', '.join(map(str, heads))}: give target_names as a dict, {{output: names}}"
        )
    return {name: labels_of(head, (target_names or {}).get(name)) for name, head in heads.items()}


def target_request(
    targets: Any,
    against: Any,
    truth: Any,
    labels: Labels,
    heads: Mapping[str | None, Head],
    given_score: str | None = None,
) -> TargetRequest:
    """What a user's `targets`, `against` and `truth` mean.

    Args:
        targets: as for `Explainer.explain`.
        against: likewise.
        truth: likewise.
        labels: the names of the classes of each output.
        heads: what each output means.
        given_score: which score the user asked to have explained; None where he left that open.

    Raises:
        TargetError: for an unknown output, a class out of range, an unknown label, a contrast of a class with itself.
    """
    of_tokens = {name for name, head in heads.items() if head.is_per_token}
    of_functions = {name for name, head in heads.items() if head.is_for_functions}
    is_selector = isinstance(targets, Selector) and not isinstance(targets, TokenClass)
    if callable(targets) and not isinstance(targets, type) or is_selector:
        if against is not None:
            raise TargetError(
                "against= goes with a class, not with a function as target: let the function subtract"
            )
        on_logits = given_score == "logit" or given_score is None and bool(of_tokens | of_functions)
        selector = targets if isinstance(targets, Selector) else Function(targets, on_logits)
        return TargetRequest(selector=selector, truth=_free_truth(truth))
    requests, tokens = {}, {}
    contrasts = _by_output("against", against, labels)
    ordered = {name: labels[name] for name in sorted(labels, key=lambda name: name not in of_tokens)}
    for name, wanted in _by_output("targets", targets, ordered if _is_of_tokens(targets) else labels).items():
        if name in of_tokens:
            tokens[name] = token_request(wanted, contrasts.get(name), labels[name])
            continue
        if name in of_functions:
            raise _only_functions(name, [each for each in heads if each not in of_functions])
        _require_no_tokens(wanted)
        classes = class_indices(wanted, labels[name])
        requests[name] = ClassRequest(classes, contrast(contrasts.get(name), classes, labels[name]))
    known = {*requests, *tokens}
    idle = [name for name, each in contrasts.items() if each is not None and name not in known]
    if idle:
        raise TargetError(
            f"against= names the output {idle[0]!r}, of which targets= asks nothing: name it there too"
        )
    truths = _by_output("truth", truth, labels)
    right = {
        name: right_label(each, heads[name].task, labels[name])
        for name, each in truths.items()
        if each is not None
    }
    joined = "; ".join(f"{name}: {label}" for name, label in right.items())
    return TargetRequest(requests, tokens, truth=right.get(None) or joined or None)


def require_contrast(target: Target, index: int, labels: tuple[str, ...]) -> None:
    """Refuse to contrast a class with itself, once it is known which class the model predicts.

    Raises:
        TargetError: which names the class.
    """
    if target.against is not None and target.against.index == index:
        same = labels[index]
        raise TargetError(
            f"why {same!r} rather than {same!r}? The model predicts that class: give another against=, or targets= "
            "beside it"
        )


def _only_functions(output: str | None, others: list[str | None]) -> TargetError:
    alone = f", or name the output to explain, targets={{{others[0]!r}: ...}}" if others else ""
    name = "" if output is None else f" {output!r}"
    of = "" if output is None else f"[{int(output) if output.isdigit() else repr(output)}]"
    return TargetError(
        f"the model's output{name} has neither one score per class nor, for each token of a text, one per class: pass "
        "targets= a function of the outputs that gives one score per document, such as "
        f"lambda outputs: outputs{of}[:, 3, 2], with a number for each axis behind the documents{alone}"
    )


def _is_of_tokens(wanted: Any) -> bool:
    """Whether what was asked for names tokens, of whatever output."""
    return isinstance(wanted, TokenClass | Entities) or isinstance(wanted, str) and wanted == "entities"


def _require_no_tokens(wanted: Any) -> None:
    """Refuse to look for a token in an output that has one score per class for the whole document."""
    for each in wanted if isinstance(wanted, list | tuple) else [wanted]:
        if isinstance(each, TokenClass | Entities):
            raise TargetError(
                f"{each} is the class of a token, but the model's scores, one per class, are for the whole document: "
                "give targets= a class or a label"
            )


def _free_truth(truth: Any) -> str | None:
    """The right answer beside a function, which has no labels: as it was given."""
    if isinstance(truth, Written):
        return truth.names[0]
    return truth if isinstance(truth, str | None) else shown(truth)


def _by_output(what: str, given: Any, labels: Labels) -> dict[str | None, Any]:
    if isinstance(given, Mapping):
        if set(labels) == {None}:
            raise TargetError(f"{what}= names outputs ({shown(list(given))}), but the model has only one")
        unknown = [name for name in given if name not in labels]
        if unknown:
            raise TargetError(
                f"unknown output {shown(unknown[0])}: the outputs are {', '.join(map(repr, labels))}"
            )
        if not given:
            raise TargetError(f"{what}= names no output: the outputs are {', '.join(map(repr, labels))}")
        return dict(given)
    if len(labels) > 1 and given is not None:
        first = next(iter(labels))
        raise TargetError(
            f"the model has the outputs {', '.join(map(str, labels))}: write {what}={{{first!r}: {shown(given)}}}"
        )
    return dict.fromkeys(labels, given)


def any_targets(heads: Mapping[str | None, Head]) -> Any:
    """What to explain of any document: the predicted class; where each token has scores, that of the last token."""
    if not any(head.is_per_token for head in heads.values()):
        return None
    each = {name: TokenClass(-1) if head.is_per_token else None for name, head in heads.items()}
    return each if len(each) > 1 else next(iter(each.values()))
