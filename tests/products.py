"""Which cases of a test stand for all of them, where its parameters are a product: as few as show every value."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any

PRODUCT, REST = "product", "rest"


def split(items: Sequence[Any], named: Collection[str] = ()) -> tuple[list[Any], list[Any]]:
    """The pytest items that run, and the cases that are left out; one whose id is named runs.

    `product` makes a product of each test by itself, `product("every method")` one of all tests that say so, with the
    test as one more parameter. What is marked `rest` is left out as a whole.
    """
    products = defaultdict(list)
    for item in items:
        marker = item.get_closest_marker(PRODUCT)
        if marker is not None and hasattr(item, "callspec"):
            function = item.nodeid.partition("[")[0]
            products[marker.args or function].append((item.nodeid, function, item.callspec.params))
    left_out = {item.nodeid for item in items if item.get_closest_marker(REST)} - set(named)
    for cases in products.values():
        chosen = set(covering([values_of({**params, "": function}) for _, function, params in cases]))
        left_out |= {case for place, (case, *_) in enumerate(cases) if place not in chosen} - set(named)
    return [i for i in items if i.nodeid not in left_out], [i for i in items if i.nodeid in left_out]


def part_of(rest: Sequence[Any], part: str) -> list[Any]:
    """Of `"K/N"`, each Nth, from the Kth on."""
    which, parts = map(int, part.split("/"))
    return list(rest[which::parts])


def values_of(parameters: Mapping[str, Any]) -> frozenset[Hashable]:
    """What a case shows: the value of each parameter, of a tuple each element as a value of its own."""
    found: set[Hashable] = set()
    for name, value in parameters.items():
        parts = value if isinstance(value, tuple) else (value,)
        found |= {(name, place, _key(part)) for place, part in enumerate(parts)}
    return frozenset(found)


def _key(value: Any) -> Hashable:
    """What tells a value from others: lists, functions and arrays are told apart as objects."""
    return (type(value), value if isinstance(value, str | int | float | type(None)) else id(value))


def covering(cases: Sequence[frozenset[Hashable]]) -> list[int]:
    """The places of the cases that stand for all, in order: every value is in one of them.

    Always that case is next that shows most of what is still missing; of several, the one whose values were shown
    least, so that the methods take turns on the kinds of model; of several still, the first.
    """
    missing = set().union(*cases)
    shown: Counter[Hashable] = Counter()
    chosen: list[int] = []
    while missing:
        best = min(
            range(len(cases)),
            key=lambda place: (-len(cases[place] & missing), sum(shown[value] for value in cases[place])),
        )
        chosen.append(best)
        shown.update(cases[best])
        missing -= cases[best]
    return sorted(chosen)
