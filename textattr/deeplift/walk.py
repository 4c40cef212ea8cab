"""The walk: from the score back to the vectors, over the ops between, with multipliers in hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from textattr.deeplift.fourier import is_foreign
from textattr.deeplift.ops import OPS
from textattr.deeplift.paired_op import PairedOp
from textattr.deeplift.paired_runs import Pair, PairedRuns
from textattr.deeplift.recurrent import through_loop
from textattr.deeplift.slopes import CLOSED, EXACT, slope
from textattr.errors import DeepLIFTRuleError
from textattr.graph.dependence import Graph
from textattr.graph.elementwise import activation_source
from textattr.graph.layer_scopes import LayerScope, LayerScopes
from textattr.graph.opaque import why_opaque
from textattr.graph.recurrent import Recurrence
from textattr.graph.registry import added
from textattr.graph.traits import traits
from textattr.graph.walk import Flow, walk_back
from textattr.split.family import tensorflow

# Conditions, and functions of the first input whose others are limits, which `activation_source` leaves alone.
_OF_THE_FIRST = frozenset({"LogicalNot", "IsNan", "IsInf", "IsFinite", "ClipByValue"})


def multipliers(
    lasts: Sequence[Pair],
    given: Sequence[Any],
    ends: Sequence[Pair],
    scopes: LayerScopes,
    loops: Mapping[str, Recurrence],
    repeated: Mapping[Any, Any] = MappingProxyType({}),
) -> list[Any]:
    """Carry multipliers back through all that was computed so far in this graph.

    Args:
        lasts: where the walk starts, in the run on the text and in that on the baseline.
        given: the multipliers of these, shaped as they; None where there are none.
        ends: where it ends.
        scopes: which layer made which op.
        loops: the recurrent layers, by the name of their op.
        repeated: as for `PairedRuns`. The run on the baseline may have one row, which is that of all.

    Returns:
        the multipliers of each of `ends`; None for one that does not count.

    Raises:
        DeepLIFTRuleError: for an op without a rule.
    """
    ops = tensorflow().compat.v1.get_default_graph().get_operations()
    graph = Graph({tensor.ref(): 0 for tensor, _ in ends}, scopes, loops, ops, "deeplift")
    pairs = PairedRuns(lasts, {tensor.ref(): twin for tensor, twin in ends}, graph, loops, repeated)
    is_end = {tensor.ref() for tensor, _ in ends}

    def fitted(flows: Iterable[Flow]) -> list[Flow]:
        """In the dtypes of the tensors; at the ends, none of the digits of a wider model is lost."""
        return [(t, m if m is None or t.ref() in is_end else _fitting(m, t)) for t, m in flows]

    def visit(op: Any, multipliers_of_outputs: list[Any]) -> list[Flow]:
        return fitted(_through(op, multipliers_of_outputs, graph, pairs, loops, scopes))

    seeds = zip((tensor for tensor, _ in lasts), given, strict=True)
    found = walk_back(fitted(seeds), is_end, pairs.ops, visit, pairs.vary)
    return [found[tensor.ref()] for tensor, _ in ends]


def _through(
    op: Any,
    given: list[Any],
    graph: Graph,
    pairs: PairedRuns,
    loops: Mapping[str, Recurrence],
    scopes: LayerScopes,
) -> list[Flow]:
    """The multipliers of what an op, or the function or layer that it ends, reads."""
    if op.name in loops:
        loop, twin = loops[op.name], loops[pairs.of(op.outputs[0]).op.name]
        return list(zip(loop.inputs, through_loop(loop, twin, given, graph, scopes), strict=True))
    step = PairedOp(op, pairs, next(m.dtype for m in given if m is not None))
    if graph.has_own_rule(op):
        return _by_table(step, given, graph)
    source = _source(step, graph)
    if source is not None:
        return [(source, given[0] * slope(step, source, graph))]
    return _by_table(step, given, graph)


def _source(step: PairedOp, graph: Graph) -> Any:
    """The tensor of which the op ends a function, number by number, whose slope counts; None where a rule does.

    A product of two functions of one number, as in GELU and SiLU, goes by the rule for products: the sum of what comes
    to each factor is the slope, and loses no digits where text and baseline are near, for neither slope does.
    """
    op = step.op
    if op.type in EXACT or is_foreign(op) or op.type == "Mul" and all(step.varies):
        return None
    if op.type in CLOSED:
        return op.inputs[0]
    source = activation_source(op, graph)
    is_alone = source is None and _is_of_the_first(op) and not any(step.varies[1:])
    return op.inputs[0] if is_alone else source


def _by_table(step: PairedOp, given: list[Any], graph: Graph) -> list[Flow]:
    """The multipliers of what an op reads, as the rule for ops of its type says."""
    op, tf = step.op, tensorflow()
    function = added(op.type, "deeplift") or (None if is_foreign(op) else OPS.get(op.type))
    if function is None:
        raise _no_rule(op, graph.scope(op))
    whole = [tf.zeros_like(o, step.dtype) if m is None else m for o, m in zip(op.outputs, given, strict=True)]
    found = list(function(step, *whole))
    if len(found) != len(op.inputs):
        raise DeepLIFTRuleError(
            f"expected the multipliers of {len(op.inputs)} inputs from the rule for {op.type}, None where there are "
            f"none, but it returned {len(found)}"
        )
    for tensor, multiplier, varies in zip(op.inputs, found, step.varies, strict=True):
        if varies and multiplier is None:
            raise DeepLIFTRuleError(
                f"{graph.scope(op)} computes {op.type} with {tensor.op.type} of the text where DeepLIFT knows a way "
                "back only for what is the same for text and baseline: explain with another method"
            )
    return list(zip(op.inputs, found, strict=True))


def _is_of_the_first(op: Any) -> bool:
    """Whether each number of the output is a function of one number of the first input."""
    is_function = traits(op).is_function and op.type not in OPS
    return is_function or op.type in _OF_THE_FIRST or _rounds(op)


def _rounds(op: Any) -> bool:
    """Whether a cast makes whole numbers or conditions of numbers; any other passes them on."""
    after = op.outputs[0].dtype
    return (
        op.type == "Cast" and op.inputs[0].dtype.is_floating and not (after.is_floating or after.is_complex)
    )


def _fitting(multiplier: Any, tensor: Any) -> Any:
    """In the dtype of the tensor, float32 at least; what belongs to a condition stays as it is."""
    tf = tensorflow()
    if not tensor.dtype.is_floating:
        return multiplier
    return tf.cast(multiplier, tensor.dtype if tensor.dtype.size >= 4 else tf.float32)


def _no_rule(op: Any, scope: LayerScope) -> DeepLIFTRuleError:
    reason = why_opaque(op, scope)
    if reason is not None:
        return DeepLIFTRuleError(f"DeepLIFT {reason}")
    return DeepLIFTRuleError(
        f"DeepLIFT has no rule for the op {op.type}, which {scope} makes: explain with another method, such as "
        "integrated_gradients, whose weights sum to the same; or register one, with "
        f'@textattr.lrp.rule("{op.type}", method="deeplift")'
    )
