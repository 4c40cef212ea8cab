"""Which rule governs which layer: an ordered list of (where, rule), first match wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from textattr.checks import shown
from textattr.errors import LRPRuleError, OptionError
from textattr.graph.layer_scopes import LayerScope
from textattr.lrp.rule import Rule
from textattr.lrp.rules import Z

_BETWEEN = Z()


@dataclass(frozen=True)
class Kind:
    """A line in a list of rules: layers whose class, or one that it derives from, has one of these names.

    Args:
        names: of classes.

    Example:
        >>> Kind("Conv1D", "Conv2D")
        Kind('Conv1D', 'Conv2D')
    """

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", names)

    def __repr__(self) -> str:
        return f"Kind({', '.join(map(repr, self.names))})"


@dataclass(frozen=True)
class Score:
    """A line in a list of rules: the score itself, before the walk begins."""


Where = str | int | type | Kind | Score
Line = tuple[Any, Any]


@dataclass(frozen=True)
class Composite:
    """The list.

    Args:
        lines: (where, rule). `where` is a layer's name, path or class, a pattern of these ("conv*"), or how many layers
            with weights lie before (0: the first ones); inside a recurrent layer its last state counts as one.
    """

    lines: tuple[Line, ...]

    def rule_for(self, scope: LayerScope, depth: int) -> Rule:
        """The rule for a layer with weights.

        Raises:
            LRPRuleError: where no line names it.
        """
        for where, rule in self.lines:
            if _matches(where, scope, depth):
                return rule  # type: ignore[no-any-return]
        named = ", ".join(repr(where) for where, _ in self.lines) or "nothing"
        raise LRPRuleError(
            f"no line of the rules names {scope}, at depth {depth}: they name {named}. Add a line for it, or "
            'end the list with ("*", Epsilon())'
        )

    def rule_between(self, scope: LayerScope) -> Rule:
        """The rule of a layer for sums, activations and products: `Z` where no line names the layer."""
        return next((rule for where, rule in self.lines if _matches(where, scope, None)), _BETWEEN)

    @property
    def starts_positive(self) -> bool:
        """Whether only the positive part of the score is shared out, as in deep Taylor decomposition."""
        return any(isinstance(where, Score) for where, _ in self.lines)

    def checked(self, layers: Sequence[tuple[str, Any]]) -> Composite:
        """The same, if every layer that is named exists.

        Raises:
            LRPRuleError: for a name or pattern that fits no layer and no kind of layer of the model.
        """
        for where, _ in self.lines:
            is_named = isinstance(where, str) and where != "*"
            if is_named and not any(_is_called(where, path, layer) for path, layer in layers):
                known = ", ".join(f"{path} ({type(layer).__name__})" for path, layer in layers)
                raise LRPRuleError(
                    f"no layer is called {where!r}, nor is any of that kind: the layers are {known}"
                )
        return self


def composite(rules: Any) -> Composite:
    """A list of (where, rule), or one rule for everything, as a `Composite`.

    Raises:
        OptionError: for anything else.
    """
    if isinstance(rules, Rule):
        return Composite((("*", rules),))
    if not isinstance(rules, list | tuple) or not rules:
        raise OptionError(f"expected a preset's name, a rule or a list of (where, rule), got {shown(rules)}")
    lines = []
    for line in rules:
        if not isinstance(line, list | tuple) or len(line) != 2:
            raise OptionError(f"expected a pair (where, rule) in the list of rules, got {shown(line)}")
        where, rule = line
        if isinstance(where, bool) or not isinstance(where, Where):
            raise OptionError(
                f"expected a layer's name or pattern, a class of layers or a depth beside {rule!r}, got {shown(where)}"
            )
        if isinstance(rule, type) and issubclass(rule, Rule):
            raise OptionError(f"expected an instance, got the class: write {rule.__name__}()")
        if not isinstance(rule, Rule):
            raise OptionError(f"expected a rule from textattr.lrp for {shown(where)}, got {shown(rule)}")
        lines.append((where, rule))
    return Composite(tuple(lines))


def _matches(where: Any, scope: LayerScope, depth: int | None) -> bool:
    if isinstance(where, int):
        return where == depth
    if where == "*":
        return True
    return any(_is_called(where, each.path, each.layer) for each in scope.around)


def _is_called(where: Any, path: str, layer: Any) -> bool:
    if isinstance(where, type):
        return isinstance(layer, where)
    kinds = [cls.__name__ for cls in type(layer).__mro__]
    if isinstance(where, Kind):
        return any(name in kinds for name in where.names)
    if isinstance(where, str):
        return (
            any(fnmatchcase(name, where) for name in (path, layer.name, type(layer).__name__))
            or where in kinds
        )
    return False
