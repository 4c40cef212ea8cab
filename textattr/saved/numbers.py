"""Numbers in a config that say how often or how long: bounded, since a loader works through them one by one."""

from __future__ import annotations

import re
from typing import Any

from textattr.saved.config import walk
from textattr.saved.findings import TooLargeError
from textattr.saved.limits import Limits

_NO_LENGTHS = re.compile(
    r"seed.*|.*_id|.*wavelength|.*_steps|(min|max|mask|fill)?_?value|args|inbound_nodes|x|y|a|b|input_dim|output_dim|units|filters"
    r"|vocabulary_size|max_tokens|num_bins|num_tokens"
)
"""Fields that say something else, or of which the size is counted when weights are made or outputs known."""


def check_numbers(config: Any, limits: Limits) -> None:
    """Stop at a number that no layer has, such as to repeat each step a billion times.

    Raises:
        TooLargeError: which names the field.
    """
    for where, key, part in walk(config, limits):
        if ".vocabulary" in where or "compile_config" in where:
            continue
        fields = part.items() if isinstance(part, dict) else [(key, each) for each in _items(part)]
        for field, number in fields:
            if isinstance(number, int) and number > limits.numbers and not _NO_LENGTHS.fullmatch(field):
                raise TooLargeError(f"its config asks for {field}={number} at {where[:200]}")


def _items(part: Any) -> list[Any]:
    return part if isinstance(part, list) else []
