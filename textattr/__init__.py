"""Why did the text classifier decide as it did? Attribution for Keras text models, down to the character.

`explain_prediction(model, doc, tokens=...)` gives an [Explanation][]; `show_prediction` shows it.
"""

from __future__ import annotations

from pathlib import Path as _Path

# In a checkout `tokenizers` and `renderers` lie beside this folder; in an installed wheel, inside it.
if not (_Path(__file__).parent / "tokenizers").is_dir():
    __path__.append(str(_Path(__file__).parent.parent))

from textattr.api import explain_prediction, show_prediction
from textattr.errors import TextAttrError
from textattr.explainer import Explainer
from textattr.explanation import Explanation, MultiTextExplanation, Prediction, Span, TargetExplanation, Token
from textattr.methods import METHODS
from textattr.renderers.dataframe import format_as_dataframe
from textattr.renderers.dictionary import format_as_dict
from textattr.renderers.html import format_as_html
from textattr.renderers.report import write_report
from textattr.renderers.text import format_as_text
from textattr.tokenizers.characters import Characters
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.words import Words

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "demo":  # needs TensorFlow to be of use, so it is imported when asked for
        import importlib

        return importlib.import_module("textattr.demo")
    raise AttributeError(f"module 'textattr' has no attribute {name!r}")


__all__ = [
    "METHODS",
    "Characters",
    "Encoding",
    "Explainer",
    "Explanation",
    "MultiTextExplanation",
    "Prediction",
    "Span",
    "TargetExplanation",
    "TextAttrError",
    "Token",
    "Words",
    "explain_prediction",
    "format_as_dataframe",
    "format_as_dict",
    "format_as_html",
    "format_as_text",
    "show_prediction",
    "write_report",
]
