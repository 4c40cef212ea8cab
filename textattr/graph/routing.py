"""Ops that move numbers about without changing them: relevance goes back to where each number came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textattr.split.family import tensorflow

# op type -> (op, relevance of each output) -> relevance of each input, None where there is none.
ROUTING: dict[str, Callable[..., list[Any]]] = {}


def _route(*types: str) -> Callable[[Any], Any]:
    def register(function: Any) -> Any:
        for each in types:
            ROUTING[each] = function
        return function

    return register


def _as_input(op: Any, relevance: Any, at: int = 0) -> Any:
    tf = tensorflow()
    like = op.inputs[at]
    if like.shape.is_fully_defined():
        return tf.reshape(relevance, like.shape)
    return tf.ensure_shape(tf.reshape(relevance, tf.shape(like)), like.shape)


@_route("Reshape", "Squeeze", "ExpandDims", "EnsureShape")
def _reshape(op: Any, relevance: Any) -> list[Any]:
    return [_as_input(op, relevance), *[None] * (len(op.inputs) - 1)]


@_route("Identity", "StopGradient", "PreventGradient", "CheckNumerics", "Cast")
def _same(op: Any, relevance: Any) -> list[Any]:  # noqa: ARG001
    return [relevance]


@_route("IdentityN")
def _same_each(op: Any, *relevance: Any) -> list[Any]:  # noqa: ARG001
    return list(relevance)


@_route("Transpose")
def _transpose(op: Any, relevance: Any) -> list[Any]:
    tf = tensorflow()
    return [tf.transpose(relevance, tf.math.invert_permutation(op.inputs[1])), None]


@_route("Pad", "PadV2")
def _pad(op: Any, relevance: Any) -> list[Any]:
    tf = tensorflow()
    start = op.inputs[1][:, 0]
    inside = tf.slice(relevance, start, tf.shape(op.inputs[0], out_type=start.dtype))
    return [tf.ensure_shape(inside, op.inputs[0].shape), *[None] * (len(op.inputs) - 1)]


@_route("SpaceToBatchND")
def _to_batch(op: Any, relevance: Any) -> list[Any]:
    tf = tensorflow()
    moved = tf.raw_ops.BatchToSpaceND(input=relevance, block_shape=op.inputs[1], crops=op.inputs[2])
    return [moved, None, None]


@_route("BatchToSpaceND")
def _to_space(op: Any, relevance: Any) -> list[Any]:
    tf = tensorflow()
    moved = tf.raw_ops.SpaceToBatchND(input=relevance, block_shape=op.inputs[1], paddings=op.inputs[2])
    return [tf.ensure_shape(moved, op.inputs[0].shape), None, None]


@_route("ConcatV2")
def _concat(op: Any, relevance: Any) -> list[Any]:
    tf = tensorflow()
    parts, axis = list(op.inputs)[:-1], op.inputs[-1]
    known = tf.get_static_value(axis)
    sizes = [None if known is None or p.shape.rank is None else p.shape[int(known)] for p in parts]
    counts = tf.stack([tf.shape(p)[axis] for p in parts]) if None in sizes else sizes
    return [*tf.split(relevance, counts, axis=axis, num=len(parts)), None]


@_route("Split")
def _split(op: Any, *relevance: Any) -> list[Any]:
    return [None, tensorflow().concat(relevance, op.inputs[0])]


@_route("SplitV")
def _split_at(op: Any, *relevance: Any) -> list[Any]:
    return [tensorflow().concat(relevance, op.inputs[2]), None, None]


@_route("Pack")
def _pack(op: Any, relevance: Any) -> list[Any]:
    return list(tensorflow().unstack(relevance, num=len(op.inputs), axis=op.get_attr("axis")))


@_route("Unpack")
def _unpack(op: Any, *relevance: Any) -> list[Any]:
    return [tensorflow().stack(relevance, axis=op.get_attr("axis"))]


@_route("StridedSlice")
def _strided_slice(op: Any, relevance: Any) -> list[Any]:
    tf = tensorflow()
    masks = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    begin, end, strides = list(op.inputs)[1:]
    shape = tf.shape(op.inputs[0], out_type=begin.dtype)
    given = {name: op.get_attr(name) for name in masks}
    moved = tf.raw_ops.StridedSliceGrad(
        shape=shape, begin=begin, end=end, strides=strides, dy=relevance, **given
    )
    return [tf.ensure_shape(moved, op.inputs[0].shape), None, None, None]


@_route("Slice")
def _slice(op: Any, relevance: Any) -> list[Any]:
    tf = tensorflow()
    begin = op.inputs[1]
    after = tf.shape(op.inputs[0], out_type=begin.dtype) - begin - tf.shape(relevance, out_type=begin.dtype)
    moved = tf.pad(relevance, tf.stack([begin, after], 1))
    return [tf.ensure_shape(moved, op.inputs[0].shape), None, None]


@_route("GatherV2", "GatherNd", "MirrorPad", "BroadcastTo", "Roll", "TopKV2")
def _gradient(op: Any, *relevance: Any) -> list[Any]:
    """The rarer ones: of a move, the gradient is its transpose."""
    tf = tensorflow()
    found = tf.gradients(op.outputs[0], op.inputs[0], relevance[0])[0]
    return [tf.convert_to_tensor(found), *[None] * (len(op.inputs) - 1)]


@_route("RaggedTensorToTensor")
def _filled_up(op: Any, relevance: Any) -> list[Any]:
    """Rows of different length, filled up: nothing goes to the filling."""
    tf = tensorflow()
    found = tf.gradients(op.outputs[0], op.inputs[1], relevance)[0]
    return [None, tf.convert_to_tensor(found), *[None] * (len(op.inputs) - 2)]


@_route("Tile")
def _tile(op: Any, relevance: Any) -> list[Any]:
    tf = tensorflow()
    shape, times = tf.shape(op.inputs[0], out_type=op.inputs[1].dtype), op.inputs[1]
    rank = op.inputs[0].shape.rank
    blocks = tf.reshape(relevance, tf.reshape(tf.stack([times, shape], 1), [-1]))
    summed = tf.reduce_sum(blocks, list(range(0, 2 * rank, 2)))
    return [tf.ensure_shape(summed, op.inputs[0].shape), None]


@_route("ReverseV2")
def _reverse(op: Any, relevance: Any) -> list[Any]:
    return [tensorflow().reverse(relevance, op.inputs[1]), None]


@_route("ReverseSequence")
def _reverse_sequence(op: Any, relevance: Any) -> list[Any]:
    axes = {"seq_axis": op.get_attr("seq_dim"), "batch_axis": op.get_attr("batch_dim")}
    return [tensorflow().reverse_sequence(relevance, op.inputs[1], **axes), None]


def move(moved: Any, x: Any) -> Any:
    """What the op that made `moved` would make of another tensor."""
    return MOVES[moved.op.type](moved, x)


def move_back(moved: Any, s: Any) -> Any:
    """The way back through the op that made `moved`."""
    op = moved.op
    if op.type == "Split":
        others = [tensorflow().zeros_like(s) for _ in op.outputs]
        others[moved.value_index] = s
        return ROUTING["Split"](op, *others)[1]
    return ROUTING[op.type](op, s)[0]


def data_of(op: Any) -> Any:
    """The tensor that a move moves."""
    return op.inputs[1 if op.type == "Split" else 0]


def _reshape_there(moved: Any, x: Any) -> Any:
    tf = tensorflow()
    return tf.ensure_shape(tf.reshape(x, tf.shape(moved)), moved.shape)


def _same_there(_: Any, x: Any) -> Any:
    return x


def _slice_there(moved: Any, x: Any) -> Any:
    tf = tensorflow()
    names = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    masks = {name: moved.op.get_attr(name) for name in names}
    begin, end, strides = list(moved.op.inputs)[1:]
    return tf.raw_ops.StridedSlice(input=x, begin=begin, end=end, strides=strides, **masks)


def _split_there(moved: Any, x: Any) -> Any:
    count = len(moved.op.outputs)
    return tensorflow().split(x, count, axis=moved.op.inputs[0])[moved.value_index]


def _pad_there(moved: Any, x: Any) -> Any:
    return tensorflow().pad(x, moved.op.inputs[1])


def _to_batch_there(moved: Any, x: Any) -> Any:
    _, block, paddings = moved.op.inputs
    return tensorflow().raw_ops.SpaceToBatchND(input=x, block_shape=block, paddings=paddings)


def _to_space_there(moved: Any, x: Any) -> Any:
    _, block, crops = moved.op.inputs
    return tensorflow().raw_ops.BatchToSpaceND(input=x, block_shape=block, crops=crops)


# op type -> (what the op made, another tensor) -> what it would make of that one. These may stand between a linear op
# and what it reads, or the sum that it belongs to.
MOVES: dict[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("Reshape", "Squeeze", "ExpandDims", "EnsureShape"), _reshape_there),
    **dict.fromkeys(("Identity", "StopGradient", "PreventGradient", "CheckNumerics", "Cast"), _same_there),
    "Transpose": lambda moved, x: tensorflow().transpose(x, moved.op.inputs[1]),
    "StridedSlice": _slice_there,
    "Split": _split_there,
    "Pad": _pad_there,
    "SpaceToBatchND": _to_batch_there,
    "BatchToSpaceND": _to_space_there,
}
