"""`Programs`: what was compiled for one model, by what it was compiled for, and how it runs."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import Any

from textattr.split.compiler import Compiler
from textattr.split.failures import says_what_runs
from textattr.split.family import tensorflow
from textattr.split.job import Job
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

    def run(self, job: Job) -> Any:
        """Run a job, compiled.

        Returns:
            the nest of its graph code, as NumPy arrays.

        Raises:
            TypeError: for a function inside another, a method, an object that is called; for options that do not hash.
        """
        program = self.prepare(job)
        return self._run(program, job) if job.rows.compiler is None else self._run_by_xla(program, job)

    def prepare(self, job: Job) -> Program:
        """Trace what `run` runs for the same job, and keep it."""
        require_no_trace()
        found: Program = self._shapes.remembered(
            self._memory(job), job.key, job.rows.inputs, lambda spec: self._compiler.program(job, spec)
        )
        return found

    def run_once(self, job: Job) -> Any:
        """As `run`, of any function, which is not remembered."""
        require_no_trace()
        with self._shapes.lock:
            program = self._shapes.trace(job.rows.inputs, lambda spec: self._compiler.program(job, spec))
        return self._run(program, job)

    def clear(self) -> None:
        """Forget everything."""
        self.own.clear()
        self.of_users.clear()

    def _memory(self, job: Job) -> Memory[Program]:
        return self.of_users if job.rows.selector.is_code else self.own

    def _run(self, program: Program, job: Job) -> Any:
        with says_what_runs(self._model, job.rows.inputs):
            return program(*job.arrays)

    def _run_by_xla(self, program: Program, job: Job) -> Any:
        """Compiled by XLA where it can be; else op by op, which is noted, and XLA not asked again."""
        refusal = program.refusal
        if refusal is None:
            try:
                return program(*job.arrays)
            except tensorflow().errors.OpError as error:
                refusal = refusal_of(error)
        if program.compiler is not None:
            program = replace(self.prepare(job.op_by_op), refusal=refusal)
        found = self._run(program, job)  # where the inputs are at fault, this says so
        with self._shapes.lock:
            self._memory(job).put((job.key, self._shapes.key(job.rows.inputs)), program)
        note_refusal(refusal)
        return found
