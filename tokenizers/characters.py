"""`Characters`: one id per character."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import cast

from textattr.tokenizers.checks import require_text
from textattr.tokenizers.describe import describe
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import Piece, Side, check_settings, fit_as
from textattr.tokenizers.vocabulary import as_mapping, refuse_shared_ids


@dataclass(frozen=True, repr=False)
class Characters:
    """A tokenizer for models that read characters: one token per code point, white space included.

    Args:
        vocabulary: {character: id}, or a list or string of characters whose ids are their positions; longer
            entries as "<PAD>" hold a place. It is copied.
        unknown: the id of characters that the vocabulary does not hold; None leaves them out.
        length: as in [Words][].
        padding: as in [Words][]; the side that is filled up is the side that is cut.
        pad: the id that fills up shorter texts, or None.
        lowercase: look characters up in lower case.

    Raises:
        TokenizerError: for a vocabulary that is none, a bad id, or a character that has the id of something else.
        OptionError: for a length or padding that cannot be used.

    Example:
        >>> characters = Characters(["<PAD>", "<UNK>", "a", "b"], unknown=1, length=4)
        >>> characters
        Characters(4 characters, unknown=1, length=4)
        >>> characters("abc").ids.tolist()
        [2, 3, 1, 0]
    """

    vocabulary: Mapping[str, int] | Sequence[str] = field(hash=False)
    _: KW_ONLY
    unknown: int | None
    length: int | None = None
    padding: Side = "post"
    pad: int | None = 0
    lowercase: bool = False

    def __post_init__(self) -> None:
        given = list(self.vocabulary) if isinstance(self.vocabulary, str) else self.vocabulary
        object.__setattr__(self, "vocabulary", as_mapping(given))
        check_settings(self)
        special = {"pad": self.pad, "unknown": self.unknown}
        refuse_shared_ids(self._mapping, special, offset=0, can_be_found=lambda entry: len(entry) == 1)

    def __call__(self, text: str, *, length: int | None = None) -> Encoding:
        """Encode one text; `length` is what the model's input has, and the tokenizer's own wins.

        Raises:
            DocumentError: when `text` is no string.
            OptionError: when the text has to be filled up and there is no pad id.
        """
        pieces = []
        for position, character in enumerate(require_text(text)):
            number = self._mapping.get(character.lower() if self.lowercase else character, self.unknown)
            if number is not None:
                pieces.append(Piece(number, character, (position, position + 1)))
        return fit_as(self, text, pieces, length)

    def token_id(self, token: str) -> int | None:
        """The id of a token of the vocabulary, in its own spelling; None where it is none."""
        return self._mapping.get(token)

    def known_tokens(self) -> Iterable[str]:
        """The tokens of the vocabulary."""
        return self._mapping.keys()

    def __repr__(self) -> str:
        return describe(self, "characters")

    @property
    def _mapping(self) -> dict[str, int]:
        return cast("dict[str, int]", self.vocabulary)  # __post_init__ made it one
