"""Inputs of a model that take strings: which layer, or part of its graph, cuts each of them into tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.errors import TextAttrError, TokenizerError
from textattr.split.layers import walk
from textattr.split.model import SplitModel
from textattr.split.probe import blank
from textattr.split.signature import declared_inputs
from textattr.split.strings import LookedUpStrings
from textattr.split.texts import TextInput
from textattr.split.watching import is_one_of
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import PAD_TOKEN
from textattr.tokenizers.placing import Offsets, joined, place, place_in_part
from textattr.tokenizers.text_vectorization import FromTextVectorization
from textattr.tokenizers.uncut import uncut

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class StringInputs:
    """The inputs of a model that take strings.

    Args:
        split: the model.
        ranks: how many axes each of them has without the documents, by its name; None is the name of an only input. Of
            a model that declares no inputs, they are found out with the first document.
        given: the tokenizer that the user passed for all texts, or a dict of these by input, or None.
        reads_all: the inputs whose texts are not cut to a length.
    """

    split: SplitModel
    ranks: dict[str | None, int]
    given: Any = None
    reads_all: frozenset[str | None] = frozenset()
    _tried: list[Any] = field(default_factory=list)
    _found: dict[Any, Any] = field(default_factory=dict)

    def takes(self, name: str | None) -> bool:
        """Whether an input takes strings."""
        return name in self.ranks

    def look_at(self, doc: Any) -> None:
        """Find out, of a model that declares no inputs and has layers for strings, which inputs take strings.

        Args:
            doc: a document: a string, or a dict with some.
        """
        model = self.split.model
        if self._tried or declared_inputs(model) is not None or not isinstance(doc, str | Mapping):
            return
        texts = [
            name
            for name, value in _by_name(doc).items()
            if isinstance(value, str) and not self._is_foreign(name)
        ]
        if not texts or not any(is_one_of(layer, _OF_STRINGS) for _, layer in walk(model)):
            return
        for rank in (0, 1):
            inputs = {
                name: np.full([1] * (rank + 1), "", object)
                if name in texts
                else np.atleast_2d(np.asarray(value))
                for name, value in _by_name(doc).items()
            }
            try:
                given = self.split.arrays(inputs if isinstance(doc, Mapping) else inputs[None])
                self.split.survey(given)
            except TextAttrError:
                continue
            self._tried.append(given)
            self.ranks.update(dict.fromkeys(texts, rank))
            return
        self._tried.append(None)

    def _is_foreign(self, name: str | None) -> bool:
        """Whether the user has another tokenizer for an input than a layer of the model."""
        given = self.given.get(name) if isinstance(self.given, Mapping) else self.given
        of_layer = isinstance(given, FromTextVectorization) and self._holds(given.layer)
        return given is not None and not of_layer

    def _holds(self, layer: Any) -> bool:
        return any(each is layer for _, each in walk(self.split.model))

    def tokenizer(self, name: str | None, *, as_dict: bool) -> Any:
        """What tells the tokens of an input: the user's tokenizer, a layer of the model, or the model's own graph.

        Args:
            name: of the input.
            as_dict: whether documents are dicts of inputs.

        Returns:
            None where the model looks up no tokens of this input.

        Raises:
            TokenizerError: for a layer that reads another input; where the model's graph does not tell.
            TextAttrError: for a model that textattr cannot look into.
        """
        if name not in self._found:
            self._found[name] = self._chosen(name, as_dict)
        found = self._found[name]
        return uncut(found) if name in self.reads_all else found

    def are_words(self, name: str | None) -> bool:
        """Whether a document has one string for each token of an input, whose tokenizer was found."""
        found = self._found.get(name)
        return isinstance(found, FromGraph) and found.strings.are_words

    def _chosen(self, name: str | None, as_dict: bool) -> Any:
        is_own = isinstance(self.given, Mapping)
        given = self.given.get(name) if is_own else self.given
        if given is not None and not isinstance(given, FromTextVectorization):
            return given
        inputs = (
            self._tried[0] if self._tried else self.split.arrays(blank(self.split.model, as_dict=as_dict))
        )
        survey = self.split.survey(inputs)
        texts = {survey.names[text.source]: text for text in survey.texts if not text.is_beside}
        name = survey.names[0] if len(survey.names) == 1 else name
        if name not in texts:
            if given is not None and is_own:
                raise TokenizerError(f"tokenizer= is for the input {name!r}, {_NO_TEXT}: {_texts(texts)}")
            return None
        layer = _layer(texts[name])
        if given is not None:
            reads = [other for other, text in texts.items() if _layer(text) is given.layer]
            if given.layer is layer or not self._holds(given.layer):
                return given
            if reads and is_own:
                raise TokenizerError(
                    f"tokenizer= has for the input {name!r} the layer {given.layer.name!r}, which reads the input "
                    f"{reads[0]!r}: leave {name!r} out, for what reads it is found by itself"
                )
        if layer is not None:
            return FromTextVectorization(layer)
        way = self.split.strings(inputs).get(texts[name].source)
        if way is None:
            where = "the text" if name is None else f"the input {name!r}"
            raise TokenizerError(
                f"the model takes {where} as a string, and its graph does not tell which strings it looks up: pass "
                "tokenizer=, a function f(text, *, length=None) that returns a textattr.Encoding with one token for "
                "each id that the model looks up"
            )
        return FromGraph(way)


_NO_TEXT = "which the model does not read as a text"


# Layers of strings: a model that has one, and declares no inputs, may take strings itself.
_OF_STRINGS = ("TextVectorization", "StringLookup", "Hashing")


def _by_name(doc: Any) -> Mapping[Any, Any]:
    return doc if isinstance(doc, Mapping) else {None: doc}


def _layer(text: TextInput) -> Any:
    return None if text.vectorization is None else text.vectorization()


def _texts(names: Mapping[str | None, TextInput]) -> str:
    return "its texts are " + ", ".join(map(str, names))


@dataclass(frozen=True, eq=False)
class FromGraph:
    """The strings that a model looks up for an input, as the tokenizer of its texts.

    Each is placed on the characters of the text that it comes from, by running the model's own graph on parts of the
    text where it does not stand there as it is. Where that cannot tell them apart, as words that are put in another
    order, the `text` of the encoding is the strings, joined, and the text that was given its `original`.

    Args:
        strings: the way from the input to the ids.
    """

    strings: LookedUpStrings

    def __call__(self, text: str, *, length: int | None = None) -> Encoding:  # noqa: ARG002  (the model has its own)
        """Encode one text: one token for each id that the model looks up.

        Raises:
            TokenizerError: where it cannot be told which string stands at which position.
        """
        read = self.strings(text)
        words = [i for i, string in enumerate(read.strings) if string]
        is_filling = [at < 0 or not read.strings[at] for at in read.string_at.tolist()]
        shown = [at for at, fills in zip(read.string_at.tolist(), is_filling, strict=True) if not fills]
        document, of_word, count = self._placed(text, [read.strings[i] for i in words])
        places = dict(zip(words, of_word, strict=True))
        if any(before >= behind for before, behind in pairwise(shown)):
            document, places_in_order = joined([read.strings[i].decode(errors="replace") for i in shown])
        else:
            places_in_order = [places[i] for i in shown]
        where = iter(places_in_order)
        offsets = [(0, 0) if fills else next(where) for fills in is_filling]
        fillings = {int(number) for number, fills in zip(read.ids, is_filling, strict=True) if fills}
        special = {name: number + read.shift for name, number in self._special_numbers.items()}
        first = words.index(shown[0]) if shown else 0
        is_cut = len(shown) < len(words) and shown == words[first : first + len(shown)]
        encoding = Encoding(
            document,
            read.ids,
            [PAD_TOKEN if start == end else document[start:end] for start, end in offsets],
            offsets,
            special=is_filling,
            pad_id=next(iter(fillings)) if len(fillings) == 1 else special.get("pad"),
            unknown_id=special.get("unknown"),
            untruncated_length=len(words) if is_cut else count,
        )
        return encoding if document == text else replace(encoding, original=text)

    @cached_property
    def _special_numbers(self) -> dict[str, int]:
        return self.strings.special_numbers()

    def _placed(self, text: str, words: list[bytes]) -> tuple[str, list[Offsets], int | None]:
        """The document, the place of each string, and of how many it has the first or last; None where it has all.

        Strings that overlap, as n-grams do, share no place.
        """
        document, places = place(text, words, self.strings.strings, may_share=True)
        if document != text:
            within = place_in_part(text, words, self.strings.strings)
            if within is not None:
                outside = f"{text[: within[0][0]]} {text[within[-1][1] :]}".split()
                return text, within, len(words) + self._count(outside)
        shared, length = Counter(places), Counter[Offsets]()
        for word, where in zip(words, places, strict=True):
            length[where] += len(word.decode(errors="replace"))
        overlap = any(count > 1 and length[at] > at[1] - at[0] for at, count in shared.items())
        if overlap:
            document, places = joined([word.decode(errors="replace") for word in words])
        return document, places, None

    def _count(self, pieces: list[str]) -> int:
        """How many strings the model looks up for some pieces of a text, each alone."""
        times = Counter(pieces)
        rows = self.strings.strings(list(times)) if times else []
        return sum(many * sum(map(bool, row)) for many, row in zip(times.values(), rows, strict=True))


_MOST_AXES = 4  # of an array, or of lists in lists, that hold one text


def one_string(value: Any) -> str | None:
    """The string in an array of one string, or a string; None for everything else."""
    if isinstance(value, str):
        return value
    for _ in range(_MOST_AXES):
        if isinstance(value, np.ndarray) and value.size == 1:
            value = value.item()
        elif isinstance(value, list | tuple) and len(value) == 1:
            value = value[0]
    return str(value) if isinstance(value, str) else None


def filled_with(text: str, shape: Sequence[int]) -> Array:
    """An array of one text again and again, which keeps NUL at its end, as `numpy.full` does not."""
    array = np.empty(shape, dtype=object)
    array.fill(text)
    return array
