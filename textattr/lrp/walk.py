"""The walk: from the score back to the vectors, over the ops between, with relevance in hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from textattr.errors import LRPRuleError
from textattr.graph.dependence import Graph
from textattr.graph.elementwise import activation_source
from textattr.graph.layer_scopes import LayerScope, LayerScopes
from textattr.graph.opaque import why_opaque
from textattr.graph.softmax import Softmax, find_softmax
from textattr.graph.walk import Flow, walk_back
from textattr.lrp.affine import find_affine
from textattr.lrp.composite import Composite
from textattr.lrp.factors import factor
from textattr.lrp.ops import Step, back_through
from textattr.lrp.products import to_factors
from textattr.lrp.scores import product_behind, slope_at
from textattr.lrp.unattributed import Unattributed
from textattr.lrp.vanishing import Vanishing
from textattr.split.cut import wide
from textattr.split.family import tensorflow


class Jump(Protocol):
    """What stands for many ops at once, as a recurrent layer does: its last op, and the way back through all.

    `counts` is by how much it adds to the depth, `kind` what it is called.
    """

    kind: str
    counts: int

    @property
    def op(self) -> Any:
        """The last of the ops."""

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What goes into the first ones."""

    @property
    def scope(self) -> LayerScope:
        """The call of a layer that made them."""

    def back(self, walk: Walk, relevance: Sequence[Any], graph: Graph) -> list[Any]:
        """The relevance of the inputs, from that of the op's outputs (None where there is none)."""


NO_RULE = "none"
MASKED = 1e4  # a logit below minus this is masked: attention adds -3e4 or less to what it must not see
Observer = Callable[[LayerScope, str, str, Sequence[Any], Sequence[Any]], None]


