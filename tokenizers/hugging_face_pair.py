"""Two texts in one row, as a Hugging Face tokenizer packs them: "[CLS] question [SEP] passage [SEP]"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textattr.errors import TokenizerError
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import Piece, Side, filling, of_pieces
from textattr.tokenizers.placed import are_in_order, outside, with_neighbours, without_space


def pair_encoding(
    texts: Mapping[str, str],
    given: Any,
    *,
    own: Sequence[int] | None,
    length: int | None,
    padding: Side,
    fields: Mapping[str, Any],
) -> Encoding:
    """What a tokenizer gave for two texts, filled up to a length.

    Args:
        texts: both by name.
        given: the `tokenizers.Encoding` of the pair.
        own: the ids that an object gives which holds the tokenizer; None where there is no such object.
        length: how many positions there are to be; None: as many as there are.
        padding: the side that is filled up.
        fields: further fields of the encoding, `pad_id` among them.

    Raises:
        TokenizerError: for other ids than `own`, for tokens that stand in another order than the characters of their
            text, and for more tokens than `length`.
        OptionError: when the pair has to be filled up and there is no pad id.
    """
    ids, tokens, words = given.ids, given.tokens, given.word_ids
    all_offsets, belongs = given.offsets, given.sequence_ids
    kept = [i for i, is_read in enumerate(given.attention_mask) if is_read]
    if own is not None and [ids[i] for i in kept] != list(own):
        raise TokenizerError(
            f"the tokenizer gives other ids for a pair, {list(own)}, than the one that it holds, "
            f"{[ids[i] for i in kept]}: pass a textattr.Encoding of the pair"
        )
    pieces = {i: Piece(ids[i], tokens[i], (0, 0), special=True) for i in kept}
    text_of: dict[int, str] = {}
    unread: dict[str | None, tuple[tuple[int, int], ...]] = {}
    for number, (name, text) in enumerate(texts.items()):
        own = [i for i in kept if belongs[i] == number]
        places = without_space(
            with_neighbours([tuple(all_offsets[i]) for i in own], [False] * len(own)), text
        )
        if not are_in_order(places, text):
            raise TokenizerError(
                f"the tokenizer puts the tokens of {name!r} into another order than the text has, so that they cannot "
                "be shown in it: pass a textattr.Encoding of the pair"
            )
        for i, (start, end) in zip(own, places, strict=True):
            pieces[i] = Piece(ids[i], text[start:end] or tokens[i], (start, end), word=words[i])
            text_of[i] = name
        if given.overflowing:
            unread |= {name: outside(places, text)}
    count = len(kept)
    if length is not None and count > length:
        raise TokenizerError(
            f"the pair has {count} tokens and the model reads {length}: shorten the texts, or let the tokenizer cut "
            f"them, with its enable_truncation({length})"
        )
    fill = [] if length in (None, count) else filling(count, length, fields["pad_id"])
    before, behind = (fill, []) if padding == "pre" else ([], fill)
    return of_pieces(
        " ".join(texts.values()),
        [*before, *(pieces[i] for i in kept), *behind],
        texts=dict(texts),
        text_of=[None] * len(before) + [text_of.get(i) for i in kept] + [None] * len(behind),
        unread=unread,
        **fields,
    )
