"""Texts that are longer than a model reads, cut into overlapping windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.backends.accompanying import says_of_tokens
from textattr.backends.input_reader import InputReader
from textattr.backends.token_inputs import kind_of_input
from textattr.backends.window_positions import stretch, window_positions
from textattr.checks import shown
from textattr.document import Document, TextPart, WindowedDocument
from textattr.errors import DocumentError, OptionError, TextAttrError, TokenizerError
from textattr.tokenizers.uncut import uncut

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class WindowReader:
    """Reads documents of a Keras model, and cuts the text in them that is longer than a window.

    A tokenizer that takes many texts is called once for all documents, whole, and once for those that fit.

    Args:
        reader: reads what fits.
        size: how many positions a window has.
        stride: how many tokens a window begins behind the one before; None: half of those that it holds.
        pads_of: (text, its mask or None) -> bool (T,): which of its positions are padding.
    """

    reader: InputReader
    size: int
    stride: int | None
    pads_of: Callable[[TextPart, Array | None], Array]

    def read_all(self, docs: Sequence[Any], tokens: Sequence[Any]) -> list[WindowedDocument]:
        """Understand several documents, each with its `tokens`.

        Raises:
            TextAttrError: as `InputReader.read` does.
            OptionError: for a window or stride that does not fit the model or the text.
            DocumentError: for a text that cannot be cut, and where several texts are too long.
            TokenizerError: for a tokenizer that cuts the text itself.
        """
        if self.reader.length not in (None, self.size) and not self.reader.strings.takes(None):
            raise self._misfit(self.reader.length)
        everything = self._uncut(None).read_all(docs, tokens)
        long = [self._long_texts(document) for document in everything]
        short = [i for i, names in enumerate(long) if not names]
        read = self.reader.read_all([docs[i] for i in short], [tokens[i] for i in short])
        found = {
            i: WindowedDocument.uncut(self._fitting(document))
            for i, document in zip(short, read, strict=True)
        }
        for i, names in enumerate(long):
            for name in names:
                found[i] = self._cut(everything[i], name, docs[i], tokens[i])
        return [found[i] for i in range(len(docs))]

    def _cut(self, everything: Document, name: str | None, doc: Any, tokens: Any) -> WindowedDocument:
        """A document of which one text is longer than a window."""
        whole = everything if len(everything.parts) == 1 else self._uncut(name).read(doc, tokens)
        part = whole.parts[name]
        named = self._named(whole)
        _require_one_row(part, whole.inputs if named is None else named.get(str(name)))
        if part.encoding is not None and part.encoding.untruncated_length is not None:
            raise TokenizerError(
                f"the tokenizer itself cuts the text to {len(part.tokens)} of its "
                f"{part.encoding.untruncated_length} tokens: window= needs all of them, so pass one without a length"
            )
        is_string = part.encoding is not None and self.reader.strings.takes(name)
        mask = None if is_string else self._mask(whole, len(part.tokens))
        positions = window_positions(part, self.pads_of(part, mask), self.size, self.stride)
        if is_string:
            return self._of_string(whole, name, positions, doc, tokens)
        windows = tuple(self._window(whole, name, at) for at in positions)
        return WindowedDocument(whole, windows, name, tuple(positions))

    def _fitting(self, document: Document) -> Document:
        """A document that is no longer than a window, if the tokenizer did not cut it to less.

        Raises:
            OptionError: which says how many tokens are read.
        """
        if len(document.parts) == 1:
            (part,) = document.parts.values()
            if part.encoding is not None and part.encoding.untruncated_length is not None:
                _require_one_row(part, None)
                most = len(part.tokens)
                raise OptionError(
                    f"the tokenizer cuts texts to {most} tokens: expected window={most} at most, got {self.size}"
                )
        return document

    def _uncut(self, name: str | None) -> InputReader:
        """The reader, which cuts or fills up no text; with a name, not that one."""
        reader, strings = self.reader, self.reader.strings
        given, of_strings = reader.tokenizer, frozenset(strings.ranks)
        by_name = isinstance(given, Mapping) and not callable(given)
        lengths: dict[str | None, int] = {}
        if name is not None:
            of_strings = frozenset([name])
            tokenizers = given if by_name else dict.fromkeys(reader.names, given)
            tokenizer: Any = {n: uncut(t) if n == name else t for n, t in tokenizers.items()}
            lengths = {n: length for n, length in reader.lengths.items() if n != name}
        else:
            tokenizer = {n: uncut(t) for n, t in given.items()} if by_name else uncut(given)
        strings = replace(strings, reads_all=of_strings)
        return replace(reader, strings=strings, tokenizer=tokenizer, lengths=lengths)

    def _long_texts(self, document: Document) -> list[str | None]:
        """The name of the text that is longer than a window; nothing where all are short enough.

        Raises:
            DocumentError: where there are several of them.
            OptionError: where the model takes another length than that of a window.
        """
        lengths = self.reader.lengths
        long = [
            name
            for name, part in document.parts.items()
            if len(part.tokens) > (self.size if name is None else lengths.get(name, self.size))
        ]
        if len(long) > 1:
            texts = [name for name in long if not kind_of_input(str(name))]
            as_long = {len(document.parts[name].tokens) for name in long}
            if len(texts) != 1 or len(as_long) > 1:
                sizes = ", ".join(f"{name} ({len(document.parts[name].tokens)})" for name in long)
                raise DocumentError(
                    f"window= cuts one text, but several inputs are longer than window={self.size}: {sizes}; shorten "
                    "all but one of them"
                )
            long = texts
        for name in long:
            length = None if name is None else lengths.get(name)
            if length not in (None, self.size):
                raise self._misfit(length)
        return long

    def _misfit(self, length: int | None) -> OptionError:
        return OptionError(
            f"the model reads {length} tokens, no more and no fewer: expected window={length}, got {self.size}"
        )

    def _named(self, document: Document) -> dict[str, Any] | None:
        """The inputs of a document by their names; None where it has only one."""
        if isinstance(document.inputs, Mapping):
            return dict(document.inputs)
        if isinstance(document.inputs, tuple):
            return dict(zip(self.reader.names, document.inputs, strict=True))
        return None

    def _mask(self, document: Document, count: int) -> Array | None:
        """What an input says of where the tokens of a text are, bool (T,)."""
        for name, value in (self._named(document) or {}).items():
            if kind_of_input(name) == "masks" and np.shape(value) == (count,):
                return np.asarray(value, bool)
        return None

    def _window(self, whole: Document, name: str | None, at: Array) -> Document:
        """The document with some tokens of one of its texts, and what goes with these."""
        count = len(whole.parts[name].tokens)
        parts = {
            each: part.at(at)
            if each == name or len(part.tokens) == count and kind_of_input(str(each))
            else part
            for each, part in whole.parts.items()
        }
        named = self._named(whole)
        if named is None:
            return Document(whole.inputs[at], parts)
        cut = {
            each: _cut(each, value, at, count, is_text=each == name or name is None)
            for each, value in named.items()
        }
        inputs = cut if isinstance(whole.inputs, Mapping) else tuple(cut.values())
        return Document(inputs, parts)

    def _of_string(
        self, whole: Document, name: str | None, positions: list[Array], doc: Any, tokens: Any
    ) -> WindowedDocument:
        """For a model that takes the string itself: the characters of each window as a text of their own."""
        part = whole.parts[name]
        assert part.encoding is not None
        if part.encoding.original is not None:
            raise DocumentError(
                "window= needs to know where each token stands in the text, and here the tokenizer does not tell: "
                "explain shorter texts one by one"
            )
        texts = [part.encoding.text[slice(*stretch(part.encoding, at))] for at in positions]
        docs = [_with_text(doc, self.reader.names, name, text) for text in texts]
        windows, placed = self.reader.read_all(docs, [tokens] * len(docs)), []
        for at, text, window in zip(positions, texts, windows, strict=True):
            read = window.parts[name]
            assert read.ids is not None
            assert part.ids is not None
            content = ~self.pads_of(read, None)
            if not np.array_equal(read.ids[content], part.ids[at]):
                raise self._other_tokens(text, int(content.sum()), len(at), len(read.ids))
            of_window = np.full(len(read.ids), -1)
            of_window[content] = at
            placed.append(of_window)
        return WindowedDocument(whole, tuple(windows), name, tuple(placed))

    def _other_tokens(self, text: str, found: int, wanted: int, most: int) -> TextAttrError:
        if most < wanted:
            return OptionError(
                f"the model reads {most} words of a text: expected window={most} at most, got {self.size}"
            )
        return DocumentError(
            f"window= cuts the text at its tokens, but in {shown(text)} alone the model reads {found} tokens that are "
            f"not those {wanted} that it reads there in the whole text: explain shorter texts one by one"
        )


def windows_of_text(document: Document, size: int, stride: int | None) -> WindowedDocument:
    """A text for a function of texts, which reads the characters of each window as a text of their own."""
    part = document.parts[None]
    encoding = part.encoding
    assert encoding is not None
    if len(part.tokens) <= size:
        return WindowedDocument.uncut(document)
    positions = window_positions(part, np.zeros(len(part.tokens), bool), size, stride)
    windows = []
    for at in positions:
        start, end = stretch(encoding, at)
        inside = encoding.at(at)
        moved = [(a - start, b - start) for a, b in inside.offsets]
        own = replace(inside, text=encoding.text[start:end], offsets=moved)
        windows.append(Document(own.text, {None: TextPart(part.at(at).tokens, inside.ids, own)}))
    return WindowedDocument(document, tuple(windows), None, tuple(positions))


def _require_one_row(part: TextPart, leaf: Any) -> None:
    """Refuse a text that the model does not read as one row of tokens; `leaf` is what it is given for it."""
    if part.encoding is not None and part.encoding.texts is not None:
        raise DocumentError(
            f"window= cuts one text, but {', '.join(part.encoding.texts)} are packed into one sequence: shorten them"
        )
    if part.encoding is None and np.ndim(leaf) == 2 and np.asarray(leaf).dtype.kind in "iu":
        raise DocumentError(
            f"window= cuts a text that is one row of tokens, got ids of shape {np.shape(leaf)}: several sentences"
        )


def _with_text(doc: Any, names: Sequence[str], name: str | None, text: str) -> Any:
    """The document with another text for one of its inputs."""
    if isinstance(doc, Mapping):
        return {**doc, name: text}
    if isinstance(doc, tuple) and len(names) > 1:
        return tuple(text if each == name else value for each, value in zip(names, doc, strict=True))
    return text


def _cut(name: str, value: Any, at: Array, count: int, *, is_text: bool) -> Any:
    """One input of several for the tokens of a window; positions begin anew, and a number of tokens is the window's."""
    number = np.asarray(value)
    if number.size == 1 and says_of_tokens(number, name, [], range(1, count + 1), is_looked_up=False):
        return np.full_like(number, len(at))
    if np.shape(value)[:1] != (count,) or not (is_text or kind_of_input(name)):
        return value
    array = np.asarray(value)
    return array[: len(at)] if kind_of_input(name) == "positions" else array[at]
