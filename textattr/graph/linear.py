"""The linear ops that have weights: what each computes, and its transpose. One joins with an entry in `LINEAR`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textattr.split.family import tensorflow


@dataclass(frozen=True)
class Linear:
    """One type of op, linear in its data.

    Args:
        data: which of the op's inputs hold the data, or may: the first one that depends on the text counts.
        weights: which input holds the weights, for each entry of `data`.
        apply: (op, x, w, at) -> y, the op on other numbers; `at` is the position in `data`.
        back: (op, s, w, like, at) -> the transpose of `apply` in x, shaped as `like`.
        has_columns: (op, at) -> whether each number on the last axis of y is computed with the numbers at its place on
            the last axis of w alone; None: never, as far as is known.
    """

    data: tuple[int, ...]
    weights: tuple[int, ...]
    apply: Callable[..., Any]
    back: Callable[..., Any]
    has_columns: Callable[[Any, int], bool] | None = None


def _matmul(op: Any, x: Any, w: Any, at: int) -> Any:
    tf = tensorflow()
    a, b = (x, w) if at == 0 else (w, x)
    return tf.matmul(a, b, transpose_a=op.get_attr("transpose_a"), transpose_b=op.get_attr("transpose_b"))


def _matmul_back(op: Any, s: Any, w: Any, like: Any, at: int) -> Any:  # noqa: ARG001
    return product_back(s, w, at, op.get_attr("transpose_a"), op.get_attr("transpose_b"))


def _matmul_has_columns(op: Any, at: int) -> bool:
    return at == 0 and not op.get_attr("transpose_b")


def product_back(s: Any, other: Any, at: int, left: bool, right: bool) -> Any:
    """The transpose of a b in the factor `at`; `left` and `right` say which of them was turned over before."""
    tf = tensorflow()
    if at == 0:
        if left:
            return tf.matmul(other, s, transpose_a=right, transpose_b=True)
        return tf.matmul(s, other, transpose_b=not right)
    if right:
        return tf.matmul(s, other, transpose_a=True, transpose_b=left)
    return tf.matmul(other, s, transpose_a=not left)


def _batch_matmul(op: Any, x: Any, w: Any, at: int) -> Any:
    tf = tensorflow()
    a, b = (x, w) if at == 0 else (w, x)
    return tf.matmul(a, b, transpose_a=op.get_attr("adj_x"), transpose_b=op.get_attr("adj_y"))


def _batch_matmul_back(op: Any, s: Any, w: Any, like: Any, at: int) -> Any:
    return sum_to(product_back(s, w, at, op.get_attr("adj_x"), op.get_attr("adj_y")), like)


def _conv2d(op: Any, x: Any, w: Any, at: int) -> Any:  # noqa: ARG001
    return tensorflow().raw_ops.Conv2D(input=x, filter=w, **_window(op))


def _conv2d_back(op: Any, s: Any, w: Any, like: Any, at: int) -> Any:  # noqa: ARG001
    tf = tensorflow()
    sizes = tf.shape(like)
    return tf.raw_ops.Conv2DBackpropInput(input_sizes=sizes, filter=w, out_backprop=s, **_window(op))


def _turned_conv2d(op: Any, x: Any, w: Any, at: int) -> Any:  # noqa: ARG001
    tf = tensorflow()
    sizes = op.inputs[0]
    return tf.raw_ops.Conv2DBackpropInput(input_sizes=sizes, filter=w, out_backprop=x, **_window(op))


def _turned_conv2d_back(op: Any, s: Any, w: Any, like: Any, at: int) -> Any:  # noqa: ARG001
    return tensorflow().raw_ops.Conv2D(input=s, filter=w, **_window(op))


def _depthwise(op: Any, x: Any, w: Any, at: int) -> Any:  # noqa: ARG001
    return tensorflow().raw_ops.DepthwiseConv2dNative(input=x, filter=w, **_window(op))


def _depthwise_back(op: Any, s: Any, w: Any, like: Any, at: int) -> Any:  # noqa: ARG001
    tf = tensorflow()
    return tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
        input_sizes=tf.shape(like), filter=w, out_backprop=s, **_window(op)
    )


def _window(op: Any) -> dict[str, Any]:
    return {
        "strides": list(op.get_attr("strides")),
        "padding": op.get_attr("padding").decode(),
        "explicit_paddings": list(op.get_attr("explicit_paddings")),
        "data_format": op.get_attr("data_format").decode(),
        "dilations": list(op.get_attr("dilations")),
    }


def _einsum(op: Any, x: Any, w: Any, at: int) -> Any:
    return tensorflow().einsum(op.get_attr("equation").decode(), *((x, w) if at == 0 else (w, x)))


def _einsum_back(op: Any, s: Any, w: Any, like: Any, at: int) -> Any:
    """With the letters of x where the result has them; where x has a letter alone, it is spread along it."""
    tf = tensorflow()
    inputs, out = op.get_attr("equation").decode().replace(" ", "").split("->")
    mine, other = inputs.split(",")[at], inputs.split(",")[1 - at]
    alone = [letter for letter in mine if letter.isalpha() and letter not in out + other]
    if alone or len(set(mine)) < len(mine.replace("...", ".")) or "..." in other:
        x = tf.identity(like)
        return tf.gradients(_einsum(op, x, w, at), x, s)[0]
    return tf.einsum(f"{out},{other}->{mine}", s, w)


def sum_to(tensor: Any, like: Any) -> Any:
    """Undo broadcasting: sum over the axes along which something shaped as `like` was repeated."""
    tf = tensorflow()
    if _is_same_shape(tensor.shape, like.shape):
        return tensor
    shape = tf.shape(like)
    axes, _ = tf.raw_ops.BroadcastGradientArgs(s0=shape, s1=tf.shape(tensor))
    summed = tf.reshape(tf.reduce_sum(tensor, axes), shape)
    return tf.ensure_shape(summed, like.shape)


def _is_same_shape(a: Any, b: Any) -> bool:
    """Whether the shapes are surely equal; the first axis, that of the rows, is never 1 in one of them alone."""
    if a.rank is None or a.rank != b.rank:
        return False
    pairs = list(zip(a.as_list(), b.as_list(), strict=True))
    return all(x == y and x is not None for x, y in pairs[1:])


_BOTH = ((0, 1), (1, 0))

LINEAR: dict[str, Linear] = {
    "MatMul": Linear(*_BOTH, _matmul, _matmul_back, _matmul_has_columns),
    "BatchMatMulV2": Linear(*_BOTH, _batch_matmul, _batch_matmul_back),
    "BatchMatMulV3": Linear(*_BOTH, _batch_matmul, _batch_matmul_back),
    "BatchMatMul": Linear(*_BOTH, _batch_matmul, _batch_matmul_back),
    "Einsum": Linear(*_BOTH, _einsum, _einsum_back),
    "Conv2D": Linear((0,), (1,), _conv2d, _conv2d_back),
    "Conv2DBackpropInput": Linear((2,), (1,), _turned_conv2d, _turned_conv2d_back),
    "DepthwiseConv2dNative": Linear((0,), (1,), _depthwise, _depthwise_back),
}
