"""From graph code to a `Program`: the model is traced, cut at its sites, inside it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textattr.split.cut import Cut
from textattr.split.failures import no_gradient
from textattr.split.family import tensorflow
from textattr.split.graph_call import GraphCall
from textattr.split.program import Program
from textattr.split.rows import Rows
from textattr.split.simplified import has_simpler_way
from textattr.split.states import held, is_stateful
from textattr.split.survey import Survey, layer_at
from textattr.split.traced_once import is_traced_once
from textattr.targets.target import TargetTensors


@dataclass(frozen=True, eq=False)
class Compiler:
    """What is traced for one model; it holds the model and its layers by weak references only.

    A compiled function that held the model would keep it alive.

    Args:
        model: the model.
        wanted: the path of the layer that the user named as the lookup, or None.
    """

    model: weakref.ref[Any]
    wanted: str | None

    def program(self, call: GraphCall, spec: Any) -> Program:
        """Trace a call for inputs of a spec, and rows and arguments of the kind of its own."""
        tf = tensorflow()
        cut_of, selector = self.cutter(call.survey, call.rows), call.rows.selector
        # of the call nothing else, for the trace keeps what it closes over, and the call has the rows
        build, names, options = call.build, tuple(call.arguments), call.options

        def traced(*flat: Any) -> Any:
            leaves, numbers, given = (
                flat[: len(leaf_specs)],
                flat[len(leaf_specs)],
                flat[len(leaf_specs) + 1 :],
            )
            targets = TargetTensors(selector, dict(zip(selector.columns, tf.unstack(numbers), strict=True)))
            cut = cut_of(tf.nest.pack_sequence_as(spec, leaves))
            with held(cut.layers):
                return build(cut, targets, dict(zip(names, given, strict=True)), *options)

        leaf_specs = tf.nest.flatten(spec)
        numbers = tf.TensorSpec([len(selector.columns), None], tf.int32)
        given = [tf.TensorSpec([None] * array.ndim, array.dtype) for array in call.arguments.values()]
        specs = [*leaf_specs, numbers, *given]
        try:
            return Program.trace(traced, specs, call.rows.compiler, runs_often=call.runs_often)
        except LookupError as error:
            clearer = no_gradient(error)
            if clearer is None:
                raise
            raise clearer from error

    def cutter(self, survey: Survey, rows: Rows) -> Callable[[Any], Cut]:
        """From traced inputs to a `Cut`."""
        head, score, sites, per_number = rows.head, rows.score, survey.sites, rows.per_number
        reference, wanted = self.model, self.wanted
        every = [
            ref
            for site in (*sites.texts, *sites.others)
            for ref in (site.layer, site.masking, site.masked_by)
        ]
        living = [ref for ref in survey.layers if ref() is not None]
        references = [ref for ref in living if ref in every or _is_special(ref())]
        if rows.compiler is None:  # what XLA compiles stays one graph
            references += [ref for ref in living if ref not in references and is_traced_once(ref())]

        def cut_of(inputs: Any) -> Cut:
            layers, model = [ref() for ref in references], reference()
            return Cut(model, layers, sites, inputs, head, score, layer_at(wanted, model), per_number)

        return cut_of


def _is_special(layer: Any) -> bool:
    """Whether a layer's calls must be intercepted whatever it does."""
    return hasattr(layer.call, "python_function") or is_stateful(layer) or has_simpler_way(layer)
