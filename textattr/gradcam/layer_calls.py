"""Which calls of layers still have a time axis, and what their units see: followed over the ops of a traced model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from textattr.gradcam.receptive_field import (
    Entry,
    Field,
    Remembered,
    Repeated,
    Sequel,
    Trimmed,
    Window,
    union,
)
from textattr.graph.traits import traits
from textattr.split.calls import Call
from textattr.split.cut import Run
from textattr.split.family import tensorflow


@dataclass(frozen=True, eq=False)
class LayerCall:
    """One call of a layer, as far as the time axis goes.

    Args:
        path: of the layer; number: which of its calls.
        kind: the layer's class.
        has_time: whether its output still has the time axis.
        field: what its units see; None where that has to be measured.
        is_last: whether no other call with a time axis lies between it and the scores.
        is_read: whether the scores depend on it.
        calls: how often the layer is called.
        reads_pieces: whether a `TimeDistributed` runs it, on each sentence of a document as if it were one.
    """

    path: str
    number: int
    kind: str
    has_time: bool
    field: Field | None
    is_last: bool
    is_read: bool
    calls: int
    reads_pieces: bool

    @property
    def key(self) -> tuple[str, int]:
        """Which call it is."""
        return self.path, self.number

    @property
    def name(self) -> str:
        """As a user writes it."""
        return self.path if self.calls == 1 else f"{self.path}:{self.number}"


class _NoField:
    """What is known of a tensor instead of a field."""


LOST = _NoField()  # the time axis is gone
UNKNOWN = _NoField()  # there may be one, but how its units lie over the text has to be measured

_MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
_LOSES = ("Flatten", "BaseGlobalPooling", "GlobalPooling1D", "GlobalPooling2D")
_POOLING = ("MaxPooling1D", "AveragePooling1D", "MaxPooling2D", "AveragePooling2D")
_CONVOLUTIONS = (
    "Conv1D",
    "SeparableConv1D",
    "DepthwiseConv1D",
    "Conv2D",
    "SeparableConv2D",
    "DepthwiseConv2D",
)
_KEEPS = (
    "Embedding Dense Masking Dropout SpatialDropout1D GaussianNoise GaussianDropout AlphaDropout Activation ReLU "
    "LeakyReLU PReLU ELU Softmax BatchNormalization LayerNormalization RMSNormalization GroupNormalization "
    "UnitNormalization RNN Bidirectional TimeDistributed MultiHeadAttention GroupQueryAttention "
    "GroupedQueryAttention Attention AdditiveAttention ActivityRegularization"
).split()


def layer_calls(calls: list[Call], paths: Mapping[int, str], run: Run, start: int) -> tuple[LayerCall, ...]:
    """Every call of a layer that put out vectors, in the order in which they ended.

    Args:
        calls: what was observed while the model ran.
        paths: of the layers, by their `id`.
        run: the run.
        start: how many ops the graph had before it.
    """
    known = _fields(calls, run, start)
    read = _behind([run.scores], stop=())
    around = [call for call in calls if _hands_over_pieces(call)]
    in_pieces = [call for call in calls if any(_is_inside(call, other) for other in around)]
    whole = [call for call in calls if call not in in_pieces]
    timed = [call for call in whole if _has_time(call, known) and call.output.ref() in read]
    last = _last(timed, run)
    counts = Counter(id(call.layer) for call in calls)
    found = []
    for call in calls:
        state = known.get(call.output.ref())
        field = Remembered(state) if isinstance(state, Field) else None
        found.append(
            LayerCall(
                paths[id(call.layer)],
                call.number,
                type(call.layer).__name__,
                call in whole and _has_time(call, known),
                field,
                call in last,
                call.output.ref() in read,
                counts[id(call.layer)],
                call in in_pieces,
            )
        )
    return tuple(found)


def _hands_over_pieces(call: Call) -> bool:
    """Whether the layers below a call run on each step along the second axis by itself."""
    return "TimeDistributed" in _kinds(call)


def _is_inside(call: Call, other: Call) -> bool:
    """Whether a call was made by another."""
    return call is not other and other.ops.start <= call.ops.start and call.ops.stop <= other.ops.stop


def _has_time(call: Call, known: dict[Any, Any]) -> bool:
    state = known.get(call.output.ref())
    return state is not None and state is not LOST and (call.output.shape.rank or 0) >= 3


def _last(timed: list[Call], run: Run) -> list[Call]:
    """The calls that the scores reach first, going back; where one of them reads another, the one that is read."""
    by_output: dict[Any, Call] = {}
    for call in timed:
        by_output[call.output.ref()] = call  # of nested layers with one output the outer one
    reached = _behind([run.scores], stop=by_output)
    first = [call for ref, call in by_output.items() if ref in reached]
    kept = []
    for call in first:
        others = {other.output.ref() for other in first if other is not call}
        if not others & _behind(call.output.op.inputs, stop=()):
            kept.append(call)
    return kept


def _behind(tensors: Iterable[Any], stop: Iterable[Any]) -> set[Any]:
    """References to all tensors that some tensors are computed from, themselves included; not beyond `stop`."""
    stops = set(stop)
    seen: set[Any] = set()
    todo = list(tensors)
    while todo:
        tensor = todo.pop()
        if tensor.ref() in seen:
            continue
        seen.add(tensor.ref())
        if tensor.ref() not in stops:
            todo.extend(tensor.op.inputs)
    return seen


def _fields(calls: list[Call], run: Run, start: int) -> dict[Any, Any]:
    """A `Field`, LOST or UNKNOWN for each float tensor that depends on the vectors, by reference."""
    by_output: dict[Any, Call] = {}
    for call in calls:
        if call.output.ref() not in by_output or _rule_of(by_output[call.output.ref()]) is None:
            by_output[call.output.ref()] = call
    known: dict[Any, Any] = {}
    for site, entry in enumerate(run.entries):
        rank = entry.shape.rank or 0
        known[entry.ref()] = Entry(site) if rank == 3 else UNKNOWN if rank > 3 else LOST
    for op in tensorflow().compat.v1.get_default_graph().get_operations()[start:]:
        for output in op.outputs:
            if output.ref() in known or not output.dtype.is_floating:
                continue
            maker = by_output.get(output.ref())
            below = [known[t.ref()] for t in op.inputs if t.ref() in known]
            if maker is not None and _hands_over_pieces(maker):
                state = _of_steps(maker, known, below)
            elif maker is not None and _rule_of(maker) is not None:
                state = _of_call(maker, [known[t.ref()] for t in maker.inputs if t.ref() in known])
            else:
                state = _of_op(op, output, below)
            if state is not None:
                known[output.ref()] = state
    return known


def _of_steps(call: Call, known: dict[Any, Any], below: list[Any]) -> Any:
    """The state of what a `TimeDistributed` puts out: of what it goes through, or a unit for each sentence."""
    states = [known[tensor.ref()] for tensor in call.inputs if tensor.ref() in known]
    if states and states[0] is not UNKNOWN:
        return states[0]
    return UNKNOWN if below else None


def _rule_of(call: Call) -> str | None:
    for rule, kinds in _RULES:
        if _kinds(call) & set(kinds):
            return rule
    return None


def _kinds(call: Call) -> set[str]:
    """The names of the layer's class and of those that it inherits from."""
    return {cls.__name__ for cls in type(call.layer).__mro__}


