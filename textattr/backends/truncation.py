"""What a tokenizer left out of a text that is too long, in words."""

from __future__ import annotations

from textattr.tokenizers.encoding import Encoding

_QUOTED = 40  # characters of what was left out


def truncation(encoding: Encoding) -> list[str]:
    """How many tokens are read of how many, and how what was left out begins; nothing where all is read."""
    parts = [f"of {encoding.untruncated_length} tokens"] if encoding.untruncated_length is not None else []
    for name, stretches in encoding.unread.items():
        text = encoding.text if name is None else (encoding.texts or {})[name]
        left_out = " ".join(" ".join(text[start:end] for start, end in stretches).split())
        if left_out:
            beginning = left_out if len(left_out) <= _QUOTED else left_out[:_QUOTED].rstrip() + "…"
            parts.append(f"and not {beginning!r}" + (f" of {name}" if name is not None else ""))
    if not parts:
        return []
    advice = "" if encoding.texts else "; window= explains all of it, in windows"
    return [f"the text was truncated: the model reads {len(encoding)} {', '.join(parts)}{advice}"]
