"""`FromTextVectorization`: the tokenizer that a Keras `TextVectorization` layer is, with the way back to the text.

The ids are always the layer's own. Its tokens are what its own preprocessing yields; only where they stand in the
text is worked out here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr._optional import require
from textattr.errors import TokenizerError
from textattr.tokenizers.checks import as_bytes, require_count, require_text
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import PAD_TOKEN, Piece, fit
from textattr.tokenizers.placing import place


@dataclass(frozen=True, eq=False, repr=False)
class FromTextVectorization:
    """A Keras 3 or tf_keras `TextVectorization` layer with `output_mode="int"`, as a tokenizer.

    A token is what stands in the text where the layer took it from, before lower-casing and with the punctuation
    that was dropped inside it. `output_sequence_length` pads and truncates as it does in the layer; where the
    layer has none, the length of the model's input does. An empty token, which the layer takes for padding, is
    special.

    With the layer's own ways to standardize and split, the offsets are exact. Functions are asked: the text is cut
    wherever the layer reads both sides alone as it reads them together, so that a "<br />" that is dropped belongs
    to neither of the words beside it, and the tokens of a word that cannot be cut all stand at that word. Where
    tokens cannot be told apart in this way, as n-grams, which overlap, or words put into another order, the `text`
    of the encoding is not the text that was given but all tokens of the layer, joined; the text that was given is its
    `original`.

    Args:
        layer: the layer, with a vocabulary.
        reads_all: read texts that are longer than `output_sequence_length` as well, and fill up none.

    Raises:
        TokenizerError: for anything else, or another output mode.

    Example:
        >>> import keras
        >>> layer = keras.layers.TextVectorization(vocabulary=["dont", "panic"], output_sequence_length=4)
        >>> tokenizer = FromTextVectorization(layer)
        >>> encoding = tokenizer("Don't PANIC, Arthur!")
        >>> encoding.ids.tolist(), encoding.tokens
        ([2, 3, 1, 0], ("Don't", 'PANIC', 'Arthur', '<PAD>'))
        >>> encoding.offsets
        ((0, 5), (6, 11), (13, 19), (0, 0))
    """

    layer: Any
    reads_all: bool = False

    def __post_init__(self) -> None:
        if not is_text_vectorization(self.layer):
            raise TokenizerError(f"expected a Keras TextVectorization layer, got {type(self.layer).__name__}")
        if self.layer._output_mode != "int":
            raise TokenizerError(
                f'expected a TextVectorization layer with output_mode="int", but {self.layer.name!r} has '
                f"{self.layer._output_mode!r}: its output is no sequence of tokens. A bag-of-words layer goes inside "
                "the model, or its numbers are given to the model as features"
            )

    def __call__(self, text: str, *, length: int | None = None) -> Encoding:
        """Encode one text; `length` is what the model's input has, and the layer's own wins.

        Raises:
            DocumentError: when `text` is no string, or no valid Unicode.
            TokenizerError: when the layer has no vocabulary yet, or gives something else than one id per token.
        """
        [given], [tokens] = self._ids([require_text(text)]), self._read([text])
        return self._encoding(text, tokens, given, self._look_up(tokens), length)

    def encode_many(self, texts: Sequence[str], *, length: int | None = None) -> list[Encoding]:
        """Encode several texts with one call of the layer: each as alone.

        Raises:
            TextAttrError: as for one text, for the first that cannot be encoded.

        Example:
            >>> import keras
            >>> layer = keras.layers.TextVectorization(vocabulary=["dont", "panic"])
            >>> encodings = FromTextVectorization(layer).encode_many(["Panic!", "Don't panic"])
            >>> [encoding.ids.tolist() for encoding in encodings]
            [[3], [2, 3]]
        """
        texts = [require_text(text) for text in texts]
        if not texts or not self._keeps_rows_apart:
            return [self(text, length=length) for text in texts]
        rows, given = self._read(texts), self._ids(texts)
        ids, pad, unknown = self._look_up([token for row in rows for token in row])
        own = np.split(ids, np.cumsum([len(row) for row in rows])[:-1])
        if self.layer._output_sequence_length is None:
            given = [all_ids[: len(mine)] for all_ids, mine in zip(given, own, strict=True)]
        each = zip(texts, rows, given, own, strict=True)
        return [
            self._encoding(text, row, all_ids, (mine, pad, unknown), length)
            for text, row, all_ids, mine in each
        ]

    def _encoding(
        self,
        text: str,
        tokens: Sequence[bytes],
        given: npt.NDArray[np.int64],
        looked_up: tuple[npt.NDArray[np.int64], int, int],
        length: int | None,
    ) -> Encoding:
        """The encoding of a text, from its tokens, the ids that the layer gives, and those of the tokens."""
        ids, pad, unknown = looked_up
        own_length = len(ids) if self.layer._output_sequence_length is None else len(given)
        both = min(len(ids), own_length)
        if len(given) != own_length or (given[:both] != ids[:both]).any() or given[both:].any():
            raise TokenizerError(
                f"expected of the layer {self.layer.name!r} one id per token, got ids {given.tolist()} for the tokens "
                f"{[token.decode(errors='replace') for token in tokens]}: write a function f(text, *, length=None) "
                "that calls the layer and returns a textattr.Encoding"
            )
        words = [token for token in tokens if token]
        document, places = place(text, words, self._read, may_share=not self._joins_neighbours)
        where = iter(places)
        pieces = []
        for number, token in zip(ids.tolist(), tokens, strict=True):
            if token:
                start, end = next(where)
                pieces.append(Piece(number, document[start:end], (start, end)))
            else:
                pieces.append(Piece(number, PAD_TOKEN, (0, 0), special=True))
        own = None if self.layer._output_sequence_length is None else own_length
        encoding = fit(
            document,
            pieces,
            length=None if self.reads_all else require_count(length, "length=") if own is None else own,
            padding="post",
            pad=pad,
            unknown=unknown,
        )
        return encoding if document == text else replace(encoding, original=text)

    def token_id(self, token: str) -> int | None:
        """The id of a token of the vocabulary, in its own spelling; None where it is none."""
        known = self.known_tokens()
        return known.index(token) if token in known else None

    def known_tokens(self) -> list[str]:
        """The tokens of the vocabulary, padding and the unknown token first."""
        return list(map(str, self.layer.get_vocabulary()))

    def uncut(self) -> FromTextVectorization:
        """The same, which reads all of a text."""
        return replace(self, reads_all=True)

    def __repr__(self) -> str:
        return f"FromTextVectorization({self.layer.name!r}, {self.layer.vocabulary_size()} tokens)"

    @property
    def _joins_neighbours(self) -> bool:
        """Whether some tokens are n-grams of several."""
        return max(self.layer._ngrams or (1,)) > 1

    @property
    def _keeps_rows_apart(self) -> bool:
        """Whether no text is filled up for the sake of another: of a user's way to split, that is not known."""
        return self.layer._split in ("whitespace", "character", None)

    def _ids(self, texts: Sequence[str]) -> list[npt.NDArray[np.int64]]:
        """What the layer itself gives for each text, filled up for those of more tokens."""
        tensorflow = require("tensorflow", extra="tensorflow")
        try:
            ids = self.layer(_strings([[text] for text in texts]))
            return [np.asarray(row) for row in ids] if hasattr(ids, "row_splits") else list(np.asarray(ids))
        except tensorflow.errors.FailedPreconditionError as error:
            raise TokenizerError(
                f"the layer {self.layer.name!r} has no vocabulary yet: call its adapt(texts), or pass vocabulary= to it"
            ) from error

    def _read(self, texts: Sequence[str]) -> list[list[bytes]]:
        """The tokens that the layer looks up, for each text."""
        if not texts:
            return []
        tokens = self.layer._preprocess(_strings([[text] for text in texts]))
        rows: list[list[bytes]] = tokens.to_list() if hasattr(tokens, "to_list") else tokens.numpy().tolist()
        return rows

    def _look_up(self, tokens: Sequence[bytes]) -> tuple[npt.NDArray[np.int64], int, int]:
        """The ids of tokens, that of padding and that of unknown tokens."""
        lookup = self.layer._lookup_layer
        ids = np.asarray(lookup(_strings([[*tokens, lookup.mask_token, lookup.oov_token]]))[0])
        return ids[:-2], int(ids[-2]), int(ids[-1])


