"""Recurrent layers, never unrolled: a loop over the steps there, and a loop back that walks one step of the cell."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from textattr.errors import TextAttrError
from textattr.graph.dependence import Graph
from textattr.graph.layer_scopes import LayerScope, LayerScopes
from textattr.keras_private import takes_states_beside_inputs, unpacked_inputs
from textattr.split.family import tensorflow
from textattr.split.interception import intercepted
from textattr.split.ragged import dense, is_ragged, ragged_as
from textattr.split.sizes import sizes
from textattr.split.states import without_states
from textattr.split.watching import is_one_of

CellStep = Callable[[Any, Any], tuple[Any, list[Any]]]
Through = Callable[[Any, Sequence[Any]], tuple[Any, list[Any], Any]]


@dataclass(frozen=True, eq=False)
class LoopArguments:
    """What a recurrent layer was called with.

    Args:
        step: the cell: x (B, ...) and flat states -> output, flat new states.
        sequence: float (T, B, ...), in reading order.
        mask: bool (T, B, 1) in reading order, or None.
        states: the first states, flat.
        turned: undoes the order: (T, B, ...) -> as the layer takes its sequence.
        is_zeroed: whether the output of a masked step is 0, not the last one.
    """

    step: CellStep
    sequence: Any
    mask: Any
    states: list[Any]
    turned: Callable[[Any], Any]
    is_zeroed: bool


@dataclass(frozen=True, eq=False)
class Recurrence:
    """One call of a recurrent layer: its last op, what it read, and what is needed on the way back.

    Args:
        op: gives the output, then the last states.
        inputs: the sequence and the first states, as the layer was given them.
        scope: the call.
        reading: in reading order.
        before: float (T, B, ...) for each state: what it was before each step.
        returns_sequences: whether the output has a step axis.
    """

    op: Any
    inputs: tuple[Any, ...]
    scope: LayerScope
    reading: LoopArguments
    before: tuple[Any, ...]
    returns_sequences: bool
    counts = 1  # towards the depth of what comes after it

    def steps_back(self, given: Sequence[Any], through: Through, nothing: Any) -> tuple[list[Any], Any]:
        """Loop over the steps, from the last to the first.

        Args:
            given: what comes back to the op's outputs, shaped as they; None where there is nothing.
            through: what is given to one step's output and new states, to what it gives back to the step's part of
                the sequence and the states before; and whatever shall be summed up.
            nothing: the sum of that before the first one.

        Returns:
            what comes back to `inputs`, and the sum.
        """
        tf = tensorflow()
        reading = self.reading
        count = sizes(reading.sequence)[0]
        of_output, of_states = given[0], list(given[1:]) or [None] * len(self.before)
        dtype = next(r.dtype for r in given if r is not None)
        whole = None
        if self.returns_sequences and of_output is not None:
            whole, of_output = self._in_reading_order(of_output), None
        output = self.op.outputs[0]
        last = output[:, 0] if self.returns_sequences else output
        carried = tf.zeros_like(last, dtype) if of_output is None else of_output
        states = [
            tf.zeros_like(s, dtype) if r is None else r
            for s, r in zip(reading.states, of_states, strict=True)
        ]

        def body(t: Any, found: Any, sums: Any, carried: Any, *states: Any) -> tuple[Any, ...]:
            here = carried if whole is None else carried + of_step(whole, t)
            mask = None if reading.mask is None else of_step(reading.mask, t)
            active = [here, *states] if mask is None else [_where(mask, r) for r in (here, *states)]
            of_x, of_before, extra = through(t, active)
            skipped = tf.zeros_like(here)
            if mask is not None:
                skipped = skipped if reading.is_zeroed else _where(~mask, here)
                of_before = [r + _where(~mask, s) for r, s in zip(of_before, states, strict=True)]
            for new, old in zip((skipped, *of_before), (carried, *states), strict=True):
                new.set_shape(old.shape)
            return t - 1, found.write(t, of_x), sums + extra, skipped, *of_before

        found = tf.TensorArray(dtype, count, element_shape=reading.sequence.shape[1:])
        start = (count - 1, found, nothing, carried, *states)
        _, found, sums, _, *states = tf.while_loop(lambda t, *_: t >= 0, body, start)
        return [reading.turned(found.stack()), *states], sums

    def _in_reading_order(self, relevance: Any) -> Any:
        tf = tensorflow()
        return tf.transpose(relevance, [1, 0, *range(2, relevance.shape.rank)])


def of_step(tensor: Any, t: Any) -> Any:
    """What belongs to one step of a loop, by a single op: (T, B, ...) -> (B, ...)."""
    return tensorflow().gather(tensor, t)


def refuse_others(loop: Recurrence, graph: Any, outer: Graph, error: type[TextAttrError]) -> None:
    """What a cell reads beside its input and its states would get nothing."""
    known = {tensor.ref() for tensor in (loop.reading.sequence, *loop.before)}
    for tensor, _ in graph.captures:
        if outer.carries(tensor) and tensor.ref() not in known:
            raise error(
                f"the cell of {loop.scope} reads {tensor.name} beside its sequence and states, which nobody can walk "
                "through: explain with another method"
            )


def _where(mask: Any, tensor: Any) -> Any:
    """The tensor where the mask (B, 1) is true, else 0."""
    tf = tensorflow()
    for _ in range(tensor.shape.rank - 2):
        mask = mask[..., None]
    return tf.where(mask, tensor, tf.zeros_like(tensor))


@contextmanager
def recurrences(scopes: LayerScopes, error: type[TextAttrError]) -> Iterator[dict[str, Recurrence]]:
    """Run the recurrent layers that are called in the `with` as loops of ours, and note how to walk back.

    Enter it before `scopes.recorded()`, which then knows their scopes. What is no such loop raises `error`.
    """
    found: dict[str, Recurrence] = {}

    def handler(layer: Any, _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        still, given = without_states(layer, args, kwargs)
        recurrence, outputs = _run(still, given.arguments, scopes.here, error)
        found[recurrence.op.name] = recurrence
        return outputs

    layers = [layer for _, layer in scopes.layers if is_one_of(layer, ("RNN",)) and hasattr(layer, "cell")]
    with intercepted(layers, handler):
        yield found


def _run(
    layer: Any, given: dict[str, Any], scope: LayerScope, error: type[TextAttrError]
) -> tuple[Recurrence, Any]:
    tf = tensorflow()
    as_given = given.get("sequences", given.get("inputs"))
    if is_ragged(as_given):
        given = {**given, **_filled_up(as_given)}
    sequences, states, mask = _arguments(layer, given, scope, error)
    compute = layer.compute_dtype or sequences.dtype
    flat = [tf.convert_to_tensor(s) for s in tf.nest.flatten(states)]
    first = [tf.cast(s, getattr(layer.cell, "compute_dtype", None) or compute) for s in flat]
    is_time_major = bool(getattr(layer, "time_major", False))
    reading = _reading(layer, sequences, states, first, mask, is_time_major)
    output, sequence, before, last = _forward(reading, layer.return_sequences)
    if layer.return_sequences:
        output = sequence if is_time_major else tf.transpose(sequence, [1, 0, *range(2, sequence.shape.rank)])
    outputs = [tf.cast(t, compute) for t in (output, *last)]
    marked = tf.identity_n(outputs)
    recurrence = Recurrence(
        marked[0].op, (sequences, *flat), scope, reading, tuple(before), bool(layer.return_sequences)
    )
    outcome = ragged_as(as_given, marked[0]) if is_ragged(as_given) and layer.return_sequences else marked[0]
    return recurrence, [outcome, *marked[1:]] if layer.return_state else outcome


def _filled_up(sequences: Any) -> dict[str, Any]:
    """What stands for a ragged sequence: it is filled up, and a mask tells where."""
    filled = dense(sequences)
    mask = tensorflow().sequence_mask(sequences.row_lengths(), sizes(filled)[1])
    return {"sequences": filled, "mask": mask}


def _arguments(
    layer: Any, given: dict[str, Any], scope: LayerScope, error: type[TextAttrError]
) -> tuple[Any, Any, Any]:
    """The sequence, the first states as the cell takes them, and the mask of the steps."""
    tf = tensorflow()
    sequences = given.get("sequences", given.get("inputs"))
    states, mask = given.get("initial_state"), given.get("mask")
    if given.get("constants"):
        raise error(
            f"{scope} gets constants beside its sequence, which nobody can walk through: explain with another method"
        )
    if takes_states_beside_inputs(layer):
        sequences, states = unpacked_inputs(layer, sequences, states)
    elif states is None:
        count = sizes(sequences)[0]
        states = layer.get_initial_state(batch_size=count)
    states = list(states) if isinstance(states, list | tuple) else [states]
    return sequences, states, tf.nest.flatten(mask)[0] if mask is not None else None


def _reading(
    layer: Any, sequences: Any, states: Any, first: list[Any], mask: Any, is_time_major: bool
) -> LoopArguments:
    tf = tensorflow()
    swap = [1, 0, *range(2, sequences.shape.rank)]

    def turned(tensor: Any) -> Any:
        tensor = tf.reverse(tensor, [0]) if layer.go_backwards else tensor
        return tensor if is_time_major else tf.transpose(tensor, [1, 0, *range(2, tensor.shape.rank)])

    sequence = sequences if is_time_major else tf.transpose(sequences, swap)
    sequence = tf.reverse(sequence, [0]) if layer.go_backwards else sequence
    if mask is not None:
        mask = tf.cast(mask, tf.bool)
        mask = mask[..., None] if mask.shape.rank == 2 else mask
        mask = mask if is_time_major else tf.transpose(mask, [1, 0, 2])
        mask = tf.reverse(mask, [0]) if layer.go_backwards else mask
    cell, options = layer.cell, {}
    if "training" in inspect.signature(type(cell).call).parameters:
        options["training"] = False

    def step(x: Any, flat: Any) -> tuple[Any, list[Any]]:
        output, new = cell(x, tf.nest.pack_sequence_as(states, list(flat)), **options)
        return tf.convert_to_tensor(output), [tf.convert_to_tensor(s) for s in tf.nest.flatten(new)]

    return LoopArguments(
        step, sequence, mask, first, turned, bool(getattr(layer, "zero_output_for_mask", False))
    )


def _forward(reading: LoopArguments, keeps_outputs: bool) -> tuple[Any, Any, list[Any], list[Any]]:
    """Run the cell: the last output, all outputs (T, B, ...) or None, the states before each step, the last ones."""
    tf = tensorflow()
    count = sizes(reading.sequence)[0]
    example, _ = reading.step(reading.sequence[0], reading.states)
    zero = tf.zeros_like(example)

    def array(like: Any) -> Any:
        return tf.TensorArray(like.dtype, count, element_shape=like.shape)

    def body(t: Any, output: Any, states: Any, befores: Any, outputs: Any) -> tuple[Any, ...]:
        befores = [a.write(t, s) for a, s in zip(befores, states, strict=True)]
        new_output, new = reading.step(of_step(reading.sequence, t), states)
        if reading.mask is not None:
            mask = of_step(reading.mask, t)
            new_output = _either(mask, new_output, zero if reading.is_zeroed else output)
            new = [_either(mask, n, s) for n, s in zip(new, states, strict=True)]
        for made, old in zip((new_output, *new), (output, *states), strict=True):
            made.set_shape(old.shape)
        outputs = [a.write(t, new_output) for a in outputs]
        return t + 1, new_output, list(new), befores, outputs

    start = (
        0,
        zero,
        reading.states,
        [array(s) for s in reading.states],
        [array(zero)] if keeps_outputs else [],
    )
    _, output, states, befores, outputs = tf.while_loop(lambda t, *_: t < count, body, start)
    return output, outputs[0].stack() if keeps_outputs else None, [a.stack() for a in befores], states


def _either(mask: Any, yes: Any, no: Any) -> Any:
    tf = tensorflow()
    for _ in range(yes.shape.rank - 2):
        mask = mask[..., None]
    return tf.where(mask, yes, no)
