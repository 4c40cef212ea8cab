"""`evaluate`: which method to believe on a model, measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from textattr.backends.black_box import black_box
from textattr.checks import MOST_SEED, choice, flag, shown, whole_number
from textattr.errors import DocumentError, OptionError
from textattr.evaluation.arguments import cases_of, checked_metric, require_truth, several
from textattr.evaluation.measure import measured_values
from textattr.evaluation.metrics import Metric
from textattr.evaluation.notes import notes_of
from textattr.evaluation.result import Evaluation, Key, MethodRun
from textattr.evaluation.study import LEAVE_ONE_OUT, RANDOM, Candidate, Study, candidate_of, random_candidate
from textattr.evaluation.with_method import with_method
from textattr.explainer import Explainer
from textattr.methods import METHODS
from textattr.methods.method import Method, is_same, option_names
from textattr.methods.occlusion import Occlusion
from textattr.methods.perturbation import REMOVE, PerturbationMethod
from textattr.progress import bar

Array = npt.NDArray[Any]
Values = dict[Key, Array]

OPERATORS = ("replace", "remove")
REFERENCE = "integrated_gradients"  # what the others are compared with, unless methods= says otherwise
DEFAULT_METRICS = ("deletion_gap", "comprehensiveness", "sufficiency", "completeness")


def evaluate(
    explainer_or_model: Any,
    docs: Any,
    *,
    methods: Sequence[str | Method] | None = None,
    metrics: Sequence[str | Metric] = DEFAULT_METRICS,
    operators: Sequence[str] = OPERATORS,
    replacement: Any = "auto",
    truth: Any = None,
    tokens: Any = None,
    targets: Any = None,
    against: Any = None,
    seed: int = 0,
    progress: bool = False,
    **settings: Any,
) -> Evaluation:
    """Compare methods on a model: which of them finds what the model goes by, and what it costs.

    Each method explains each document; each metric makes a number of each explanation. Beside the methods there are
    always "random", weights that are drawn, and "leave_one_out", which asks the model about each token.

    Args:
        explainer_or_model: an [Explainer][], whose own method does not matter, or a model as for one.
        docs: the documents, each as for `Explainer.explain`. Some thirty give a first answer, a hundred a good one.
        methods: names in `METHODS`, instances, "random", "leave_one_out"; others are compared with the first one. None:
            all that can explain the model.
        metrics: names in `textattr.evaluation.METRICS`, or instances where they have options. Of a function of texts
            logits and probabilities are its scores as they come.
        operators: what is done with tokens that go: "replace" puts the baseline in their place, "remove" takes them
            out.
        replacement: what "replace" puts in, as for `Occlusion`: "auto" is the mask or unknown token where the tokenizer
            tells one, else zero; of a black box, which has no vectors, "[MASK]".
        truth: for each document what people marked: [(start, end), ...] characters, or None.
        tokens: one list of strings per document, where documents are no texts.
        targets: as for `explain_many`; of a document with several targets the first counts.
        against: likewise.
        seed: of random maps, ties and resampled documents.
        progress: show a bar.
        **settings: those of [Explainer][], where a model is given.

    Returns:
        an [Evaluation][], which shows itself.

    Raises:
        TextAttrError: for no document, an unknown method, metric or operator, or a metric that needs a truth without
            one. A method that fails on some documents is counted, and shown.

    Example:
        >>> import textattr
        >>> demo = textattr.demo.load("sentiment")
        >>> evaluation = textattr.evaluate(
        ...     demo.model,
        ...     ["A wonderful film.", "Dull and far too long.", "The acting is good."],
        ...     methods=["gradient_x_input", "saliency"],
        ...     metrics=["deletion_gap"],
        ...     tokenizer=demo.tokenizer,
        ... )
        >>> sorted(set(evaluation.to_dataframe().method))
        ['gradient_x_input', 'leave_one_out', 'random', 'saliency']
    """
    explainer = _explainer(explainer_or_model, settings)
    whole_number("seed", seed, 0, MOST_SEED)
    chosen = [checked_metric(each) for each in several("metrics", metrics)]
    done = tuple(choice("operators", each, OPERATORS) for each in several("operators", operators))
    cases = cases_of(docs, tokens, targets, against, truth)
    require_truth(chosen, cases)
    if isinstance(replacement, str) and replacement == "auto" and _is_box(explainer.model):
        replacement = "[MASK]"
    explainers = _explainers(explainer, methods, replacement)
    with bar("Explaining", len(cases) * len(explainers), flag("progress", progress)) as advance:
        found = [candidate_of(name, each, cases, advance) for name, each in explainers.items()]
    reference = _reference(found, len(cases))
    first, *others = found
    candidates = [first, *others, random_candidate(reference, seed)]
    study = Study(explainer, cases, reference, seed)
    fillings = {"replace": replacement, "remove": REMOVE}
    wanted = {name: fillings[name] for name in done}
    measured, notes = measured_values(study, candidates, chosen, wanted, progress=progress)
    return Evaluation(
        model=next(each.model for each in reference if each is not None),
        documents=len(cases),
        runs=tuple(
            MethodRun(each.name, each.evaluations, each.seconds, dict(each.failures)) for each in candidates
        ),
        metrics={metric.name: metric.higher_is_better for metric in chosen},
        values=measured,
        favoured=_favoured(candidates, replacement) if "replace" in done else (),
        warnings=(*notes, *notes_of(reference, candidates, measured)),
        seed=seed,
    )


def _explainer(given: Any, settings: Mapping[str, Any]) -> Explainer:
    if not isinstance(given, Explainer):
        return Explainer(given, **{**settings, **_any_method(given)})
    if settings:
        raise OptionError(
            f"the settings of an Explainer are its own: leave out {', '.join(settings)}, or pass the model"
        )
    if given.window is not None:
        raise OptionError("methods are compared on whole documents: pass an Explainer without window=")
    return given


def _is_box(model: Any) -> bool:
    """Whether it can only be asked, as functions and models that count words."""
    return black_box(model, None) is not None


def _any_method(model: Any) -> dict[str, Any]:
    """A method that every model has; which one is compared is said elsewhere."""
    return {"method": "occlusion"} if _is_box(model) else {}


def _explainers(
    explainer: Explainer, methods: Sequence[str | Method] | None, replacement: Any
) -> dict[str, Explainer]:
    """An explainer for each method that is compared, by its name; random maps have none."""
    is_box = _is_box(explainer.model)
    possible = [n for n, kind in METHODS.items() if not is_box or issubclass(kind, PerturbationMethod)]
    possible.sort(key=lambda name: name != REFERENCE)
    wanted: list[str | Method] = list(possible if methods is None else several("methods", methods))
    leave_one_out = Occlusion(replacement=replacement)
    if methods is None:
        wanted.remove("occlusion")  # which is leave-one-out by another replacement
    explainers: dict[str, Explainer] = {}
    for each in [*wanted, LEAVE_ONE_OUT]:
        if isinstance(each, str) and each in (RANDOM, LEAVE_ONE_OUT):
            if each == LEAVE_ONE_OUT:
                explainers.setdefault(LEAVE_ONE_OUT, with_method(explainer, leave_one_out))
            continue
        name = each if isinstance(each, str) else _name_of(each)
        if name in explainers:
            raise OptionError(f"expected each method once, got {shown(name)} twice")
        explainers[name] = with_method(explainer, each)
    return explainers


def _name_of(method: Any) -> str:
    if not isinstance(method, Method):
        raise OptionError(
            f"methods= takes names in textattr.METHODS, instances, 'random' and 'leave_one_out', got {shown(method)}"
        )
    default = type(method)()
    own = {name: getattr(method, name) for name in option_names(type(method))}
    chosen = [
        f"{name}={value!r}" for name, value in own.items() if not is_same(value, getattr(default, name))
    ]
    return f"{method.name}({', '.join(chosen)})" if chosen else method.name


def _reference(candidates: Sequence[Candidate], count: int) -> tuple[Any, ...]:
    """For each document an explanation by whichever method has one.

    Raises:
        TextAttrError: where no method could explain any document.
    """
    found = tuple(
        next((each.explanations[i] for each in candidates if each.explanations[i] is not None), None)
        for i in range(count)
    )
    if not any(each is not None for each in found):
        raise DocumentError(f"no method could explain any document: {candidates[0].failures[0]}")
    return found


def _favoured(candidates: Sequence[Candidate], replacement: Any) -> tuple[str, ...]:
    """The methods that start from what "replace" puts in: the comparison favours them."""
    names = []
    for candidate in candidates:
        method = candidate.explainer.method if candidate.explainer is not None else None
        start = getattr(method, "baseline", getattr(method, "replacement", None))
        if isinstance(start, str) and start == replacement:
            names.append(candidate.name)
    return tuple(names)
