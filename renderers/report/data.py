"""What the script of a report needs beside the page: weights as small whole numbers, no text that the page has."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from textattr.renderers.numbers import Digits
from textattr.renderers.report.chips import marks_of
from textattr.renderers.report.words import WordTable
from textattr.renderers.segments import Piece
from textattr.renderers.view_model import Parts, TargetParts

# What a "<" inside a string could begin, a script's end or a comment, it cannot begin as an escape.
_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def as_json(value: Any) -> Markup:
    r"""JSON that can stand in an element of HTML, whatever strings are in it.

    Example:
        >>> print(as_json({"a": "</script>"}))
        {"a":"\u003c/script\u003e"}
    """
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return Markup(text.translate(_ESCAPES))


class Names:
    """Strings by number, each once."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        """The number of a name; a new one is added."""
        if name not in self._numbers:
            self._numbers[name] = len(self.all)
            self.all.append(name)
        return self._numbers[name]


def document_data(views: dict[str, Parts], places: int, methods: Names, labels: Names) -> list[Any]:
    """For each method what it found: [method, lengths, flags, targets].

    * lengths: of each text those of its tokens in UTF-16 units. One character lies between two tokens unless a negative
      number says how many do, or 0 that none does. Of features their names.
    * flags: of each text [position, classes], where a piece has any.
    * targets: [label, primary, score, baseline, beside, words, weights of each text, probability, what it is of], the
      weights in units of the last place.
    """
    return [
        [
            methods.number(method),
            [
                _lengths(text.pieces) or [row.text for row in text.strongest]
                for text in parts.targets[0].texts
            ],
            [_flags(text.pieces) for text in parts.targets[0].texts],
            [_target(target, parts, places, labels) for target in parts.targets],
        ]
        for method, parts in views.items()
        if parts.targets
    ]


def _target(target: TargetParts, parts: Parts, places: int, labels: Names) -> list[Any]:
    found, words = target.balance, target.words
    return [
        labels.number(target.label),
        int(target is parts.primary),
        _number(found.score),
        None if found.baseline is None else _number(found.baseline),
        [[name, _number(value)] for name, value in found.beside],
        [words.positive, words.negative, words.name, words.unit],
        [_weights(text.pieces, places) or _of_rows(target, i, places) for i, text in enumerate(target.texts)],
        None if target.probability is None else _number(target.probability),
        " ".join(
            [f"at {target.token}"] * bool(target.token) + [f"against {target.against}"] * bool(target.against)
        ),
    ]


def _lengths(pieces: Sequence[Piece]) -> list[int]:
    found: list[int] = []
    between = 0
    for i, piece in enumerate(pieces):
        length = len(piece.text.encode("utf-16-le", "surrogatepass")) // 2
        if piece.weight is None:
            is_one = length == 1 and i + 1 < len(pieces) and pieces[i + 1].weight is not None and found
            if not (is_one and not between):
                found.append(-length)
            between += 1
            continue
        if found and not between:
            found.append(0)
        found.append(length)
        between = 0
    return found


def _weights(pieces: Sequence[Piece], places: int) -> list[int | None]:
    return [_whole(p.weight, places) for p in pieces if p.weight is not None]


def _of_rows(target: TargetParts, text: int, places: int) -> list[int | None]:
    """The weights of features, in the order of the table; their names stand in place of lengths."""
    weight = {span.text: span.weight for span in target.spans}
    return [_whole(weight.get(row.text, 0.0), places) for row in target.texts[text].strongest]


def _whole(weight: float, places: int) -> int | None:
    return round(float(weight) * 10**places) if math.isfinite(weight) else None


def _flags(pieces: Sequence[Piece]) -> list[list[Any]]:
    """The positions of the pieces that are more than their weight, with the classes that say what."""
    return [[i, " ".join(marks)] for i, piece in enumerate(pieces) if (marks := marks_of(piece))]


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def words_data(table: WordTable, digits: Digits) -> list[list[Any]]:
    """[word, documents, mistakes, means...] of each row."""
    return [
        [
            row.word,
            row.documents,
            row.mistakes,
            *(None if mean is None else round(mean, digits.places + 2) for mean in row.means),
        ]
        for row in table.rows
    ]
