"""`FromTensorFlowText`: a tokenizer of tensorflow_text that tells offsets, which count bytes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from textattr._optional import require
from textattr.checks import shown
from textattr.errors import TokenizerError
from textattr.tokenizers.aligned import Aligned, aligned
from textattr.tokenizers.checks import as_bytes, require_count, require_text
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import Piece, Side, check_settings, fit
from textattr.tokenizers.placed import with_neighbours, without_space
from textattr.tokenizers.vocabulary import as_mapping


@dataclass(frozen=True, eq=False)
class FromTensorFlowText:
    """A tokenizer with `tokenize_with_offsets`, from one text to tokens, their starts and their ends in bytes.

    Tokens that are numbers are ids; strings are looked up in `vocabulary`.

    Args:
        tokenizer: the tokenizer.
        vocabulary: {token: id}, or a list of tokens whose ids are their positions, for tokens that are strings.
        unknown: the id of tokens that it does not hold; None leaves them out.
        length: as in [Words][], and so are the others.

    Raises:
        TokenizerError: for a vocabulary that is none.
        OptionError: for a length or side that cannot be used.
    """

    tokenizer: Any
    vocabulary: Mapping[str, int] | Sequence[str] | None = None
    _: KW_ONLY
    unknown: int | None = None
    length: int | None = None
    padding: Side = "post"
    pad: int | None = 0

    def __post_init__(self) -> None:
        if self.vocabulary is not None:
            object.__setattr__(self, "vocabulary", as_mapping(self.vocabulary))
        check_settings(self)

    def __call__(self, text: str, *, length: int | None = None) -> Encoding:
        """Encode one text; `length` is what the model's input has, and the one that was set wins.

        Raises:
            DocumentError: when `text` is no string, or no valid Unicode.
            TokenizerError: when the tokenizer tells something else than tokens with their places.
        """
        return self.encode_many([text], length=length)[0]

    def encode_many(self, texts: Sequence[str], *, length: int | None = None) -> list[Encoding]:
        """Encode several texts, with one call of the tokenizer."""
        for text in texts:
            as_bytes(require_text(text))
        if not texts:
            return []
        length = require_count(length, "length=") if self.length is None else self.length
        given = [_rows(each) for each in self.tokenizer.tokenize_with_offsets(list(texts))[:3]]
        if len(given) < 3:
            raise TokenizerError("expected of tokenize_with_offsets tokens, starts and ends")
        return [
            self._encoding(text, list(_flat(*row)), length)
            for text, row in zip(texts, zip(*given, strict=True), strict=True)
        ]

    def _encoding(
        self, text: str, tokens: Sequence[tuple[Any, int, int, int | None]], length: int | None
    ) -> Encoding:
        try:
            read = self._read(text)
            characters = _characters(read.text)
            offsets = [_place(read, characters[start], characters[end]) for _, start, end, _ in tokens]
        except ValueError as error:
            raise TokenizerError(
                f"expected a text whose form in {type(self.tokenizer).__name__} can be followed back to its "
                f"characters, got {shown(text)}: pass a function that returns a textattr.Encoding"
            ) from error
        except KeyError as error:
            raise TokenizerError(
                f"expected of tokenize_with_offsets places in bytes between two characters, got {error.args[0]}"
            ) from error
        none_special = [False] * len(offsets)
        places = without_space(with_neighbours(offsets, none_special), text)
        pieces = []
        for (token, _, _, word), at in zip(tokens, places, strict=True):
            number = self._id(token)
            if number is not None:
                pieces.append(Piece(number, text[slice(*at)] or str(token), at, word=word))
        return fit(text, pieces, length=length, padding=self.padding, pad=self.pad, unknown=self.unknown)

    def _read(self, text: str) -> Aligned:
        """The text that offsets count: that of BERT is the text after its case and form were changed."""
        basic = getattr(self.tokenizer, "_basic_tokenizer", self.tokenizer)
        if text.isascii() or not hasattr(basic, "_normalization_form"):
            return aligned(text)
        tensorflow = require("tensorflow", extra="tensorflow")

        def changed(part: str) -> str:
            if basic._lower_case:
                return str(basic.lower_case(tensorflow.constant([part])).numpy()[0].decode())
            form = basic._normalization_form
            return part if form is None else unicodedata.normalize(form, part)

        read = aligned(text).map(changed)
        return read.map(
            lambda part: "".join(" " if unicodedata.category(c) in ("Cc", "Cf") else c for c in part)
        )

    def _id(self, token: Any) -> int | None:
        if not isinstance(token, bytes | str):
            return int(token)
        if self.vocabulary is None:
            raise TokenizerError(
                f"the tokenizer of tensorflow_text gives strings, as {token!r}: a model that reads ids needs them, "
                "textattr.tokenizers.wrap(tokenizer, vocabulary={token: id}, unknown=<id>)"
            )
        assert isinstance(self.vocabulary, Mapping)
        name = token.decode() if isinstance(token, bytes) else token
        number: int | None = self.vocabulary.get(name, self.unknown)
        return number


def _rows(given: Any) -> list[Any]:
    """A ragged or dense tensor as lists."""
    rows: list[Any] = given.to_list() if hasattr(given, "to_list") else given.numpy().tolist()
    return rows


def _flat(tokens: Any, starts: Any, ends: Any) -> Iterator[tuple[Any, int, int, int | None]]:
    """The tokens of a text, with the number of the word where they come in words."""
    for number, (token, start, end) in enumerate(zip(tokens, starts, ends, strict=True)):
        if isinstance(token, list):
            for each in zip(token, start, end, strict=True):
                yield (*each, number)
        else:
            yield token, start, end, None


def _place(read: Aligned, start: int, end: int) -> tuple[int, int]:
    return read.offsets(start, end) if start < end else (0, 0)


def _characters(text: str) -> dict[int, int]:
    """The character that begins at each byte of a text in UTF-8 at which one does, and its end."""
    found = {}
    position = 0
    for number, character in enumerate(text):
        found[position] = number
        position += len(character.encode())
    return {**found, position: len(text)}
