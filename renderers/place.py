"""A value somewhere in the dict of an explanation, read as what it has to be, or refused with the place named."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from textattr.errors import TextAttrError

_DEEPEST = 64
_BITS = 4096
_SHOWN = 60


class Place(NamedTuple):
    """A value, and where it stands.

    Args:
        value: what stands there.
        parent: the dict or list around it; None for the dict of the explanation itself.
        key: its key or position in there.
    """

    value: Any
    parent: Place | None = None
    key: Any = None

    @property
    def path(self) -> str:
        """Where it stands, such as "targets[0].spans[3].weight"; "the dict" for all of it."""
        if self.parent is None:
            return "the dict"
        before = "" if self.parent.parent is None else self.parent.path
        if not isinstance(self.key, str) or not self.key.isidentifier():
            return f"{before}[{_brief(self.key)}]"
        return f"{before}.{self.key}" if before else self.key

    def wrong(self, expected: str) -> TextAttrError:
        """The error that something else was expected here."""
        return TextAttrError(
            f"{self.path}: expected {expected}, got {_brief(self.value)}; only what format_as_dict gives can be read"
        )

    def check_tree(self) -> None:
        """Refuse what is no finite tree of what JSON knows.

        A list or dict that stands in several places, or within itself, would grow without bound when it is read.

        Raises:
            TextAttrError: which names the place.
        """
        _check_tree(self, 0, set())

    def fields(self, *names: str, optional: Collection[str] = ()) -> dict[str, Place]:
        """The values of a dict that has these keys, perhaps some of the optional ones, and no others."""
        if not isinstance(self.value, dict):
            raise self.wrong("a dict")
        for name in names:
            if name not in self.value:
                raise TextAttrError(f"{self.path} lacks the key {name!r}")
        names = (*names, *(name for name in optional if name in self.value))
        for name in self.value.keys() - set(names):
            raise TextAttrError(f"{self.path}: expected no key {_brief(name)}, only {', '.join(names)}")
        return {name: Place(self.value[name], self, name) for name in names}

    def items(self) -> dict[str, Place]:
        """The values of a dict with keys of any name."""
        if not isinstance(self.value, dict):
            raise self.wrong("a dict")
        return {key: Place(item, self, key) for key, item in self.value.items()}

    def each(self) -> list[Place]:
        """The values of a list."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        return [Place(item, self, i) for i, item in enumerate(self.value)]

    def text(self) -> str:
        """A string."""
        if not isinstance(self.value, str):
            raise self.wrong("a string")
        return self.value

    def text_or_none(self) -> str | None:
        """A string or None."""
        return None if self.value is None else self.text()

    def number_or_none(self) -> float | None:
        """A number or None."""
        return None if self.value is None else self.number()

    def one_of(self, names: Collection[str]) -> str:
        """One of these strings."""
        if not isinstance(self.value, str) or self.value not in names:
            raise self.wrong(f"one of {', '.join(map(_brief, names))}")
        return self.value

    def flag(self) -> bool:
        """True or False."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def whole(self, lowest: int, highest: int) -> int:
        """A whole number within these bounds."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise self.wrong(f"a whole number from {lowest} to {highest}")
        return value

    def number(self) -> float:
        """A number, or what stands for NaN or an infinity."""
        value = self.value
        if isinstance(value, dict):
            return float(self.fields("$float")["$float"].one_of(("nan", "inf", "-inf")))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong("a number")
        try:
            return float(value)
        except OverflowError:
            raise self.wrong("a number below 1.8e308") from None


def _check_tree(place: Place, depth: int, seen: set[int]) -> None:
    value = place.value
    if value is None or isinstance(value, str | float):
        return
    if isinstance(value, int):
        if value.bit_length() > _BITS:
            raise place.wrong(f"a number of at most {_BITS} bits")
        return
    if not isinstance(value, dict | list):
        raise place.wrong("a dict, list, string, number, true, false or None")
    if depth > _DEEPEST:
        raise place.wrong(f"at most {_DEEPEST} dicts and lists within each other")
    if id(value) in seen:
        raise place.wrong("every dict and list to stand in one place only")
    seen.add(id(value))
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(value, dict) and not isinstance(key, str):
            raise place.wrong(f"keys that are strings (not {_brief(key)})")
        _check_tree(Place(item, place, key), depth + 1, seen)


def _brief(value: Any) -> str:
    """A value in a few words, whatever its size."""
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…")
    if (
        value is None
        or isinstance(value, bool | float)
        or isinstance(value, int)
        and value.bit_length() <= 64
    ):
        return repr(value)
    if isinstance(value, int):
        return f"one of {value.bit_length()} bits"
    if isinstance(value, dict | list):
        return f"a {'dict' if isinstance(value, dict) else 'list'} of {len(value)}"
    return f"an object of type {type(value).__name__}"
