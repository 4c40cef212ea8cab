"""`FromKerasTokenizer`: the `Tokenizer` of Keras 2, with the way back to the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

from textattr.errors import TokenizerError
from textattr.tokenizers.aligned import aligned
from textattr.tokenizers.checks import as_bytes, require_count, require_side, require_text
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import Piece, Side, fit, of_pieces, pieces_of
from textattr.tokenizers.own_path import agree
from textattr.tokenizers.placing import place
from textattr.tokenizers.splitting import Word, split_as_keras_tokenizer

_SIDE_NOT_SAID = (
    'the text was {what} on the side where pad_sequences does so unless told otherwise ("pre"): where the model was '
    'trained otherwise, pass textattr.tokenizers.wrap(tokenizer, padding="post", truncating="post")'
)


@dataclass(frozen=True, eq=False, repr=False)
class FromKerasTokenizer:
    """A `Tokenizer` of `keras.preprocessing.text`, from Keras 2, tf_keras or `tf.keras`.

    Its ids are those of `texts_to_sequences`, for every `num_words`, `oov_token`, `filters`, `lower`, `split`,
    `char_level` and `analyzer`. Words that it leaves out, having no `oov_token`, are no tokens.

    Args:
        tokenizer: the tokenizer, fitted.
        length: `maxlen` of `pad_sequences`; None takes what the model's input says.
        padding: `padding` of `pad_sequences`, whose default is "pre"; None takes that, and says so where it matters.
        truncating: `truncating` of `pad_sequences`, likewise.

    Raises:
        TokenizerError: for a tokenizer that was not fitted.
        OptionError: for a length or side that cannot be used.

    Example:
        >>> import tensorflow as tf
        >>> tokenizer = tf.keras.preprocessing.text.Tokenizer(oov_token="<OOV>")
        >>> tokenizer.fit_on_texts(["so good"])
        >>> encoding = FromKerasTokenizer(tokenizer)("So, how GOOD!")
        >>> encoding.ids.tolist(), encoding.offsets
        ([2, 1, 3], ((0, 2), (4, 7), (8, 12)))
    """

    tokenizer: Any
    _: KW_ONLY
    length: int | None = None
    padding: Side | None = None
    truncating: Side | None = None

    def __post_init__(self) -> None:
        if not self.tokenizer.word_index:
            raise TokenizerError(
                "expected a Tokenizer that knows words, got one without any: call its fit_on_texts(texts), or load the "
                "one that the model was trained with, tokenizer_from_json(text)"
            )
        object.__setattr__(self, "length", require_count(self.length, "length="))
        for side in (self.padding, self.truncating):
            if side is not None:
                require_side(side)

    def __call__(self, text: str, *, length: int | None = None) -> Encoding:
        """Encode one text; `length` is what the model's input has, and the one that was set wins.

        Raises:
            DocumentError: when `text` is no string.
        """
        return self.encode_many([text], length=length)[0]

    def encode_many(self, texts: Sequence[str], *, length: int | None = None) -> list[Encoding]:
        """Encode several texts, with one call of the tokenizer."""
        given = [require_text(text) for text in texts]
        own = self.tokenizer.texts_to_sequences(given)
        if any(number is None for ids in own for number in ids):
            raise TokenizerError(
                f"the Tokenizer gives no id for words that it does not know, for its word_index lacks its oov_token, "
                f"{self.tokenizer.oov_token!r}: add that with the id that the model was trained with"
            )
        length = require_count(length, "length=") if self.length is None else self.length
        return [self._encoding(text, ids, length) for text, ids in zip(given, own, strict=True)]

    def __repr__(self) -> str:
        return f"FromKerasTokenizer({len(self.tokenizer.word_index)} words)"

    def _encoding(self, text: str, own: Sequence[int], length: int | None) -> Encoding:
        document, words = self._words(text)
        pieces = []
        for key, start, end in words:
            number = self._id(key)
            if number is not None:
                pieces.append(Piece(number, document[start:end], (start, end)))
        original = None if document == text else text
        found = of_pieces(document, pieces, pad_id=0, unknown_id=self._unknown, original=original)
        encoding = agree(found, own, who="the Tokenizer", name=self._name)
        if length is None or length == len(encoding):
            return encoding
        return self._fitted(encoding, length)

    def _fitted(self, encoding: Encoding, length: int) -> Encoding:
        """As `pad_sequences` makes it."""
        is_cut = len(encoding) > length
        not_said = self.truncating is None if is_cut else self.padding is None
        what = "cut" if is_cut else "filled up"
        return fit(
            encoding.text,
            pieces_of(encoding),
            length=length,
            padding=self.padding or "pre",
            truncating=self.truncating or "pre",
            pad=0,
            unknown=self._unknown,
            original=encoding.original,
            warnings=(*encoding.warnings, *([_SIDE_NOT_SAID.format(what=what)] if not_said else [])),
        )

    def _words(self, text: str) -> tuple[str, list[Word]]:
        """The document, which is the text where words can be placed in it, and the words that are looked up."""
        tokenizer = self.tokenizer
        if tokenizer.char_level:
            read = aligned(text).map(str.lower) if tokenizer.lower else aligned(text)
            return text, [Word(c, *read.offsets(i, i + 1)) for i, c in enumerate(read.text)]
        if getattr(tokenizer, "analyzer", None) is None:
            return text, split_as_keras_tokenizer(text, tokenizer.lower, tokenizer.filters, tokenizer.split)
        as_bytes(text)
        tokens = tokenizer.analyzer(text)
        document, places = place(text, [token.encode() for token in tokens], self._analyzed, may_share=True)
        return document, [Word(key, *at) for key, at in zip(tokens, places, strict=True)]

    def _analyzed(self, texts: Sequence[str]) -> list[list[bytes]]:
        return [[token.encode() for token in self.tokenizer.analyzer(text)] for text in texts]

    @property
    def _unknown(self) -> int | None:
        oov = self.tokenizer.oov_token
        return None if oov is None else self.tokenizer.word_index.get(oov)

    def _id(self, word: str) -> int | None:
        number: int | None = self.tokenizer.word_index.get(word)
        most = self.tokenizer.num_words
        return self._unknown if number is None or most and number >= most else number

    def _name(self, number: int) -> str:
        return str(self.tokenizer.index_word.get(number, f"[{number}]"))
