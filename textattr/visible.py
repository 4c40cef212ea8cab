"""Text that can neither steer a terminal nor hide or reorder what is read there."""

from __future__ import annotations

import re
import unicodedata

# Control characters, halves of surrogate pairs, line separators, noncharacters, and all that Unicode calls "default
# ignorable": what changes the direction, joins, selects a variant, or takes no room at all.
_SUSPECT = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# The flags of England, Scotland, Wales and other regions: a black flag, their code in tag characters, and an end.
_FLAG = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
_IN_TEXT = re.compile(f"{_FLAG}|[{_SUSPECT}]")
_IN_LINE = re.compile(f"{_FLAG}|[\t\n{_SUSPECT}]")

_JOINERS = "\u200c\u200d"
_JOINING_SCRIPTS = re.compile(  # Arabic to Mandaic, the scripts of India, Tibetan, Myanmar, Khmer to Balinese
    "[\u0600-\u085f\u08a0-\u0dff\u0f00-\u109f\u1780-\u18af\u1a20-\u1cff\ua840-\ua8ff\uaa60-\uaa7f\ufb50-\ufdff\ufe70-\ufefc"
    "\U00011000-\U000114df]"
)


def visible_text(text: str) -> str:
    r"""The text with an escape for whatever would mislead; tabs and line feeds stay.

    `\x1b` becomes "␛" as other control characters do, U+202E becomes "<U+202E>", and so do zero-width characters,
    tag characters and line separators. What readers need stays: joiners inside an emoji (a family) or after a letter of
    a script that uses them (Persian, Hindi), a variation selector after its sign, the tags of a flag.

    Example:
        >>> visible_text("a\u200bb \U0001f469\u200d\U0001f680")
        'a<U+200B>b 👩\u200d🚀'
    """
    return _IN_TEXT.sub(_shown, text)


def visible_line(text: str) -> str:
    """The same for what stands in one line, such as a name: a tab is shown as "␉", a line feed as "␊"."""
    return _IN_LINE.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    character, i = found[0], found.start()
    if len(character) > 1 or _belongs(found.string, i):
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"<U+{code:04X}>"


def _belongs(text: str, i: int) -> bool:
    """Whether the character at `i` is needed to show the one before it as it is meant."""
    if i == 0:
        return False
    character, before = text[i], text[i - 1]
    if character in _JOINERS:
        return _joins_emoji(text, i) or _JOINING_SCRIPTS.match(before) is not None and before.isprintable()
    if "\ufe00" <= character <= "\ufe0f":
        return before in "#*0123456789\u2139" or unicodedata.category(before) in (
            "So",
            "Sm",
            "Po",
            "Pd",
            "Lo",
        )
    if "\U000e0100" <= character <= "\U000e01ef":
        return unicodedata.category(before) == "Lo" and before.isprintable()
    return False


def _joins_emoji(text: str, i: int) -> bool:
    before, after = text[i - 1], text[i + 1 : i + 2]
    follows = _is_emoji(before) or before == "\ufe0f" or "\U0001f3fb" <= before <= "\U0001f3ff"
    return text[i] == "\u200d" and follows and after != "" and _is_emoji(after)


def _is_emoji(character: str) -> bool:
    """Whether it is a pictograph, or will be one: later versions of Unicode than Python's fill this block."""
    return unicodedata.category(character) == "So" or "\U0001f000" <= character <= "\U0001faff"
