"""`Programs`: what was compiled for one model, by what it was compiled for, and how it runs."""

from __future__ import annotations

import weakref
from collections.abc import Hashable, Mapping
from dataclasses import replace
from types import FunctionType
from typing import Any

import numpy as np

from textattr.split.compiler import Build, Compiler
from textattr.split.failures import says_what_runs
from textattr.split.family import tensorflow
from textattr.split.memory import Memory
from textattr.split.program import Program
from textattr.split.rows import Rows
from textattr.split.survey import Survey
from textattr.split.trace_shapes import TraceShapes, structure_of
from textattr.split.tracing import require_no_trace
from textattr.split.xla import note_refusal, refusal_of

KEPT = 32  # compiled functions, per model
KEPT_OF_USERS = 8  # compiled functions in which there is code of the user's, per model


class Programs:
    """Compiled functions of one model: traced at the first call, then kept.

    One is remembered by the graph code and its options, the head and the structure of the inputs. So all that changes
    the graph has to be among them: a function that carries anything else along, as a closure does, is refused.

    Args:
        model: the Keras model, which is not kept alive.
        compiler: which traces.
        shapes: with which shapes.
    """

    def __init__(self, model: weakref.ref[Any], compiler: Compiler, shapes: TraceShapes) -> None:
        self._model = model
        self._compiler = compiler
        self._shapes = shapes
        self.own: Memory[Program] = Memory(KEPT)
        self.of_users: Memory[Program] = Memory(KEPT_OF_USERS)

    def run(
        self,
        survey: Survey,
        build: Build,
        rows: Rows,
        arguments: Mapping[str, Any] | None,
        options: tuple[Hashable, ...],
    ) -> Any:
        """Run graph code on the rows, compiled.

        Args:
            survey: of the model, for such inputs.
            build: a function of a module, `(cut, targets, arguments, *options) -> nest of tensors`.
            rows: the rows to run on.
            arguments: arrays for `build`, by name; they may change from call to call, but not their rank.
            options: what else `build` takes: the compiled function is one for each choice of them.

        Returns:
            the nest, as NumPy arrays.

        Raises:
            TypeError: for a function inside another, a method, an object that is called; for options that do not hash.
        """
        program, given = self.prepare(survey, build, rows, arguments, options), _in_order(arguments)
        if rows.compiler is None:
            return self._run(program, rows, given)
        return self._run_by_xla(program, survey, build, rows, given, options)

    def prepare(
        self,
        survey: Survey,
        build: Build,
        rows: Rows,
        arguments: Mapping[str, Any] | None,
        options: tuple[Hashable, ...],
    ) -> Program:
        """Trace what `run` runs for the same arguments, and keep it."""
        require_no_trace()
        require_plain(build)
        given = _in_order(arguments)
        memory, key = self._place_of(build, rows, given, options)
        found: Program = self._shapes.remembered(
            memory,
            key,
            rows.inputs,
            lambda spec: self._compiler.program(build, survey, rows, spec, given, options),
        )
        return found

    def run_once(self, survey: Survey, build: Build, rows: Rows, arguments: Mapping[str, Any] | None) -> Any:
        """As `run`, of any function, which is not remembered."""
        require_no_trace()
        given = _in_order(arguments)
        with self._shapes.lock:
            program = self._shapes.trace(
                rows.inputs, lambda spec: self._compiler.program(build, survey, rows, spec, given, ())
            )
        return self._run(program, rows, given)

    def clear(self) -> None:
        """Forget everything."""
        self.own.clear()
        self.of_users.clear()

    def _run(self, program: Program, rows: Rows, given: dict[str, Any]) -> Any:
        with says_what_runs(self._model, rows.inputs):
            return program(*_flat(rows, given))

    def _run_by_xla(
        self,
        program: Program,
        survey: Survey,
        build: Build,
        rows: Rows,
        given: dict[str, Any],
        options: tuple[Hashable, ...],
    ) -> Any:
        """Compiled by XLA where it can be; else op by op, which is noted, and XLA not asked again."""
        refusal = program.refusal
        if refusal is None:
            try:
                return program(*_flat(rows, given))
            except tensorflow().errors.OpError as error:
                refusal = refusal_of(error)
        if program.compiler is not None:
            plain = self.prepare(survey, build, rows.op_by_op, given, options)
            program = replace(plain, refusal=refusal)
        found = self._run(program, rows, given)  # where the inputs are at fault, this says so
        with self._shapes.lock:
            memory, key = self._place_of(build, rows, given, options)
            memory.put((key, self._shapes.key(rows.inputs)), program)
        note_refusal(refusal)
        return found

    def _place_of(
        self, build: Build, rows: Rows, given: dict[str, Any], options: tuple[Hashable, ...]
    ) -> tuple[Memory[Program], Hashable]:
        """Where a program is remembered, and by what."""
        memory = self.of_users if rows.selector.is_code else self.own
        of_rows = rows.head, rows.score, rows.per_number, rows.compiler, rows.selector.form
        return memory, (build, options, *of_rows, structure_of(given))


def require_plain(build: Any) -> None:
    """Refuse graph code that carries along what does not tell it from others."""
    if not isinstance(build, FunctionType) or "<locals>" in build.__qualname__:
        raise TypeError(
            f"expected a function that stands in a module by itself, got {build!r}: what it takes from around it would "
            "not tell two compiled functions apart. Hand that over in options=, or use run_once"
        )


def _flat(rows: Rows, given: dict[str, Any]) -> list[Any]:
    """What a program takes, array by array."""
    return [*tensorflow().nest.flatten(rows.inputs), rows.columns, *given.values()]


def _in_order(arguments: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: np.asarray(array) for name, array in sorted((arguments or {}).items())}
