"""Cutting a sequence of tokens to the length that a model reads, or filling it up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from textattr.errors import OptionError
from textattr.tokenizers.checks import require_count
from textattr.tokenizers.encoding import Encoding

Side = Literal["post", "pre"]

PAD_TOKEN = "<PAD>"


class Piece(NamedTuple):
    """One token before padding: its id, its text and where it stands."""

    id: int
    text: str
    offsets: tuple[int, int]
    special: bool = False


class Fitting(Protocol):
    """A tokenizer that says how long its encodings are to be; the four properties are the arguments of `fit`."""

    @property
    def length(self) -> int | None:
        """How many positions; None: as many as the model reads."""

    @property
    def padding(self) -> Side:
        """On which side."""

    @property
    def pad(self) -> int | None:
        """With which id."""

    @property
    def unknown(self) -> int | None:
        """The id of unknown tokens."""


def fit_as(tokenizer: Fitting, text: str, pieces: Sequence[Piece], length: int | None) -> Encoding:
    """Make the `Encoding` of `pieces` as a tokenizer is set up; its own length wins over the model's `length`."""
    length = require_count(length, "length=") if tokenizer.length is None else tokenizer.length
    return fit(
        text, pieces, length=length, padding=tokenizer.padding, pad=tokenizer.pad, unknown=tokenizer.unknown
    )


def fit(
    text: str,
    pieces: Sequence[Piece],
    *,
    length: int | None,
    padding: Side,
    pad: int | None,
    unknown: int | None,
) -> Encoding:
    """Make the `Encoding` of `pieces`, exactly `length` positions long; None leaves them as they are.

    Both happen on the side that `padding` names, as in Keras' `pad_sequences` called with `padding=` and
    `truncating=` alike: "post" fills up behind the text and cuts its end, "pre" fills up before it and cuts its
    beginning.

    Raises:
        OptionError: when the text is shorter than `length` and there is no pad id.

    Example:
        >>> fit("so", [Piece(4, "so", (0, 2))], length=3, padding="pre", pad=0, unknown=1).tokens
        ('<PAD>', '<PAD>', 'so')
    """
    count = len(pieces)
    unread: dict[str | None, tuple[tuple[int, int], ...]] = {}
    if length is not None and count > length:
        first = length if padding == "post" else count - length
        before, behind = pieces[:first], pieces[first:]
        pieces, cut = (before, behind) if padding == "post" else (behind, before)
        unread = {None: _cut_off(text, pieces, cut, padding)}
    elif length is not None and count < length:
        if pad is None:
            raise OptionError(
                f"the model reads {length} tokens, this text has {count}, and there is no pad id to fill up with: "
                f"pass pad=<the id that stands for padding>"
            )
        fill = [Piece(pad, PAD_TOKEN, (0, 0), special=True)] * (length - count)
        pieces = [*pieces, *fill] if padding == "post" else [*fill, *pieces]
    return Encoding(
        text=text,
        ids=[piece.id for piece in pieces],  # type: ignore[arg-type]  # Encoding makes the array
        tokens=tuple(piece.text for piece in pieces),
        offsets=tuple(piece.offsets for piece in pieces),
        special=tuple(piece.special for piece in pieces),
        pad_id=pad,
        unknown_id=unknown,
        untruncated_length=count if length is not None and count > length else None,
        unread=unread,
    )


def _cut_off(
    text: str, kept: Sequence[Piece], cut: Sequence[Piece], side: Side
) -> tuple[tuple[int, int], ...]:
    """The stretch of a text behind all pieces that are kept, or with "pre" before them; none where no text was cut."""
    read, lost = (
        [each.offsets for each in pieces if each.offsets[1] > each.offsets[0]] for pieces in (kept, cut)
    )
    if side == "post":
        start, end = max((end for _, end in read), default=0), len(text)
        is_cut = any(place > start for _, place in lost)
    else:
        start, end = 0, min((start for start, _ in read), default=len(text))
        is_cut = any(place < end for place, _ in lost)
    return ((start, end),) if is_cut else ()
