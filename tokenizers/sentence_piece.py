"""`FromSentencePiece`: a `SentencePieceProcessor`, with the way back to the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, NamedTuple

from textattr.tokenizers.checks import as_bytes, require_count, require_text
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import Piece, Side, check_settings, fit, of_pieces, pieces_of
from textattr.tokenizers.own_path import agree
from textattr.tokenizers.placed import with_neighbours, without_space, words_between_spaces


class Part(NamedTuple):
    """A piece as the processor cut it.

    Args:
        name: the piece, as the model lists it.
        id: its id.
        offsets: where it stands in the text.
        word: the number of the word that it lies in.
    """

    name: str
    id: int
    offsets: tuple[int, int]
    word: int | None


@dataclass(frozen=True, eq=False, repr=False)
class FromSentencePiece:
    """A `sentencepiece.SentencePieceProcessor`; its ids are its own, without sampling.

    Places come from what the processor says that each piece stands for, before it normalised the text. The mark of a
    space before a word, and all bytes of a character but the last, stand where the piece behind them does.

    Args:
        processor: the processor, with a model.
        length: the number of ids that the model reads; None takes what the model's input says.
        padding: the side on which shorter texts are filled up and longer ones cut, around the special tokens.
        pad: the id that fills up; None takes that of the processor.

    Raises:
        OptionError: for a length or side that cannot be used.
    """

    processor: Any
    _: KW_ONLY
    length: int | None = None
    padding: Side = "post"
    pad: int | None = None

    def __post_init__(self) -> None:
        check_settings(self)

    def __call__(self, text: str, *, length: int | None = None) -> Encoding:
        """Encode one text; `length` is what the model's input has, and the one that was set wins.

        Raises:
            DocumentError: when `text` is no string, or no valid Unicode.
            OptionError: when the text has to be filled up and there is no pad id.
        """
        return self.encode_many([text], length=length)[0]

    def encode_many(self, texts: Sequence[str], *, length: int | None = None) -> list[Encoding]:
        """Encode several texts, with one call of the processor for their ids and one for their pieces."""
        for text in texts:
            as_bytes(require_text(text))
        length = require_count(length, "length=") if self.length is None else self.length
        own = self.processor.encode(list(texts), out_type=int, enable_sampling=False)
        cut = parts_of(self.processor, texts)
        return [
            self._encoding(text, parts, ids, length) for text, parts, ids in zip(texts, cut, own, strict=True)
        ]

    def __repr__(self) -> str:
        return f"FromSentencePiece({self.processor.get_piece_size()} pieces)"

    def _encoding(self, text: str, parts: Sequence[Part], own: Sequence[int], length: int | None) -> Encoding:
        processor = self.processor
        first, last = processor.bos_id(), processor.eos_id()
        pieces = [
            Piece(part.id, text[slice(*part.offsets)] or part.name, part.offsets, word=part.word)
            for part in parts
        ]
        if own and first >= 0 and own[0] == first and len(own) > len(pieces):
            pieces = [Piece(first, processor.id_to_piece(first), (0, 0), special=True), *pieces]
        if own and last >= 0 and own[-1] == last and len(own) > len(pieces):
            pieces = [*pieces, Piece(last, processor.id_to_piece(last), (0, 0), special=True)]
        pad = self.pad
        if pad is None and processor.pad_id() >= 0:
            pad = processor.pad_id()
        unknown = processor.unk_id()
        found = of_pieces(text, pieces, pad_id=pad, unknown_id=unknown if unknown >= 0 else None)
        encoding = agree(found, own, who="the SentencePieceProcessor", name=processor.id_to_piece)
        if length is None or length == len(encoding):
            return encoding
        return fit(
            encoding.text,
            pieces_of(encoding),
            length=length,
            padding=self.padding,
            pad=pad,
            unknown=encoding.unknown_id,
            keeps_special=True,
            original=encoding.original,
            warnings=encoding.warnings,
        )


def parts_of(processor: Any, texts: Sequence[str]) -> list[list[Part]]:
    """The pieces of each text, without those that stand before and behind it."""
    settings = {"add_bos": False, "add_eos": False, "reverse": False, "enable_sampling": False}
    name = "EncodeAsProto" if not hasattr(processor, "EncodeAsImmutableProto") else "EncodeAsImmutableProto"
    encode = getattr(processor, name)
    return [_parts(text, encode(text, emit_unk_piece=False, **settings).pieces) for text in texts]


def _parts(text: str, pieces: Sequence[Any]) -> list[Part]:
    data = text.encode()
    if all(data[piece.begin : piece.end] == piece.surface.encode() for piece in pieces):  # places count bytes
        characters = [0] * (len(data) + 1)
        position = 0
        for number, character in enumerate(text):
            characters[position] = number
            position += len(character.encode())
        characters[position] = len(text)
        offsets = [(characters[piece.begin], characters[piece.end]) for piece in pieces]
    elif all(
        text[piece.begin : piece.end] == piece.surface for piece in pieces
    ):  # as those of older versions do not
        offsets = [(piece.begin, piece.end) for piece in pieces]
    else:
        return []
    none_special = [False] * len(offsets)
    places = without_space(with_neighbours(offsets, none_special), text)
    words = words_between_spaces(places, none_special, text)
    return [
        Part(piece.piece, piece.id, place, word)
        for piece, place, word in zip(pieces, places, words, strict=True)
    ]
