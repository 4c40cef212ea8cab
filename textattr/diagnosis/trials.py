"""Each method, tried on one document: does it work, and if not, why?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from textattr.diagnosis.findings import Timing, Trial
from textattr.errors import TextAttrError
from textattr.explainer import Explainer
from textattr.methods import METHODS
from textattr.split.survey import Survey

# Options with which it is seen in seconds whether a method works, also on long documents and large models.
CHEAP: Mapping[str, Mapping[str, Any]] = {
    "smoothgrad": {"samples": 2},
    "shapley_sampling": {"samples": 4},
    "lime": {"samples": 50},
}


def trial_of(
    name: str,
    model: Any,
    doc: Any,
    tokens: Any,
    settings: Mapping[str, Any],
    survey: Survey | None,
    targets: Any = None,
) -> Trial:
    """A method, tried on a document.

    Args:
        name: of the method.
        model: the Keras model.
        doc: as `Explainer.explain` takes it.
        tokens: one string per id of it, or None.
        settings: those of `Explainer`, but for the method.
        survey: what was seen of the model, on which cautions depend; None for a black box.
        targets: as `Explainer.explain` takes them.
    """
    method = METHODS[name](**CHEAP.get(name, {}))
    try:
        Explainer(model, method=method, **settings).explain(doc, tokens=tokens, targets=targets)
    except Exception as error:  # noqa: BLE001  (whatever a method meets in somebody's model is what is asked for)
        return Trial(name, error=first_sentence(error))
    return Trial(name, cautions=() if survey is None else method.cautions(survey))


def timing_of(
    model: Any, doc: Any, tokens: Any, settings: Mapping[str, Any], since: float, targets: Any = None
) -> Timing | None:
    """How long the method takes that "auto" chooses; None where it does not work.

    Args:
        model: the Keras model, which was not explained before.
        doc: as `Explainer.explain` takes it.
        tokens: one string per id of it, or None.
        settings: those of `Explainer`, but for the method.
        since: when textattr first looked at the model, as `time.perf_counter` tells it.
        targets: as `Explainer.explain` takes them.
    """
    try:
        explainer = Explainer(model, **settings)
        explainer.explain(doc, tokens=tokens, targets=targets)
        first = perf_counter()
        explainer.explain(doc, tokens=tokens, targets=targets)
    except Exception:  # noqa: BLE001  (the trial of this method tells what it is)
        return None
    return Timing(first - since, perf_counter() - first)


def first_sentence(error: Exception) -> str:
    """The first sentence of an error; with its kind where textattr did not raise it.

    Example:
        >>> first_sentence(TextAttrError("no rule for op 'Foo'. Register one"))
        "no rule for op 'Foo'"
        >>> first_sentence(KeyError("x"))
        "KeyError: 'x'"
    """
    text = " ".join(str(error).split())
    if not isinstance(error, TextAttrError):
        text = f"{type(error).__name__}: {text}"
    return re.split(r"\.\s|\.$", text, maxsplit=1)[0]
