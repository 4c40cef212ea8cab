"""`GraphCall`: graph code, and what it is called with."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any

import numpy as np

from textattr.split.nests import leaves_of, structure_of
from textattr.split.rows import Rows
from textattr.split.survey import Survey

Build = Callable[..., Any]  # (Cut, TargetTensors, arguments by name, *options) -> nest of tensors


@dataclass(frozen=True, eq=False)
class GraphCall:
    """Graph code, and what it is called with.

    Args:
        survey: of the model, for such inputs.
        build: a function of a module, `(cut, targets, arguments, *options) -> nest of tensors`.
        rows: the rows to run on.
        arguments: arrays for `build`, by name, in the order in which the compiled function takes them.
        options: what else `build` takes: the compiled function is one for each choice of them.
        runs_often: as for `Program`.
    """

    survey: Survey
    build: Build
    rows: Rows
    arguments: Mapping[str, Any]
    options: tuple[Hashable, ...]
    runs_often: bool = True

    @classmethod
    def of(
        cls,
        survey: Survey,
        build: Build,
        rows: Rows,
        arguments: Mapping[str, Any] | None,
        options: tuple[Hashable, ...] = (),
        *,
        runs_often: bool = True,
    ) -> GraphCall:
        """The call of these; arguments may change from one call to the next, but not their rank."""
        ordered = {name: np.asarray(array) for name, array in sorted((arguments or {}).items())}
        return cls(survey, build, rows, ordered, options, runs_often)

    @property
    def key(self) -> Hashable:
        """What tells its compiled function from others, the shapes of the inputs aside.

        Raises:
            TypeError: for graph code that carries along what is not in it.
        """
        require_plain(self.build)
        rows = self.rows
        of_rows = rows.head, rows.score, rows.per_number, rows.compiler, rows.selector.form
        return self.build, self.options, self.runs_often, *of_rows, structure_of(self.arguments)

    @property
    def arrays(self) -> list[Any]:
        """What the compiled function takes, array by array."""
        return [*leaves_of(self.rows.inputs), self.rows.columns, *self.arguments.values()]

    @property
    def op_by_op(self) -> GraphCall:
        """The same, compiled by nothing but TensorFlow."""
        return replace(self, rows=self.rows.op_by_op)


def require_plain(build: Any) -> None:
    """Refuse graph code that carries along what does not tell it from others."""
    if not isinstance(build, FunctionType) or "<locals>" in build.__qualname__:
        raise TypeError(
            f"expected a function that stands in a module by itself, got {build!r}: what it takes from around it would "
            "not tell two compiled functions apart. Hand that over in options=, or use run_once"
        )
