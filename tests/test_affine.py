"""What the table of affine ops claims of each of them, held against what the op does."""

import numpy as np
import pytest
import tensorflow as tf

from textattr.graph.affine import AFFINE, is_affine, keeps_rows

ROWS = 3
WEIGHTS = tf.constant(np.random.default_rng(1).normal(size=(5, 5)), tf.float32)
CONDITION = tf.constant([[True, False, True, True, False]])
raw = tf.raw_ops


def _conv(x, kernel, op=tf.nn.conv2d, rank=2):
    shape = [2] * rank + ([5, 3] if op is not tf.nn.depthwise_conv2d else [5, 1])
    weights = tf.constant(np.random.default_rng(2).normal(size=shape), tf.float32)
    return op(x, weights, kernel, "VALID")


# (op type, the shape of a row, what it makes, whether rows are said to be kept): at least one for each type
CASES = [
    ("Identity", (4, 5), tf.identity, True),
    ("StopGradient", (4, 5), tf.stop_gradient, True),
    ("CheckNumerics", (4, 5), lambda x: tf.debugging.check_numerics(x, ""), True),
    ("EnsureShape", (4, 5), lambda x: tf.ensure_shape(x, [None, 4, 5]), True),
    ("Neg", (4, 5), tf.negative, True),
    ("BiasAdd", (4, 5), lambda x: tf.nn.bias_add(x, WEIGHTS[0]), True),
    ("AddV2", (4, 5), lambda x: x + WEIGHTS[0], True),
    ("AddV2", (5,), lambda x: x + tf.reshape(WEIGHTS, [5, 1, 5]), False),
    ("AddV2", (4, 5), lambda x: x + x, True),
    ("Add", (4, 5), lambda x: raw.Add(x=x, y=WEIGHTS[0]), True),
    ("AddN", (4, 5), lambda x: tf.add_n([x, x]), True),
    ("Sub", (4, 5), lambda x: WEIGHTS[1] - x, True),
    ("Mul", (4, 5), lambda x: WEIGHTS[1] * x, True),
    ("RealDiv", (4, 5), lambda x: x / WEIGHTS[1], True),
    ("Div", (4, 5), lambda x: raw.Div(x=x, y=WEIGHTS[1]), True),
    ("DivNoNan", (4, 5), lambda x: tf.math.divide_no_nan(x, WEIGHTS[1]), True),
    ("SelectV2", (4, 5), lambda x: tf.where(CONDITION, x, 0.0), True),
    ("SelectV2", (4, 5), lambda x: tf.where(CONDITION, 2 * x, x), True),
    ("Select", (5,), lambda x: raw.Select(condition=tf.broadcast_to(CONDITION, tf.shape(x)), x=x, y=x), True),
    ("MatMul", (5,), lambda x: tf.matmul(x, WEIGHTS), True),
    ("MatMul", (5,), lambda x: tf.matmul(WEIGHTS, x, transpose_b=True), False),
    ("MatMul", (5,), lambda x: tf.matmul(x, tf.ones([tf.shape(x)[0], 2]), transpose_a=True), False),
    ("BatchMatMul", (4, 5), lambda x: raw.BatchMatMul(x=x, y=tf.ones([tf.shape(x)[0], 5, 2])), True),
    ("BatchMatMulV2", (4, 5), lambda x: tf.matmul(x, WEIGHTS[None]), True),
    ("BatchMatMulV2", (5,), lambda x: raw.BatchMatMulV2(x=WEIGHTS[None, None], y=x, adj_y=True), False),
    ("BatchMatMulV3", (4, 5), lambda x: raw.BatchMatMulV3(x=x, y=WEIGHTS[None], Tout=tf.float32), True),
    ("Einsum", (4, 5), lambda x: tf.einsum("abc,cd->abd", x, WEIGHTS), True),
    ("Einsum", (4, 5), lambda x: tf.einsum("abc,cd->bad", x, WEIGHTS), False),
    ("Einsum", (4, 5), lambda x: tf.einsum("...c,cd->...d", x, WEIGHTS), False),
    ("Conv2D", (4, 4, 5), lambda x: _conv(x, 1), True),
    ("Conv3D", (4, 4, 4, 5), lambda x: _conv(x, [1] * 5, tf.nn.conv3d, 3), True),
    ("DepthwiseConv2dNative", (4, 4, 5), lambda x: _conv(x, [1] * 4, tf.nn.depthwise_conv2d), True),
    ("AvgPool", (4, 4, 5), lambda x: tf.nn.avg_pool2d(x, 2, 1, "VALID"), True),
    ("SpaceToBatchND", (4, 5), lambda x: tf.space_to_batch(x, [2], [[0, 0]]), False),
    ("BatchToSpaceND", (4, 5), lambda x: tf.batch_to_space(tf.tile(x, [2, 1, 1]), [2], [[0, 0]]), False),
    ("Mean", (4, 5), lambda x: tf.reduce_mean(x, 1), True),
    ("Mean", (4, 5), lambda x: tf.reduce_mean(x, 0), False),
    ("Sum", (4, 5), lambda x: tf.reduce_sum(x, [1, -1]), True),
    ("Sum", (4, 5), lambda x: tf.reduce_sum(x, [1, -3]), False),
    ("ReverseV2", (4, 5), lambda x: tf.reverse(x, [1]), True),
    ("ReverseV2", (4, 5), lambda x: tf.reverse(x, [0]), False),
    ("Cumsum", (4, 5), lambda x: tf.cumsum(x, 1), True),
    ("Cumsum", (4, 5), tf.cumsum, False),
    ("Reshape", (4, 5), lambda x: tf.reshape(x, [-1, 20]), True),
    ("Reshape", (4, 5), lambda x: tf.reshape(x, [-1, 5]), False),
    ("Squeeze", (1, 5), lambda x: tf.squeeze(x, [1]), True),
    ("Squeeze", (1, 5), tf.squeeze, False),
    ("ExpandDims", (4, 5), lambda x: tf.expand_dims(x, 1), True),
    ("ExpandDims", (4, 5), lambda x: tf.expand_dims(x, -4), False),
    ("Transpose", (4, 5), lambda x: tf.transpose(x, [0, 2, 1]), True),
    ("Transpose", (4, 5), lambda x: tf.transpose(x, [1, 0, 2]), False),
    ("Pad", (4, 5), lambda x: tf.pad(x, [[0, 0], [1, 0], [0, 0]]), True),
    ("Pad", (4, 5), lambda x: tf.pad(x, [[1, 0], [1, 0], [0, 0]]), False),
    ("PadV2", (4, 5), lambda x: tf.pad(x, [[0, 0], [1, 0], [0, 0]], constant_values=2.0), True),
    ("MirrorPad", (4, 5), lambda x: tf.pad(x, [[0, 0], [1, 0], [0, 0]], "REFLECT"), True),
    ("ConcatV2", (4, 5), lambda x: tf.concat([x, 2 * x], -1), True),
    ("ConcatV2", (4, 5), lambda x: tf.concat([x, x], 0), False),
    ("Pack", (4, 5), lambda x: tf.stack([x, x], 1), True),
    ("Pack", (4, 5), lambda x: tf.stack([x, x]), False),
    ("Unpack", (4, 5), lambda x: tf.unstack(x, axis=1)[2], True),
    ("Split", (4, 5), lambda x: tf.split(x, 2, 1)[1], True),
    ("SplitV", (4, 5), lambda x: tf.split(x, [1, 3], 1)[1], True),
    ("StridedSlice", (4, 5), lambda x: x[:, 1:, 2], True),
    ("StridedSlice", (4, 5), lambda x: x[1:], False),
    ("StridedSlice", (4, 5), lambda x: x[::-1], False),
    ("StridedSlice", (4, 5), lambda x: x[None], False),
    ("StridedSlice", (4, 5), lambda x: x[..., 1], False),
    ("Slice", (4, 5), lambda x: tf.slice(x, [0, 1, 0], [-1, 2, -1]), True),
    ("Slice", (4, 5), lambda x: tf.slice(x, [1, 1, 0], [-1, 2, -1]), False),
    ("Tile", (4, 5), lambda x: tf.tile(x, [1, 2, 1]), True),
    ("Tile", (4, 5), lambda x: tf.tile(x, [2, 1, 1]), False),
    ("GatherV2", (4, 5), lambda x: tf.gather(x, [3, 1], axis=1), True),
    ("GatherV2", (4, 5), lambda x: tf.gather(x, [2, 0]), False),
]


