"""What a real browser makes of the fragment and of the report."""

import re
from dataclasses import replace

import pytest

from textattr.renderers.example import EXAMPLE, PAIR, explanation_of, explanation_of_several
from textattr.renderers.html import format_as_html
from textattr.renderers.kinds import texts_in
from textattr.renderers.report.write import write_report


def lefts(page, *texts):
    """The left edges of the tokens of these texts."""
    return [page.locator(f'[lang=""] >> text="{text}"').first.bounding_box()["x"] for text in texts]


def test_the_fragment_is_harmless_and_whole(watched, any_hostile):
    watching = watched()
    page = watching.show("<!DOCTYPE html><meta charset=utf-8>" + format_as_html(any_hostile, top=20))
    for event in ("mouseover", "mouseenter", "click", "focus"):
        page.locator("[title]").evaluate_all(
            "(tokens, name) => tokens.forEach(token => token.dispatchEvent(new Event(name)))", event
        )
    texts = [text for _, text in texts_in(any_hostile) if text.layout == "text"]
    boxes = page.locator("[lang='']").evaluate_all("boxes => boxes.map(box => box.textContent)")
    assert boxes == [text.document for text in texts] * len(any_hostile.targets)
    assert watching.complaints == []


def test_the_policy_forbids_scripts_and_other_styles(watched, tmp_path):
    """Were something to slip through the escaping, it would still not run."""
    path = tmp_path / "report.html"
    write_report(EXAMPLE, path)
    slipped = '<script>alert(1)</script><img src="x" onerror="alert(2)"><b style="color:red">b</b></main>'
    path.write_text(path.read_text(encoding="utf-8").replace("</main>", slipped), encoding="utf-8")
    watching = watched()
    watching.open(path)
    assert len([c for c in watching.complaints if "Content Security Policy" in c]) >= 3
    assert not [c for c in watching.complaints if c.startswith("dialog")]


