"""Numbers beside the text: inputs whose columns have names, each compared with a value of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.checks import finite_array, shown
from textattr.errors import DocumentError, OptionError
from textattr.explanation import Feature
from textattr.frozen import read_only
from textattr.split.nests import leaves_of
from textattr.split.signature import input_name

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Features:
    """The inputs of numbers whose columns a user named.

    Args:
        names: the names of the columns of each input.
        baselines: float (F,) by input: what its columns are compared with, of categories as ids; 0 where there is none.
    """

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    baselines: Mapping[str, Array] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs, in order."""
        return tuple(sorted(self.names))

    def require_columns(self, name: str, array: Array) -> None:
        """Refuse an input of more or fewer columns than have names, or of something else than numbers.

        Args:
            name: the input's.
            array: what some documents have there, (documents, columns) or one number each.

        Raises:
            DocumentError: with both numbers.
        """
        names = self.names[name]
        if array.dtype.kind not in "biuf":
            raise DocumentError(
                f"expected {len(names)} numbers for the input {name!r}, got "
                f"{shown(array.reshape(-1).tolist())}: only numbers, and categories as ids that the model looks up, "
                "have weights by name; without a name in feature_names=, what such an input gets is a share"
            )
        count = array.shape[-1] if array.ndim > 1 else 1
        if count != len(names):
            raise DocumentError(
                f"expected {len(names)} numbers for the input {name!r}, as feature_names= has names "
                f"({shown(', '.join(names))}), got {count}"
            )

    def require_given(self, inputs: Any, declared: Sequence[Any]) -> None:
        """Refuse inputs of numbers whose columns are more or fewer than their names, before the model meets them.

        Args:
            inputs: nest of arrays (N, ...).
            declared: the model's symbolic inputs, in its own order; none of a subclassed one.
        """
        of_ids = {input_name(tensor) for tensor in declared if "float" not in str(tensor.dtype)}
        names = [input_name(tensor) for tensor in declared]
        is_named = isinstance(inputs, Mapping)
        given = inputs if is_named else dict(zip(names, leaves_of(inputs), strict=False))
        for name in self.inputs:
            if name in given and name not in of_ids:
                self.require_columns(name, np.asarray(given[name]))

    def weighted(self, name: str, values: Array, weights: Array) -> tuple[Feature, ...]:
        """Each column of an input: its name, its value and its weight."""
        named = self.names[name]
        return tuple(
            Feature(label, float(value), float(weight))
            for label, value, weight in zip(named, values, weights, strict=True)
        )


def checked_features(feature_names: Any, feature_baseline: Any) -> Features:
    """What `feature_names=` and `feature_baseline=` mean.

    Args:
        feature_names: {input: names of its columns}, or None.
        feature_baseline: "zero", or {input: values (F,), or a reference (N, F) whose mean is taken}.

    Raises:
        OptionError: for what is neither.
    """
    names = _names(feature_names)
    if isinstance(feature_baseline, str):
        if feature_baseline != "zero":
            raise OptionError(f"{_BASELINES}, got {shown(feature_baseline)}")
        return Features(names)
    if not isinstance(feature_baseline, Mapping):
        raise OptionError(f"{_BASELINES}, got {shown(feature_baseline)}")
    unknown = [name for name in feature_baseline if name not in names]
    if unknown:
        raise OptionError(
            f"feature_baseline= is for the input {shown(unknown[0])}, which feature_names= does not name"
        )
    return Features(names, {name: _baseline(name, given, names) for name, given in feature_baseline.items()})


_BASELINES = (
    'expected feature_baseline= as "zero", or {input: a value for each column, or a reference (documents, columns) '
    "whose mean is taken}"
)


def _names(given: Any) -> dict[str, tuple[str, ...]]:
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise OptionError(f"expected feature_names= as {{input: names of its columns}}, got {shown(given)}")
    found = {}
    for name, listed in given.items():
        is_array = not isinstance(listed, type) and hasattr(
            listed, "tolist"
        )  # as the columns of a data frame
        columns = listed.tolist() if is_array else listed
        if isinstance(columns, str) or not isinstance(columns, Sequence) or not columns:
            raise OptionError(
                f"expected a list of names for the input {name!r} in feature_names=, got {shown(columns)}"
            )
        found[name] = tuple(str(each) for each in columns)
        if len(set(found[name])) < len(columns):
            raise OptionError(
                f"feature_names= has two columns of one name for the input {name!r}: {shown(columns)}"
            )
    return found


def _baseline(name: str, given: Any, names: Mapping[str, tuple[str, ...]]) -> Array:
    array = finite_array(f"feature_baseline of {name!r}", given)
    count = len(names[name])
    if array.ndim not in (1, 2) or array.shape[-1] != count or not len(array):
        raise OptionError(
            f"expected a value for each of the {count} columns of {name!r}, or rows of these, got shape {array.shape}"
        )
    whole = array.astype(np.float64)
    return read_only(whole if array.ndim == 1 else whole.mean(0))
