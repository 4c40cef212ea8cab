"""Recurrent layers: a loop back that walks one step of the cell, run again for text and baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textattr.errors import DeepLIFTRuleError
from textattr.graph.dependence import Graph
from textattr.graph.layer_scopes import LayerScopes
from textattr.graph.recurrent import Recurrence, of_step, refuse_others
from textattr.split.family import tensorflow


def through_loop(
    loop: Recurrence, twin: Recurrence, given: Sequence[Any], outer: Graph, scopes: LayerScopes
) -> list[Any]:
    """The multipliers of the sequence and of the first states.

    Args:
        loop: the layer in the run on the text.
        twin: the same in the run on the baseline.
        given: the multipliers of the layer's outputs.
        outer: the graph that the layer is called in.
        scopes: which layer made which op.

    Raises:
        DeepLIFTRuleError: where the cell reads what is no input and no state.
    """
    from textattr.deeplift.walk import multipliers  # which walks loops with this

    tf = tensorflow()

    def through(t: Any, active: Sequence[Any]) -> tuple[Any, list[Any], Any]:
        graph = tf.compat.v1.get_default_graph()
        read, made = [], []
        for one in (loop, twin):
            here = [of_step(tensor, t) for tensor in (one.reading.sequence, *one.before)]
            with scopes.recorded(), scopes.inside(loop.scope):
                output, after = one.reading.step(here[0], here[1:])
            read.append(here)
            made.append([output, *after])
        refuse_others(loop, graph, outer, DeepLIFTRuleError)
        ends = list(zip(*read, strict=True))
        found = multipliers(list(zip(*made, strict=True)), active, ends, scopes, {})
        whole = [
            tf.zeros_like(end, active[0].dtype) if m is None else m
            for (end, _), m in zip(ends, found, strict=True)
        ]
        return whole[0], whole[1:], tf.zeros([])

    return loop.steps_back(given, through, tf.zeros([]))[0]
