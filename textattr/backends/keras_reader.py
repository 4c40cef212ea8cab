"""How documents of a model are to be read: what its inputs are, and which tokenizer it brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textattr.backends.input_reader import InputReader
from textattr.backends.preparing import Prepared, reads_the_input
from textattr.errors import TokenizerError
from textattr.split.signature import declared_inputs, fixed_lengths, input_name, takes_dict
from textattr.tokenizers.choose import require_tokenizer
from textattr.tokenizers.text_vectorization import FromTextVectorization, find_text_vectorization


def reader_for(model: Any, tokenizer: Any) -> InputReader:
    """The reader of a model's documents.

    Args:
        model: the Keras model.
        tokenizer: the user's, or a dict of these by input, or None: the `TextVectorization` inside the model, if any.
    """
    declared = declared_inputs(model) or []
    names = tuple(map(input_name, declared))
    if isinstance(tokenizer, Mapping) and tokenizer and set(tokenizer) <= set(names):
        tokenizer = {name: require_tokenizer(each) for name, each in tokenizer.items()}
    elif isinstance(tokenizer, Mapping) and tokenizer and all(map(callable, tokenizer.values())):
        raise TokenizerError(
            f"tokenizer= names {', '.join(map(str, tokenizer))}, but the inputs are {', '.join(names) or 'not known'}"
        )
    elif tokenizer is not None:
        tokenizer = require_tokenizer(tokenizer)
    takes_text = len(declared) == 1 and "string" in str(declared[0].dtype)
    if takes_text and tokenizer is None:
        tokenizer = _inside(model)
    if (
        takes_text
        and isinstance(tokenizer, FromTextVectorization)
        and not reads_the_input(model, tokenizer.layer)
    ):
        tokenizer = Prepared(tokenizer, model, len(declared[0].shape))
    ranks: dict[str | None, int] = {
        name: len(each.shape) - 1 for name, each in zip(names, declared, strict=True)
    }
    lengths = fixed_lengths(model)
    if len(declared) == 1:  # an only input needs no name
        ranks[None] = ranks[names[0]]
        if lengths:
            lengths[None] = lengths[names[0]]
        names = ()
    return InputReader(tokenizer, names, ranks, lengths, takes_text, takes_dict(model))


def _inside(model: Any) -> Any:
    layer = find_text_vectorization(model)
    return None if layer is None else FromTextVectorization(layer)
