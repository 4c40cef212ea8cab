"""What a real browser makes of a report: filters, sorting, switching, tooltips, keyboard, print, accessibility."""

import json
from dataclasses import replace

import pytest

from textattr.renderers.example import EXAMPLE, FEATURES, PAIR, explanation_of
from textattr.renderers.html import format_as_html
from textattr.renderers.palette import PALETTES
from textattr.renderers.report.write import write_report

TEXTS = ["good film", "bad film", "good plot", "bad plot", "so good \U0001f44d\U0001f3fd", "so bad"]
TRUTHS = ["positive", "negative", "positive", "positive", "positive", "negative"]


def corpus():
    """Six documents of which two are wrong; each explained for both classes, and by a second method."""
    first = [
        explanation_of(text, text.split()[:2], [-0.2, 0.4], [0.3, -0.5], truth=truth)
        for text, truth in zip(TEXTS, TRUTHS, strict=True)
    ]
    first = [
        replace(e, targets=tuple(replace(t, baseline_score=t.score - t.heatmap.sum()) for t in e.targets))
        for e in first
    ]
    second = [
        replace(explanation_of(text, text.split()[:2], [0.1, 0.1], [0.9, 0.2], truth=truth), title="DeepLIFT")
        for text, truth in zip(TEXTS, TRUTHS, strict=True)
    ]
    return [*first, *second]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(corpus(), path, title="Six sentences")
    return path


@pytest.fixture
def page(watched, report):
    """The report; in the end, nothing went wrong and nothing was asked for."""
    watching = watched(viewport={"width": 1280, "height": 900})
    yield watching.open(report)
    assert watching.complaints == []


def numbers(page):
    """The numbers of the rows that are shown, in order; also of those that are not painted yet."""
    return page.locator(".rows > li:visible .n").all_text_contents()


def opened(page, number):
    row = page.locator(f"#d{number}")
    row.locator("summary").click()
    return row


def test_filters_combine_and_can_be_removed(page):
    page.get_by_role("button", name="✗ wrong 2").click()
    assert numbers(page) == ["2", "6"] or len(numbers(page)) == 2
    assert page.get_by_role("status").inner_text().startswith("2 of 6 documents")
    page.get_by_role("button", name="all 6").click()
    page.get_by_role("button", name="negative taken for positive: ✗ 2").click()
    assert len(numbers(page)) == 2
    page.locator("aside").get_by_role("button", name="film", exact=True).click()
    assert numbers(page) == ["2"]
    page.get_by_role("button", name="remove the filter with “film”").click()
    page.get_by_role("button", name="remove the filter negative taken for positive").click()
    assert len(numbers(page)) == 6
    page.get_by_label("Search the texts").fill("SO")
    assert numbers(page) == ["5", "6"]


def test_mistakes_can_stand_first(page):
    page.get_by_label("sort").select_option("mistakes")
    assert numbers(page)[:2] == ["2", "6"]
    page.get_by_label("sort").select_option("file")
    assert numbers(page) == list("123456")


def test_target_method_and_scale_are_switched_without_a_reload(page):
    row = opened(page, 1)
    assert (
        row.locator(".equation")
        .inner_text()
        .startswith("score −0.18 = baseline 0.02 + 0.30 for − 0.50 against")
    )
    assert row.locator(".bars button").first.inner_text().split() == ["film", "−0.50"]
    page.get_by_label("why").select_option("negative")
    assert row.locator(".why").inner_text() == "why negative"
    assert row.locator(".bars button").first.inner_text().split() == ["film", "+0.40"]
    page.locator("#by").select_option("DeepLIFT")
    page.get_by_label("why").select_option("predicted")
    assert row.locator(".bars button").first.inner_text().split() == ["good", "+0.90"]
    assert "l7" in row.locator(".doc b").first.get_attribute("class")
    page.get_by_role("button", name="own").click()
    assert "l8" in row.locator(".doc b").first.get_attribute("class")
    assert page.locator(".ticks").inner_text().split() == ["strongest", "0", "strongest"]


def test_pointing_lights_word_bar_and_segment_and_tells_the_weight(page):
    row = opened(page, 5)
    row.locator(".doc i").hover()
    tip = page.get_by_role("tooltip")
    assert tip.inner_text().splitlines()[:3] == [
        "good",
        "−0.500 for positive",
        "100 % of all against · rank 1 of 2",
    ]
    assert row.locator(".on").count() >= 3
    page.keyboard.press("Escape")
    assert tip.is_hidden()
    assert row.locator(".doc").inner_text() == TEXTS[4]
    row.locator(".doc i").click()
    assert numbers(page) == ["1", "3", "5"]


def test_everything_can_be_reached_by_keyboard(page):
    page.locator("#d1 summary").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator("#d2 details").get_attribute("open") is not None
    page.locator("#d2 .sb [data-token]").first.wait_for()  # drawn once the row has told that it is open
    page.keyboard.press("Tab")
    assert page.get_by_role("tooltip").is_visible(), "a bar has the focus"
    page.keyboard.press("Enter")
    assert len(numbers(page)) < 6


def test_the_tooltip_of_what_has_the_focus_goes_along_when_the_page_scrolls(page):
    page.set_viewport_size({"width": 1280, "height": 320})
    page.locator("#d5 summary").focus()
    page.keyboard.press("Enter")
    page.locator("#d5 .sb [data-token]").first.wait_for()
    page.keyboard.press("Tab")
    before = page.evaluate("scrollY")
    page.evaluate("scrollBy(0, -20)")
    page.wait_for_function("before => scrollY !== before", arg=before)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    tip, bar = page.get_by_role("tooltip"), page.locator("#d5 [data-token]:focus")
    assert tip.is_visible()
    gap = bar.bounding_box()["y"] - tip.bounding_box()["y"] - tip.bounding_box()["height"]
    assert abs(gap - 6) < 1, "beside the bar, not where the bar was"


