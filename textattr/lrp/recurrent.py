"""Relevance through recurrent layers: a loop back over the steps, in which one step of the cell is walked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textattr.errors import LRPRuleError
from textattr.graph.dependence import Graph
from textattr.graph.layer_scopes import LayerScope
from textattr.graph.recurrent import Recurrence, of_step, refuse_others
from textattr.lrp.activations import activations
from textattr.lrp.unattributed import Unattributed
from textattr.lrp.walk import Walk
from textattr.split.cut import wide
from textattr.split.family import tensorflow


@dataclass(frozen=True, eq=False)
class RecurrentJump:
    """One call of a recurrent layer, as a walk jumps over it."""

    loop: Recurrence
    kind = "recurrence"
    counts = 1

    @property
    def op(self) -> Any:
        """The layer's last op."""
        return self.loop.op

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The sequence and the first states."""
        return self.loop.inputs

    @property
    def scope(self) -> LayerScope:
        """The call."""
        return self.loop.scope

    def back(self, walk: Walk, relevance: Sequence[Any], graph: Graph) -> list[Any]:
        """The relevance of the sequence and of the first states."""

        def through(t: Any, active: Sequence[Any]) -> tuple[Any, list[Any], Any]:
            unattributed = Unattributed(walk.unattributed.rows, walk.unattributed.dtype)
            of_x, of_before = self._through_step(walk, unattributed, t, active, graph)
            return of_x, of_before, unattributed.biases

        found, biases = self.loop.steps_back(relevance, through, walk.unattributed.nothing)
        walk.unattributed.took(biases)
        return found

    def _through_step(
        self, walk: Walk, unattributed: Unattributed, t: Any, relevance: Sequence[Any], outer: Graph
    ) -> tuple[Any, list[Any]]:
        """One step of the cell, run again and walked back."""
        tf = tensorflow()
        graph = tf.compat.v1.get_default_graph()
        x = of_step(self.loop.reading.sequence, t)
        before = [of_step(states, t) for states in self.loop.before]
        with activations(walk.scopes) as jumps, walk.scopes.recorded(), walk.scopes.inside(self.scope):
            output, after = self.loop.reading.step(x, before)
        refuse_others(self.loop, graph, outer, LRPRuleError)
        depth = outer.depth(self.inputs[0])
        ends = {x.ref(): depth, **{state.ref(): depth + 1 for state in before}}
        flows = list(zip((output, *after), relevance, strict=True))
        found = walk.inside_loop(unattributed, jumps).back(flows, ends, graph.get_operations())
        shares = [
            tf.zeros_like(wide(end)) if found[end.ref()] is None else found[end.ref()] for end in (x, *before)
        ]
        return shares[0], shares[1:]
