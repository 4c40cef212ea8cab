"""What inputs are called that say of each token of another its segment or its position, and nothing else.

Whole names: "segment_ids" is one, "market_segment_revenue" none.
"""

from __future__ import annotations

import re

_NUMBERS = "_?(ids?|index|indices)"


def _named(names: str) -> re.Pattern[str]:
    return re.compile(names, re.IGNORECASE)


_OF_SEGMENTS = rf"(\w+_)?(segment|token_?type|type){_NUMBERS}|segments?|token_?types?"
_OF_POSITIONS = rf"(\w+_)?position{_NUMBERS}|positions?"

SEGMENTS = _named(_OF_SEGMENTS)
POSITIONS = _named(_OF_POSITIONS)
OF_TOKENS = _named(rf"{_OF_SEGMENTS}|{_OF_POSITIONS}|\w*mask")