def test_what_is_shown_can_be_downloaded(page):
    page.get_by_role("button", name="✗ wrong 2").click()
    with page.expect_download() as caught:
        page.get_by_role("button", name="JSON", exact=True).click()
    found = json.loads(caught.value.path().read_text(encoding="utf-8"))
    assert [each["document"] for each in found] == [2, 6]
    assert found[0]["words"] == [{"word": "bad", "weight": 0.3}, {"word": "film", "weight": -0.5}]
    with page.expect_download() as caught:
        page.get_by_role("button", name="CSV").click()
    lines = caught.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("document,predicted,truth")
    assert lines[1].startswith('2,"positive","negative",0.833')


def test_no_cell_of_the_table_is_a_formula(watched, tmp_path):
    write_report(explanation_of("=1+1 film", ["=1+1", "film"], [0.1, 0.4]), tmp_path / "report.html")
    page = watched().open(tmp_path / "report.html")
    with page.expect_download() as caught:
        page.get_by_role("button", name="CSV").click()
    assert '"\'=1+1 film"' in caught.value.path().read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(("scheme", "palette"), [("light", "puor"), ("dark", "puor-dark")])
def test_the_colours_follow_the_system_and_the_switch(watched, report, scheme, palette):
    page = watched(color_scheme=scheme).open(report)
    paper = "getComputedStyle(document.querySelector('.rows')).backgroundColor"

    def rgb(name):
        colour = PALETTES[name].backgrounds[0]
        return f"rgb({int(colour[1:3], 16)}, {int(colour[3:5], 16)}, {int(colour[5:7], 16)})"

    assert page.evaluate(paper) == rgb(palette)
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(paper) == rgb("puor" if palette == "puor-dark" else "puor-dark")
    page.emulate_media(media="print")
    assert page.evaluate(paper) == rgb("puor"), "paper is always light"


def test_without_the_script_it_can_be_read(browser, report):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    row = opened(page, 1)
    assert row.locator(".doc").inner_text() == "good film"
    assert row.locator(".bars").inner_text().split() == ["film", "−0.50", "good", "+0.30"]
    assert page.locator(".controls:visible").count() == 0
    assert "film" in page.locator("aside").inner_text()
    context.close()


def test_it_prints(page):
    opened(page, 1)
    assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.parametrize("width", [360, 720, 1024])
def test_it_fits_narrow_windows(watched, report, width):
    page = watched(viewport={"width": width, "height": 700}).open(report)
    opened(page, 2)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_document_can_be_linked_to(watched, report):
    watching = watched()
    page = watching.page
    page.goto(report.as_uri() + "#d3")
    assert page.locator("#d3 details").get_attribute("open") is not None


def test_a_hostile_report_stays_harmless_with_its_script(watched, any_hostile, tmp_path):
    write_report([any_hostile, EXAMPLE], tmp_path / "report.html", title="<script>alert(8)</script>")
    watching = watched()
    page = watching.open(tmp_path / "report.html")
    page.locator("#fold").click()
    for row in page.locator(".bars button").all()[:4]:
        row.hover()
    assert page.locator("img, script:not([id]):not(:last-of-type)").count() == 0
    assert watching.complaints == []


def test_every_kind_of_explanation_can_be_opened(watched, outputs, tmp_path):
    write_report([EXAMPLE, PAIR, FEATURES, outputs], tmp_path / "report.html")
    watching = watched()
    page = watching.open(tmp_path / "report.html")
    page.locator("#fold").click()
    page.get_by_role("button", name="own").click()
    assert page.locator("#d3 .bars button").first.inner_text().split() == ["awful", "−0.87"]
    assert page.locator("#d2 .doc").all_inner_texts() == [text.document for text in PAIR.texts.values()]
    assert watching.complaints == []


@pytest.fixture(scope="module")
def axe():
    module = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    return module.Axe()


def violations(axe, page):
    return [(found["id"], found["nodes"][0]["html"]) for found in axe.run(page).response["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_report(watched, axe, report, scheme):
    page = watched(color_scheme=scheme).open(report)
    opened(page, 1)
    opened(page, 2)
    assert violations(axe, page) == []


@pytest.mark.parametrize(("background", "ink"), [("#ffffff", "#1b1b20"), ("#111111", "#e0e0e0")])
def test_axe_finds_nothing_in_fragments(watched, axe, outputs, background, ink):
    html = "".join(format_as_html(each, top=5) for each in (EXAMPLE, PAIR, FEATURES, outputs))
    frame = '<!DOCTYPE html><html lang="en"><title>a</title><body style="background:{};color:{}"><main><h1>a</h1>{}'
    page = watched().show(frame.format(background, ink, html))
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    assert violations(axe, page) == []


def test_a_label_cannot_reorder_its_count(watched, tmp_path):
    labels = [f"\u202elabel {i}" for i in range(8)]
    explanations = [
        explanation_of("so bad", ["so", "bad"], [0.1, 0.2], labels=labels, truth=truth) for truth in labels
    ]
    write_report(explanations, tmp_path / "report.html")
    cell = watched().open(tmp_path / "report.html").locator(".pairs .cell").first
    lefts = cell.evaluate(
        """(cell) => [...cell.childNodes].map((node) => {
          const range = document.createRange();
          range.selectNode(node);
          return range.getBoundingClientRect().left;
        })"""
    )
    assert len(lefts) == 5
    assert lefts == sorted(lefts)
