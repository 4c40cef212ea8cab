"""Cutting a sequence of tokens to the length that a model reads, or filling it up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

from textattr.errors import OptionError
from textattr.tokenizers.checks import require_count, require_id, require_side
from textattr.tokenizers.encoding import Encoding

Side = Literal["post", "pre"]

PAD_TOKEN = "<PAD>"


class Piece(NamedTuple):
    """One token before padding: its id, its text and where it stands."""

    id: int
    text: str
    offsets: tuple[int, int]
    special: bool = False
    word: int | None = None


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


def check_settings(tokenizer: Any) -> None:
    """Check the ids, `length` and `padding` of a tokenizer that is a frozen dataclass, and keep plain numbers of them.

    Raises:
        TokenizerError: for what is no id.
        OptionError: for a length or side that cannot be used.
    """
    for name in ("unknown", "start", "pad"):
        number = getattr(tokenizer, name, None)
        if number is not None:
            object.__setattr__(tokenizer, name, require_id(number, f"{name}="))
    object.__setattr__(tokenizer, "length", require_count(tokenizer.length, "length="))
    if tokenizer.padding is not None:
        require_side(tokenizer.padding)


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
    truncating: Side | None = None,
    keeps_special: bool = False,
    **more: Any,
) -> Encoding:
    """Make the `Encoding` of `pieces`, exactly `length` positions long; None leaves them as they are.

    As in Keras' `pad_sequences`: "post" fills up behind the text, or cuts its end, "pre" fills up before it, or cuts
    its beginning.

    Args:
        text: the text.
        pieces: its tokens, special ones included.
        length: how many positions there are to be.
        padding: the side that is filled up.
        pad: the id that fills up, or None.
        unknown: the id of unknown tokens, or None.
        truncating: the side that is cut; None: that of `padding`.
        keeps_special: special tokens at the two ends are kept, and the text between them is cut.
        more: other fields of the `Encoding`.

    Raises:
        OptionError: when the text is shorter than `length` and there is no pad id, or `length` has no room but for
            special tokens.

    Example:
        >>> fit("so", [Piece(4, "so", (0, 2))], length=3, padding="pre", pad=0, unknown=1).tokens
        ('<PAD>', '<PAD>', 'so')
    """
    count = len(pieces)
    unread: dict[str | None, tuple[tuple[int, int], ...]] = {}
    if length is not None and count > length:
        side = padding if truncating is None else truncating
        pieces, lost = cut(pieces, length, side, keeps_special=keeps_special)
        unread = {None: _cut_off(text, pieces, lost, side)}
    elif length is not None and count < length:
        fill = filling(count, length, pad)
        pieces = [*pieces, *fill] if padding == "post" else [*fill, *pieces]
    cut_from = count if length is not None and count > length else None
    return of_pieces(
        text,
        pieces,
        **{
            "pad_id": pad,
            "unknown_id": unknown,
            "untruncated_length": cut_from,
            "unread": unread,
            **more,
        },
    )


def filling(count: int, length: int, pad: int | None) -> list[Piece]:
    """What fills `count` tokens up to `length`.

    Raises:
        OptionError: when there is no pad id.
    """
    if pad is None:
        raise OptionError(
            f"the model reads {length} tokens, this text has {count}, and there is no pad id to fill up with: "
            f"pass pad=<the id that stands for padding>"
        )
    return [Piece(pad, PAD_TOKEN, (0, 0), special=True)] * (length - count)


def of_pieces(text: str, pieces: Sequence[Piece], **more: Any) -> Encoding:
    """The `Encoding` of tokens as they are; `more` are its other fields."""
    return Encoding(
        text=text,
        ids=[piece.id for piece in pieces],  # type: ignore[arg-type]  # Encoding makes the array
        tokens=tuple(piece.text for piece in pieces),
        offsets=tuple(piece.offsets for piece in pieces),
        special=tuple(piece.special for piece in pieces),
        words=tuple(piece.word for piece in pieces),
        **more,
    )


def pieces_of(encoding: Encoding) -> list[Piece]:
    """The tokens of an encoding."""
    special, words = encoding.special or (), encoding.words or ()
    return [
        Piece(int(number), encoding.tokens[i], encoding.offsets[i], special[i], words[i])
        for i, number in enumerate(encoding.ids)
    ]


def cut(
    pieces: Sequence[Piece], length: int, side: Side, *, keeps_special: bool
) -> tuple[list[Piece], list[Piece]]:
    """The first `length` tokens ("post") or the last ones ("pre"), and those that are cut off.

    Args:
        pieces: the tokens.
        length: how many are left.
        side: the side that is cut.
        keeps_special: special tokens at the two ends are kept, and the text between them is cut.

    Raises:
        OptionError: when the special tokens alone are more.
    """
    count = len(pieces)
    if not keeps_special:
        first = length if side == "post" else count - length
        before, behind = list(pieces[:first]), list(pieces[first:])
        return (before, behind) if side == "post" else (behind, before)
    content = [i for i, piece in enumerate(pieces) if not piece.special]
    first, end = (content[0], content[-1] + 1) if content else (count, count)
    room = length - first - (count - end)
    if room < 0:
        raise OptionError(
            f"length= has to hold {count - (end - first)} special tokens and the text, got {length}"
        )
    middle = first + room if side == "post" else end - room
    before, behind = list(pieces[first:middle]), list(pieces[middle:end])
    kept, lost = (before, behind) if side == "post" else (behind, before)
    return [*pieces[:first], *kept, *pieces[end:]], lost


def _cut_off(
    text: str, kept: Sequence[Piece], lost: Sequence[Piece], side: Side
) -> tuple[tuple[int, int], ...]:
    """The stretch of a text behind all pieces that are kept, or with "pre" before them; none where no text was cut."""
    read, gone = (
        [each.offsets for each in pieces if each.offsets[1] > each.offsets[0]] for pieces in (kept, lost)
    )
    if side == "post":
        start, end = max((end for _, end in read), default=0), len(text)
        is_cut = any(place > start for _, place in gone)
    else:
        start, end = 0, min((start for start, _ in read), default=len(text))
        is_cut = any(place < end for place, _ in gone)
    return ((start, end),) if is_cut else ()
