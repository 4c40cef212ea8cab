"""`BlackBox`: something that gives scores for texts; and what of a user's objects is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textattr.errors import OptionError, UnknownModelError
from textattr.split.family import is_keras_model

# What has no function from texts to scores, by the package it comes from: the line to write instead.
_ELSEWHERE = {
    "torch": 'lambda texts: model(**tokenizer(texts, padding=True, return_tensors="pt")).logits.detach().numpy()',
    "transformers": 'transformers.pipeline("text-classification", model, tokenizer=tokenizer, top_k=None)',
    "tensorflow": "lambda texts: model(tf.constant(texts)).numpy()",
    "jax": "lambda texts: np.asarray(model(encode(texts)))",
    "flax": "lambda texts: np.asarray(model.apply(variables, encode(texts)))",
    "spacy": "lambda texts: [[doc.cats[label] for label in labels] for doc in nlp.pipe(texts)]",
    "onnxruntime": 'lambda texts: session.run(None, {"input_ids": encode(texts)})[0]',
    "xgboost": "lambda texts: model.predict_proba(vectorizer.transform(texts))",
    "lightgbm": "lambda texts: model.predict_proba(vectorizer.transform(texts))",
    "catboost": "lambda texts: model.predict_proba(vectorizer.transform(texts))",
}


@dataclass(frozen=True, eq=False)
class BlackBox:
    """Something that gives scores for texts.

    Args:
        name: what it is called.
        scores: a list of texts -> what is attributed: scores (N,) or (N, C), or lists of `{label, score}`.
        probabilities: a list of texts -> probabilities (N, C), where `scores` are none; None: unknown.
        labels: the names of the classes, if it tells them.
        task: what it does, if it tells.
        activation: what was taken off to get the scores, or None.
        notes: what had to be guessed.
        gives_probabilities: whether `scores` are probabilities; None: nothing but their values tells.
    """

    name: str
    scores: Callable[[list[str]], Any]
    probabilities: Callable[[list[str]], Any] | None = None
    labels: tuple[str, ...] | None = None
    task: str | None = None
    activation: str | None = None
    notes: tuple[str, ...] = ()
    gives_probabilities: bool | None = None


def black_box(model: Any, score: str | None) -> BlackBox | None:
    """The black box that an object is; None for what is to be explained from within, and for what is no model.

    Args:
        model: anything.
        score: as the user set it: which of its answers is attributed, where it has several.

    Raises:
        UnknownModelError: for a model of another framework; the message has the line to write instead.
        OptionError: for a `score` that it cannot give.
    """
    if isinstance(model, type):
        return None
    if is_keras_model(model):
        from textattr.backends.counting_keras import counting_box

        return counting_box(model, score)
    if _is_classifier(model):
        return _classifier_box(model, score)
    _refuse_other_frameworks(model)
    if callable(model):
        note = "score= does not apply to a function of texts: its scores are taken as they come"
        name = getattr(model, "__name__", type(model).__name__)
        return BlackBox(str(name), model, notes=() if score is None else (note,))
    return None


def _is_classifier(model: Any) -> bool:
    """Whether it answers as the estimators of scikit-learn do; `predict` alone says nothing."""
    methods = ("predict_proba", "decision_function")
    return any(callable(getattr(model, name, None)) for name in methods) or (
        "sklearn" in _packages(model) and hasattr(model, "predict")
    )


def _classifier_box(model: Any, score: str | None) -> BlackBox:
    classes = getattr(model, "classes_", None)
    labels = None if classes is None else tuple(str(each) for each in classes)
    name = type(model).__name__
    probabilities = getattr(model, "predict_proba", None)
    margins = getattr(model, "decision_function", None)
    wanted = {"probability": "predict_proba", "logit": "decision_function"}
    if score == "log_odds":
        raise OptionError(f"score='log_odds' is for Keras models: this {name} takes 'logit' or 'probability'")
    if score is not None and getattr(model, wanted[score], None) is None:
        raise OptionError(f"score={score!r} needs {wanted[score]}, which this {name} does not have")
    if score == "logit" or probabilities is None:
        if margins is not None:
            return BlackBox(name, margins, probabilities, labels, gives_probabilities=False)
        if classes is not None:
            raise UnknownModelError(
                f"expected scores, but this {name} predicts labels alone: take one that has predict_proba or "
                "decision_function, or explain a function of texts that returns scores"
            )
        return BlackBox(name, model.predict, task="regression")
    return BlackBox(name, probabilities, labels=labels, gives_probabilities=True)


def _refuse_other_frameworks(model: Any) -> None:
    names = [cls.__name__ for cls in type(model).__mro__]
    packages = _packages(model)
    if "transformers" in packages and "Pipeline" in names:
        return
    for package, line in _ELSEWHERE.items():
        if package in packages:
            raise UnknownModelError(
                f"expected a Keras model, a scikit-learn pipeline or a function of a list of texts, got "
                f"{type(model).__name__} of {package}: explain {line}"
            )


def _packages(model: Any) -> list[str]:
    """The packages that the classes of an object come from; a function has none."""
    return [cls.__module__.partition(".")[0] for cls in type(model).__mro__]
