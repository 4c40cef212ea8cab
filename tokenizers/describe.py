"""One line for a tokenizer: how many entries, and the options that differ from their defaults."""

from __future__ import annotations

from dataclasses import Field, fields
from typing import Any


def describe(tokenizer: Any, unit: str) -> str:
    """Write the repr of a tokenizer that is a dataclass with a `vocabulary`."""

    def differs(option: Field[Any]) -> bool:
        return option.name != "vocabulary" and getattr(tokenizer, option.name) != option.default

    options = [f"{f.name}={getattr(tokenizer, f.name)!r}" for f in fields(tokenizer) if differs(f)]
    return f"{type(tokenizer).__name__}({', '.join([f'{len(tokenizer.vocabulary)} {unit}', *options])})"
