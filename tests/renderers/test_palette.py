import numpy as np
import pytest

from textattr.errors import OptionError
from textattr.renderers.palette import LEVELS, PALETTES, TERMINAL, contrast, ink, luminance, palette_named

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
}


def lab(colour, sight):
    """CIE L*a*b* of a colour as it is seen."""
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(sight) @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ seen
    x, y, z = np.cbrt(xyz / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("level", LEVELS)
def test_text_stands_out_from_every_background(name, level):
    palette = PALETTES[name]
    assert contrast(palette.ink(level), palette.backgrounds[level]) >= 4.5


@pytest.mark.parametrize("level", LEVELS)
def test_text_stands_out_in_terminals(level):
    background = TERMINAL.backgrounds[level]
    assert contrast(TERMINAL.ink(level), background) >= 4.5
    channels = [int(background[i : i + 2], 16) for i in (1, 3, 5)]
    assert set(channels) <= {0, 95, 135, 175, 215, 255}, (
        "one of the 256 colours, so that it comes out as it is"
    )


@pytest.mark.parametrize("name", PALETTES)
def test_lines_stand_out_from_the_paper(name):
    assert contrast(PALETTES[name].line, PALETTES[name].backgrounds[0]) >= 4.5


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_stronger_level_is_farther_from_the_paper(name, sign):
    backgrounds = PALETTES[name].backgrounds
    distances = [abs(luminance(backgrounds[sign * n]) - luminance(backgrounds[0])) for n in range(5)]
    assert distances == sorted(distances)
    assert len(set(distances)) == 5


@pytest.mark.parametrize("name", ["puor", "puor-dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_the_signs_differ_for_every_kind_of_sight(name, sight):
    backgrounds = PALETTES[name].backgrounds
    for level in (1, 2, 3, 4):
        one, other = (lab(backgrounds[signed], SIGHT[sight]) for signed in (level, -level))
        assert np.linalg.norm(one - other) > 25


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_ink_is_readable_on_any_colour():
    colours = [
        f"#{r:02x}{g:02x}{b:02x}"
        for r in range(0, 256, 15)
        for g in range(0, 256, 15)
        for b in range(0, 256, 15)
    ]
    assert min(contrast(ink(colour), colour) for colour in colours) >= 4.5


def test_an_unknown_palette_is_named_with_the_choices():
    with pytest.raises(OptionError, match="puor, puor-dark, greys; got 'viridis'"):
        palette_named("viridis")
