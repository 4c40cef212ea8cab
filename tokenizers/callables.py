"""`FromCallable`: a function of the user's that cuts a text into tokens, with a vocabulary where it gives no ids."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any

from textattr.checks import shown
from textattr.errors import TokenizerError
from textattr.tokenizers.checks import as_bytes, require_text
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import Piece, Side, check_settings, fit_as
from textattr.tokenizers.placing import place
from textattr.tokenizers.vocabulary import as_mapping
from textattr.tokenizers.words import START_TOKEN

Offsets = tuple[int, int]


@dataclass(frozen=True, eq=False)
class FromCallable:
    """A callable as a tokenizer.

    It gives an `Encoding`, `[(token, start, end)]`, objects with `text` and `idx` as spaCy's tokens are, or `[token]`.
    Tokens without a place are looked for in the text, in any case; where the callable leaves out more than white space
    and punctuation, it is asked for the tokens of parts of the text. Where tokens are not found, as stems, the text of
    the encoding is all tokens, joined.

    Args:
        function: called with a text, and with `length=` where it takes that.
        vocabulary: {token: id}, or a list of tokens whose ids are their positions; None where the function gives an
            `Encoding`, or the model reads texts.
        unknown: the id of tokens that the vocabulary does not hold; None leaves them out.
        start: as in [Words][], and so are the others.

    Raises:
        TokenizerError: for what takes no text, or a vocabulary that is none.
        OptionError: for a length or padding that cannot be used.

    Example:
        >>> tokenizer = FromCallable(lambda text: text.lower().split(), {"so": 2, "good": 3}, unknown=1)
        >>> tokenizer("So GOOD!").offsets
        ((0, 2), (3, 8))
    """

    function: Callable[..., Any]
    vocabulary: Mapping[str, int] | Sequence[str] | None = None
    _: KW_ONLY
    unknown: int | None = None
    start: int | None = None
    offset: int = 0
    length: int | None = None
    padding: Side = "post"
    pad: int | None = 0
    _takes_length: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.vocabulary is not None:
            object.__setattr__(self, "vocabulary", as_mapping(self.vocabulary))
        check_settings(self)
        object.__setattr__(self, "_takes_length", _takes_length(self.function))

    def __call__(self, text: str, *, length: int | None = None) -> Encoding:
        """Encode one text; `length` is what the model's input has, and the one that was set wins.

        Raises:
            DocumentError: when `text` is no string.
            TokenizerError: when the callable gives something else, or tokens for which there is no vocabulary.
        """
        given = self._asked(text, length)
        if isinstance(given, Encoding):
            return given
        tokens = _tokens(given)
        if self.vocabulary is None:
            raise TokenizerError(
                f"expected an Encoding from the tokenizer, got {shown(given)}: a model that reads ids also needs the "
                "ids of the tokens, textattr.tokenizers.wrap(function, vocabulary={token: id}, unknown=<id>)"
            )
        return self._encoding(text, tokens, self._id, length)

    def without_ids(self, text: str) -> Encoding:
        """The tokens of a text for a model that reads no ids: each different token has a number."""
        given = self._asked(text, None)
        if isinstance(given, Encoding):
            return given
        numbers: dict[str, int] = {}
        return self._encoding(
            text, _tokens(given), lambda token: numbers.setdefault(token, len(numbers)), None
        )

    def _asked(self, text: str, length: int | None) -> Any:
        text = require_text(text)
        return self.function(text, length=length) if self._takes_length else self.function(text)

    def _id(self, token: str) -> int | None:
        assert isinstance(self.vocabulary, Mapping)
        number = self.vocabulary.get(token)
        return self.unknown if number is None else number + self.offset

    def _encoding(
        self,
        text: str,
        tokens: Sequence[tuple[str, Offsets | None]],
        number: Callable[[str], int | None],
        length: int | None,
    ) -> Encoding:
        names = [token for token, _ in tokens]
        document = text
        if all(place is not None for _, place in tokens):
            places = [_within(text, *token) for token in tokens]
        else:
            as_bytes(text)
            document, places = place(text, [name.encode() for name in names], self._read, may_share=True)
        pieces = [] if self.start is None else [Piece(self.start, START_TOKEN, (0, 0), special=True)]
        for name, (start, end) in zip(names, places, strict=True):
            own = number(name)
            if own is not None:
                pieces.append(Piece(own, document[start:end] or name, (start, end)))
        encoding = fit_as(self, document, pieces, length)
        if document == text:
            return encoding
        warning = (
            "the tokens do not stand in the text as the tokenizer writes them: they are shown in its place. One "
            "that returns [(token, start, end)] says where they stand"
        )
        return replace(encoding, original=text, warnings=(warning,))

    def _read(self, texts: Sequence[str]) -> list[list[bytes]]:
        """The tokens of other texts."""
        return [[name.encode() for name, _ in _tokens(self._asked(text, None))] for text in texts]


def _takes_length(function: Any) -> bool:
    """Whether a callable takes `length=` beside the text, by that name: what `**options` go on to may not know it.

    Raises:
        TokenizerError: when it takes no text.
    """
    try:
        signature = inspect.signature(function)
    except ValueError:  # written in C, and tells nothing
        return False
    if "length" in signature.parameters and _binds(signature, "", length=None):
        return True
    if _binds(signature, ""):
        return False
    raise TokenizerError(
        f"tokenizer= takes a text and returns an Encoding, got {shown(function)} with the arguments {signature}: one "
        "text is all it is called with"
    )


def _binds(signature: inspect.Signature, *given: object, **options: object) -> bool:
    try:
        signature.bind(*given, **options)
    except TypeError:
        return False
    return True


def _tokens(given: Any) -> list[tuple[str, Offsets | None]]:
    """What a callable gave, as tokens, with their places where it told them.

    Raises:
        TokenizerError: for anything else.
    """
    if isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping):
        tokens = [_token(each) for each in given]
        found = [token for token in tokens if token is not None]
        if len(found) == len(tokens) and len({place is None for _, place in found}) < 2:
            return found
    raise TokenizerError(
        f"expected an Encoding from the tokenizer, or a list of (token, start, end) or of tokens (str), got "
        f"{type(given).__name__}: {shown(given)}"
    )


def _token(each: Any) -> tuple[str, Offsets | None] | None:
    if isinstance(each, str):
        return each, None
    if isinstance(getattr(each, "text", None), str) and isinstance(getattr(each, "idx", None), int):
        return each.text, (each.idx, each.idx + len(each.text))  # as spaCy's are
    try:
        token, start, end = each
        places = operator.index(start), operator.index(end)
    except (TypeError, ValueError):
        return None
    return (token, places) if isinstance(token, str) and not {type(start), type(end)} & {bool} else None


def _within(text: str, token: str, at: Offsets | None) -> Offsets:
    """A place, where it lies in the text; `Encoding` checks the order.

    Raises:
        TokenizerError: when it does not.
    """
    assert at is not None
    if not 0 <= at[0] <= at[1] <= len(text):
        raise TokenizerError(
            f"expected of the tokenizer (token, start, end) with 0 <= start <= end <= {len(text)}, the length of the "
            f"text in characters; got ({token!r}, {at[0]}, {at[1]})"
        )
    return at
