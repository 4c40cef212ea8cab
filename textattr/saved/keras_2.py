"""What tf_keras, which is Keras 2, may make of a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from textattr._optional import require
from textattr.keras_private import source_module
from textattr.saved.findings import Finding
from textattr.saved.policy import KnownObjects, classes_of, functions_of, own_objects

_EXPORTS = (
    "layers layers.experimental layers.experimental.preprocessing models initializers losses metrics optimizers "
    "optimizers.experimental optimizers.legacy optimizers.schedules regularizers constraints mixed_precision"
).split()
_ROLES = "activations losses metrics initializers regularizers constraints".split()
_LITERALS = frozenset("__tensor__ __numpy__ __bytes__ __ellipsis__ __tuple__ TensorShape".split())
_MODELS = {"engine.functional": "Functional", "engine.sequential": "Sequential", "engine.training": "Model"}
_OP_LAYERS = "layers.core.tf_op_layer"
_GROUPS = re.compile(r"(math|nn|linalg|strings|__operators__)\.[a-z_0-9]+")
_SHAPES = frozenset(
    "abs add argmax argmin argsort boolean_mask broadcast_to cast clip_by_value concat cos cumsum divide einsum equal "
    "exp expand_dims eye fill floor gather gather_nd greater greater_equal identity less less_equal logical_and "
    "logical_not logical_or matmul maximum minimum multiply negative norm not_equal one_hot ones ones_like pad pow "
    "range rank reduce_all reduce_any reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod reduce_sum repeat "
    "reshape reverse roll round sequence_mask shape sigmoid sign sin size slice sort split sqrt square squeeze stack "
    "stop_gradient strided_slice subtract tanh tensordot tile transpose truediv unique unstack where zeros "
    "zeros_like searchsorted tensor_scatter_nd_update scatter_nd dtypes.cast keras.backend.relu".split()
)


def known_objects(own: Mapping[str, Any]) -> KnownObjects:
    """What tf_keras exports for models, the op layers of its functional models, and what is the user's own."""
    tf_keras = require("tf_keras", extra="tf-keras")
    exported: dict[str, dict[str, type]] = {}
    for name in _EXPORTS:
        module: Any = tf_keras
        for part in name.split("."):
            module = getattr(module, part)
        exported[name] = classes_of(module)
    exported[""] = {"Sequential": tf_keras.Sequential, "Model": tf_keras.Model}
    classes: dict[str, dict[str, type]] = {}
    for name, found in exported.items():
        for root in ("keras", "tf_keras"):
            classes[f"{root}.{name}".rstrip(".")] = found
    hidden = {
        f"src.{name}": {of: getattr(source_module("tf_keras", name), of)} for name, of in _MODELS.items()
    }
    scaled = source_module("tf_keras", "mixed_precision.loss_scale_optimizer")
    hidden["src.mixed_precision.loss_scale_optimizer"] = classes_of(scaled)
    ops = source_module("tf_keras", _OP_LAYERS)
    hidden[f"src.{_OP_LAYERS}"] = {of: getattr(ops, of) for of in ("TFOpLambda", "SlicingOpLambda")}
    for name, found in hidden.items():
        classes[f"keras.{name}"] = classes[f"tf_keras.{name}"] = found
    optimizers = {name.lower(): found for name, found in exported["optimizers"].items()}
    classes["keras.optimizers"] = {**exported["optimizers"], **optimizers}
    functions = {
        f"{root}.{name}": functions_of(getattr(tf_keras, name))
        for name in _ROLES
        for root in ("keras", "tf_keras")
    }
    checks = {"TFOpLambda": _op, "SlicingOpLambda": _op}
    return KnownObjects(classes, functions, _LITERALS, own, checks)


def registry() -> dict[str, Any]:
    """{name: class or function} of what this process registered with tf_keras."""
    return own_objects(require("tf_keras", extra="tf-keras").saving.get_custom_objects())


def _op(part: Mapping[str, Any]) -> Finding | None:
    config = part.get("config")
    function = config.get("function") if isinstance(config, dict) else None
    if not isinstance(function, str):
        return Finding("an op layer without the name of its op")
    plain = function.removeprefix("compat.v1.")
    if _GROUPS.fullmatch(plain) or plain in _SHAPES:
        return None
    return Finding(f"the op {function}")