@dataclass(frozen=True, eq=False)
class Walk:
    """What stays the same on the whole way.

    Args:
        scopes: which layer made which op.
        rules: which rule governs which layer.
        unattributed: what did not reach the vectors.
        jumps: by the name of their op.
        observer: called for each op with its layer, type and rule, and the relevance of its outputs and inputs. With
            one, an op without a rule is no error: its rule is given as `NO_RULE`, and what it got is dropped.
        vanishing: of which relevance is known that it is 0 where its tensor is.
    """

    scopes: LayerScopes
    rules: Composite
    unattributed: Unattributed
    jumps: Mapping[str, Jump] = field(default_factory=dict)
    observer: Observer | None = None
    vanishing: Vanishing = field(default_factory=Vanishing)

    def inside_loop(self, unattributed: Unattributed, jumps: Mapping[str, Jump]) -> Walk:
        """The same walk inside a loop, with records of its own: tensors of a loop cannot be used outside it."""
        outside = self.observer
        words = None if outside is None else lambda scope, kind, rule, *_: outside(scope, kind, rule, [], [])
        return replace(self, unattributed=unattributed, jumps=jumps, observer=words)

    def back(self, flows: Sequence[Flow], ends: Mapping[Any, int], ops: Sequence[Any]) -> dict[Any, Any]:
        """Carry relevance back.

        Args:
            flows: where it starts.
            ends: references of the tensors where it ends, with their depth.
            ops: the ops of the graph, in order.

        Returns:
            the relevance of each tensor in `ends`, by reference; None for one that got none.

        Raises:
            LRPRuleError: for an op without a rule, and for a layer that no line of the rules names.
        """
        graph = Graph(ends, self.scopes, self.jumps, ops, "lrp")
        return walk_back(
            flows, ends, graph.ops, lambda op, given: self._through(op, given, graph), graph.carries
        )

    def _through(self, op: Any, relevance: list[Any], graph: Graph) -> list[Flow]:
        """The relevance of what an op, or the layer that it ends, reads."""
        jump = self.jumps.get(op.name)
        if jump is not None:
            return self._jump(jump, relevance, graph)
        if graph.has_own_rule(op):
            return self._by_table(op, relevance, graph)
        softmax = find_softmax(op)
        if softmax is not None:
            return self._softmax(op, softmax, relevance[0], graph)
        reached = [(o, r) for o, r in zip(op.outputs, relevance, strict=True) if r is not None]
        affine = find_affine(reached[0][0], graph) if len(reached) == 1 else None
        if affine is not None:
            rule, given = self.rules.rule_for(affine.scope, affine.depth), reached[0][1]
            clipped = self.vanishing.clipped(affine.output, given)
            winners = None if clipped is None else self.vanishing.winners(given)
            shared = rule.affine(replace(affine, clipped=clipped, winners=winners), given)
            if shared.bias is not None:
                self.unattributed.bias(*shared.bias)
            self._tell(affine.scope, affine.terms[0].op.type, str(rule), relevance, shared.terms)
            flows = list(zip((term.source for term in affine.terms), shared.terms, strict=True))
            for flow in flows if shared.vanishes else []:
                self.vanishing.note(*flow)
            return flows
        scope = graph.scope(op)
        rule = self.rules.rule_between(scope)
        source = activation_source(op, graph)
        if source is not None:
            passed = rule.activation(wide(source), wide(op.outputs[0]), relevance[0])
            self._tell(scope, op.type, "", relevance, [passed])
            return [(source, passed)]
        return self._by_table(op, relevance, graph)

    def _by_table(self, op: Any, relevance: list[Any], graph: Graph) -> list[Flow]:
        """The relevance of what an op reads, as the rule for ops of its type says."""
        scope = graph.scope(op)
        rule, function = self.rules.rule_between(scope), back_through(op)
        if function is None or any(map(graph.is_rounded, op.inputs)):
            if self.observer is None:
                raise _no_rule(op, scope) if function is None else _rounds(op, scope)
            self._tell(scope, op.type, NO_RULE, relevance, [])
            return []
        whole = [_zeros(o) if r is None else r for o, r in zip(op.outputs, relevance, strict=True)]
        step = Step(
            op,
            tuple(op.inputs),
            tuple(op.outputs),
            tuple(map(graph.carries, op.inputs)),
            scope,
            rule,
            self.unattributed,
            graph,
        )
        shares = list(function(step, *whole))
        if len(shares) != len(step.inputs):
            raise LRPRuleError(
                f"expected the relevance of {len(step.inputs)} inputs from the rule for {op.type}, None where there is "
                f"none, but it returned {len(shares)}"
            )
        self._tell(scope, op.type, "", relevance, [r for r, c in zip(shares, step.carries, strict=True) if c])
        if not graph.has_own_rule(op):
            self.vanishing.pass_on(op, relevance, shares)
        return list(zip(step.inputs, shares, strict=True))

    def _softmax(self, op: Any, softmax: Softmax, relevance: Any, graph: Graph) -> list[Flow]:
        """All passes, or what a rule says that looks inside: then on to queries and keys at once, where that can be."""
        tf = tensorflow()
        scope, before, after = graph.scope(op), wide(softmax.logits), wide(op.outputs[0])
        rule = self.rules.rule_between(scope)
        slope = rule.softmax_slope(after, softmax.axes, relevance)
        product = None if slope is None else product_behind(softmax.logits, graph, self.jumps)
        if product is not None:
            factors, per_unit = list(product.inputs), slope_at(product, softmax.logits, slope)
            shares = to_factors(product, per_unit, rule.product([factor(t, graph.carries) for t in factors]))
        elif slope is not None:
            factors, shares = (
                [softmax.logits],
                [tf.where(before < -MASKED, tf.zeros_like(slope), before * slope)],
            )
        else:
            factors, shares = [softmax.logits], [rule.activation(before, after, relevance)]
        kept = [share for share in shares if share is not None]
        if slope is not None:
            for each in (relevance, *(-share for share in kept)):
                self.unattributed.expansion(each)
        self._tell(scope, "Softmax", "", [relevance], kept)
        return list(zip(factors, shares, strict=True))

    def _jump(self, jump: Jump, relevance: list[Any], graph: Graph) -> list[Flow]:
        shares = jump.back(self, relevance, graph)
        for tensor, share in zip(jump.inputs, shares, strict=True):
            if share is not None and not graph.carries(tensor):
                self.unattributed.state(share)
        kept = [s for t, s in zip(jump.inputs, shares, strict=True) if graph.carries(t)]
        self._tell(jump.scope, jump.kind, "", relevance, kept)
        return list(zip(jump.inputs, shares, strict=True))

    def _tell(
        self, scope: LayerScope, kind: str, rule: str, outputs: Sequence[Any], inputs: Sequence[Any]
    ) -> None:
        if self.observer is not None:
            self.observer(scope, kind, rule, outputs, inputs)


def _zeros(tensor: Any) -> Any:
    """No relevance for an output, in float32 at least."""
    return wide(tensorflow().zeros_like(tensor)) if tensor.dtype.is_floating else None


def _rounds(op: Any, scope: LayerScope) -> LRPRuleError:
    return LRPRuleError(
        f"{scope} computes {op.type} of numbers that were rounded to whole ones, as quantised layers do: LRP has no "
        "rule for that; explain with deeplift, integrated_gradients or shapley_sampling"
    )


def _no_rule(op: Any, scope: LayerScope) -> LRPRuleError:
    reason = why_opaque(op, scope)
    if reason is not None:
        return LRPRuleError(f"LRP {reason}")
    return LRPRuleError(
        f"no LRP rule says how relevance goes back through the op {op.type}, which {scope} makes. Register one: a "
        f'function (step, relevance) below @textattr.lrp.rule("{op.type}"), which returns the relevance of each of '
        "step.inputs, None where there is none; help(textattr.lrp.rule) tells more. Or explain with another method"
    )
