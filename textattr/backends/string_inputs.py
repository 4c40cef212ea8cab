"""Inputs of a model that take strings: which layer, or part of its graph, cuts each of them into tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.backends.graph_tokenizer import FromGraph
from textattr.errors import TextAttrError, TokenizerError
from textattr.split.layers import walk
from textattr.split.model import SplitModel
from textattr.split.probe import blank
from textattr.split.signature import declared_inputs
from textattr.split.texts import TextInput
from textattr.split.watching import is_one_of
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
