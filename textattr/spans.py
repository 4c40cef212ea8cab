"""From tokens to exact characters of the document."""

from __future__ import annotations

from collections.abc import Sequence

from textattr.document import TextPart
from textattr.explanation import Span, Token
from textattr.tokenizers.encoding import Encoding
from textattr.units.markers import read_markers


def place_tokens(
    part: TextPart, kept: Sequence[int], between: str | None = None
) -> tuple[str, tuple[Token, ...]]:
    """The text to show and where each kept token stands in it.

    With a text, these are the text and the tokenizer's offsets. Without, the tokens are joined: pieces of words as
    their markers say ("un", "##known"), words with a space between, characters without.

    Args:
        part: the text.
        kept: positions of the tokens that are no padding, in order.
        between: what to join tokens with; None: as the part says, else inferred from the tokens.
    """
    if part.encoding is None:
        return join_tokens([part.tokens[i] for i in kept], part.between if between is None else between)
    return part.encoding.text, placed_tokens(part.encoding, kept)


def placed_tokens(encoding: Encoding, kept: Sequence[int]) -> tuple[Token, ...]:
    """The tokens at some positions of an encoding; their offsets index the text that they belong to."""
    special, words = encoding.special or (), encoding.words or ()
    unknown = [number == encoding.unknown_id for number in encoding.ids.tolist()]
    return tuple(
        Token(
            encoding.tokens[i],
            *encoding.offsets[i],
            is_special=special[i],
            is_unknown=unknown[i] and not special[i],
            word=words[i],
        )
        for i in map(int, kept)
    )


def join_tokens(texts: Sequence[str], between: str | None = None) -> tuple[str, tuple[Token, ...]]:
    """Tokens as a text, and where each stands in it; see [place_tokens][] for what is between them."""
    if between is None:
        marked = read_markers(texts)
        if marked is not None:
            placed = zip(texts, marked.places, marked.words, strict=True)
            return marked.text, tuple(Token(text, *place, word=word) for text, place, word in placed)
        between = "" if are_characters(texts) else " "
    tokens = []
    start = 0
    for text in texts:
        tokens.append(Token(text, start, start + len(text)))
        start += len(text) + len(between)
    return between.join(texts), tuple(tokens)


def are_characters(texts: Sequence[str]) -> bool:
    """Whether tokens are characters rather than words: more than three in four are one character long.

    Example:
        >>> are_characters(["h", "i", " ", "<UNK>", "!"]), are_characters(["so", "a", "New York"])
        (True, False)
    """
    return sum(len(text) == 1 for text in texts) > 0.75 * len(texts)


def weighted_spans(document: str, tokens: Sequence[Token], heatmap: Sequence[float]) -> tuple[Span, ...]:
    """A span for each token that stands for characters of the document."""
    return tuple(
        Span(document[token.start : token.end], token.start, token.end, float(weight))
        for token, weight in zip(tokens, heatmap, strict=True)
        if token.end > token.start and not token.is_special
    )