@pytest.mark.parametrize("width", [320, 1200])
def test_the_report_fits_the_window(watched, tmp_path, width):
    words = ["unbelievable", "x" * 300, "good"] * 40
    weights = [i / 60 - 1 for i in range(120)]
    write_report([explanation_of(" ".join(words), words, weights)] * 2, tmp_path / "report.html")
    page = watched(viewport={"width": width, "height": 600}).open(tmp_path / "report.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 1200])
def test_names_of_any_length_fit_the_window(watched, hostile_texts, outputs, tmp_path, width):
    long = "very_long_name_" * 30
    names = [long, "short"]
    features = explanation_of(" ".join(names), names, [-1.0, 0.5], layout="features")
    story = replace(outputs, prediction=replace(outputs.prediction, output=long, label=long))
    explanations = [hostile_texts, explanation_of_several({long: EXAMPLE}), features, story, PAIR]
    write_report(explanations, tmp_path / "report.html")
    page = watched(viewport={"width": width, "height": 600}).open(tmp_path / "report.html")
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    weights = page.locator(".bars .num")
    assert max(weights.evaluate_all("all => all.map(one => one.getClientRects().length)")) == 1


def test_names_cannot_reorder_what_follows(watched):
    name = "\u202ename"
    pair = explanation_of_several({name: EXAMPLE})
    pair = replace(pair, targets=(replace(pair.targets[0], output=name, label="last"),))
    page = watched().show(format_as_html(pair, show="header"))
    name, label = (
        page.locator("[dir=auto], b", has_text=text).last.bounding_box()["x"] for text in ("name", "last")
    )
    assert name < label


@pytest.mark.parametrize("control", ["\u202e", "\u2069\u202e", "\u2067", "\u202b"])
def test_a_token_cannot_reorder_its_neighbours(watched, control):
    tokens = ["before", f"{control}turned", "after", "last"]
    html = format_as_html(explanation_of(" ".join(tokens), tokens, [0.3, 0.5, 0.3, 0.2]), show="document")
    page = watched().show(html)
    before, after, last = lefts(page, "before", "after", "last")
    turned = page.locator("[lang=''] [title]").nth(1).bounding_box()["x"]
    assert before < turned < after < last


def test_characters_between_tokens_cannot_reorder_them_either(watched):
    html = format_as_html(explanation_of("one \u202e two three", ["one", "two", "three"], [0.3, 0.4, 0.5]))
    one, two, three = lefts(watched().show(html), "one", "two", "three")
    assert one < two < three


def test_arabic_reads_from_right_to_left(watched):
    tokens = ["واحد", "اثنان", "ثلاثة"]
    for document in (" ".join(tokens), "He said: " + " ".join(tokens) + " and left"):
        page = watched().show(format_as_html(explanation_of(document, tokens, [0.3, 0.4, 0.5])))
        one, two, three = lefts(page, *tokens)
        assert one > two > three


def test_letters_join_across_tokens(watched):
    """An Arabic word is as wide in three differently coloured tokens as in one."""
    widths = []
    for tokens in (["المدرسة"], ["الم", "در", "سة"]):
        html = format_as_html(
            explanation_of("المدرسة", tokens, [0.5, -0.5, 0.2][: len(tokens)]), show="document"
        )
        widths.append(
            watched()
            .show(f'<body style="font:40px sans-serif">{html}')
            .evaluate(
                "() => { const r = document.createRange(); "
                "r.selectNodeContents(document.querySelector('[lang=\"\"]')); "
                "return r.getBoundingClientRect().width }"
            )
        )
    assert widths[0] == pytest.approx(widths[1], abs=0.6)


def test_line_breaks_show(watched):
    html = format_as_html(explanation_of("one\ntwo", ["one", "two"], [0.1, 0.2]))
    page = watched().show(html)
    tops = [page.locator(f"[lang=''] >> text={text}").bounding_box()["y"] for text in ("one", "two")]
    assert tops[0] < tops[1]
    assert re.fullmatch(r"one\s+two", page.locator("[lang='']").inner_text())


def rough(explanation):
    """The words of an example with every third one unknown and the second half cut off."""
    half = len(explanation.tokens) // 2
    tokens = tuple(replace(token, is_unknown=i % 3 == 0) for i, token in enumerate(explanation.tokens[:half]))
    targets = tuple(replace(t, heatmap=t.heatmap[:half], spans=t.spans[:half]) for t in explanation.targets)
    unread = ((tokens[-1].end, len(explanation.document)),)
    return replace(explanation, tokens=tokens, targets=targets, unread=unread)


@pytest.mark.parametrize(
    "words", [EXAMPLE.document.split(), ["واحد", "اثنان", "ثلاثة", "اربعة"], ["x" * 90] * 4]
)
def test_marks_fit_a_narrow_window_and_are_not_copied(watched, tmp_path, words):
    weights = [(-1) ** i * i / len(words) for i in range(len(words))]
    explanation = rough(explanation_of(" ".join(words), words, weights))
    write_report(explanation, tmp_path / "report.html")
    page = watched(viewport={"width": 360, "height": 600}).open(tmp_path / "report.html")
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    copied = page.locator("[lang='']").evaluate(
        "box => { getSelection().selectAllChildren(box); return getSelection().toString() }"
    )
    assert copied.split() == explanation.document.split()


def test_a_cut_mark_does_not_turn_arabic_round(watched):
    words = ["واحد", "اثنان", "ثلاثة", "اربعة"]
    explanation = rough(explanation_of(" ".join(words), words, [0.1, 0.2, 0.3, 0.4]))
    page = watched().show(format_as_html(explanation, show="document"))
    first, second = lefts(page, *words[:2])
    mark = page.locator("[lang=en]").bounding_box()["x"]
    rest = page.locator("[lang=en] + abbr").bounding_box()["x"]
    assert first > second > mark > rest
