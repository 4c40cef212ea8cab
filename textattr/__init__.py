"""Why did the text classifier decide as it did? Attribution for Keras text models, down to the character.

`explain_prediction(model, doc, tokens=...)` gives an [Explanation][]; `show_prediction` shows it.

The names below are imported when they are first used, so that `import textattr` itself costs nothing.
"""

from __future__ import annotations

import importlib as _importlib
from pathlib import Path as _Path
from typing import TYPE_CHECKING as _TYPE_CHECKING

# In a checkout `tokenizers` and `renderers` lie beside this folder; in an installed wheel, inside it.
if not (_Path(__file__).parent / "tokenizers").is_dir():
    __path__.append(str(_Path(__file__).parent.parent))

# Without an `__init__.py` that folder is a package of no file, which gets what it offers itself from here.
_tokenizers = _importlib.import_module("textattr.tokenizers")


def _of_tokenizers(name: str) -> object:
    if name != "wrap":
        raise AttributeError(f"module 'textattr.tokenizers' has no attribute {name!r}")
    value = _importlib.import_module("textattr.tokenizers.choose").wrap
    _tokenizers.__dict__[name] = value
    return value


_tokenizers.__dict__["__getattr__"] = _of_tokenizers

if _TYPE_CHECKING:
    from textattr import corpora, demo, evaluation, lrp, methods, renderers, tokenizers
    from textattr.api import explain_prediction, show_prediction
    from textattr.comparing import compare
    from textattr.corpora import RayEngine, Run, Summary, explain_table, read_table, summarize
    from textattr.errors import TextAttrError
    from textattr.evaluation import Evaluation, evaluate
    from textattr.explainer import Explainer
    from textattr.explanation import (
        Explanation,
        MultiTextExplanation,
        Prediction,
        Span,
        TargetExplanation,
        Token,
    )
    from textattr.loading import load_model
    from textattr.methods import METHODS
    from textattr.pipeline.failed_explanation import FailedExplanation
    from textattr.renderers.csv_table import read_csv
    from textattr.renderers.dataframe import format_as_dataframe
    from textattr.renderers.dictionary import format_as_dict
    from textattr.renderers.html import format_as_html
    from textattr.renderers.latex import format_as_latex
    from textattr.renderers.plot import plot
    from textattr.renderers.report.write import write_report
    from textattr.renderers.svg import format_as_svg
    from textattr.renderers.text import format_as_text
    from textattr.targets.token_class import TokenClass
    from textattr.targets.tokens import Entities
    from textattr.tokenizers.characters import Characters
    from textattr.tokenizers.encoding import Encoding
    from textattr.tokenizers.words import Words

__version__ = "0.1.0"

_HOMES = {
    "METHODS": "methods",
    "Characters": "tokenizers.characters",
    "Encoding": "tokenizers.encoding",
    "Entities": "targets.tokens",
    "Evaluation": "evaluation",
    "Explainer": "explainer",
    "Explanation": "explanation",
    "FailedExplanation": "pipeline.failed_explanation",
    "MultiTextExplanation": "explanation",
    "Prediction": "explanation",
    "RayEngine": "corpora",
    "Run": "corpora",
    "Span": "explanation",
    "Summary": "corpora",
    "TargetExplanation": "explanation",
    "TextAttrError": "errors",
    "Token": "explanation",
    "TokenClass": "targets.token_class",
    "Words": "tokenizers.words",
    "compare": "comparing",
    "evaluate": "evaluation",
    "explain_prediction": "api",
    "explain_table": "corpora",
    "format_as_dataframe": "renderers.dataframe",
    "format_as_dict": "renderers.dictionary",
    "format_as_html": "renderers.html",
    "format_as_latex": "renderers.latex",
    "format_as_svg": "renderers.svg",
    "format_as_text": "renderers.text",
    "load_model": "loading",
    "plot": "renderers.plot",
    "read_csv": "renderers.csv_table",
    "read_table": "corpora",
    "show_prediction": "api",
    "summarize": "corpora",
    "write_report": "renderers.report.write",
}

__all__ = [
    "METHODS",
    "Characters",
    "Encoding",
    "Entities",
    "Evaluation",
    "Explainer",
    "Explanation",
    "FailedExplanation",
    "MultiTextExplanation",
    "Prediction",
    "RayEngine",
    "Run",
    "Span",
    "Summary",
    "TargetExplanation",
    "TextAttrError",
    "Token",
    "TokenClass",
    "Words",
    "compare",
    "corpora",
    "demo",
    "evaluate",
    "evaluation",
    "explain_prediction",
    "explain_table",
    "format_as_dataframe",
    "format_as_dict",
    "format_as_html",
    "format_as_latex",
    "format_as_svg",
    "format_as_text",
    "load_model",
    "lrp",
    "methods",
    "plot",
    "read_csv",
    "read_table",
    "renderers",
    "show_prediction",
    "summarize",
    "tokenizers",
    "write_report",
]


def __getattr__(name: str) -> object:
    if name in ("corpora", "demo", "errors", "evaluation", "lrp", "methods", "renderers", "tokenizers"):
        return _importlib.import_module(f"textattr.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'textattr' has no attribute {name!r}")
    value = getattr(_importlib.import_module(f"textattr.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
