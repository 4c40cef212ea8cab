"""`Programs`: what was compiled for one model, by what it was compiled for, and how it runs."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import Any

from textattr.split.compiler import Compiler
from textattr.split.failures import says_what_runs
from textattr.split.family import tensorflow
from textattr.split.graph_call import GraphCall
from textattr.split.memory import Memory
from textattr.split.program import Program
from textattr.split.trace_shapes import TraceShapes
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

    def run(self, call: GraphCall) -> Any:
        """Run a call, compiled.

        Returns:
            the nest of its graph code, as NumPy arrays.

        Raises:
            TypeError: for a function inside another, a method, an object that is called; for options that do not hash.
        """
        program = self.prepare(call)
        return self._run(program, call) if call.rows.compiler is None else self._run_by_xla(program, call)

    def prepare(self, call: GraphCall) -> Program:
        """Trace what `run` runs for the same call, and keep it."""
        require_no_trace()
        found: Program = self._shapes.remembered(
            self._memory(call), call.key, call.rows.inputs, lambda spec: self._compiler.program(call, spec)
        )
        return found

    def run_once(self, call: GraphCall) -> Any:
        """As `run`, of any function, which is not remembered."""
        require_no_trace()
        with self._shapes.lock:
            program = self._shapes.trace(call.rows.inputs, lambda spec: self._compiler.program(call, spec))
        return self._run(program, call)

    def clear(self) -> None:
        """Forget everything."""
        self.own.clear()
        self.of_users.clear()

    def _memory(self, call: GraphCall) -> Memory[Program]:
        return self.of_users if call.rows.selector.is_code else self.own

    def _run(self, program: Program, call: GraphCall) -> Any:
        with says_what_runs(self._model, call.rows.inputs):
            return program(*call.arrays)

    def _run_by_xla(self, program: Program, call: GraphCall) -> Any:
        """Compiled by XLA where it can be; else op by op, which is noted, and XLA not asked again."""
        refusal = program.refusal
        if refusal is None:
            try:
                return program(*call.arrays)
            except tensorflow().errors.OpError as error:
                refusal = refusal_of(error)
        if program.compiler is not None:
            program = replace(self.prepare(call.op_by_op), refusal=refusal)
        found = self._run(program, call)  # where the inputs are at fault, this says so
        with self._shapes.lock:
            self._memory(call).put((call.key, self._shapes.key(call.rows.inputs)), program)
        note_refusal(refusal)
        return found
