"""How tokenizers mark the pieces of a word (`##ing`, `▁film`, `Ġfilm`, `un@@`, `film</w>`), and the text they tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SPECIAL = re.compile(r"\[[A-Z_]+\d*\]|</?[A-Za-z_]+\d*>|<\|[^|<>]*\|>")  # [CLS], <s>, </s>, <|endoftext|>
_GOES_ON, _STOPS = re.compile(r"##(?=[^#])"), re.compile(r"(?<=[^@])@@\Z")
_END_OF_WORD = "</w>"
_META, _BYTE_SPACE = "▁", "Ġ"
_INSIDE = frozenset("'’-")  # marks that do not end a word where the tokenizer sees none
_MOST_CUT = 3  # bytes of a character that is cut off at either end


@dataclass(frozen=True)
class Marked:
    """What tokens with markers are pieces of.

    Args:
        text: the text, in which words have a blank between them.
        places: (start, end) of each token in it.
        words: the number of the word that each token is a piece of.
    """

    text: str
    places: tuple[tuple[int, int], ...]
    words: tuple[int, ...]


@dataclass(frozen=True)
class _Piece:
    """A token without its marker, and whether a blank stands before or behind it."""

    body: str
    before: bool
    behind: bool = False


def read_markers(tokens: Sequence[str]) -> Marked | None:
    """The text that tokens are pieces of, and their words; None where they have no markers.

    Special tokens such as "[CLS]" and "<s>" stand alone. Of byte pieces of one character each stands at that character.
    A punctuation mark is a word of its own.

    Example:
        >>> read_markers(["▁un", "believ", "able", "▁film", "."])
        Marked(text='unbelievable film.', places=((0, 2), (2, 8), (8, 12), (13, 17), (17, 18)), words=(0, 0, 0, 1, 2))
        >>> read_markers(["a", "film"]) is None
        True
    """
    if any(map(_GOES_ON.match, tokens)):
        pieces = [_Piece(_GOES_ON.sub("", t, count=1), before=not _GOES_ON.match(t)) for t in tokens]
    elif any(token.startswith(_META) for token in tokens):
        pieces = [_with_space(token.replace(_META, " ")) for token in tokens]
    elif any(map(_STOPS.search, tokens)):
        pieces = [_Piece(_STOPS.sub("", t), before=False, behind=not _STOPS.search(t)) for t in tokens]
    elif any(token.endswith(_END_OF_WORD) and token != _END_OF_WORD for token in tokens):
        pieces = [_Piece(t.removesuffix(_END_OF_WORD), False, t.endswith(_END_OF_WORD)) for t in tokens]
    elif any(token.startswith(_BYTE_SPACE) for token in tokens):
        return _of_bytes(tokens)
    else:
        return None
    return _joined([_alone(token, piece) for token, piece in zip(tokens, pieces, strict=True)])


def has_marker(token: str) -> bool:
    """Whether a token is written with a marker.

    Example:
        >>> has_marker("##ing"), has_marker("film")
        (True, False)
    """
    return (
        token.startswith((_META, _BYTE_SPACE))
        or _GOES_ON.match(token) is not None
        or _STOPS.search(token) is not None
        or token.endswith(_END_OF_WORD)
    )


def _alone(token: str, piece: _Piece) -> _Piece:
    return _Piece(token, before=True, behind=True) if _SPECIAL.fullmatch(token) else piece


def _with_space(text: str) -> _Piece:
    """A piece that tells the blank before it as its first character; of blanks alone, these are the piece."""
    return (
        _Piece(text[1:], before=True) if text.startswith(" ") and text.strip() else _Piece(text, before=False)
    )


def _joined(pieces: Sequence[_Piece]) -> Marked:
    parts: list[str] = []
    places, words = [], []
    end, word, behind, last = 0, -1, True, ""
    for piece in pieces:
        starts = piece.before or behind or not last.strip() or piece.body[:1].isspace()
        if end and (piece.before or behind):
            parts.append(" ")
            end += 1
        word += starts or _is_mark(last) or _is_mark(piece.body)
        parts.append(piece.body)
        places.append((end, end + len(piece.body)))
        words.append(word)
        end, behind, last = end + len(piece.body), piece.behind, piece.body
    return Marked("".join(parts), tuple(places), tuple(words))


def _is_mark(text: str) -> bool:
    """Whether it is punctuation that is a word of its own."""
    return bool(text) and not any(c.isalnum() or c in _INSIDE or not c.isprintable() for c in text)


def _of_bytes(tokens: Sequence[str]) -> Marked | None:
    """Tokens of a byte-level tokenizer, whose letters stand for bytes; None where the bytes make no text."""
    codes = _byte_of_letter()
    units: list[bytes] = []
    for token in tokens:
        known = not _SPECIAL.fullmatch(token) and all(letter in codes for letter in token)
        units.append(bytes(codes[letter] for letter in token) if known else token.encode(errors="replace"))
    joined = b"".join(units)
    text = joined.decode(errors="surrogateescape")
    starts, total = [], 0
    for character in text:
        starts.append(total)
        total += len(character.encode(errors="surrogateescape"))
    broken = [s for s, c in zip(starts, text, strict=True) if "\ud800" <= c <= "\udfff"]
    if any(_MOST_CUT <= at < total - _MOST_CUT for at in broken):
        return None
    return _placed_bytes(tokens, units, text, starts)


def _placed_bytes(tokens: Sequence[str], units: Sequence[bytes], text: str, starts: Sequence[int]) -> Marked:
    """Each token at the characters that its bytes are of."""
    number = [
        i for i, start in enumerate([*starts[1:], sum(map(len, units))]) for _ in range(starts[i], start)
    ]
    pieces: list[_Piece] = []
    shared: list[int] = []  # how many characters a piece has in common with those before it
    done, end = 0, 0
    for token, unit in zip(tokens, units, strict=True):
        first, last = (number[end], number[end + len(unit) - 1] + 1) if unit else (done, done)
        body = text[max(first, done) : last].translate(_WHOLE)
        common = max(done - first, 0)
        pieces.append(_alone(token, _Piece(body, before=False) if common else _with_space(body)))
        shared.append(common)
        done, end = max(last, done), end + len(unit)
    marked = _joined(pieces)
    places, words = list(marked.places), list(marked.words)
    for i, common in enumerate(shared):
        if common:
            places[i] = (places[i][0] - common, places[i][1])
            words[i] = words[i - 1]
    return Marked(marked.text, tuple(places), tuple(words))


_WHOLE = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


def _byte_of_letter() -> dict[str, int]:
    """The byte that each letter of a byte-level vocabulary stands for: printable ones for themselves."""
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}
