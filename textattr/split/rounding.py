"""How far two computations of the same numbers may differ: by rounding, and no further."""

from __future__ import annotations

from textattr.split.family import tensorflow

ROUNDINGS = 16  # machine epsilons, of the coarsest dtype in the graph, by which answers may differ


def coarsest(start: int) -> float:
    """The machine epsilon of the coarsest float dtype among the ops of this graph since it had `start` of them."""
    tf = tensorflow()
    ops = tf.compat.v1.get_default_graph().get_operations()[start:]
    dtypes = {tensor.dtype for op in ops for tensor in op.outputs if tensor.dtype.is_floating}
    known = {tf.bfloat16: 2.0**-7, tf.float16: 2.0**-10, tf.float32: 2.0**-23, tf.float64: 2.0**-52}
    return max((known[dtype] for dtype in dtypes if dtype in known), default=2.0**-23)
