"""Nothing steers the terminal, reorders a line or hides in it; what readers need is kept."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest

from textattr.errors import TextAttrError
from textattr.renderers.example import explanation_of, explanation_of_several
from textattr.renderers.text import format_as_text
from textattr.visible import visible_line, visible_text

MISLEADING = [
    *"\x00\x07\x08\x0b\x0c\r\x1b\x7f\x85\x9b\xad",
    *"\u034f\u061c\u115f\u1160\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e",
    *"\u2060\u2061\u2064\u2066\u2067\u2068\u2069\u206a\u206f\u3164\ufe0f\ufeff\uffa0\ufff9\uffff\ud800\udfff",
    *"\U000e0001\U000e0041\U000e007f\U000e0100\U000e01ef\U000e0fff\U0001d173",
]


@pytest.mark.parametrize("character", MISLEADING, ids=lambda c: f"U+{ord(c):04X}")
def test_what_misleads_is_shown_in_every_place(character):
    name = f"a{character}b"
    text = explanation_of(
        name, [name], [1.0], labels=("x", name), truth=name, warnings=[name], shares={name: 0.5}
    )
    several = explanation_of_several({name: text, "other": text})
    for shown in (format_as_text(several), format_as_text(several, colour=True), repr(several), repr(text)):
        assert character not in shown.replace("\x1b[", "") if character == "\x1b" else character not in shown
    assert character not in str(TextAttrError(f"no label {name}"))
    assert len(visible_text(name)) > 2


def test_every_invisible_character_of_unicode_is_escaped():
    """Of the categories for controls, formats, surrogates and separators of lines; but for visible Arabic signs."""
    signs = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
    left = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and visible_line(chr(code)) == chr(code)
    ]
    assert set(left) <= signs


@pytest.mark.parametrize(
    "text",
    [
        "👩\u200d👩\u200d👧\u200d👦 ❤\ufe0f\u200d🔥 🏃🏽\u200d♀\ufe0f 🏳\ufe0f\u200d🌈 1\ufe0f⃣ ℹ\ufe0f 🫱🏻\u200d🫲🏿",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "می\u200cخواهم نامه\u200cها",
        "क्\u200dष क्\u200cष ශ්\u200dරී",
        "葛\U000e0100城",
        "مرحبا 你好 naïve e\u0301 🇩🇪",
        "a\tb\nc",
    ],
)
def test_what_readers_need_is_kept(text):
    assert visible_text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pass\u200dword", "pass<U+200D>word"),
        ("👍\u200d", "👍<U+200D>"),
        ("👍\ufe0f\ufe0f", "👍\ufe0f<U+FE0F>"),
        ("می\u200c\u200cخ", "می\u200c<U+200C>خ"),
        ("🏴\U000e0067\U000e0062", "🏴<U+E0067><U+E0062>"),
        ("😀\U000e0067\U000e0062\U000e0067\U000e007f", "😀<U+E0067><U+E0062><U+E0067><U+E007F>"),
        ("a\ufe0f", "a<U+FE0F>"),
        ("\x1b[31m\x9b2J", "␛[31m<U+009B>2J"),
    ],
)
def test_the_same_characters_elsewhere_are_not(text, shown):
    assert visible_text(text) == shown


def test_a_line_stays_one():
    assert visible_line("a\n\tb\u2028") == "a␊␉b<U+2028>"


def test_an_error_keeps_what_it_was_given():
    error = TextAttrError("no file \u202egnp.exe")
    assert error.args == ("no file \u202egnp.exe",)
    assert str(error) == "no file <U+202E>gnp.exe"
    assert not re.search("\u202e", f"{error}")
