"""`FromTextVectorization`: the tokenizer that a Keras `TextVectorization` layer is, with the way back to the text.

The ids are always the layer's own. Its tokens are what its own preprocessing yields; only where they stand in the
text is worked out here.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr._optional import require
from textattr.errors import DocumentError, TokenizerError
from textattr.tokenizers.checks import require_count, require_text
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import PAD_TOKEN, Piece, fit

Offsets = tuple[int, int]
Read = Callable[[Sequence[str]], list[list[bytes]]]

_SHORT = 64  # characters: in a stretch up to this long, every place is tried as a cut
_TRIES = 32  # places to cut that are tried in a longer one


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
    of the encoding is not the text that was given but all tokens of the layer, joined.

    Args:
        layer: the layer, with a vocabulary.

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
        given = self._ids(require_text(text))
        tokens = self._read([text])[0]
        ids, pad, unknown = self._look_up(tokens)
        own_length = len(ids) if self.layer._output_sequence_length is None else len(given)
        if not np.array_equal(given, np.pad(ids, (0, max(0, own_length - len(ids))))[:own_length]):
            raise TokenizerError(
                f"expected of the layer {self.layer.name!r} one id per token, got ids {given.tolist()} for the tokens "
                f"{[token.decode(errors='replace') for token in tokens]}: write a function f(text, *, length=None) "
                "that calls the layer and returns a textattr.Encoding"
            )
        document, places = _place(text, [token for token in tokens if token], self._read)
        where = iter(places)
        pieces = []
        for number, token in zip(ids.tolist(), tokens, strict=True):
            if token:
                start, end = next(where)
                pieces.append(Piece(number, document[start:end], (start, end)))
            else:
                pieces.append(Piece(number, PAD_TOKEN, (0, 0), special=True))
        return fit(
            document,
            pieces,
            length=require_count(length, "length=")
            if self.layer._output_sequence_length is None
            else own_length,
            padding="post",
            pad=pad,
            unknown=unknown,
        )

    def __repr__(self) -> str:
        return f"FromTextVectorization({self.layer.name!r}, {self.layer.vocabulary_size()} tokens)"

    def _ids(self, text: str) -> npt.NDArray[np.int64]:
        """What the layer itself gives for the text."""
        tensorflow = require("tensorflow", extra="tensorflow")
        try:
            return np.asarray(self.layer(_strings([[text]]))[0])
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
    try:
        rows = [[entry.encode() if isinstance(entry, str) else entry for entry in row] for row in rows]
    except UnicodeEncodeError as error:
        raise DocumentError(
            f"a text is valid Unicode, but at position {error.start} stands {error.object[error.start]!r}, half of a "
            "character: text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace') mends it"
        ) from error
    return require("tensorflow", extra="tensorflow").constant(rows, dtype="string")


def _place(text: str, tokens: Sequence[bytes], read: Read) -> tuple[str, list[Offsets]]:
    """The document, which is `text` where that can be, and where each token stands in it."""
    written = [token.decode(errors="replace") for token in tokens]
    places = _align(text, written)
    if places is None:
        places = _probe(text, tokens, read)
    if places is not None:
        return text, places
    between = " | " if any(character.isspace() for token in written for character in token) else " "
    ends = np.cumsum([len(token) + len(between) for token in written]) - len(between)
    return between.join(written), [
        (int(end) - len(t), int(end)) for end, t in zip(ends, written, strict=True)
    ]


def _align(text: str, tokens: Sequence[str]) -> list[Offsets] | None:
    """Find tokens in order, in any case, where they leave out nothing but white space and ASCII punctuation.

    As every letter of the text then belongs to a token, there is only one way to do so.
    """
    no_punctuation = [i for i, character in enumerate(text) if character not in string.punctuation]
    for kept in (range(len(text)), no_punctuation):
        reduced = _fold(text[i] for i in kept)
        places = []
        position = 0
        for token in tokens:
            start = reduced.find(_fold(token), position)
            if start < 0:
                break
            position = start + len(token)
            places.append((kept[start], kept[position - 1] + 1))
        edges = [(0, 0), *places, (len(text), len(text))]
        left_out = "".join(text[end:start] for (_, end), (start, _) in pairwise(edges))
        if len(places) == len(tokens) and all(c.isspace() or c in string.punctuation for c in left_out):
            return places
    return None


def _fold(characters: Iterable[str]) -> str:
    """Lower case, one character for each: "İ", which would become two, stays."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in characters)


def _probe(text: str, tokens: Sequence[bytes], read: Read) -> list[Offsets] | None:
    """Ask the layer which stretch of the text each token comes from; None where it cannot tell tokens apart."""
    stretches = sorted(_stretches(text, read))
    read_alone = _read_nonempty(text, stretches, read)
    if [token for row in read_alone for token in row] != tokens:
        return None
    places: list[Offsets] = []
    for (start, end), row in zip(stretches, read_alone, strict=True):
        stretch = text[start:end]
        one = len(row) == 1 or len(stretch) == 1 or not any(character.isspace() for character in stretch)
        within = _align(stretch, [token.decode(errors="replace") for token in row])
        if row and within is not None:
            places += [(start + a, start + b) for a, b in within]
        elif row and not (stretch and one):
            return None
        else:
            places += [(start, end)] * len(row)
    return places


def _stretches(text: str, read: Read) -> list[Offsets]:
    """Cut the text wherever the layer reads the two sides, each alone, as it reads them together."""
    done: list[Offsets] = []
    todo = [(0, len(text))]
    while todo:
        trials = [(start, cut, end) for start, end in todo for cut in _cuts(text, start, end)]
        whole = dict(zip(todo, _read_nonempty(text, todo, read), strict=True))
        left = _read_nonempty(text, [(start, cut) for start, cut, _ in trials], read)
        right = _read_nonempty(text, [(cut, end) for _, cut, end in trials], read)
        cuts: dict[Offsets, list[int]] = {stretch: [] for stretch in todo}
        for (start, cut, end), before, behind in zip(trials, left, right, strict=True):
            if before + behind == whole[start, end]:
                cuts[start, end].append(cut)
        todo = []
        for (start, end), places in cuts.items():
            goes_on = places and end - start > _SHORT
            (todo if goes_on else done).extend(pairwise([start, *places, end]))
    return done


def _cuts(text: str, start: int, end: int) -> Sequence[int]:
    """Where to try a cut: everywhere in a short stretch, near the middle of a long one, if possible before a space."""
    everywhere = range(start + 1, end)
    if end - start <= _SHORT:
        return everywhere
    spaces = [start + match.start() for match in re.finditer(r"(?<=\S)\s", text[start:end])]
    middle = (start + end) / 2
    return sorted(sorted(spaces or everywhere, key=lambda place: abs(place - middle))[:_TRIES])


def _read_nonempty(text: str, stretches: Sequence[Offsets], read: Read) -> list[list[bytes]]:
    """The tokens of each stretch, without the empty ones that rows of different length are filled up with."""
    return [[token for token in row if token] for row in read([text[start:end] for start, end in stretches])]
