"""`compare`: methods, models and targets side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from textattr.checks import shown
from textattr.errors import OptionError
from textattr.explanation import AnyExplanation, Explanation, MultiTextExplanation
from textattr.side_by_side import SideBySide, side_by_side


def compare(
    model_or_explanations: Any,
    doc: Any = None,
    *,
    methods: Sequence[Any] | None = None,
    targets: Any = None,
    tokens: Any = None,
    against: Any = None,
    truth: Any = None,
    **settings: Any,
) -> SideBySide:
    """Explanations of one document side by side, with how far they agree on the order of its words.

    `compare(explanations)` takes explanations that are there; `compare(model, doc, methods=[...])` makes them, one for
    each method and, of several models, for each of these. Where tokens differ, words are compared. What comes back
    shows itself in notebooks and terminals; `write_report(comparison, path)` makes a page of it.

    Args:
        model_or_explanations: explanations of one document; or a model, a list of models, or {name: model}.
        doc: the document, as [explain_prediction][] takes it.
        methods: names or instances of methods; None: the one that is recommended.
        targets: as [explain_prediction][] takes them; None: what the first model predicts.
        tokens: one string per id, where `doc` is no text.
        against: a class that the targets are contrasted with.
        truth: the class that is right.
        **settings: those of [Explainer][], for all models.

    Returns:
        A `SideBySide`: `agreement` is a data frame of Kendall's tau of each pair, `differing(label, most)` the words on
        which they differ most.

    Raises:
        OptionError: for fewer than two explanations, different documents, or no target in common.

    Example:
        >>> from textattr.explanation import Explanation
        >>> words = "not a bad film"
        >>> compared = compare([
        ...     Explanation.from_weights(words, [0.5, 0.1, 0.4, 0.2], title="first"),
        ...     Explanation.from_weights(words, [0.1, 0.2, 0.5, 0.3], title="second"),
        ... ])
        >>> float(compared.agreement.loc["first", "second"])
        0.0
    """
    if doc is None:
        asked = {"methods": methods, "targets": targets, "tokens": tokens, "against": against, "truth": truth}
        unused = [name for name, value in {**asked, **settings}.items() if value is not None]
        return side_by_side(_explanations(model_or_explanations, unused))
    from textattr.explainer import Explainer

    models = _models(model_or_explanations)
    chosen = [None] if methods is None else list(_listed(methods))
    found: list[Any] = []
    names: list[str] = []
    for name, model in models.items():
        for method in chosen:
            explainer = Explainer(model, **settings, **({} if method is None else {"method": method}))
            wanted = targets if targets is not None or not found else [t.label for t in found[0].targets]
            found.append(explainer.explain(doc, tokens=tokens, targets=wanted, against=against, truth=truth))
            names.append(" · ".join(filter(None, (name, found[-1].title if len(chosen) > 1 else None))))
    return side_by_side(found, names if len(set(names)) == len(names) and all(names) else None)


def _explanations(given: Any, unused: Sequence[str]) -> list[Explanation]:
    is_several = isinstance(given, Iterable) and not isinstance(given, AnyExplanation | str | Mapping)
    if not is_several:
        raise OptionError(
            f"compare: expected explanations in a list, or a model and a document, got {shown(given)}"
        )
    found = list(given)
    if wrong := [each for each in found if not isinstance(each, Explanation | MultiTextExplanation)]:
        raise OptionError(
            f"compare: expected explanations, got {shown(wrong[0])}; of models, give the document as well"
        )
    if unused:
        raise OptionError(f"compare: {', '.join(unused)} has no meaning for explanations that are there")
    return found


def _models(given: Any) -> dict[str | None, Any]:
    if isinstance(given, Mapping):
        return dict(given)
    if isinstance(given, list | tuple):
        return {f"model {i}" if len(given) > 1 else None: model for i, model in enumerate(given, start=1)}
    return {None: given}


def _listed(methods: Any) -> Sequence[Any]:
    if isinstance(methods, list | tuple) and methods:
        return methods
    raise OptionError(f"methods must be a list of names or instances of methods, got {shown(methods)}")
