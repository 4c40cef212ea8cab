"""Models that prepare their text before their `TextVectorization` layer reads it: it is taken as that layer gets it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from textattr.errors import TokenizerError
from textattr.split.family import tensorflow
from textattr.split.interception import intercepted
from textattr.tokenizers.checks import as_bytes
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.text_vectorization import FromTextVectorization


@dataclass(frozen=True, eq=False)
class Prepared:
    """The layer inside a model of strings, as the tokenizer of the text that reaches it.

    Args:
        tokenizer: the layer.
        model: the model, which takes one string.
        rank: how many axes its input has.
    """

    tokenizer: FromTextVectorization
    model: Any
    rank: int

    def __call__(self, text: str, *, length: int | None = None) -> Encoding:
        """Encode one text; that which the layer read is the `text` of the encoding, the one given its `original`.

        Raises:
            TokenizerError: when the layer gave the model other ids than it gives for what it read.
        """
        calls = self._calls(text)
        if not calls:  # the layer is not one of the model's
            return self.tokenizer(text, length=length)
        read, ids = calls[0]
        encoding = self.tokenizer(read, length=length)
        if not np.array_equal(encoding.ids, ids):
            raise TokenizerError(
                f"the layer {self.tokenizer.layer.name!r} gave the model the ids {ids.tolist()}, and gives "
                f"{encoding.ids.tolist()} for the text that reached it: pass tokenizer= a function that returns a "
                "textattr.Encoding of what the model reads"
            )
        return encoding if read == text else replace(encoding, original=text)

    def _calls(self, text: str) -> list[tuple[str, Any]]:
        """The texts that the layer was called with, and the ids that it gave, while the model read a text."""
        seen: list[tuple[str, Any]] = []

        def handler(_: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            out = call(*args, **kwargs)
            given = np.asarray((*args, *kwargs.values())[0]).reshape(-1)[0]
            seen.append((given.decode(errors="replace"), np.asarray(out)[0]))
            return out

        with intercepted([self.tokenizer.layer], handler):
            self.model(tensorflow().fill([1] * self.rank, as_bytes(text)), training=False)
        return seen


def reads_the_input(model: Any, layer: Any) -> bool:
    """Whether the layer is called with the model's own input, as far as the model tells."""
    try:
        return layer.input is model.inputs[0]
    except (
        AttributeError,
        ValueError,
        RuntimeError,
    ):  # of a layer that is called in several places, or nowhere
        return False
