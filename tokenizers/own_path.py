"""The ids that a tokenizer gives on its own path, which are the ones that count, against those that were placed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import Piece, of_pieces


def agree(encoding: Encoding, own: Sequence[int], *, who: str, name: Callable[[int], str]) -> Encoding:
    """The encoding, where its ids are the tokenizer's own; else the own ids, as tokens without a place in the text.

    Args:
        encoding: the ids with the characters that they were found to stand for.
        own: what the tokenizer itself gives.
        who: the tokenizer, for the message.
        name: the token of an id.

    Example:
        >>> found = of_pieces("ab", [Piece(1, "a", (0, 1)), Piece(2, "b", (1, 2))])
        >>> other = agree(found, [1, 3], who="the tokenizer", name="abcd".__getitem__)
        >>> other.text, other.offsets, other.original
        ('b d', ((0, 1), (2, 3)), 'ab')
    """
    if np.array_equal(encoding.ids, own):
        return encoding
    pairs = zip(encoding.ids.tolist(), own, strict=False)
    at = next((i for i, (ours, theirs) in enumerate(pairs) if ours != theirs), min(len(encoding), len(own)))
    theirs = f"the id {own[at]} ({name(own[at])!r})" if at < len(own) else "no more"
    if at < len(encoding):
        start, end = encoding.offsets[at]
        found = f"the characters {start} to {end}, {encoding.text[start:end]!r}, would be {encoding.ids[at]}"
    else:
        found = "the text has no more characters for it"
    warning = (
        f"{who} gives other ids than its settings lead to: at token {at} it gives {theirs}, where {found}. "
        "The model reads its own ids; they are shown as tokens, for their characters are not known"
    )
    special = {int(i) for i, flag in zip(encoding.ids, encoding.special or (), strict=True) if flag}
    return joined(
        [Piece(int(i), name(int(i)), (0, 0), int(i) in special) for i in own], encoding, warning=warning
    )


def joined(pieces: Sequence[Piece], encoding: Encoding, *, warning: str) -> Encoding:
    """An encoding whose text is its tokens, joined; all else is as in `encoding`, of which no place is known."""
    placed = []
    text = ""
    for piece in pieces:
        if piece.special or not piece.text:
            placed.append(piece._replace(offsets=(0, 0), word=None))
            continue
        text += " " if text else ""
        placed.append(piece._replace(offsets=(len(text), len(text) + len(piece.text)), word=None))
        text += piece.text
    fields = {
        name: getattr(encoding, name)
        for name in ("pad_id", "unknown_id", "mask_id", "inputs", "untruncated_length")
    }
    shown = of_pieces(text, placed, **fields, warnings=(*encoding.warnings, warning))
    return replace(shown, original=encoding.text if encoding.original is None else encoding.original)
