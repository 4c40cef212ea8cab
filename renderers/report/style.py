"""The style and the script of a report, and the policy that allows these two and nothing else."""

from __future__ import annotations

import base64
import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from textattr.renderers.palette import PALETTES, STEPS, Palette

_ROOM = Path(__file__).parents[1]


@dataclass(frozen=True)
class Assets:
    """What is written into the page.

    Args:
        style: the style sheet.
        script: the script.
        policy: the Content-Security-Policy, with the hashes of both.
    """

    style: Markup
    script: Markup
    policy: Markup


@functools.cache
def assets() -> Assets:
    """The same for every report."""
    style = _read("styles/report.css").replace("/* colours */", _colours())
    script = _read("styles/report.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return Assets(Markup(style), Markup(script), Markup(policy))


def _read(name: str) -> str:
    return (_ROOM / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _colours() -> str:
    """The ramps as variables: light, and dark on screens whose reader wants it; paper is always light."""
    light, dark = (_variables(PALETTES[name]) for name in ("puor", "puor-dark"))
    levels = "".join(
        f".l{n}{{background-color:var(--l{n})}}.m{n}{{background-color:var(--m{n})}}"
        for n in range(1, STEPS + 1)
    )
    return (
        f":root{{{light}}}\n"
        f'@media screen{{:root[data-theme="dark"]{{{dark}}}}}\n'
        f'@media screen and (prefers-color-scheme:dark){{:root:not([data-theme="light"]){{{dark}}}}}\n'
        f"{levels}\n"
    )


def _variables(palette: Palette) -> str:
    dark = palette is PALETTES["puor-dark"]
    plain = {
        "page": "#121216" if dark else "#f7f7f9",
        "paper": palette.backgrounds[0],
        "raised": "#24242b" if dark else "#f0f0f3",
        "ink": palette.ink,
        "second": palette.quiet,
        "hair": palette.track,
        "control": "#7c7c8a" if dark else "#84848f",
        "wrong": palette.mistake,
        "focus": "#7db0ff" if dark else "#1558c0",
        "for": palette.speaks_for,
        "against": palette.against,
        "scheme": "dark" if dark else "light",
    }
    ramp = {f"l{n}": palette.backgrounds[n] for n in range(1, STEPS + 1)}
    ramp |= {f"m{n}": palette.backgrounds[-n] for n in range(1, STEPS + 1)}
    return "".join(f"--{name}:{colour};" for name, colour in (plain | ramp).items())
