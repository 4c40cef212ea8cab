"""The fused batch normalisation, of which some layer normalisations are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textattr.split.family import tensorflow

if TYPE_CHECKING:
    from textattr.deeplift.paired_op import PairedOp


def normalise(step: PairedOp, multiplier: Any, *_: Any) -> list[Any]:
    """FusedBatchNormV3: by constants where it is in inference, else by mean and variance of each channel.

    y = g (x - mean) / s + b with s = root(variance + epsilon), as a quotient: see `products.quotient`.
    """
    tf = tensorflow()
    epsilon = step.op.get_attr("epsilon")
    channels = -1 if step.op.get_attr("data_format").decode() == "NHWC" else 1
    axes = [axis for axis in range(4) if axis != channels % 4]

    def per_channel(at: int) -> Any:
        shape = [1, 1, 1, 1]
        shape[channels] = -1
        return tf.reshape(step.x(at), shape)

    multiplier = multiplier * per_channel(1)
    if not step.op.get_attr("is_training"):
        return step.only(0, multiplier * tf.math.rsqrt(per_channel(4) + epsilon))

    def parts(x: Any) -> tuple[Any, Any]:
        centred = x - tf.reduce_mean(x, axes, keepdims=True)
        return centred, tf.sqrt(tf.reduce_mean(centred**2, axes, keepdims=True) + epsilon)

    (d, s), (d0, s0) = parts(step.x()), parts(step.x0())
    of_d = 2 * multiplier / (s + s0)
    of_s = -tf.reduce_sum(multiplier * (d / s + d0 / s0), axes, keepdims=True) / (s + s0)
    # s^2 is the mean of d^2, and epsilon: s - s0 = mean((d + d0) (d - d0)) / (s + s0)
    count = tf.cast(tf.size(d) / tf.size(s), d.dtype)
    of_d += of_s / (s + s0) * (d + d0) / count
    return step.only(0, of_d - tf.reduce_mean(of_d, axes, keepdims=True))
