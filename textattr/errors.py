"""What can go wrong, one class each.

Every message says what was expected, what was received, and what to do about it. All classes derive from
[TextAttrError][], which is a `ValueError`.
"""

from __future__ import annotations

from textattr.visible import visible_text


class TextAttrError(ValueError):
    """The base of every error that textattr raises on purpose.

    Its message may quote labels, paths and texts: what would mislead in a terminal is shown as an escape.
    """

    def __str__(self) -> str:
        return visible_text(Exception.__str__(self))


class MissingExtraError(TextAttrError, ImportError):
    """An optional library is not installed; the message names the extra that brings it."""


class BackendError(TextAttrError):
    """The model runs on another Keras backend than TensorFlow."""


class UnknownModelError(TextAttrError):
    """What was given as a model is none that textattr can explain, or a file that holds no model."""


class NoLookupError(TextAttrError):
    """No layer turned token ids into vectors; the message lists the layers that were seen."""


class DocumentError(TextAttrError):
    """The document is empty, of the wrong type or shape, or does not fit the model's input."""


class TokensError(TextAttrError):
    """Tokens and ids do not belong together."""


class IdOutsideTableError(TextAttrError):
    """A token id has no row in the model's lookup table."""


class TokenizerError(TextAttrError):
    """A text came without a usable tokenizer, or with something that is none."""


class TargetError(TextAttrError):
    """The target is out of range, an unknown label, or contrasted with itself."""


class OptionError(TextAttrError, TypeError):
    """An option is misspelt, belongs to another method, or has a value that the method cannot take."""


class ModelOutputError(TextAttrError):
    """The model's output holds NaN, or has a shape that is no score per class."""


class BaselineError(TextAttrError):
    """The baseline asked for does not exist for this model or document."""


class LayerError(TextAttrError):
    """No layer answers to the name given, or the one that does cannot be used here."""


class InjectionError(TextAttrError):
    """The method needs to replace the vectors, and this model reads them where they cannot be replaced."""


class RuleError(TextAttrError):
    """A method that walks back over ops lacks a rule."""

    @property
    def reason(self) -> str:
        """What is missing, without the advice.

        Example:
            >>> RuleError("no rule for the op Foo: explain with another method").reason
            'no rule for the op Foo'
        """
        return str(self).split(": ", 1)[0].split(". ", 1)[0]


class LRPRuleError(RuleError):
    """No LRP rule covers an op or a layer; the message names it and says how to register one."""


class DeepLIFTRuleError(RuleError):
    """DeepLIFT does not know how to go back through an op, or the model does not do the same for text and baseline."""


class SeveralTextsError(TextAttrError, KeyError):
    """The explanation is of several texts: one of them has to be named."""
