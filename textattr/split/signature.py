"""The shapes and dtypes to trace a model with: any length where the model allows it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.errors import DocumentError
from textattr.keras_private import inputs_as_built
from textattr.split.family import tensorflow
from textattr.split.nests import leaves_of
from textattr.tokenizers.checks import as_bytes

# what NumPy makes of bare numbers, and what a model that declares nothing gets
_DEFAULTS = {"float64": "float32", "int64": "int32"}


def declared_inputs(model: Any) -> list[Any] | None:
    """The symbolic inputs of a Sequential or Functional model, in its own order; None for a subclassed one."""
    try:
        inputs = model.inputs
    except (AttributeError, ValueError):
        return None
    if inputs is None:
        return None
    flat: list[Any] = leaves_of(inputs)
    return flat or None


def fixed_lengths(model: Any) -> dict[str | None, int]:
    """How many tokens each (B, T) input of the model must have, by its name; any number where it is not named."""
    two = [tensor for tensor in declared_inputs(model) or [] if len(tensor.shape) == 2]
    return {input_name(t): int(t.shape[1]) for t in two if t.shape[1] not in (None, 1)}


def has_fixed_length(model: Any, name: str | None) -> bool:
    """Whether the input of that name (None: the only one) takes one length only."""
    declared = declared_inputs(model) or []
    mine = [tensor for tensor in declared if name is None or input_name(tensor) == name]
    return bool(mine) and len(mine[0].shape) > 1 and mine[0].shape[1] is not None


def input_name(tensor: Any) -> str:
    """The name of a symbolic input."""
    return str(tensor.name).partition(":")[0]


def takes_dict(model: Any) -> bool:
    """Whether the model was built with a dict of inputs."""
    return isinstance(inputs_as_built(model), Mapping)


def as_arrays(model: Any, inputs: Any) -> Any:
    """The same nest with an array per leaf, in the dtypes that the model declares.

    Arrays, since TensorFlow takes longer to make an eager tensor of one than to hand it to a compiled function.

    Raises:
        DocumentError: when a leaf does not have the dtype, or a declared size is not met.
    """
    tf = tensorflow()
    symbols = declared_inputs(model)
    if isinstance(inputs, list) and (symbols is None or len(symbols) == 1):
        inputs = _array(inputs)  # nested lists of numbers are one input, not many
    elif isinstance(inputs, Mapping):
        inputs = {name: _array(each) if isinstance(each, list) else each for name, each in inputs.items()}
    elif isinstance(inputs, list | tuple):
        inputs = type(inputs)([_array(each) if isinstance(each, list) else each for each in inputs])
    if symbols is not None and len(symbols) == 1 and isinstance(inputs, np.ndarray):
        return _as_array(inputs, symbols[0])  # by far the most common: `tf.nest` takes longer than the rest
    if symbols is not None:
        _refuse_names(model, inputs, symbols)
    declared = _by_leaf(symbols, inputs)
    leaves = leaves_of(inputs)
    arrays = [
        _as_array(
            leaf, spec, "" if spec is None or len(leaves) == 1 else f" for the input {input_name(spec)!r}"
        )
        for leaf, spec in zip(leaves, declared, strict=True)
    ]
    return tf.nest.pack_sequence_as(inputs, arrays)


def _array(rows: list[Any]) -> Any:
    try:
        return np.asarray(rows)
    except ValueError as error:
        raise DocumentError(f"expected rows of one length, got {_preview(rows)}") from error


def _as_array(given: Any, spec: Any, where: str = "") -> npt.NDArray[Any]:
    tf = tensorflow()
    leaf: npt.NDArray[Any] = np.asarray(given)
    try:
        got, wanted = _dtypes(leaf.dtype, None if spec is None else spec.dtype)
    except TypeError as error:
        raise DocumentError(f"expected numbers or text, got {leaf.dtype}: {_preview(leaf)}") from error
    if wanted != got and tf.string in (wanted, got):
        raise DocumentError(f"the model takes {wanted.name}{where}, got {got.name}: {_preview(leaf)}")
    if spec is not None:
        _check_shape(leaf.shape, tuple(spec.shape), where, got, wanted)
    if got == tf.string:
        texts = leaf.astype(object)
        for text in texts.reshape(-1):
            as_bytes(str(text))
        return texts
    if wanted == got:
        return leaf
    with np.errstate(invalid="ignore", over="ignore"):
        array: npt.NDArray[Any] = leaf.astype(wanted.as_numpy_dtype)
    if wanted.is_integer and not np.array_equal(array, leaf):
        wrong = leaf[array != leaf][0]
        raise DocumentError(f"the model takes ids, whole numbers that fit into {wanted.name}; got {wrong}")
    return array


@lru_cache(maxsize=256)
def _dtypes(given: np.dtype[Any], declared: Any) -> tuple[Any, Any]:
    """TensorFlow's dtype of what is given, and that which the model takes; `declared` is None where it says none."""
    tf = tensorflow()
    got = tf.string if given.kind in "UOS" else tf.as_dtype(given)
    return got, tf.as_dtype(_DEFAULTS.get(got.name, got) if declared is None else declared)


