"""Whether a byte pair tokenizer of Hugging Face drops characters, so that it misplaces the tokens behind them."""

from __future__ import annotations

from typing import Any


def may_drop(inner: Any) -> bool:
    """Whether a tokenizer leaves out what its vocabulary lacks: byte pairs without an unknown token or all bytes."""
    model = inner.model
    if type(model).__name__ != "BPE" or model.unk_token is not None or model.byte_fallback:
        return False
    from tokenizers.pre_tokenizers import ByteLevel

    return any(inner.token_to_id(symbol) is None for symbol in ByteLevel.alphabet())


def has_dropped(inner: Any, text: str, given: Any) -> bool:
    """Whether some characters of a text are in none of its tokens.

    The places of the tokens behind them, which are counted from the lengths of tokens, are then wrong.

    Args:
        inner: the `tokenizers.Tokenizer`.
        text: the text.
        given: what it made of it, a `tokenizers.Encoding`.
    """
    normalized = text if inner.normalizer is None else inner.normalizer.normalize_str(text)
    parts = (
        [(normalized, None)]
        if inner.pre_tokenizer is None
        else inner.pre_tokenizer.pre_tokenize_str(normalized)
    )
    prefix, suffix = inner.model.continuing_subword_prefix or "", inner.model.end_of_word_suffix or ""
    tokens = [
        token.removeprefix(prefix).removesuffix(suffix)
        for each in (given, *given.overflowing)
        for token, is_special in zip(each.tokens, each.special_tokens_mask, strict=True)
        if not is_special
    ]
    return sum(len(part) for part, _ in parts) != sum(map(len, tokens))
