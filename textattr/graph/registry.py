"""The rules that users add for types of ops: one registry for all methods that walk back over a graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from textattr.errors import OptionError

METHODS = ("lrp", "deeplift")
Back = Callable[..., Sequence[Any]]

_rules: list[Rule] = []
_versions: list[None] = []


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule for one type of op, which counts from when it is made until it is removed; as a context, until the end.

    Args:
        op_type: TensorFlow's name of the op.
        methods: whose walks it serves.
        function: (step, what came back to each output) -> what goes back to each input.
    """

    op_type: str
    methods: tuple[str, ...]
    function: Back = field(repr=False)

    def remove(self) -> None:
        """Forget the rule: what counted before it counts again. Does nothing the second time."""
        if self in _rules:
            _rules.remove(self)
            _versions.append(None)

    def __enter__(self) -> Rule:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None) -> None:
        self.remove()


def add(op_type: str, methods: str | Sequence[str], function: Back) -> Rule:
    """Add a rule; of several for one type, that which was added last counts.

    Raises:
        OptionError: for a method that does not walk over ops, or what is no function.
    """
    named = (methods,) if isinstance(methods, str) else tuple(methods)
    unknown = [name for name in named if name not in METHODS]
    if unknown or not named:
        raise OptionError(f"method must be one or several of {', '.join(METHODS)}, got {methods!r}")
    if not callable(function):
        raise OptionError(f"the rule for {op_type} must be a function (step, value), got {function!r}")
    rule = Rule(op_type, named, function)
    _rules.append(rule)
    _versions.append(None)
    return rule


def added(op_type: str, method: str) -> Back | None:
    """The function of the rule that was added last for a type of op, and counts for a method; None where none does."""
    return next(
        (rule.function for rule in reversed(_rules) if rule.op_type == op_type and method in rule.methods),
        None,
    )


def version() -> int:
    """Another number after each change: what was compiled before it does not know the rules of now."""
    return len(_versions)
