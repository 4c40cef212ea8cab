"""`InputReader`: from a document as a user gives it to what a Keras model takes.

Long because each form of a document, text, ids, vectors, strings, or several of these, has its own errors.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.backends.array_reader import (
    batch_of,
    filled_with,
    from_numbers,
    from_words,
    input_array,
    one_string,
    part_of,
)
from textattr.backends.string_inputs import StringInputs
from textattr.backends.token_inputs import TokenInputs
from textattr.backends.token_names import names_by_input
from textattr.backends.truncation import truncation
from textattr.checks import shown
from textattr.document import Document, TextPart
from textattr.errors import DocumentError, TextAttrError, TokenizerError, TokensError
from textattr.tokenizers.call import encode, encode_all, pack
from textattr.tokenizers.checks import as_bytes
from textattr.tokenizers.encoding import Encoding, Packer

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class InputReader:
    """How documents of one model are to be read.

    Args:
        tokenizer: turns a text into an `Encoding`; a dict of these for several texts.
        names: the names of the model's inputs; empty where it has only one, or they are not known.
        ranks: how many axes each input has without the batch, by name (None is the name of an only one), as far as
            the model declares them.
        lengths: how many positions each input has, by name, where only one number will do.
        strings: the inputs that take a string itself; there the tokenizer only tells where its tokens stand.
        takes_dict: the model was built with a dict of inputs.
        token_inputs: which inputs take the ids of a text, its mask and its segments; None where these are none.
    """

    strings: StringInputs
    tokenizer: Any = None
    names: tuple[str, ...] = ()
    ranks: Mapping[str | None, int] = field(default_factory=dict)
    lengths: Mapping[str | None, int] = field(default_factory=dict)
    takes_dict: bool = False
    token_inputs: TokenInputs | None = None

    def read_all(self, docs: Sequence[Any], tokens: Sequence[Any]) -> list[Document]:
        """Understand several documents, each with its `tokens`; a tokenizer that takes many texts is called once.

        Raises:
            TextAttrError: as `read` does, for the first document that it refuses.
        """
        return [self.read(*each) for each in zip(self._encoded(docs, tokens), tokens, strict=True)]

    def _encoded(self, docs: Sequence[Any], tokens: Sequence[Any]) -> list[Any]:
        """The documents with an `Encoding` in place of each text.

        Where one text of an input cannot be encoded all stay as they are: which it is shows when they are read.
        """
        if docs:
            self.strings.look_at(docs[0])
        texts: dict[str | None, dict[int, str]] = {}
        given = [self._by_name(doc) if own is None else {} for doc, own in zip(docs, tokens, strict=True)]
        for i, by_name in enumerate(given):
            for name, value in by_name.items():
                if isinstance(value, str) and value.strip():
                    texts.setdefault(name, {})[i] = value
        encoded: list[dict[str | None, Encoding]] = [{} for _ in docs]
        for name, of_docs in texts.items():
            try:
                tokenizer = self._tokenizer(name, as_dict=isinstance(docs[next(iter(of_docs))], Mapping))
                if tokenizer is None or self.strings.are_words(name):
                    continue
                found = encode_all(
                    tokenizer,
                    list(of_docs.values()),
                    length=self._length_of(name),
                    needs_ids=not self.strings.takes(name),
                )
            except TextAttrError:
                continue
            for i, encoding in zip(of_docs, found, strict=True):
                encoded[i][name] = encoding
        return [_with(doc, self.names, new) for doc, new in zip(docs, encoded, strict=True)]

    def require_texts(self, names: Collection[str | None]) -> None:
        """Refuse tokenizers for inputs which the model does not read as texts.

        Args:
            names: of the inputs that it does.

        Raises:
            TokenizerError: for the first of them.
        """
        for name in self.tokenizer if isinstance(self.tokenizer, Mapping) else ():
            if name not in names:
                raise TokenizerError(
                    f"tokenizer= is for the input {name!r}, which the model does not read as a text: its texts are "
                    f"{', '.join(map(str, names))}"
                )

    def _by_name(self, doc: Any) -> Mapping[Any, Any]:
        """What a document holds for each input; nothing where it is no document."""
        if self._packed(doc) is not None:
            return {}
        if isinstance(doc, Mapping):
            return doc
        if isinstance(doc, tuple) and len(doc) == len(self.names) > 1:
            return dict(zip(self.names, doc, strict=True))
        return {None: doc}

    def read(self, doc: Any, tokens: Any) -> Document:
        """Understand one document as the user gave it.

        Args:
            doc: text, ids (T,) or (1, T), vectors (T, D), an `Encoding`, or a dict or tuple of these, one per input.
            tokens: one string per position, where `doc` is no text; a dict of these for several texts.

        Raises:
            DocumentError: for an empty document, a batch, or something else altogether.
            TokenizerError: for a text without a tokenizer.
            TokensError: when tokens and ids are of different length.
        """
        document = self._read(doc, tokens)
        find = partial(self._tokenizer, as_dict=isinstance(document.inputs, Mapping))
        parts = {
            name: replace(part, find_tokenizer=partial(find, name)) for name, part in document.parts.items()
        }
        return replace(document, parts=parts)

    def _read(self, doc: Any, tokens: Any) -> Document:
        self.strings.look_at(doc)
        packed = self._packed(doc)
        if packed is not None:
            if tokens is not None:
                raise TokensError("tokens= belong to ids: texts are read by the tokenizer")
            return self._from_encoding(pack(self.tokenizer, packed, length=self.length), None)
        if isinstance(doc, tuple) and len(self.names) > 1:
            if len(doc) != len(self.names):
                raise DocumentError(
                    f"the model takes {len(self.names)} inputs ({', '.join(self.names)}), got {len(doc)}"
                )
            return self._read_several(
                dict(zip(self.names, doc, strict=True)), tokens, as_dict=self.takes_dict
            )
        if isinstance(doc, Mapping):
            return self._read_several(doc, tokens, as_dict=True)
        if (
            len(self.names) > 1
            and not isinstance(doc, Encoding)
            and (self.tokenizer is None or not isinstance(doc, str))
        ):
            raise self._several_needed(doc)
        return self._read_one(doc, tokens)

    def _read_one(self, doc: Any, tokens: Any, name: str | None = None, *, as_dict: bool = False) -> Document:
        if self.strings.takes(name) and not isinstance(doc, Encoding):
            return self._read_strings(doc, tokens, name, as_dict=as_dict)
        if isinstance(doc, str):
            doc = self._encode(doc, tokens, self._tokenizer(name, as_dict=as_dict), name)
        if isinstance(doc, Encoding):
            return self._from_encoding(doc, name)
        return from_numbers(doc, tokens, self.ranks.get(None))

    def _several_needed(self, doc: Any) -> DocumentError:
        example = ", ".join(f"{n!r}: ..." for n in self.names)
        return DocumentError(
            f"the model takes {len(self.names)} inputs ({', '.join(self.names)}), got one {type(doc).__name__}: "
            f"pass a dict {{{example}}} or a tuple in that order"
        )

    def _tokenizer(self, name: str | None, *, as_dict: bool) -> Any:
        """What tells the tokens of an input; None where nothing does."""
        if self.strings.takes(name):
            return self.strings.tokenizer(name, as_dict=as_dict)
        return self.tokenizer.get(name) if isinstance(self.tokenizer, Mapping) else self.tokenizer

    def _read_strings(self, doc: Any, tokens: Any, name: str | None, *, as_dict: bool) -> Document:
        """What goes into an input of strings: a text, or one string for each token where the model looks these up."""
        tokenizer, rank = self._tokenizer(name, as_dict=as_dict), self.strings.ranks[name]
        where = "" if name is None else f" for the input {name!r}"
        if self.strings.are_words(name):
            return from_words(doc, tokens, rank, where)
        text = one_string(doc)
        if text is None:
            advice = ". For one text pass the string itself, for several call explain_many"
            raise DocumentError(f"expected a text{where}, got {type(doc).__name__}: {shown(doc)}{advice}")
        if tokenizer is not None:
            return self._from_encoding(self._encode(text, tokens, tokenizer, name), name)
        if tokens is not None:
            raise TokensError(f"tokens= belong to ids: the input {name!r} holds none")
        as_bytes(text)
        return Document(filled_with(text, [1] * rank), {})

    def _encode(self, text: str, tokens: Any, tokenizer: Any, name: str | None) -> Encoding:
        if tokens is not None:
            raise TokensError("tokens= belong to ids: with a text, pass tokenizer= instead")
        if tokenizer is None:
            where = "" if name is None else f" of the input {name!r}"
            raise TokenizerError(
                f"expected tokenizer= for the text {shown(text)}{where}: write "
                "tokenizer=<the one that the model was trained with, as it is>, or textattr.Words(vocabulary, "
                "unknown=<id of unknown words>, splitting=<the rule of the vocabulary>), or pass ids with tokens="
            )
        if not text.strip():
            where = "" if name is None else f" for the input {name!r}"
            raise DocumentError(f"expected a text with at least one word{where}, got {text!r}")
        return encode(tokenizer, text, length=self._length_of(name), needs_ids=not self.strings.takes(name))

    def _from_encoding(self, encoding: Encoding, name: str | None) -> Document:
        if not len(encoding) or all(encoding.special or ()):
            raise DocumentError(
                f"expected a text with at least one token, got none in {shown(encoding.text)}"
            )
        warnings = [*encoding.warnings, *truncation(encoding)]
        words = [i for i, special in zip(encoding.ids, encoding.special or (), strict=True) if not special]
        if encoding.unknown_id is not None and all(i == encoding.unknown_id for i in words):
            warnings.append("none of the words is in the vocabulary: the model saw unknown tokens only")
        inputs = self._inputs(encoding) if name is None else encoding.ids
        if encoding.original is not None and encoding.texts is None:
            warnings.append(
                "the tokens could not be placed in the text as it was given: the document shown is what became of it "
                "on the way to them; the model read the text itself"
            )
        if self.strings.takes(name):
            text = encoding.text if encoding.original is None else encoding.original
            inputs = filled_with(text, [1] * self.strings.ranks[name])
        part = TextPart(tuple(encoding.tokens), encoding.ids, encoding)
        return Document(inputs, {None: part}, tuple(warnings))

    def _inputs(self, encoding: Encoding) -> Any:
        """What the model takes for an encoding: as the tokenizer says it, else its ids, with masks and segments."""
        if encoding.inputs is not None and not self.names:
            return dict(encoding.inputs)
        if encoding.inputs is not None and set(self.names) <= set(encoding.inputs):
            return {name: encoding.inputs[name] for name in self.names}
        if self.token_inputs is not None:
            return self.token_inputs.arrays(encoding)
        return encoding.ids if encoding.inputs is None else dict(encoding.inputs)

    def _packed(self, doc: Any) -> dict[str, str] | None:
        """Several texts by name, where the tokenizer makes one sequence of them; else None.

        Texts in a tuple are called "first" and "second"; a dict tells their names, which are no inputs of the model.
        """
        reads_one_row = not self.names or self.token_inputs is not None
        if (
            not isinstance(doc, tuple | Mapping)
            or not reads_one_row
            or not isinstance(self.tokenizer, Packer)
        ):
            return None
        if isinstance(doc, tuple) and len(doc) in (2, 3):
            doc = dict(zip(("first", "second", "third"), doc, strict=False))
        elif not isinstance(doc, Mapping) or set(doc) & set(self.names):
            return None
        return dict(doc) if len(doc) > 1 and all(isinstance(text, str) for text in doc.values()) else None

    def _length_of(self, name: str | None) -> int | None:
        """How many ids an input has, where only one number will do."""
        return self.length if name is None else self.lengths.get(name)

    @property
    def length(self) -> int | None:
        """How many ids the model reads, where only one number will do and its text has no name."""
        return self.lengths.get(None if self.token_inputs is None else self.token_inputs.ids)

    def _read_several(self, doc: Mapping[str, Any], tokens: Any, *, as_dict: bool) -> Document:
        """A dict of inputs: texts are encoded, numbers taken as they are, without their batch axis of 1."""
        self._check_names(doc)
        texts = {name for name, value in doc.items() if _is_text(value) or self.strings.takes(name)}
        arrays = {name: input_array(value, name) for name, value in doc.items() if name not in texts}
        lengths = {name: array.shape[-1] for name, array in arrays.items() if array.ndim}
        tokens = names_by_input(tokens, doc, lengths)
        inputs: dict[str, Any] = {}
        parts: dict[str | None, TextPart] = {}
        warnings: list[str] = []
        batched = all(array.ndim > 0 and len(array) == 1 for array in arrays.values())
        for name, value in doc.items():
            if name in texts:
                one = self._read_one(value, tokens.get(name), name, as_dict=as_dict)
                inputs[name] = one.inputs
                if one.parts:
                    parts[name] = one.parts[None]
                warnings += [f"{name}: {warning}" for warning in one.warnings]
                continue
            array = arrays[name]
            rank = self.ranks.get(name)
            if rank == 1 and not array.ndim:  # the only number of an input (1,)
                array = array[None]
            if (
                array.ndim > 0
                and len(array) == 1
                and (array.ndim == rank + 1 if rank is not None else batched)
            ):
                array = array[0, ...]
            elif rank is not None and array.ndim == rank + 1:
                raise batch_of(array)
            inputs[name] = array
            if array.dtype.kind in "biuf" and (array.ndim >= 1 or tokens.get(name) is None):
                parts[name] = part_of(np.atleast_1d(array), tokens.get(name))
            elif tokens.get(name) is not None:
                raise TokensError(f"tokens= belong to ids: the input {name!r} holds none")
        nest = inputs if as_dict else tuple(inputs[name] for name in self.names)
        return Document(nest, parts, tuple(warnings))

    def _check_names(self, doc: Mapping[str, Any]) -> None:
        unnamed = [name for name in doc if not isinstance(name, str)]
        if unnamed:
            raise DocumentError(
                f"expected a dict of the model's inputs by their names, got the key {shown(unnamed[0])}"
            )
        missing = [name for name in self.names if name not in doc]
        extra = [name for name in doc if self.names and name not in self.names]
        if missing or extra:
            wrong = [f"{', '.join(missing)} is missing"] * bool(missing) + [
                f"{', '.join(extra)} is none"
            ] * bool(extra)
            raise DocumentError(f"expected the inputs {', '.join(self.names)}: {'; '.join(wrong)}")


def _is_text(value: Any) -> bool:
    return isinstance(value, str | Encoding)


def _with(doc: Any, names: Sequence[str], new: Mapping[str | None, Encoding]) -> Any:
    """A document with encodings in place of some of its texts."""
    if not new:
        return doc
    if isinstance(doc, Mapping):
        return {**doc, **new}
    if isinstance(doc, tuple):
        return tuple(new.get(name, value) for name, value in zip(names, doc, strict=True))
    return new[None]
