"""What a Hugging Face tokenizer's own truncation cut off a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def cut_off(text: str, given: Any, offsets: Sequence[Any], truncation: Any) -> dict[str, Any]:
    """How much of a text the tokenizer's own settings cut off, as fields of an `Encoding`."""
    if not given.overflowing:
        return {}
    beyond = [
        place
        for part in given.overflowing
        for place, is_special in zip(part.offsets, part.special_tokens_mask, strict=True)
        if not is_special and place[0] < place[1]
    ]
    stride = truncation["stride"] if truncation else 0
    content = [place for place in offsets if place[0] < place[1]]
    ends = [end for _, end in content] or [0]
    starts = [start for start, _ in content] or [len(text)]
    from_left = bool(truncation) and truncation["direction"] == "left"
    stretch = (0, min(starts)) if from_left else (max(ends), len(text))
    return {
        "untruncated_length": len(offsets) + len(beyond) - stride * len(given.overflowing),
        "unread": {None: (stretch,)},
    }


def joined_stretches(
    before: Mapping[str | None, tuple[tuple[int, int], ...]],
    after: Mapping[str | None, tuple[tuple[int, int], ...]],
) -> dict[str | None, tuple[tuple[int, int], ...]]:
    """Stretches that were cut off in two steps; those that touch are one."""
    stretches = sorted({*before.get(None, ()), *after.get(None, ())})
    found: list[tuple[int, int]] = []
    for start, end in stretches:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return {None: tuple(found)}
