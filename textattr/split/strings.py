"""The strings that a model looks up for a text: what stands in its graph before strings become numbers, and ids."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.errors import TokenizerError
from textattr.graph.traits import is_same, moved_from, traits
from textattr.split.calls import Call
from textattr.split.family import tensorflow
from textattr.split.interception import inlined
from textattr.split.layers import find_layer
from textattr.split.lookups import is_condition, lookups_in
from textattr.split.ragged import is_ragged
from textattr.split.simplified import simplified
from textattr.split.sites import GATHER, Sites, gathers, ids_at
from textattr.split.states import held
from textattr.split.watching import is_one_of
from textattr.tokenizers.checks import as_bytes

Array = npt.NDArray[Any]

VECTORIZATION = ("TextVectorization",)

_FIRST_CODE = 1000  # of the numbers that stand for strings while their way is followed
_UNLIKELY = (b"\x00textattr 1", b"\x00textattr 2", b"\x00textattr 3")  # words that no table has


@dataclass(frozen=True, eq=False)
class ReadText:
    """What a model looks up for one text.

    Args:
        strings: the strings that became numbers, in order.
        ids: int (T,): what is looked up.
        string_at: int (T,): which of the strings stands at each position; -1 where none does.
        shift: what the model adds to the number of a string.
    """

    strings: tuple[bytes, ...]
    ids: Array
    string_at: Array
    shift: int


@dataclass(frozen=True, eq=False)
class LookedUpStrings:
    """The way from an input of strings to the ids of its text, as a part of the model's own graph.

    Args:
        name: of the input; None where there is only one.
        rank: how many axes the input has, documents first.
        are_words: the input itself is what is looked up: one string for each position.
        read: texts -> [strings, their numbers, ids of each table].
        follow: texts, and numbers in place of those of the strings -> [ids of each table].
        number: strings -> their numbers.
        is_row: whether the strings of each text are a row of a dense tensor.
    """

    name: str | None
    rank: int
    are_words: bool
    read: Any
    follow: Any
    number: Any
    is_row: bool

    def __call__(self, text: str) -> ReadText:
        """What the model looks up for a text.

        Raises:
            TokenizerError: where it cannot be told which string stands at which position.
        """
        tf = tensorflow()
        texts = self._texts([text])
        strings, numbers, *ids = (each.numpy() for each in self.read(texts))
        count = strings.size
        if any(each.size != ids[0].size for each in ids):
            sizes = " and ".join(str(each.size) for each in ids)
            raise TokenizerError(
                f"the model reads {self._input} in several ways, as {sizes} tokens: only one of them can be explained, "
                "embedding_layer= says which"
            )
        same = np.full(numbers.shape, _FIRST_CODE, np.int64)
        counted = _FIRST_CODE + 1 + np.arange(numbers.size).reshape(numbers.shape)
        before = [each.numpy().reshape(-1) for each in self.follow(texts, tf.constant(same))]
        behind = [each.numpy().reshape(-1) for each in self.follow(texts, tf.constant(counted))]
        places = [(b - a - 1).astype(np.int64) for a, b in zip(before, behind, strict=True)]
        at = places[0]
        wrong = (at < -1) | (at >= count)
        if wrong.any() or any(not np.array_equal(at, each) for each in places):
            raise TokenizerError(
                f"the model looks up {ids[0].size} ids for the {count} strings that it makes of {self._input}, and it "
                "cannot be told which of them stands where: pass tokenizer=, a function f(text, *, length=None) that "
                "returns a textattr.Encoding with one token for each id"
            )
        shift = int(before[0][at >= 0][0]) - _FIRST_CODE if (at >= 0).any() else 0
        return ReadText(tuple(strings.reshape(-1).tolist()), ids[0].reshape(-1).astype(np.int64), at, shift)

    def strings(self, texts: Sequence[str]) -> list[list[bytes]]:
        """The strings of each of several texts; where they fill up rows, with empty ones behind."""
        if self.is_row:
            return [row.reshape(-1).tolist() for row in self.read(self._texts(texts))[0].numpy()]
        return [self.read(self._texts([text]))[0].numpy().reshape(-1).tolist() for text in texts]

    def special_numbers(self) -> dict[str, int]:
        """The numbers of the empty string, "pad", where the model knows it, and of all "unknown" ones if it is one."""
        unknown = {self._number(each) for each in _UNLIKELY}
        pad = self._number(b"")
        found = {"unknown": min(unknown)} if len(unknown) == 1 else {}
        return found if pad in unknown else {**found, "pad": pad}

    def _number(self, string: bytes) -> int:
        shape = [1] * (2 if self.is_row else 1)
        return int(self.number(tensorflow().fill(shape, string))[0].numpy().reshape(-1)[0])

    def _texts(self, texts: Sequence[str]) -> Any:
        return tensorflow().reshape(
            tensorflow().constant([as_bytes(text) for text in texts], dtype="string"),
            [-1] + [1] * (self.rank - 1),
        )

    @property
    def _input(self) -> str:
        return "the text" if self.name is None else f"the input {self.name!r}"


def looked_up_strings(
    model: Callable[[], Any],
    layers: Sequence[Callable[[], Any]],
    sites: Sites,
    names: Sequence[str | None],
    wanted: str | None,
    spec: Any,
) -> dict[int, LookedUpStrings]:
    """How the strings of each text of strings become ids, by the position of its input, from one trace of the model.

    Texts of which no string becomes a number on the way, or strings of several kinds, are left out.

    Args:
        model: weak reference to the model.
        layers: weak references to its layers.
        sites: where text enters it.
        names: the names of its inputs.
        wanted: the path of the layer that the user named as the lookup, or None.
        spec: what to trace with.
    """
    tf = tensorflow()
    found: list[tuple[Any, Any]] = []

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def traced(*flat: Any) -> Any:
        whole, parts = model(), [ref() for ref in layers]
        graph = tf.compat.v1.get_default_graph()
        start = len(graph.get_operations())
        named = None if wanted is None else find_layer(whole, wanted)[1]
        looking = lookups_in(parts, wanted=named)
        with held(parts), simplified(parts), looking as lookups, inlined([whole]):
            outputs = whole(tf.nest.pack_sequence_as(spec, flat), training=False)
        is_gathered = any(site.kind == GATHER for site in sites.texts)
        reads = gathers(graph, start, list(flat)) if is_gathered else []
        found.append((flat, ids_at(sites.texts, lookups, reads, flat)))
        return tf.nest.flatten(outputs)

    wrapped = tf.compat.v1.wrap_function(traced, tf.nest.flatten(spec))
    leaves, ids = found[-1]
    strings: dict[int, LookedUpStrings] = {}
    for source in dict.fromkeys(site.source for site in sites.texts):
        if leaves[source].dtype == tf.string:
            mine = [each for each, site in zip(ids, sites.texts, strict=True) if site.source == source]
            way = _way(wrapped, leaves[source], mine, names[source])
            strings |= {} if way is None else {source: way}
    return strings


def vectorization_of(ids: Sequence[Any], leaf: Any, calls: Iterable[Call]) -> Callable[[], Any] | None:
    """Weak reference to the `TextVectorization` that reads an input as it stands, and whose ids are looked up so.

    Args:
        ids: what is looked up, by each table that reads the text.
        leaf: the input.
        calls: the calls of such layers, among others.
    """
    for call in calls:
        is_one = is_one_of(call.layer, VECTORIZATION) and hasattr(call.first, "op")
        if is_one and _is_of(call.first, leaf) and all(_is_of(each, _origin(call.returned)) for each in ids):
            return weakref.ref(call.layer)
    return None


def _way(wrapped: Any, leaf: Any, ids: Sequence[Any], name: str | None) -> LookedUpStrings | None:
    """How the strings of an input become the ids of its text; None where that cannot be told.

    Args:
        wrapped: the traced model, a function of `tf.compat.v1.wrap_function`.
        leaf: the input.
        ids: what is looked up, by each table that reads the text.
        name: of the input.
    """
    turns = list(dict.fromkeys(turn for each in ids for turn in _turns(each)))
    strings = {_origin(_string_of(op)).ref() for op in turns}
    if len(strings) != 1:
        return None
    entering, numbers = _string_of(turns[0]), [op.outputs[0] for op in turns]
    are_words = _is_of(entering, leaf) and leaf.shape.rank > 1 and leaf.shape[-1] != 1
    try:
        read = wrapped.prune([leaf], [entering, numbers[0], *ids])
        follow = _following(wrapped, leaf, numbers, ids)
    except Exception:  # noqa: BLE001  (TensorFlow's own, where the ids are made of other inputs too)
        return None
    is_row = entering.shape.rank is not None and entering.shape.rank > 1
    number = wrapped.prune([entering], [numbers[0]])
    return LookedUpStrings(name, leaf.shape.rank, are_words, read, follow, number, is_row)


def _following(wrapped: Any, leaf: Any, numbers: Sequence[Any], ids: Sequence[Any]) -> Any:
    """Texts, and numbers that stand in place of those of their strings, to ids."""
    pruned = wrapped.prune([leaf, *numbers], list(ids))

    def follow(texts: Any, codes: Any) -> Any:
        tf = tensorflow()
        return pruned(texts, *(tf.cast(codes, number.dtype) for number in numbers))

    return follow


def _turns(ids: Any) -> list[Any]:
    """The ops that turn strings into the numbers which ids are made of."""
    found, seen, todo = [], set(), [ids.op]
    while todo:
        op = todo.pop()
        if op.name in seen or is_condition(op):
            continue
        seen.add(op.name)
        if traits(op).turns_strings and _string_of(op) is not None:
            found.append(op)
        else:
            todo.extend(tensor.op for tensor in op.inputs)
    return found


def _string_of(op: Any) -> Any:
    """The tensor of strings that goes into an op; None where there is none."""
    return next((tensor for tensor in op.inputs if tensor.dtype.name == "string"), None)


def _origin(tensor: Any) -> Any:
    """The tensor of which this one has the same entries, perhaps in another shape; of a ragged one, of its values."""
    tensor = tensor.flat_values if is_ragged(tensor) else tensor
    while is_same(tensor) or tensor.op.type == "RaggedTensorToTensor":
        tensor = moved_from(tensor) if is_same(tensor) else tensor.op.inputs[1]
    return tensor


def _is_of(tensor: Any, origin: Any) -> bool:
    return bool(_origin(tensor).ref() == origin.ref())
