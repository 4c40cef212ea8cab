"""How far two computations of the same numbers may differ: by rounding, and no further.

Each sum of many products rounds anew, and independent errors of N of them in a row add up to sqrt(N) times one of them.
So 16 machine epsilons are allowed to a model of up to 8 such ops, and to a deep one as many times more as the square
root says. Where that comes from: over the models of the tests a score differs by .05 of this at most, and in a
pretrained encoder of six layers, whose products are computed otherwise in every size of batch, by .3 of it.
"""

from __future__ import annotations

import math

from textattr.graph.traits import traits
from textattr.split.family import tensorflow

ROUNDINGS = 16  # roundings of a model, as `rounding_since` gives them, by which its answers may differ
SHALLOW = 8  # sums of products whose errors these cover


def rounding_since(start: int) -> float:
    """The rounding of the ops that were traced since this graph had `start` of them.

    It is the machine epsilon of the coarsest float dtype among them, times the square root of how deep they are.
    """
    tf = tensorflow()
    ops = tf.compat.v1.get_default_graph().get_operations()[start:]
    dtypes = {tensor.dtype for op in ops for tensor in op.outputs if tensor.dtype.is_floating}
    known = {tf.bfloat16: 2.0**-7, tf.float16: 2.0**-10, tf.float32: 2.0**-23, tf.float64: 2.0**-52}
    epsilon = max((known[dtype] for dtype in dtypes if dtype in known), default=2.0**-23)
    sums = sum(traits(op).contracts for op in ops)
    return epsilon * math.sqrt(max(1.0, sums / SHALLOW))