def _check_shape(
    got: tuple[int, ...], wanted: tuple[int | None, ...], where: str, given_as: Any, taken_as: Any
) -> None:
    """Refuse what does not fit the shape that the model declares; Keras itself adds or drops a last axis of 1."""
    if len(got) != len(wanted):
        longer = got if len(got) > len(wanted) else wanted
        if abs(len(got) - len(wanted)) > 1 or longer[-1] != 1:
            raise DocumentError(
                f"the model takes inputs of shape {wanted}, documents first{where}, got {got}: a single document needs "
                "a batch axis in front, [document]"
            )
        return
    for axis, (size, found) in enumerate(zip(wanted, got, strict=True)):
        if axis == 0 or size is None or size == found:
            continue
        # whole numbers beside other inputs may be a table
        is_ids = taken_as.is_integer or given_as.is_integer and not where
        if is_ids and axis == 1:
            advice = (
                "pad the ids"
                if found < size
                else f"cut the ids, give window={size}, which explains them in windows"
            )
            raise DocumentError(
                f"the model takes {size} tokens{where}, got {found}: {advice}, or pass the text together with "
                "tokenizer=, which fits it to the model"
            )
        raise DocumentError(
            f"the model takes {size} numbers on axis {axis}{where}, got {found}: give as many"
        )


def _preview(leaf: Any) -> str:
    text = repr(leaf)
    return text if len(text) < 80 else text[:77] + "..."


def specs(model: Any, inputs: Any, *, static: bool) -> Any:
    """Tensor specs to trace with: batch and length unknown, other axes as they are; all but the batch if `static`."""
    tf = tensorflow()
    declared = _by_leaf(declared_inputs(model), inputs)

    def spec(array: Any, known: Any) -> Any:
        sizes, dtype = [None, *array.shape[1:]], tf.as_dtype(array.dtype)
        if not static:
            if known is not None and len(known.shape) == len(sizes):
                sizes = [None, *known.shape[1:]]
            elif dtype.is_floating:
                sizes = [None, *([None] if len(sizes) == 3 else sizes[1:2]), *sizes[2:]]
            else:
                sizes = [None] * len(sizes)
        return tf.TensorSpec(sizes[: array.ndim], dtype)

    leaves = leaves_of(inputs)
    return tf.nest.pack_sequence_as(inputs, [spec(a, k) for a, k in zip(leaves, declared, strict=True)])


def _refuse_names(model: Any, inputs: Any, declared: list[Any]) -> None:
    """Refuse a dict for a model whose only input is no dict, unless it names that input."""
    if not isinstance(inputs, Mapping) or len(declared) > 1 or takes_dict(model):
        return
    if list(inputs) != [input_name(declared[0])]:
        got = ", ".join(map(str, inputs)) or "nothing"
        raise DocumentError(
            f"the model has one input, and no dict of them, got a dict with {got}: pass what is in it"
        )


def _by_leaf(declared: list[Any] | None, inputs: Any) -> list[Any]:
    """The declared input that belongs to each leaf of `inputs` (None where nothing is declared)."""
    leaves = leaves_of(inputs)
    if declared is None:
        return [None] * len(leaves)
    if isinstance(inputs, Mapping):
        by_name = {input_name(tensor): tensor for tensor in declared}
        if set(by_name) == set(inputs):
            return [by_name[name] for name in sorted(inputs)]
    if len(declared) != len(leaves):
        raise DocumentError(
            f"the model takes {len(declared)} inputs ({', '.join(t.name for t in declared)}), got {len(leaves)}"
        )
    return declared
