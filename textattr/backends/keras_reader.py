"""How documents of a model are to be read: what its inputs are, and which tokenizer it brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textattr.backends.input_reader import InputReader
from textattr.backends.string_inputs import StringInputs
from textattr.backends.token_inputs import TokenInputs
from textattr.errors import TokenizerError
from textattr.split.model import SplitModel
from textattr.split.signature import declared_inputs, fixed_lengths, input_name, takes_dict
from textattr.tokenizers.choose import wrap


def reader_for(split: SplitModel, tokenizer: Any) -> InputReader:
    """The reader of a model's documents.

    Args:
        split: the model.
        tokenizer: the user's, or a dict of these by input, or None: the preprocessor that a classifier of keras-hub
            brings, or what cuts the strings inside the model, if it takes any.

    Raises:
        TokenizerError: for what is no tokenizer, or is for an input that the model does not have.
    """
    model = split.model
    declared = declared_inputs(model) or []
    names = tuple(map(input_name, declared))
    tokenizer = _checked(_preprocessor(model) if tokenizer is None else tokenizer, names)
    ranks: dict[str | None, int] = {
        name: len(each.shape) - 1 for name, each in zip(names, declared, strict=True)
    }
    of_strings: dict[str | None, int] = {
        name: ranks[name] for name, each in zip(names, declared, strict=True) if "string" in str(each.dtype)
    }
    shapes = {name: tuple(each.shape[1:]) for name, each in zip(names, declared, strict=True)}
    token_inputs = TokenInputs.of_shapes(shapes)
    lengths = fixed_lengths(model)
    if len(declared) == 1:  # an only input needs no name
        for of_input in (ranks, of_strings, lengths):
            if names[0] in of_input:
                of_input[None] = of_input[names[0]]
        if isinstance(tokenizer, Mapping):
            tokenizer = tokenizer[names[0]]
        names = ()
    strings = StringInputs(split, of_strings, tokenizer)
    return InputReader(strings, tokenizer, names, ranks, lengths, takes_dict(model), token_inputs)


def _preprocessor(model: Any) -> Any:
    """What makes a classifier of keras-hub's inputs of a text; None where there is no such thing."""
    preprocessor = getattr(model, "preprocessor", None)
    is_of_texts = getattr(preprocessor, "tokenizer", None) is not None
    is_of_keras_hub = any(cls.__module__.startswith("keras_hub.") for cls in type(preprocessor).__mro__)
    return preprocessor if is_of_texts and is_of_keras_hub else None


def _checked(tokenizer: Any, names: tuple[str, ...]) -> Any:
    """The tokenizer, or the tokenizers by input, each as a tokenizer."""
    if tokenizer is None:
        return None
    if not isinstance(tokenizer, Mapping) or callable(tokenizer) or not tokenizer:
        return wrap(tokenizer)
    wrong = [name for name in tokenizer if name not in names]
    if len(wrong) < len(tokenizer) or all(map(callable, tokenizer.values())):
        if wrong and names:
            raise TokenizerError(
                f"tokenizer= names {', '.join(map(str, tokenizer))}, but the inputs are {', '.join(names)}"
            )
        return {name: wrap(each) for name, each in tokenizer.items()}
    return wrap(tokenizer)
