"""`FromKerasHubPreprocessor`: a preprocessor of keras-hub: all that its model takes, and the way back to the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.errors import DocumentError, TokenizerError
from textattr.tokenizers.checks import as_bytes, require_text
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import PAD_TOKEN, Piece, of_pieces
from textattr.tokenizers.keras_hub import FromKerasHub
from textattr.tokenizers.own_path import agree

Array = npt.NDArray[Any]
_Placed = tuple[Piece, str | None]  # a token, and the name of the text that it stands in


@dataclass(frozen=True, eq=False, repr=False)
class FromKerasHubPreprocessor:
    """A preprocessor of keras-hub, as that of a `BertTextClassifier`, as the tokenizer of the classifier's texts.

    The `inputs` of an encoding are what the preprocessor itself makes of the text: `token_ids`, `padding_mask` and,
    where the model takes them, `segment_ids`, as long as its `sequence_length`. Its start, end and separating tokens
    are special, and a text that it cuts is marked.

    Args:
        preprocessor: the preprocessor, with its tokenizer.
        reads_all: read a text that is longer than `sequence_length` as well, and fill up none.

    Raises:
        TokenizerError: when it has no tokenizer, or makes no `token_ids`.
    """

    preprocessor: Any
    reads_all: bool = False

    def __post_init__(self) -> None:
        if getattr(self.preprocessor, "tokenizer", None) is None:
            raise TokenizerError(
                f"expected a preprocessor of keras-hub with a tokenizer, but this {self._who} has none"
            )

    def __call__(self, text: str, *, length: int | None = None) -> Encoding:
        """Encode one text, as long as the preprocessor makes it; `length` is not needed.

        Raises:
            DocumentError: when `text` is no string, or no valid Unicode.
            TokenizerError: when the preprocessor cannot read it.
        """
        return self.encode_many([text], length=length)[0]

    def encode_many(self, texts: Sequence[str], *, length: int | None = None) -> list[Encoding]:  # noqa: ARG002
        """Encode several texts, with one call of the preprocessor."""
        return self._encode([{None: text} for text in texts])

    def pack(self, texts: Mapping[str, str], *, length: int | None = None) -> Encoding:
        """Encode several texts that the model reads in one row, as a question and a passage, in this order.

        Args:
            texts: the texts by the names that an explanation has for them.
            length: is not needed.

        Raises:
            DocumentError: when there is none, or one is no string.
        """
        if not texts:
            raise DocumentError("expected at least one text, got none")
        if len(texts) == 1:
            [(name, text)] = texts.items()
            encoding = self(text, length=length)
            return replace(encoding, texts={name: text}, text_of=_names(encoding, name))
        return self._encode([dict(texts)])[0]

    def uncut(self) -> FromKerasHubPreprocessor:
        """The same, which reads all of a text; several in one row are cut all the same."""
        return replace(self, reads_all=True)

    def __repr__(self) -> str:
        return f"FromKerasHubPreprocessor({self._who}, {self.preprocessor.sequence_length} positions)"

    @cached_property
    def tokenizer(self) -> FromKerasHub:
        """Its tokenizer."""
        return FromKerasHub(self.preprocessor.tokenizer)

    @property
    def _who(self) -> str:
        return type(self.preprocessor).__name__

    def _encode(self, rows: Sequence[Mapping[Any, str]]) -> list[Encoding]:
        """Rows of as many texts each."""
        if not rows:
            return []
        columns = [[as_text(row[name]) for row in rows] for name in rows[0]]
        made = self._own(columns)
        pieces = [self.tokenizer.pieces(column) for column in columns]
        found = []
        for i, row in enumerate(rows):
            inputs = {name: value[i] for name, value in made.items()}
            found.append(self._encoding(row, [column[i] for column in pieces], inputs))
        return found

    def _own(self, columns: Sequence[Sequence[str]]) -> dict[str, Array]:
        """What the preprocessor makes of texts, by the name of the model's input; the first axis is that of texts."""
        given: Any = [list(column) for column in columns]
        try:
            made = self.preprocessor(x=tuple(given) if len(given) > 1 else given[0])
        except Exception as error:  # it raises whatever its library does
            raise TokenizerError(f"{self._who} of keras-hub could not read a text: {error}") from error
        made = made[0] if isinstance(made, tuple) else made
        if not isinstance(made, Mapping) or "token_ids" not in made:
            raise TokenizerError(
                f"expected of {self._who} a dict with token_ids, got {type(made).__name__}: pass the preprocessor of a "
                "text classifier"
            )
        return {name: np.asarray(value) for name, value in made.items()}

    def _encoding(
        self, row: Mapping[str | None, str], pieces: Sequence[Sequence[Piece]], inputs: Mapping[str, Array]
    ) -> Encoding:
        own = np.asarray(inputs["token_ids"], np.int64).reshape(-1).tolist()
        named = [[(piece, name) for piece in found] for name, found in zip(row, pieces, strict=True)]
        packed, untruncated = self._packed(named, len(own))
        is_cut = untruncated > len(own)
        several = None not in row
        fields: dict[str, Any] = {
            **self.tokenizer.fields,
            "inputs": inputs,
            "untruncated_length": untruncated if is_cut else None,
        }
        if several:
            fields |= {"texts": dict(row), "text_of": [name for _, name in packed]}
        if is_cut:
            counts = Counter(name for piece, name in packed if not piece.special)
            fields["unread"] = {
                name: ((_end(packed, name), len(text)),)
                for (name, text), found in zip(row.items(), pieces, strict=True)
                if counts[name] < sum(not piece.special for piece in found)
            }
        text = " ".join(str(each) for each in row.values())
        encoding = of_pieces(text, [piece for piece, _ in packed], **fields)
        encoding = agree(encoding, own, who=self._who, name=self.tokenizer.name)
        if self.reads_all and not several and encoding.original is None:
            whole, _ = self._packed(named, untruncated)
            return self._whole(text, [piece for piece, _ in whole], inputs)
        return encoding

    def _whole(self, text: str, pieces: Sequence[Piece], inputs: Mapping[str, Array]) -> Encoding:
        """All tokens of one text, with inputs as the preprocessor makes them; `inputs` are those of the cut text."""
        ids = np.array([piece.id for piece in pieces])
        made = {
            name: ids if name == "token_ids" else np.full(len(ids), "mask" in name)
            for name in inputs  # no token is padding, and all are of the first segment
        }
        cast = {name: value.astype(inputs[name].dtype) for name, value in made.items()}
        return of_pieces(text, pieces, **self.tokenizer.fields, inputs=cast)

    def _packed(self, texts: Sequence[list[_Placed]], length: int) -> tuple[list[_Placed], int]:
        """The tokens of the texts in one row, cut and filled up as the packer does, and how many there were uncut."""
        packer = getattr(self.preprocessor, "packer", None)
        start, end = (self._ids(getattr(packer, name, None)) for name in ("start_value", "end_value"))
        between = self._ids(getattr(packer, "sep_value", None)) or end
        added = len(start) + len(end) + len(between) * (len(texts) - 1)
        untruncated = added + sum(map(len, texts))
        room = max(0, length - added)
        truncate = getattr(packer, "truncate", None) or getattr(self.preprocessor, "truncate", None)
        kept = _kept([len(text) for text in texts], room, truncate or "round_robin")
        row = self._special(start)
        for i, (text, count) in enumerate(zip(texts, kept, strict=True)):
            row += text[:count] + self._special(between if i < len(texts) - 1 else end)
        pad = getattr(packer, "pad_value", None)
        number = self.tokenizer.pad_id if pad is None else int(pad)
        fill: list[_Placed] = [(Piece(number, PAD_TOKEN, (0, 0), special=True), None)] * max(
            0, length - len(row)
        )
        is_left = getattr(packer, "padding_side", "right") == "left"
        return (fill + row if is_left else row + fill), untruncated

    def _special(self, numbers: Sequence[int]) -> list[_Placed]:
        return [
            (Piece(number, self.tokenizer.name(number), (0, 0), special=True), None) for number in numbers
        ]

    @staticmethod
    def _ids(value: Any) -> list[int]:
        if value is None:
            return []
        return [int(each) for each in (value if isinstance(value, list | tuple) else [value])]


def as_text(text: object) -> str:
    """A string that is valid Unicode.

    Raises:
        DocumentError: for anything else.
    """
    as_bytes(require_text(text))
    return str(text)


def _kept(counts: Sequence[int], room: int, truncate: str) -> list[int]:
    """How many tokens of each text are kept, where there is room for so many.

    Example:
        >>> _kept([5, 1, 4], 7, "round_robin"), _kept([5, 1, 4], 7, "waterfall")
        ([3, 1, 3], [5, 1, 1])
    """
    kept = [0] * len(counts)
    if truncate == "waterfall":
        for i, count in enumerate(counts):
            kept[i] = min(count, room - sum(kept))
        return kept
    while sum(kept) < room and kept != list(counts):
        for i, count in enumerate(counts):
            if kept[i] < count and sum(kept) < room:
                kept[i] += 1
    return kept


def _end(packed: Sequence[_Placed], name: str | None) -> int:
    """Where the last token of a text ends that was read."""
    return max((piece.offsets[1] for piece, of in packed if of == name and not piece.special), default=0)


def _names(encoding: Encoding, name: str) -> list[str | None]:
    return [None if special else name for special in encoding.special or ()]
