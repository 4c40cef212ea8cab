"""`FromKerasHub`: a tokenizer of keras-hub, with the way back to the text that it does not tell."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from textattr.errors import TokenizerError
from textattr.tokenizers.aligned import aligned
from textattr.tokenizers.checks import as_bytes, require_count, require_text
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import Piece, Side, check_settings, fit, pieces_of
from textattr.tokenizers.hugging_face import FromHuggingFace
from textattr.tokenizers.keras_hub_words import WordPieces, folded, words_of
from textattr.tokenizers.own_path import agree
from textattr.tokenizers.sentence_piece import parts_of


@dataclass(frozen=True, eq=False, repr=False)
class FromKerasHub:
    """A WordPiece, byte pair, SentencePiece, byte or Unicode tokenizer of keras-hub.

    The ids are those that the tokenizer itself gives. Where each token stands is worked out from its settings and its
    vocabulary, and checked: where that leads to other ids, or a tokenizer is of none of these kinds, tokens are shown
    in place of the text, and the explanation warns.

    Args:
        tokenizer: the tokenizer, with a vocabulary.
        length: the number of ids that the model reads; None takes what the model's input says. A tokenizer that has a
            `sequence_length` keeps to that.
        padding: the side on which shorter texts are filled up and longer ones cut.
        pad: the id that fills up; None takes that of the tokenizer, 0 where it has none.

    Raises:
        TokenizerError: for a tokenizer whose output is strings, or that has no vocabulary.
        OptionError: for a length or side that cannot be used.
    """

    tokenizer: Any
    _: KW_ONLY
    length: int | None = None
    padding: Side = "post"
    pad: int | None = None

    def __post_init__(self) -> None:
        check_settings(self)
        dtype = str(getattr(self.tokenizer, "compute_dtype", "int32"))
        if "str" in dtype:
            raise TokenizerError(
                f"expected a tokenizer of keras-hub that gives ids, but {self._who} gives {dtype}: make it with "
                'dtype="int32"'
            )

    def __call__(self, text: str, *, length: int | None = None) -> Encoding:
        """Encode one text; `length` is what the model's input has, and the one that was set wins.

        Raises:
            DocumentError: when `text` is no string, or no valid Unicode.
            TokenizerError: when the tokenizer cannot read a text.
        """
        return self.encode_many([text], length=length)[0]

    def encode_many(self, texts: Sequence[str], *, length: int | None = None) -> list[Encoding]:
        """Encode several texts, with one call of the tokenizer."""
        own_length = getattr(self.tokenizer, "sequence_length", None)
        length = require_count(length, "length=") if self.length is None else self.length
        length = own_length or length
        found = []
        for text, pieces, own in zip(texts, self.pieces(texts), self.own(texts), strict=True):
            encoding = self._fitted(text, pieces, own_length, side="post")
            encoding = agree(encoding, own, who=self._who, name=self.name)
            if length is not None and length != len(encoding):
                encoding = self._fitted(encoding.text, pieces_of(encoding), length, encoding)
            found.append(encoding)
        return found

    def __repr__(self) -> str:
        return f"FromKerasHub({self._who}, {self.tokenizer.vocabulary_size()} tokens)"

    def own(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids that the tokenizer itself gives.

        Raises:
            TokenizerError: when it cannot.
        """
        if not texts:
            return []
        try:
            if getattr(self.tokenizer, "split", True):
                rows = self.tokenizer.tokenize(list(texts))
            else:  # it takes several strings for the words of one text
                rows = [self.tokenizer.tokenize(text) for text in texts]
        except Exception as error:  # it raises whatever its library does
            raise TokenizerError(f"{self._who} of keras-hub could not read a text: {error}") from error
        rows = rows.to_list() if hasattr(rows, "to_list") else rows
        return [np.asarray(row, np.int64).reshape(-1).tolist() for row in rows]

    def pieces(self, texts: Sequence[str]) -> list[list[Piece]]:
        """The tokens of each text, with what they stand for, as far as that can be worked out."""
        for text in texts:
            as_bytes(require_text(text))
        if self._kind is None:
            return [[] for _ in texts]
        return self._kind(list(texts))

    def name(self, number: int) -> str:
        """The token of an id."""
        try:
            return str(self.tokenizer.id_to_token(int(number)))
        except Exception:  # noqa: BLE001  (bytes have no names, and an id may have none)
            return f"[{number}]"

    @cached_property
    def pad_id(self) -> int:
        """The id that fills up."""
        if self.pad is not None:
            return self.pad
        number = getattr(self.tokenizer, "pad_token_id", None)
        return 0 if number is None else int(number)

    @cached_property
    def unknown_id(self) -> int | None:
        """The id of unknown tokens, or None where there is none."""
        number = getattr(self.tokenizer, "unk_token_id", None)
        if number is None:
            name = getattr(self.tokenizer, "oov_token", None) or getattr(self.tokenizer, "unk_token", None)
            number = (
                words_of(self.tokenizer).get(name) if name else getattr(self.tokenizer, "_unk_token_id", None)
            )
        return None if number is None else int(number)

    @cached_property
    def mask_id(self) -> int | None:
        """The id of the mask token, or None where there is none."""
        number = getattr(self.tokenizer, "mask_token_id", None)
        return None if number is None else int(number)

    @property
    def fields(self) -> dict[str, int | None]:
        """The special ids, as fields of an `Encoding`."""
        return {"pad_id": self.pad_id, "unknown_id": self.unknown_id, "mask_id": self.mask_id}

    def _fitted(
        self,
        text: str,
        pieces: Sequence[Piece],
        length: int | None,
        before: Encoding | None = None,
        side: Side | None = None,
    ) -> Encoding:
        """Cut or filled up; a tokenizer does both behind the text (`side`)."""
        more: dict[str, Any] = (
            {} if before is None else {"original": before.original, "warnings": before.warnings}
        )
        return fit(
            text,
            pieces,
            length=length,
            padding=side or self.padding,
            pad=self.pad_id,
            unknown=self.unknown_id,
            mask_id=self.mask_id,
            **more,
        )

    @property
    def _who(self) -> str:
        return type(self.tokenizer).__name__

    @cached_property
    def _kind(self) -> Callable[[list[str]], list[list[Piece]]] | None:
        """How tokens of this kind of tokenizer are placed; None where that is not known.

        Raises:
            TokenizerError: when the tokenizer has no vocabulary.
        """
        names = {cls.__name__ for cls in type(self.tokenizer).__mro__}
        kinds: dict[str, tuple[str | None, Callable[[list[str]], list[list[Piece]]]]] = {
            "WordPieceTokenizer": ("vocabulary", WordPieces(self.tokenizer).of),
            "BytePairTokenizer": ("vocabulary", self._byte_pairs),
            "SentencePieceTokenizer": ("proto", self._sentence_pieces),
            "ByteTokenizer": (None, partial(self._characters, of_bytes=True)),
            "UnicodeCodepointTokenizer": (None, partial(self._characters, of_bytes=False)),
        }
        for name, (vocabulary, place) in kinds.items():
            if name in names:
                if vocabulary and getattr(self.tokenizer, vocabulary, None) is None:
                    raise TokenizerError(
                        f"expected a tokenizer of keras-hub with a vocabulary, but this {self._who} has none: make it "
                        "with the one that the model was trained with"
                    )
                return place
        return None

    def _byte_pairs(self, texts: list[str]) -> list[list[Piece]]:
        inner = getattr(self.tokenizer, "_tokenizer", None)
        if inner is None:
            return [[] for _ in texts]
        found = FromHuggingFace(inner).encode_many(texts)
        # Where the tokens cannot be placed there are none here, and its own ids are shown as they are.
        return [pieces_of(encoding) if encoding.original is None else [] for encoding in found]

    def _sentence_pieces(self, texts: list[str]) -> list[list[Piece]]:
        processor = getattr(self.tokenizer, "_sentence_piece_spm", None)
        if processor is None:
            return [[] for _ in texts]
        number = self.tokenizer.token_to_id
        first, last = [], []
        if self.tokenizer.add_bos:
            first = [_special(processor.bos_id(), processor)]
        if self.tokenizer.add_eos:
            last = [_special(processor.eos_id(), processor)]
        return [
            [
                *first,
                *(
                    Piece(
                        int(number(part.name)),
                        text[slice(*part.offsets)] or part.name,
                        part.offsets,
                        word=part.word,
                    )
                    for part in parts
                ),
                *last,
            ]
            for text, parts in zip(texts, parts_of(processor, texts), strict=True)
        ]

    def _characters(self, texts: list[str], *, of_bytes: bool) -> list[list[Piece]]:
        """The bytes, or the characters, of a text after its case and form were changed."""
        form = self.tokenizer.normalization_form
        most = None if of_bytes else self.tokenizer.vocabulary_size()
        found: list[list[Piece]] = []
        for text in texts:
            try:
                read = folded(aligned(text)) if self.tokenizer.lowercase else aligned(text)
                read = read.map(partial(unicodedata.normalize, form)) if form else read
            except ValueError:
                found.append([])
                continue
            pieces = []
            for i, character in enumerate(read.text):
                at = read.offsets(i, i + 1)
                numbers = character.encode() if of_bytes else [ord(character)]
                pieces += [Piece(min(n, most - 1) if most else n, text[slice(*at)], at) for n in numbers]
            found.append(pieces)
        return found


def _special(number: int, processor: Any) -> Piece:
    return Piece(number, str(processor.IdToPiece(number)), (0, 0), special=True)
