"""The game on texts: what is left out is taken out of the characters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.checks import shown
from textattr.document import TextPart
from textattr.errors import ModelOutputError, OptionError
from textattr.methods.baseline import NAMES
from textattr.methods.perturbation import REMOVE
from textattr.perturbation.tokens import called_for_replacement

Array = npt.NDArray[Any]
Fill = Callable[[Sequence[str], Array], Sequence[str]]


@dataclass(frozen=True, eq=False)
class TextGame:
    """Scores of texts of which words are missing.

    Args:
        parts: the text of each row.
        fill: (tokens, left out, bool (T,)) -> what stands at each token that is left out.
        scores: (texts, row) -> float (M,): the score of each text for the target of a row.
        prepare: called with all texts before, so that they can be scored together.
    """

    parts: Sequence[TextPart]
    fill: Fill
    scores: Callable[[Sequence[str], int], Array]
    prepare: Callable[[Sequence[str]], Any]

    def values(self, coalitions: Sequence[tuple[int, Array]]) -> list[Array]:
        """As `Game` says."""
        texts = [[self._text(self.parts[row], stay) for stay in units] for row, units in coalitions]
        self.prepare([text for each in texts for text in each])
        return [self._finite(each, row) for each, (row, _) in zip(texts, coalitions, strict=True)]

    def _finite(self, texts: Sequence[str], row: int) -> Array:
        scores = self.scores(texts, row)
        for text, score in zip(texts, scores.tolist(), strict=True):
            if not np.isfinite(score):
                raise ModelOutputError(
                    f"expected finite scores, got {score} for the text {shown(text)}, with which nothing can be "
                    "compared: choose another target or replacement="
                )
        return scores

    def _text(self, part: TextPart, stay: Array) -> str:
        """The characters of the document without those of the tokens that do not stay; all white space is kept."""
        assert part.encoding is not None
        text, pieces, end = part.encoding.text, [], 0
        filled = self.fill(part.tokens, ~stay)
        filled = filled.tolist() if isinstance(filled, np.ndarray) else filled
        is_list = isinstance(filled, list | tuple) and len(filled) == len(stay)
        if not is_list or not all(isinstance(each, str) for each in filled):
            raise OptionError(
                f"expected of the function in replacement= a list of {len(stay)} texts, one for each token, got "
                f"{shown(filled)}"
            )
        for i in np.flatnonzero(~stay).tolist():
            start, stop = part.encoding.offsets[i]
            if stop <= end:  # lies within one that is gone already
                continue
            pieces += [text[end : max(start, end)], str(filled[i])]
            end = stop
        return "".join([*pieces, text[end:]])


def filling(replacement: Any) -> Fill:
    """What is put in the place of tokens.

    Raises:
        OptionError: for vectors, or what only a model with vectors has.
    """
    if callable(replacement):
        return lambda tokens, left_out: called_for_replacement(replacement, list(tokens), left_out.copy())
    if isinstance(replacement, str) and replacement in ("zero", "auto", REMOVE):
        return lambda tokens, _: [""] * len(tokens)
    if isinstance(replacement, str) and replacement not in NAMES:
        return lambda tokens, _: [replacement] * len(tokens)
    given = repr(replacement) if isinstance(replacement, str) else f"{type(replacement).__name__}"
    raise OptionError(
        "a model of texts has no vectors: expected replacement= as 'remove', the text to put in, such as '[MASK]', or "
        f"a function of (tokens, left out), got {given}"
    )