def is_text_vectorization(layer: object) -> bool:
    """True for a `TextVectorization` layer of Keras 3 or tf_keras, or of a subclass; imports neither.

    Example:
        >>> is_text_vectorization("text_vectorization")
        False
    """
    return any(
        cls.__name__ == "TextVectorization" and cls.__module__.partition(".")[0] in ("keras", "tf_keras")
        for cls in type(layer).__mro__
    )


def find_text_vectorization(model: Any) -> Any:
    """The `TextVectorization` layer inside a Keras model, however deep, or None.

    Of several, the only one with `output_mode="int"`: the others count words beside the text.

    Raises:
        TokenizerError: when several could be meant.

    Example:
        >>> import keras
        >>> layer = keras.layers.TextVectorization(vocabulary=["so", "good"])
        >>> find_text_vectorization(keras.Sequential([layer, keras.layers.Embedding(4, 2)])) is layer
        True
    """
    if not hasattr(model, "_flatten_layers"):
        return None
    below = model._flatten_layers(include_self=False, recursive=True)
    found = list({id(layer): layer for layer in below if is_text_vectorization(layer)}.values())
    if len(found) > 1:
        found = [layer for layer in found if layer._output_mode == "int"] or found
    if len(found) > 1:
        raise TokenizerError(
            f"the model holds {len(found)} TextVectorization layers, {', '.join(repr(f.name) for f in found)}: say "
            "which one reads the text, tokenizer=model.get_layer(<its name>)"
        )
    return found[0] if found else None


def _strings(rows: list[list[Any]]) -> Any:
    """A string tensor of texts, or of bytes as they are."""
    rows = [[as_bytes(entry) if isinstance(entry, str) else entry for entry in row] for row in rows]
    return require("tensorflow", extra="tensorflow").constant(rows, dtype="string")
