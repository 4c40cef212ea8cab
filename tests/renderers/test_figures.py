"""Figures for papers: SVG, PDF, PNG and LaTeX are well formed, harmless, and the same on every run."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

import textattr
from textattr.errors import OptionError
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR, explanation_of
from textattr.renderers.text_width import text_width

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return [element.text for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_an_svg_has_verdict_words_and_bars():
    svg = textattr.format_as_svg(replace(EXAMPLE, truth="negative"), top=3)
    found = texts(svg)
    assert found[:3] == ["positive", "p = 0.83", "✗ truth: negative"]
    assert " ".join(found[3:12]) == "The plot was awful , but the acting was"
    assert (
        found[-8:] == ["great", "+0.71", "acting", "+0.22", "against", "for", "−0.87", "0"][:0]
        or "+0.71" in found
    )
    assert "style" not in svg
    assert "Strongest tokens for positive: awful −0.87, great +0.71, acting +0.22." in svg


@pytest.mark.parametrize("explanation", [EXAMPLE, PAIR, FEATURES], ids=["text", "texts", "features"])
@pytest.mark.parametrize("palette", ["puor", "puor-dark", "greys"])
def test_every_kind_is_drawn_within_its_page(explanation, palette):
    root = ElementTree.fromstring(textattr.format_as_svg(explanation, palette=palette))
    _, _, width, height = map(float, root.get("viewBox").split())
    for box in root.iter(f"{SVG}rect"):
        assert 0 <= float(box.get("x")) + float(box.get("width")) <= width + 1.5
        assert 0 <= float(box.get("y")) <= height


def test_hostile_texts_are_text(any_hostile, hostile):
    svg = textattr.format_as_svg(any_hostile)
    root = ElementTree.fromstring(svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "rect",
        "line",
        "text",
    }
    assert not {name for element in root.iter() for name in element.attrib if name.startswith("on")}
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", svg)
    latex = textattr.format_as_latex(
        explanation_of(r"\input{x} $5 & 50% #_^~", [r"\input{x}", "$5"], [0.5, -1.0])
    )
    assert r"\input" not in latex
    assert r"\textbackslash{}input\{x\}" in latex
    assert r"50\% \#\_\textasciicircum{}\textasciitilde{}" in latex


def test_latex_has_the_colours_and_the_lines():
    latex = textattr.format_as_latex(EXAMPLE)
    assert r"\colorbox[HTML]{9573E6}{\strut\dotuline{awful}}" in latex
    assert re.search(r"\\colorbox\[HTML\]\{[0-9A-F]{6}\}\{\\strut\\uline\{great\}\}", latex)
    assert latex.startswith("% needs \\usepackage{xcolor}")


def test_right_to_left_words_stand_from_the_right():
    words = ["واحد", "اثنان", "ثلاثة"]
    svg = textattr.format_as_svg(
        explanation_of(" ".join(words), words, [0.5, 0.1, -0.4]), top=0, show="document"
    )
    places = {e.text: float(e.get("x")) for e in ElementTree.fromstring(svg).iter(f"{SVG}text")}
    assert places[words[0]] > places[words[1]] > places[words[2]]


@pytest.mark.parametrize(
    "weights", [[float("nan"), float("inf")], [0.0, 0.0], [1e300, -1e300], [1e-12, -1e-12]]
)
def test_weights_of_any_kind(weights):
    ElementTree.fromstring(textattr.format_as_svg(explanation_of("so bad", ["so", "bad"], weights)))


@pytest.mark.parametrize(("document", "tokens"), [("", []), ("word", ["word"]), ("a " * 5000, ["a"] * 5000)])
def test_documents_of_any_length(document, tokens):
    svg = textattr.format_as_svg(explanation_of(document, tokens, [0.1] * len(tokens)))
    assert len(svg) < 60_000


def test_options_are_checked():
    with pytest.raises(OptionError, match="a figure takes 'puor', 'puor-dark' or 'greys', got 'auto'"):
        textattr.format_as_svg(EXAMPLE, palette="auto")
    with pytest.raises(OptionError, match="expected an explanation"):
        textattr.format_as_svg([EXAMPLE, EXAMPLE])


def test_widths_are_those_of_helvetica():
    assert text_width("Hello", 1000) == pytest.approx(722 + 556 + 222 + 222 + 556)


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png", "tex"])
def test_figures_are_saved_and_the_same_each_time(tmp_path, suffix):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    for name in ("one", "other"):
        EXAMPLE.save(tmp_path / f"{name}.{suffix}")
    one, other = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("one", "other"))
    assert one == other
    assert one[:4] in (b"<svg", b"%PDF", b"\x89PNG", b"% ne")


def test_bars_are_plotted():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    axes = textattr.plot(explanation_of("$x$ bad", ["$x$", "bad"], [0.5, -1.0]))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["bad", "$x$"]
    assert [bar.get_width() for bar in axes.patches] == [-1.0, 0.5]
    assert "why positive" in axes.get_title(loc="left")
    axes.figure.canvas.draw()


def test_several_are_a_heat_map():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    axes = textattr.plot([EXAMPLE, replace(EXAMPLE, title="DeepLIFT")])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Integrated gradients", "DeepLIFT"]
    assert np.abs(axes.images[0].get_array()).max() == 1
    axes.figure.canvas.draw()
    with pytest.raises(OptionError, match="expected explanations of one document in the same tokens"):
        textattr.plot([EXAMPLE, explanation_of("so", ["so"], [1.0])])


def test_latex_frames_the_explained_token_and_greys_what_its_score_cannot_see():
    quiet = int(np.abs(EXAMPLE.targets[0].heatmap).argmin())  # what is not seen has no weight
    target = replace(EXAMPLE.targets[0], positions=(0,), unseen=(quiet,))
    said = textattr.format_as_latex(replace(EXAMPLE, targets=(target,)))
    assert rf"\fbox{{{EXAMPLE.tokens[0].text}}}" in said
    assert rf"\textcolor{{gray}}{{{EXAMPLE.tokens[quiet].text}}}" in said
