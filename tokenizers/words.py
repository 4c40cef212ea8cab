"""`Words`: a text cut into words by a pattern, and a plain vocabulary that gives each its id."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import cast

from textattr.errors import OptionError, TokenizerError
from textattr.tokenizers.checks import require_count, require_text
from textattr.tokenizers.describe import describe
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import Piece, Side, check_settings, fit_as
from textattr.tokenizers.splitting import RULES, Rule, split_by_pattern
from textattr.tokenizers.vocabulary import as_mapping, refuse_shared_ids

START_TOKEN = "<START>"
_NOT_SAID = (
    "the text was cut into words and marks, for Words was not told splitting=, the rule that its vocabulary was made "
    f"with: {', '.join(map(repr, RULES))} or a pattern. With another rule the model reads other ids than in training"
)


@dataclass(frozen=True, repr=False)
class Words:
    """A tokenizer made of a vocabulary and of the rule that cuts a text into its words.

    White space belongs to no token. A token's text is what stands in the text, also where it is looked up in
    lower case or is unknown, and its offsets index the text as it was given.

    Args:
        vocabulary: {word: id}, or a list of words whose ids are their positions. It is copied: later changes to
            what was passed do not reach the tokenizer.
        unknown: the final id of words that the vocabulary does not hold; None leaves such words out, as Keras'
            old `Tokenizer` did without an `oov_token`.
        splitting: the rule by which the vocabulary's texts were cut. With another one, the model gets other ids than
            those that it was trained with.

            - "words": words of letters and digits of any script, apostrophes inside them ("don't"), and punctuation
              marks and emoji one by one. A run of letters is one word: for a script without spaces between words,
              pass a pattern or take [Characters][].
            - "keras_tokenizer": as Keras 2's `Tokenizer` with its default filters.
            - "text_vectorization": as Keras' `TextVectorization` with its defaults; the layer itself, as
              `tokenizer=layer`, needs no vocabulary.
            - anything else is a regular expression, of which each match is a word.

            Without it, the rule is "words", and explanations warn.
        start: the final id that every text begins with, or None.
        offset: what is added to the vocabulary's ids to get the model's (not to `unknown`, `start` and `pad`).
        lowercase: look words up in lower case. The vocabulary is then one of lower-case words.
        pattern: a regular expression, as `splitting` takes it, also where it reads like the name of a rule.
        length: the number of ids that the model reads; None takes what the model's input says, and leaves texts
            as long as they are where it says nothing.
        padding: the side on which shorter texts are filled up and longer ones cut. "post" keeps the first
            `length` tokens, "pre" the last ones, so that the start token is lost with the beginning.
        pad: the final id that fills up shorter texts, or None where the model knows no padding. It may be the
            same as `unknown`.

    Raises:
        TokenizerError: for a vocabulary that is none, a bad id, or a word that has the id of something else.
        OptionError: for a rule, length or padding that cannot be used.

    Example:
        >>> words = Words(["<PAD>", "<UNK>", "don't", "panic"], unknown=1, splitting="words")
        >>> words
        Words(4 words, unknown=1, splitting='words')
        >>> encoding = words("Don't PANIC, Arthur!")
        >>> encoding.ids.tolist(), encoding.tokens
        ([2, 3, 1, 1, 1], ("Don't", 'PANIC', ',', 'Arthur', '!'))
        >>> encoding.offsets
        ((0, 5), (6, 11), (11, 12), (13, 19), (19, 20))
    """

    vocabulary: Mapping[str, int] | Sequence[str] = field(hash=False)
    _: KW_ONLY
    unknown: int | None
    splitting: str | None = None
    start: int | None = None
    offset: int = 0
    lowercase: bool = True
    pattern: str | None = None
    length: int | None = None
    padding: Side = "post"
    pad: int | None = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "vocabulary", as_mapping(self.vocabulary))
        check_settings(self)
        self._check_rule()
        self._check_ids()
        if self.splitting is None and self.pattern is None:
            warnings.warn(f"{self._doubt}. A later version will refuse it", FutureWarning, stacklevel=3)

    @classmethod
    def keras_imdb(
        cls,
        word_index: Mapping[str, int],
        *,
        length: int | None = None,
        padding: Side = "pre",
        num_words: int | None = None,
    ) -> Words:
        """Read texts as `keras.datasets.imdb.load_data` gives them, with its defaults: start 1, unknown 2, offset 3.

        That data was made as by Keras' `Tokenizer`: split at spaces, without punctuation.

        Args:
            word_index: what `keras.datasets.imdb.get_word_index()` returns.
            length: as in [Words][].
            padding: as in [Words][]; "pre" is what Keras' `pad_sequences` does.
            num_words: what `load_data` was called with: words whose id is `num_words` or more are unknown.

        Example:
            >>> words = Words.keras_imdb({"the": 1, "and": 2, "film": 19})
            >>> words("The film!").ids.tolist()
            [1, 4, 22]
        """
        if not isinstance(word_index, Mapping):
            raise TokenizerError(
                "Words.keras_imdb takes the dict {word: id} of keras.datasets.imdb.get_word_index(), "
                f"got {type(word_index).__name__}"
            )
        num_words = require_count(num_words, "num_words=")
        if num_words is not None:
            word_index = {
                word: number for word, number in as_mapping(word_index).items() if number + 3 < num_words
            }
        return cls(
            word_index,
            unknown=2,
            splitting="keras_tokenizer",
            start=1,
            offset=3,
            length=length,
            padding=padding,
        )

    def __call__(self, text: str, *, length: int | None = None) -> Encoding:
        """Encode one text; `length` is what the model's input has, and the tokenizer's own wins.

        Raises:
            DocumentError: when `text` is no string.
            OptionError: when the text has to be filled up and there is no pad id.
        """
        pieces = [] if self.start is None else [Piece(self.start, START_TOKEN, (0, 0), special=True)]
        for key, start, end in self._rule(require_text(text), self.lowercase):
            number = self._mapping.get(key)
            number = self.unknown if number is None else number + self.offset
            if number is not None:
                pieces.append(Piece(number, text[start:end], (start, end)))
        encoding = fit_as(self, text, pieces, length)
        warning = self._doubt
        return replace(encoding, warnings=(warning,)) if warning else encoding

    def token_id(self, token: str) -> int | None:
        """The final id of a token of the vocabulary, in its own spelling; None where it is none."""
        number = self._mapping.get(token)
        return None if number is None else number + self.offset

    def known_tokens(self) -> Iterable[str]:
        """The tokens of the vocabulary."""
        return self._mapping.keys()

    def __repr__(self) -> str:
        return describe(self, "words")

    @property
    def _mapping(self) -> dict[str, int]:
        return cast("dict[str, int]", self.vocabulary)  # __post_init__ made it one

    @property
    def _rule(self) -> Rule:
        if self.pattern is not None:
            return split_by_pattern(self.pattern)
        name = "words" if self.splitting is None else self.splitting
        return RULES[name] if name in RULES else split_by_pattern(name)

    @property
    def _doubt(self) -> str | None:
        """What is to be said of the rule, where it may be another than that of the vocabulary."""
        if self.pattern is not None or self.splitting not in (None, "words", "keras_tokenizer"):
            return None
        if self._mapping.get("") == 0 and self._mapping.get("[UNK]") == 1:
            return (
                "the vocabulary begins with '' and '[UNK]', as that of a TextVectorization layer: the layer itself "
                "gives the ids that the model was trained with, tokenizer=layer; or, where it has the defaults, "
                'splitting="text_vectorization"'
            )
        return _NOT_SAID if self.splitting is None else None

    def _check_rule(self) -> None:
        if self.splitting is not None and self.pattern is not None:
            raise OptionError("splitting= and pattern= say the same: pass one of them")
        name, given = ("splitting", self.splitting) if self.pattern is None else ("pattern", self.pattern)
        if given is None or name == "splitting" and given in RULES:
            return
        try:
            re.compile(given)
        except (re.error, TypeError) as error:
            rules = "" if name == "pattern" else f"{', '.join(map(repr, RULES))} or "
            raise OptionError(
                f"{name}= is {rules}a regular expression (str) of which each match is a token, got {given!r}: {error}"
            ) from error

    def _check_ids(self) -> None:
        if not isinstance(self.offset, int) or min(self._mapping.values()) + self.offset < 0:
            raise TokenizerError(
                f"offset= is a whole number that keeps every id at 0 or above, got {self.offset!r} for a vocabulary "
                f"whose ids begin at {min(self._mapping.values())}"
            )
        special = {"pad": self.pad, "unknown": self.unknown, "start": self.start}
        if self.start is not None and self.start in (self.pad, self.unknown):
            raise TokenizerError(f"start= needs an id of its own, got {special}")
        refuse_shared_ids(self._mapping, special, offset=self.offset, can_be_found=self._can_be_found)

    def _can_be_found(self, word: str) -> bool:
        return [found.key for found in self._rule(word, self.lowercase)] == [word]