_RULES = (
    ("lost", _LOSES),
    ("convolution", _CONVOLUTIONS),
    ("pooling", _POOLING),
    ("padding", ("ZeroPadding1D",)),
    ("cropping", ("Cropping1D",)),
    ("upsampling", ("UpSampling1D",)),
    ("concatenation", ("Concatenate",)),
    ("merge", _MERGES),
    ("keep", _KEEPS),
)


def _of_call(call: Call, below: list[Any]) -> Any:
    """The state of a known layer's output."""
    layer, rule = call.layer, _rule_of(call)
    if not below:
        return None
    if rule == "lost" or (call.output.shape.rank or 0) < 3:
        return LOST
    if rule == "concatenation" and layer.axis == 1:
        return Sequel(tuple(below)) if all(isinstance(b, Field) for b in below) else UNKNOWN
    if rule in ("merge", "concatenation"):
        return _together(below)
    first = below[0]
    if not isinstance(first, Field):
        return first
    if getattr(layer, "data_format", "channels_last") not in (None, "channels_last"):
        return UNKNOWN
    if rule == "convolution":
        sizes = (_first(layer.kernel_size), _first(layer.strides), _first(layer.dilation_rate))
        return Window(first, *sizes, padding=layer.padding)
    if rule == "pooling":
        return Window(first, _first(layer.pool_size), _first(layer.strides), padding=layer.padding)
    if rule == "padding":
        return Trimmed(first, *layer.padding)
    if rule == "cropping":
        return Trimmed(first, *(-n for n in layer.cropping))
    if rule == "upsampling":
        return Repeated(first, _first(layer.size))
    return first


def _of_op(op: Any, output: Any, below: list[Any]) -> Any:
    """The state of what an op puts out, outside the layers that are known."""
    if not below:
        return None
    rank = output.shape.rank
    if op.type == "RaggedTensorToTensor" or _is_filled_up(output):  # rows of different length, and back
        return below[0]
    if rank is not None and rank < 3:
        return LOST
    known = traits(op)
    if known.is_elementwise or op.type in ("Softmax", "LogSoftmax"):
        return _together(below)
    if known.reduces:
        axes = tensorflow().get_static_value(op.inputs[1])
        return UNKNOWN if axes is None else LOST if 1 in axes.reshape(-1) else _together(below)
    return LOST if all(state is LOST for state in below) else UNKNOWN


def _is_filled_up(values: Any) -> bool:
    """Whether a tensor holds the values of a ragged one, which is filled up again."""
    return values.op.type == "GatherNd" and any(
        reader.type == "RaggedTensorToTensor" for reader in values.consumers()
    )


def _together(below: list[Any]) -> Any:
    """Element by element: a factor without a time axis (a gate for each channel) changes nothing."""
    timed = [state for state in below if state is not LOST]
    if not timed:
        return LOST
    return UNKNOWN if UNKNOWN in timed else union(timed)


def _first(sizes: Any) -> int:
    return int(sizes[0] if isinstance(sizes, list | tuple) else sizes)
