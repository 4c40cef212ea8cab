"""Where relevance is lost: layer by layer, and which op has no rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from textattr.errors import DocumentError
from textattr.lrp.presets import rules_for
from textattr.split.family import tensorflow
from textattr.split.layers import walk
from textattr.split.signature import declared_inputs, input_name, takes_dict
from textattr.targets.target import TargetTensors

if TYPE_CHECKING:
    from textattr.graph.layer_scopes import LayerScope
    from textattr.lrp.unattributed import Unattributed
    from textattr.lrp.walk import Observer
    from textattr.split.cut import Cut

_NO_RULE = "none"  # as the walk tells it
_LENGTH = 12  # tokens of the text that is made up where none is given
_WORTH_NAMING = 1e-3  # of the score: a layer that loses more than this without an account is named


@dataclass(frozen=True)
class LayerCheck:
    """What became of relevance in one call of a layer.

    Args:
        layer: the layer's path; "" for what the model does between its layers.
        kind: the layer's class.
        rule: the rule that governs it, in words; "" where it has no weights.
        ops: the types of its ops that relevance went through, from the last to the first.
        lost: the share of the score that came in and did not go on, the mean over the documents; negative where more
            went on than came in. None inside a recurrent layer, which tells it as a whole.
        taken: what biases, positions, first states and softmax took of it.
        left: the share of the score that is left after it.
    """

    layer: str
    kind: str
    rule: str
    ops: tuple[str, ...]
    lost: float | None
    taken: float
    left: float

    @property
    def unexplained(self) -> float:
        """What was lost and nothing took."""
        return (self.lost or 0.0) - self.taken


@dataclass(frozen=True)
class Check:
    """What `check` found; `print` shows it as a table.

    Args:
        layers: from the score back to the vectors.
        arrived: the share of the score that reached the vectors and the other inputs.
        taken: what biases, positions, first states and softmax took of it, by name.
        without_rule: (op type, layer) of the ops without a rule: what they got is lost.
    """

    layers: tuple[LayerCheck, ...]
    arrived: float
    taken: Mapping[str, float]
    without_rule: tuple[tuple[str, str], ...]

    @property
    def unexplained(self) -> tuple[LayerCheck, ...]:
        """The layers in which relevance is lost, or made, that nothing took: more than 0.1 % of the score."""
        return tuple(layer for layer in self.layers if abs(layer.unexplained) > _WORTH_NAMING)

    def __str__(self) -> str:
        head = ("layer", "rule", "lost", "taken", "left", "ops")
        rows = [
            (
                f"{c.layer} ({c.kind})" if c.layer else c.kind,
                c.rule,
                _percent(c.lost),
                _percent(c.taken or None),
                _percent(c.left),
                " ".join(c.ops),
            )
            for c in self.layers
        ]
        widths = [max(len(row[i]) for row in (head, *rows)) for i in range(5)]
        lines = [
            "  ".join([*(_padded(row[i], w, i) for i, w in enumerate(widths)), row[5]]).rstrip()
            for row in (head, *rows)
        ]
        lines.append(f"{_percent(self.arrived)} of the score reached the vectors.{self._account()}")
        lines += [
            f'The op {op} of {layer or "the model"} has no rule: @textattr.lrp.rule("{op}") registers one.'
            for op, layer in self.without_rule
        ]
        return "\n".join(lines)

    def _account(self) -> str:
        """Who took the rest, and where it was lost otherwise."""
        takers = [
            f"{name} {_percent(share)}" for name, share in self.taken.items() if abs(share) > _WORTH_NAMING
        ]
        took = f" Taken on the way: {', '.join(takers)}." if takers else ""
        if not self.unexplained:
            return f"{took} Together that is the whole score."
        losses = ", ".join(f"{c.layer or c.kind} {_percent(c.unexplained)}" for c in self.unexplained)
        return f"{took} Lost or made without an account: {losses}."


def _percent(share: float | None) -> str:
    return "" if share is None else f"{round(100 * share, 1) + 0.0:.1f} %"


def _padded(text: str, width: int, column: int) -> str:
    return text.rjust(width) if column > 1 else text.ljust(width)


def check(model: Any, inputs: Any = None, *, rules: Any = "cplrp", embedding_layer: Any = None) -> Check:
    """Print, layer by layer, how much of the score is lost on its way back to the vectors, and which op has no rule.

    CP-LRP, which is the default, conserves relevance: what tokens, positions, segments
    and other inputs get and what biases take is the score. Where it is not, the layer is named.

    Args:
        model: Keras 3 or tf_keras model.
        inputs: what the model takes, one document or several; None: a random document.
        rules: as for `textattr.methods.LRP`. Of AttnLRP, what "auto" chooses where there is attention, softmax takes a
            part.
        embedding_layer: the lookup, where it is not the obvious one.

    Returns:
        what was printed, as plain data.

    Raises:
        DocumentError: where no document was given, and none can be made up for this model.
        LRPRuleError: for a layer that no line of the rules names.

    Example:
        >>> import textattr
        >>> found = textattr.lrp.check(textattr.demo.load("sentiment").model)  # doctest: +ELLIPSIS
        layer ...
        >>> found.without_rule
        ()
    """
    from textattr.split.model import split_model
    from textattr.split.rows import Rows

    split = split_model(model, embedding_layer)
    tensors = split.checked(_some_document(model) if inputs is None else _batch(inputs))
    rows = Rows.predicted(tensors, split.head(tensors))
    seen: list[tuple[str, str, str, str, int]] = []
    chosen, _ = rules_for(rules, has_attention=split.known(tensors).has_attention)

    def build(cut: Cut, targets: TargetTensors, _: dict[str, Any]) -> dict[str, Any]:
        return _flows(cut, chosen, targets, seen)

    result = split.run_once(build, rows)
    found = _summed_up(seen, result)
    print(found)
    return found


def _batch(inputs: Any) -> Any:
    """One document of bare ids as a batch of one."""
    alone = (
        isinstance(inputs, list | np.ndarray)
        and np.ndim(inputs) == 1
        and np.asarray(inputs).dtype.kind in "iu"
    )
    return np.asarray(inputs)[None] if alone else inputs


def _some_document(model: Any) -> Any:
    """Random ids, and numbers, of the shapes that the model declares."""
    declared = declared_inputs(model)
    sizes = [layer.input_dim for _, layer in walk(model) if hasattr(layer, "input_dim")]
    rng = np.random.default_rng(0)
    made = []
    for tensor in declared or ():
        shape = [1, *(size or _LENGTH for size in tensor.shape[1:])]
        kind = tensorflow().as_dtype(tensor.dtype)
        if kind.is_floating:
            made.append(rng.normal(size=shape).astype(kind.as_numpy_dtype))
        elif kind.is_integer:
            made.append(rng.integers(1, max(min(sizes, default=2), 2), shape).astype(kind.as_numpy_dtype))
    if not made or len(made) < len(declared or ()):
        raise DocumentError("no document can be made up for this model: give one, check(model, ids)")
    if takes_dict(model):
        return {input_name(t): array for t, array in zip(declared or (), made, strict=True)}
    return made[0] if len(made) == 1 else made


def _flows(cut: Cut, rules: Any, targets: TargetTensors, seen: list[Any]) -> dict[str, Any]:
    """Graph code: what each op lost, float (R, ops); what it was is added to `seen`."""
    from textattr.lrp.propagate import propagate

    tf = tensorflow()
    lost: list[Any] = []
    accounted: list[Any] = []
    seen.clear()  # a model that cannot have unknown lengths is traced twice

    def observer(unattributed: Unattributed) -> Observer:
        def observe(
            scope: LayerScope, kind: str, rule: str, outputs: Sequence[Any], inputs: Sequence[Any]
        ) -> None:
            seen.append((scope.path, scope.kind, kind, rule, len(lost) if outputs else -1))
            if outputs:  # what happens inside a loop is reported without numbers
                came, went = (
                    tf.add_n(
                        [unattributed.nothing, *(unattributed.per_row(r) for r in flows if r is not None)]
                    )
                    for flows in (outputs, inputs)
                )
                lost.append(came - went)
                accounted.append(unattributed.accounted)

        return observe

    found = propagate(cut, rules, targets, observer)
    unattributed = found.unattributed
    taken = {
        "biases": unattributed.biases,
        "positions": unattributed.by_position,
        "first states": unattributed.states,
        "softmax": unattributed.expansions,
    }
    taken = {name: sums for name, sums in taken.items() if sums is not None}
    stacked = {"lost": tf.stack(lost, 1), "accounted": tf.stack(accounted, 1)}
    return {**stacked, "taken": taken, "started": found.started}


def _summed_up(seen: Sequence[tuple[str, str, str, str, int]], result: Mapping[str, Any]) -> Check:
    """The ops of a layer together, in the order in which the walk met the layers."""

    def share(sums: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.nan_to_num(sums / result["started"][:, None]).mean(0)

    shares, taken = share(result["lost"]), np.diff(share(result["accounted"]), prepend=0.0)
    layers: dict[str, dict[str, Any]] = {}
    missing: dict[tuple[str, str], None] = {}
    for path, kind, op, rule, at in seen:
        entry = layers.setdefault(path, {"kind": kind, "rules": {}, "ops": {}, "lost": None, "taken": 0.0})
        entry["ops"][op] = None
        if rule == _NO_RULE:
            missing[op, path] = None
        elif rule:
            entry["rules"][rule] = None
        if at >= 0:
            entry["lost"] = float(shares[at]) + (entry["lost"] or 0.0)
            entry["taken"] += float(taken[at])
    left, checks = 1.0, []
    for path, entry in layers.items():
        left -= entry["lost"] or 0.0
        rules, ops = ", ".join(entry["rules"]), tuple(entry["ops"])
        checks.append(LayerCheck(path, entry["kind"], rules, ops, entry["lost"], entry["taken"], float(left)))
    totals = {name: float(share(sums[:, None])[0]) for name, sums in result["taken"].items()}
    return Check(tuple(checks), float(left), totals, tuple(missing))
