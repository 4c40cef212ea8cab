"""`Trial`: whether XLA pays for one method on inputs of one shape, found out while documents are explained.

Who compiles at once may lose all that it takes, for two documents; who never compiles, all the gain, for many.
Who compiles after as long a time as compiling takes never needs more than twice the time of the better choice: the rule
of hiring skis before buying them (Karlin, Manasse, Rudolph and Sleator, "Competitive snoopy caching", Algorithmica 3,
1988).
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

from textattr.split.memory import Memory
from textattr.split.nests import leaves_of
from textattr.split.rows import Rows
from textattr.split.survey import Survey
from textattr.split.xla import filled_up

if TYPE_CHECKING:
    from textattr.methods.method import Method

KEPT = 256  # trials, per model
_TIMES_THE_FIRST = 10  # how much longer than a first run, which traces, XLA may take to compile
_AT_LEAST = 3.0  # seconds that it takes, where none was measured
_WORTH = 1.05  # how much faster it has to be

_WAITS = "op by op: XLA is tried once that took as long as it takes to compile"

_LOCK = threading.Lock()


class Trial:
    """What is known of one method on inputs of one shape.

    Args:
        prices: seconds that compiling took, by method, of all trials of a model; the last one is expected again.
        method: the method.
    """

    def __init__(self, prices: dict[Method, float], method: Method) -> None:
        self._prices = prices
        self._method = method
        self._first = 0.0
        self._spent = 0.0
        self._outcome = ""
        self.pays = False

    @property
    def _price(self) -> float:
        """How many seconds it will take to compile, as far as that is known."""
        return self._prices.get(self._method, max(_TIMES_THE_FIRST * self._first, _AT_LEAST))

    @property
    def is_due(self) -> bool:
        """Whether runs have taken as long as it takes to compile, and nothing is decided."""
        return not self._outcome and self._spent >= self._price

    @property
    def says(self) -> str:
        """What runs, and why."""
        return self._outcome or _WAITS

    def spend(self, seconds: float) -> None:
        """Count a run op by op."""
        self._first = self._first or seconds
        self._spent += seconds

    def compiled_in(self, seconds: float) -> None:
        """Note what the next shape is to expect."""
        self._prices[self._method] = seconds

    def refuse(self, reason: str) -> None:
        """Go on op by op, because XLA cannot compile it."""
        self._outcome = f"op by op: {reason}"

    def decide(self, speedup: float) -> None:
        """Go on by XLA, if it is faster."""
        self.pays = speedup > _WORTH
        if self.pays:
            self._outcome = f"XLA {speedup:.1f} times as fast as op by op, measured here"
        else:
            self._outcome = f"op by op: XLA was {speedup:.1f} times as fast, measured here"


_TRIALS: weakref.WeakKeyDictionary[Survey, tuple[Memory[Trial], dict[Any, float]]] = (
    weakref.WeakKeyDictionary()
)


def trial_of(survey: Survey, method: Method, rows: Rows) -> Trial:
    """The trial of a method on rows of one shape; remembered until a layer of the model is replaced."""
    shapes = tuple(leaf.shape[1:] for leaf in leaves_of(rows.inputs))
    kind = rows.head, rows.score, rows.per_number, rows.selector.form
    key = method, *kind, len(filled_up(len(rows))), shapes
    with _LOCK:
        memory, prices = _TRIALS.setdefault(survey, (Memory(KEPT), {}))
        trial = memory.get(key)
        if trial is None:
            trial = Trial(prices, method)
            memory.put(key, trial)
        return trial
