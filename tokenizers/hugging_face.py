"""`FromHuggingFace`: a tokenizer of Hugging Face's `tokenizers`, and the fast ones of `transformers` that hold one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property
from typing import Any

from textattr.errors import TokenizerError
from textattr.tokenizers.checks import as_bytes, require_count, require_text
from textattr.tokenizers.dropped import has_dropped, may_drop
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import Piece, Side, check_settings, fit, of_pieces, pieces_of
from textattr.tokenizers.hugging_face_cut import cut_off, joined_stretches
from textattr.tokenizers.hugging_face_pair import pair_encoding
from textattr.tokenizers.own_path import agree, joined
from textattr.tokenizers.placed import (
    are_in_order,
    are_words,
    with_neighbours,
    without_space,
    words_between_spaces,
)

_PADS = ("[PAD]", "<pad>", "<PAD>", "<|pad|>")
_UNKNOWNS = ("[UNK]", "<unk>", "<UNK>", "<|unk|>")
_MASKS = ("[MASK]", "<mask>", "<MASK>", "<|mask|>")
_SIDES: dict[str, Side] = {"right": "post", "left": "pre"}


@dataclass(frozen=True, eq=False, repr=False)
class FromHuggingFace:
    """A Hugging Face tokenizer, with its own ids, special tokens, words and places in the text.

    Where its own settings cut or fill up texts, that is what happens; else `length` does, around its special tokens.

    Args:
        tokenizer: `tokenizers.Tokenizer`, or an object that holds one, as the fast tokenizers of `transformers` do.
        length: the number of ids that the model reads; None takes what the model's input says.
        padding: the side on which shorter texts are filled up; None takes that of the tokenizer, else "post".
        pad: the id that fills up; None takes that of the tokenizer.

    Raises:
        OptionError: for a length or side that cannot be used.

    Example:
        >>> from tokenizers import Tokenizer, models, pre_tokenizers
        >>> tokenizer = Tokenizer(models.WordPiece({"[UNK]": 0, "film": 1, "##s": 2, "!": 3}, unk_token="[UNK]"))
        >>> tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        >>> encoding = FromHuggingFace(tokenizer)("films !")
        >>> encoding.ids.tolist(), encoding.tokens, encoding.words
        ([1, 2, 3], ('film', 's', '!'), (0, 0, 1))
    """

    tokenizer: Any
    _: KW_ONLY
    length: int | None = None
    padding: Side | None = None
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
        """Encode several texts, with one call of the tokenizer."""
        for text in texts:
            as_bytes(require_text(text))
        if not texts:
            return []
        own = self._own(texts)  # first: it may change the settings below
        length = require_count(length, "length=") if self.length is None else self.length
        found = [
            self._read(text, given)
            for text, given in zip(texts, self.inner.encode_batch(list(texts)), strict=True)
        ]
        if own is not None:
            found = [
                agree(encoding, ids, who=type(self.tokenizer).__name__, name=self._name)
                for encoding, ids in zip(found, own, strict=True)
            ]
        return [self._fitted(encoding, length) for encoding in found]

    def uncut(self) -> FromHuggingFace:
        """The same, which reads all of a text; the tokenizer itself stays as it is."""
        inner = deepcopy(self.inner)
        inner.no_truncation()
        inner.no_padding()
        return replace(self, tokenizer=inner, length=None, pad=self.pad_id)

    def token_id(self, token: str) -> int | None:
        """The id of a token of the vocabulary, in its own spelling; None where it is none."""
        number = self.inner.token_to_id(token)
        return None if number is None else int(number)

    def known_tokens(self) -> Iterable[str]:
        """The tokens of the vocabulary."""
        return list(self.inner.get_vocab())

    def pack(self, texts: Mapping[str, str], *, length: int | None = None) -> Encoding:
        """Encode two texts as one row, with the tokenizer's own special tokens around and between them.

        Args:
            texts: both by the names that an explanation has for them, in their order.
            length: as for one text, but that nothing is cut: a tokenizer cuts pairs after its `enable_truncation`.

        Raises:
            TokenizerError: for more or fewer texts, and for a pair that is longer than `length`.
            DocumentError: when a text is no string, or no valid Unicode.
            OptionError: when the pair has to be filled up and there is no pad id.
        """
        if len(texts) != 2:
            raise TokenizerError(
                f"a Hugging Face tokenizer packs two texts, got {len(texts)}: {', '.join(texts)}"
            )
        for name, text in texts.items():
            as_bytes(require_text(text))
            if self._may_drop and has_dropped(self.inner, text, self.inner.encode(text)):
                raise TokenizerError(
                    f"the tokenizer drops characters of {name!r} that its vocabulary lacks, and does not tell where "
                    "its tokens stand: pass a textattr.Encoding of the pair"
                )
        first, second = texts.values()
        own = self._own([first], [second])  # first: it may change the settings below
        return pair_encoding(
            texts,
            self.inner.encode(first, second),
            own=None if own is None else own[0],
            length=require_count(length, "length=") if self.length is None else self.length,
            padding=self._side("padding", self.padding),
            fields={"pad_id": self.pad_id, "unknown_id": self.unknown_id, "mask_id": self.mask_id},
        )

    def __repr__(self) -> str:
        return f"FromHuggingFace({type(self.tokenizer).__name__}, {self.inner.get_vocab_size()} tokens)"

    @cached_property
    def inner(self) -> Any:
        """The `tokenizers.Tokenizer`."""
        for name in ("backend_tokenizer", "_tokenizer"):
            inner = getattr(self.tokenizer, name, None)
            if inner is not None:
                return inner
        return self.tokenizer

    def _own(self, *columns: Sequence[str]) -> list[list[int]] | None:
        """The ids that an object which holds the tokenizer gives for texts, or pairs; None where there is none."""
        if self.tokenizer is self.inner or not callable(self.tokenizer):
            return None
        given = self.tokenizer(*map(list, columns))
        ids = given.get("input_ids") if isinstance(given, Mapping) or hasattr(given, "get") else None
        if ids is None:
            raise TokenizerError(
                f"expected of {type(self.tokenizer).__name__} a dict with input_ids, got {type(given).__name__}: pass "
                "the tokenizers.Tokenizer that it holds"
            )
        return [[int(number) for number in row] for row in ids]

    def _read(self, text: str, given: Any) -> Encoding:
        """What the tokenizer gave, without what fills up a text."""
        # Each of these makes a list of all tokens: ask for it once.
        ids, tokens, numbers = given.ids, given.tokens, given.word_ids
        flags, all_offsets = given.special_tokens_mask, given.offsets
        kept = [i for i, is_read in enumerate(given.attention_mask) if is_read]
        special = [bool(flags[i]) for i in kept]
        offsets = [(0, 0) if s else tuple(all_offsets[i]) for i, s in zip(kept, special, strict=True)]
        fields: dict[str, Any] = {
            "pad_id": self.pad_id,
            "unknown_id": self.unknown_id,
            "mask_id": self.mask_id,
            **cut_off(text, given, offsets, self.inner.truncation),
        }
        places = without_space(with_neighbours(offsets, special), text)
        doubt = None
        if not are_in_order(places, text):
            doubt = "the tokenizer puts its tokens into another order than the text has"
        elif self._may_drop and has_dropped(self.inner, text, given):
            doubt = "the tokenizer drops characters that its vocabulary lacks, and does not tell where its tokens stand"
        if doubt is not None:
            unread = fields.pop("unread", None)
            pieces = [Piece(ids[i], tokens[i], (0, 0), s) for i, s in zip(kept, special, strict=True)]
            plain = of_pieces(text, pieces, **fields)
            warning = f"{doubt}: they are shown in its place"
            return joined(pieces, plain, warning=warning if unread is None else f"{warning}, which was cut")
        words = [None if s else numbers[i] for i, s in zip(kept, special, strict=True)]
        if not are_words(words, places, text):
            words = words_between_spaces(places, special, text)
        placed = [
            Piece(ids[i], text[start:end] or tokens[i], (start, end), is_special, word)
            for i, (start, end), is_special, word in zip(kept, places, special, words, strict=True)
        ]
        return of_pieces(text, placed, **fields)

    def _fitted(self, encoding: Encoding, length: int | None) -> Encoding:
        """Filled up as the tokenizer does it, else cut and filled up to the length."""
        count = len(encoding)
        own = self.inner.padding
        if own is not None:
            most = own["length"] or count
            multiple = own["pad_to_multiple_of"] or 1
            own_length = max(count, -(-most // multiple) * multiple)
            if own["length"] or own_length > count:
                length = own_length if self.length is None else length
        if length is None or length == count:
            return encoding
        fitted = fit(
            encoding.text,
            pieces_of(encoding),
            length=length,
            padding=self._side("padding", self.padding),
            truncating=self._side("truncation", None),
            keeps_special=True,
            pad=self.pad_id,
            unknown=self.unknown_id,
            mask_id=self.mask_id,
            original=encoding.original,
            warnings=encoding.warnings,
        )
        if encoding.untruncated_length is None:
            return fitted
        unread = joined_stretches(encoding.unread, fitted.unread)
        return replace(fitted, untruncated_length=encoding.untruncated_length, unread=unread)

    def _side(self, what: str, chosen: Side | None) -> Side:
        settings = getattr(self.inner, what) or {}
        named = settings.get("direction") or getattr(self.tokenizer, f"{what}_side", None) or "right"
        return chosen or _SIDES.get(str(named), "post")

    @cached_property
    def pad_id(self) -> int | None:
        """The id that fills up, or None where none is known."""
        if self.pad is not None:
            return self.pad
        if self.inner.padding is not None:
            return int(self.inner.padding["pad_id"])
        return self._named("pad", _PADS)

    @cached_property
    def _may_drop(self) -> bool:
        return may_drop(self.inner)

    @cached_property
    def unknown_id(self) -> int | None:
        """The id of unknown tokens, or None where none is known."""
        own = getattr(self.inner.model, "unk_token", None)
        return self._named("unk", (*([own] if own else []), *_UNKNOWNS))

    @cached_property
    def mask_id(self) -> int | None:
        """The id of the mask token, or None where there is none."""
        return self._named("mask", _MASKS)

    def _named(self, role: str, names: Sequence[str]) -> int | None:
        number = getattr(self.tokenizer, f"{role}_token_id", None)
        if isinstance(number, int):
            return number
        known = (self.inner.token_to_id(name) for name in names)
        return next((found for found in known if found is not None), None)

    def _name(self, number: int) -> str:
        return self.inner.id_to_token(number) or f"[{number}]"
