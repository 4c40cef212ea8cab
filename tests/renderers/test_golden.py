"""Every form of three explanations, byte for byte: a change of looks shows in the diff.

Where it is meant, delete the file that is to change and run the test twice: the first run writes it anew.
"""

from dataclasses import replace
from pathlib import Path

import pytest

import textattr
from textattr.renderers.comparison import format_comparison_as_html, format_comparison_as_text
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR

GOLDEN = Path(__file__).with_name("golden")
WRONG = replace(
    EXAMPLE,
    truth="negative",
    targets=tuple(
        replace(t, baseline_score=t.score - float(t.heatmap.sum()), shares={}, diagnostics={})
        for t in EXAMPLE.targets
    ),
)
EXPLANATIONS = {"text": WRONG, "texts": PAIR, "features": FEATURES}
FORMS = {
    "html": textattr.format_as_html,
    "txt": lambda explanation: textattr.format_as_text(explanation, width=100),
    "ansi": lambda explanation: textattr.format_as_text(explanation, width=100, colour="truecolor"),
    "svg": textattr.format_as_svg,
    "tex": textattr.format_as_latex,
}


def check(name, content):
    path = GOLDEN / name
    content = content.rstrip("\n") + "\n"
    if not path.exists():
        path.write_text(content, encoding="utf-8", newline="\n")
        pytest.fail(f"{path.name} was written: look at it, and run the test again")
    assert content == path.read_text(encoding="utf-8"), f"look at the change, then delete {path.name}"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", EXPLANATIONS)
def test_every_form_is_the_same_on_every_run(name, form):
    check(f"{name}.{form}", FORMS[form](EXPLANATIONS[name]))


def test_a_report_is_the_same_on_every_run(tmp_path):
    textattr.write_report([WRONG, PAIR, FEATURES], tmp_path / "report.html", title="Three explanations")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    head, _, rest = html.partition("<style>")
    body = rest.partition("</style>")[2].partition('<script type="application/json"')
    check("report.html", body[0] + body[1] + body[2].partition("</script>")[0])
    assert head.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("form", [format_comparison_as_html, format_comparison_as_text])
def test_a_comparison_is_the_same_on_every_run(form):
    comparison = textattr.compare([WRONG, replace(EXAMPLE, title="DeepLIFT")])
    check("comparison.html" if form is format_comparison_as_html else "comparison.txt", form(comparison))
