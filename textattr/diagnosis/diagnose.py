"""`diagnose`: can this model be explained, how is it read, and by which methods?"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from textattr.backends.black_box import BlackBox
from textattr.backends.counting_keras import counting_box
from textattr.backends.keras_reader import reader_for
from textattr.comparison import worst
from textattr.diagnosis.findings import Diagnosis, Output, Text
from textattr.diagnosis.inputs import Inputs
from textattr.diagnosis.trials import timing_of, trial_of
from textattr.errors import TextAttrError
from textattr.explainer import Explainer
from textattr.methods import METHODS
from textattr.proof.proof import proof_of
from textattr.split.family import require_keras_model, tensorflow
from textattr.split.model import SplitModel, split_model
from textattr.split.own_documents import Documents, own_documents
from textattr.split.rows import Rows
from textattr.split.survey import Survey
from textattr.targets.requests import all_labels, any_targets


def diagnose(model: Any, doc: Any = None, *, tokens: Any = None, **settings: Any) -> Diagnosis:
    """Look into a model and try every method on a document.

    What the model does wrong is a finding and raises nothing, whatever it is.

    Args:
        model: Keras 3 or tf_keras model.
        doc: a document as `Explainer.explain` takes it; None: seeded ones of textattr's own.
        tokens: one string per id of `doc`, where it is no text.
        **settings: those of `Explainer`, but for the method.

    Raises:
        UnknownModelError, BackendError: for what is no Keras model on TensorFlow.

    Example:
        >>> import textattr
        >>> found = diagnose(textattr.demo.load("sentiment").model)
        >>> found.texts[0].tables[0]
        Table(layer='words', rows=7508, size=32)
        >>> [trial.method for trial in found.trials if trial.error]
        []
    """
    require_keras_model(model)
    found = Diagnosis(str(model.name), _family(model))
    try:
        for part in _parts(model, doc, tokens, settings):
            found = replace(found, **part)
    except Exception as error:  # noqa: BLE001  (whatever somebody's model does wrong is what the doctor is asked for)
        known = isinstance(error, TextAttrError)
        return replace(found, problem=str(error) if known else f"{type(error).__name__}: {error}")
    return found


def _family(model: Any) -> str:
    """The Keras that a model is made of, with its version."""
    roots = {cls.__module__.partition(".")[0] for cls in type(model).__mro__}
    name, shown = ("tf_keras", "tf_keras") if "tf_keras" in roots else ("keras", "Keras")
    return f"{shown} {sys.modules[name].__version__}"


def _parts(model: Any, doc: Any, tokens: Any, settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What is found, one thing after the other, until the model fails."""
    since = perf_counter()
    split = split_model(model, settings.get("embedding_layer"))
    box = counting_box(model, settings.get("score"))
    documents = own_documents(split) if doc is None else _given(split, doc, tokens, settings)
    doc, survey, targets = documents.docs[0], None, None  # as they are for a black box
    if box is None:
        inputs = split.checked(documents.inputs)
        targets = any_targets(split.heads(inputs, settings.get("task")))
    yield {"timing": timing_of(model, doc, tokens, settings, since, targets)}
    if box is not None:
        yield from _asked(box, model, doc, settings)
    else:
        survey = split.survey(split.checked(documents.inputs))
        yield from _looked_into(split, survey, documents, settings)
    trials = tuple(trial_of(name, model, doc, tokens, settings, survey, targets) for name in METHODS)
    yield {"trials": trials}
    if all(trial.error for trial in trials):
        yield {"problem": f"no method works: {trials[0].error}"}


def _given(split: SplitModel, doc: Any, tokens: Any, settings: Mapping[str, Any]) -> Documents:
    """The user's document, as a batch of one."""
    inputs = reader_for(split, settings.get("tokenizer")).read(doc, tokens).inputs
    return Documents(tensorflow().nest.map_structure(lambda leaf: np.asarray(leaf)[None], inputs), (doc,))


def _looked_into(
    split: SplitModel, survey: Survey, documents: Documents, settings: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """What a model shows of itself where text enters it as vectors."""
    inputs = split.checked(documents.inputs)
    heads = split.heads(inputs, settings.get("task"))
    rows = [Rows.predicted(inputs, head) for head in heads.values()]
    seen = Inputs(split, survey, rows[0])
    yield {"texts": seen.texts(), "others": seen.others()}
    labels = all_labels(heads, settings.get("target_names"))
    yield {
        "outputs": tuple(
            Output(
                name,
                head.task,
                head.units,
                head.activation,
                head.is_probability,
                labels[name],
                head.notes,
                head.is_per_token,
            )
            for name, head in heads.items()
        )
    }
    proofs = [proof_of(split, each) for each in rows]
    yield {
        "checks": worst(check for proof in proofs for check in proof.checks),
        "is_independent": proofs[0].is_independent,
    }


def _asked(box: BlackBox, model: Any, doc: Any, settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What is found of a model that counts words, which is explained as a black box."""
    yield {"texts": (Text(None, "strings"),)}
    said = Explainer(model, method="occlusion", **settings).predict([doc])[0]
    units = np.shape(box.scores([doc]))[1:]
    output = Output(
        said.output,
        said.task,
        int(units[0]) if units else 1,
        box.activation,
        bool(box.gives_probabilities),
        said.labels,
        box.notes,
    )
    yield {"outputs": (output,)}