def test_every_type_of_the_table_is_tried():
    assert {kind for kind, *_ in CASES} == set(AFFINE)


@pytest.mark.parametrize(
    ("kind", "row", "make", "kept"), CASES, ids=[f"{i}-{c[0]}" for i, c in enumerate(CASES)]
)
def test_an_op_does_what_the_table_says(kind, row, make, kept):
    claims = []

    @tf.function(input_signature=[tf.TensorSpec([None, *row], tf.float32)], autograph=False)
    def run(x):
        out = make(x)
        op = out.op
        assert op.type == kind
        reached = _reached(x)
        moving = [at for at, tensor in enumerate(op.inputs) if tensor.ref() in reached]
        claims.append((is_affine(kind, op.inputs, moving), keeps_rows(op, moving)))
        return out

    a, b = np.random.default_rng(0).normal(size=(2, ROWS, *row)).astype("float32")
    between = run(0.3 * a + 0.7 * b)
    np.testing.assert_allclose(between, 0.3 * run(a) + 0.7 * run(b), rtol=1e-4, atol=1e-5)
    assert claims[0] == (True, kept)
    if kept:
        changed = np.concatenate([a[:1], b[1:2], a[2:]])
        np.testing.assert_array_equal(run(changed), np.concatenate([run(a)[:1], run(b)[1:2], run(a)[2:]]))
        np.testing.assert_allclose(run(a[:2]), run(a)[:2], rtol=1e-6, atol=1e-6)


def _reached(x):
    """References of what is made of the numbers of x."""
    found = {x.ref()}
    for op in x.graph.get_operations():
        if op.type != "Shape" and any(tensor.ref() in found for tensor in op.inputs):
            found |= {output.ref() for output in op.outputs}
    return found


@pytest.mark.parametrize(
    ("kind", "moving"),
    [
        ("Relu", [0]),
        ("IdentityN", [0]),
        ("Cast", [0]),
        ("Mul", [0, 1]),
        ("MatMul", [0, 1]),
        ("Einsum", [0, 1]),
        ("RealDiv", [1]),
        ("SelectV2", [0]),
        ("Conv2D", [1]),
        ("Reshape", [1]),
        ("Split", [0]),
        ("ConcatV2", [2]),
        ("Softmax", [0]),
    ],
)
def test_what_is_not_affine(kind, moving):
    assert not is_affine(kind, [None] * 3, moving)
