"""The two functions that most people need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textattr import notebook
from textattr.explainer import Explainer
from textattr.explanation import AnyExplanation

_OF_DISPLAY = ("top", "show", "palette", "merge", "highlight_threshold", "max_tokens", "scale")


def explain_prediction(
    model: Any,
    doc: Any,
    *,
    tokens: Any = None,
    targets: Any = None,
    against: Any = None,
    truth: Any = None,
    **settings: Any,
) -> AnyExplanation:
    """Explain why `model` decided about `doc` as it did.

    The same as `Explainer(model, **settings).explain(doc, tokens=..., targets=..., against=..., truth=...)`; what was
    compiled for the model is kept for the next call.

    Args:
        model: Keras 3 or tf_keras model on TensorFlow; or a function from a list of texts to scores (N,) or (N, C), or
            to lists of `{label, score}` for all classes; or a scikit-learn pipeline.
        doc: text, ids (T,) or (1, T), vectors (T, D), or an `Encoding`.
        tokens: one string per id, where `doc` is no text.
        targets: None (what the model predicts), a class index or label, a list of these, or "all"; for taggers and
            the like a `TokenClass`, (position or word, class) or "entities".
        against: a class index or label: why the target rather than this one.
        truth: the class that is right, if known.
        **settings: those of [Explainer][] (tokenizer, method, target_names, task, score, pad_value, padding,
            embedding_layer, feature_names, feature_baseline, batch_size, compile, progress) and the options of the
            named method.

    Raises:
        TextAttrError: for input that cannot be used; the message says what was expected, what came, what to do.

    Example:
        >>> import textattr
        >>> demo = textattr.demo.load("sentiment")
        >>> explanation = textattr.explain_prediction(
        ...     demo.model, "A wonderful film.", tokenizer=demo.tokenizer, target_names=demo.labels
        ... )
        >>> max(explanation.targets[0].spans, key=lambda span: span.weight).text
        'wonderful'
    """
    explainer = Explainer(model, **settings)
    return explainer.explain(doc, tokens=tokens, targets=targets, against=against, truth=truth)


def show_prediction(model: Any, doc: Any, **settings: Any) -> AnyExplanation:
    """Explain as `explain_prediction` does, and show it at once, wherever in a cell or a program this is called.

    Beside the settings of [explain_prediction][] it takes the options of [format_as_html][]: `top`, `show`, `palette`,
    `merge`, `highlight_threshold`, `max_tokens` and `scale`. A terminal has its own colours, whatever `palette` says.

    Returns:
        The explanation. As the value of a cell it is not shown a second time.

    Raises:
        TextAttrError: for input or an option that cannot be used.

    Example:
        >>> import textattr
        >>> demo = textattr.demo.load("sentiment")
        >>> explanation = textattr.show_prediction(
        ...     demo.model, "Wonderful!", tokenizer=demo.tokenizer, target_names=demo.labels, show="document", top=0
        ... )
        <BLANKLINE>
          [Wonderful +4]!
    """
    options = {name: settings.pop(name) for name in _OF_DISPLAY if name in settings}
    explanation = explain_prediction(model, doc, **settings)
    _show(explanation, options)
    notebook.remember(explanation)
    return explanation


def _show(explanation: AnyExplanation, options: Mapping[str, Any]) -> None:
    from textattr.renderers.html import format_as_html
    from textattr.renderers.terminal import format_for_stdout

    plain = {name: value for name, value in options.items() if name != "palette"}
    text = format_for_stdout(explanation, **plain)
    if notebook.is_notebook():
        notebook.display({"text/plain": text, "text/html": format_as_html(explanation, **options)})
    else:
        print(text)
