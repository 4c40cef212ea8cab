"""The colours, as numbers: text can be read on all of them, and the two signs are told apart by every kind of sight."""

import numpy as np
import pytest

from textattr.errors import OptionError
from textattr.renderers.colour import channels, contrast, ink_on, luminance, over
from textattr.renderers.palette import LEVELS, PALETTES, STEPS, TERMINALS, palette_named

# How sRGB (linear) looks to who lacks one kind of cone, after Machado, Oliveira and Fernandes (2009), severity 1.
SIGHT = {
    "normal": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
APART = {"normal": 60, "deutan": 60, "protan": 60, "tritan": 50}
OPAQUE = ("puor", "puor-dark", "greys")
PAGES = {  # of notebooks that people use, and the ink on them
    "white": ("#ffffff", "#1b1b20"),
    "classic": ("#f8f8f8", "#1f2328"),
    "JupyterLab's dark theme": ("#111111", "#e0e0e0"),
    "VS Code's dark theme": ("#1f1f1f", "#d4d4d4"),
    "Colab's dark theme": ("#383838", "#e8eaed"),
    "GitHub's dark theme": ("#0d1117", "#f0f6fc"),
}


def lab(colour, sight):
    """CIE L*a*b* of a colour as it is seen."""
    c = channels(colour)
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(sight) @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ seen
    x, y, z = np.cbrt(xyz / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one, other, sight):
    """CIE76."""
    return np.linalg.norm(lab(one, SIGHT[sight]) - lab(other, SIGHT[sight]))


@pytest.mark.parametrize("name", OPAQUE)
@pytest.mark.parametrize("level", LEVELS)
def test_text_stands_out_from_every_background(name, level):
    palette = PALETTES[name]
    assert contrast(palette.ink, palette.backgrounds[level]) >= 4.5


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("level", [level for level in LEVELS if level])
def test_text_stands_out_where_the_page_shows_through(page, level):
    background, ink = PAGES[page]
    assert contrast(ink, over(PALETTES["auto"].backgrounds[level], background)) >= 4.5


@pytest.mark.parametrize("page", PAGES)
def test_lines_stand_out_from_every_page(page):
    palette = PALETTES["auto"]
    assert min(contrast(line, PAGES[page][0]) for line in (palette.speaks_for, palette.against)) >= 3


@pytest.mark.parametrize("name", TERMINALS)
@pytest.mark.parametrize("level", range(-4, 5))
def test_text_stands_out_in_terminals(name, level):
    palette = TERMINALS[name]
    assert contrast(palette.ink(level), palette.backgrounds[level]) >= 4.5


@pytest.mark.parametrize("level", range(-4, 5))
def test_terminals_of_256_colours_have_these(level):
    background = TERMINALS["256"].backgrounds[level]
    values = [int(background[i : i + 2], 16) for i in (1, 3, 5)]
    assert set(values) <= {0, 95, 135, 175, 215, 255}, "so that it comes out as it is"


@pytest.mark.parametrize("name", OPAQUE)
def test_lines_and_mistakes_stand_out_from_the_paper(name):
    palette, paper = PALETTES[name], PALETTES[name].backgrounds[0]
    assert min(contrast(line, paper) for line in (palette.speaks_for, palette.against)) >= 3
    assert min(contrast(palette.mistake, paper), contrast(palette.quiet, paper)) >= 4.5


@pytest.mark.parametrize("name", OPAQUE)
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_stronger_level_is_farther_from_the_paper(name, sign):
    backgrounds = PALETTES[name].backgrounds
    distances = [abs(luminance(backgrounds[sign * n]) - luminance(backgrounds[0])) for n in range(STEPS + 1)]
    assert distances == sorted(distances)
    assert len(set(distances)) == STEPS + 1


@pytest.mark.parametrize("name", ["puor", "puor-dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_the_ends_differ_for_every_kind_of_sight(name, sight):
    backgrounds = PALETTES[name].backgrounds
    assert distance(backgrounds[STEPS], backgrounds[-STEPS], sight) >= APART[sight]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("sight", SIGHT)
def test_the_ends_differ_where_the_page_shows_through(page, sight):
    ends = [over(PALETTES["auto"].backgrounds[level], PAGES[page][0]) for level in (STEPS, -STEPS)]
    assert distance(*ends, sight) >= APART[sight]


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_ink_is_readable_on_any_colour():
    steps = range(0, 256, 51)
    colours = [f"#{r:02x}{g:02x}{b:02x}" for r in steps for g in steps for b in steps]
    assert min(contrast(ink_on(colour), colour) for colour in colours) >= 4.5


def test_an_unknown_palette_is_named_with_the_choices():
    with pytest.raises(OptionError, match="auto, puor, puor-dark, greys; got 'viridis'"):
        palette_named("viridis")
