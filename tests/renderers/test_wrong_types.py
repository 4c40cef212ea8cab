"""What is no explanation, or no such option, is one error for every renderer."""

from __future__ import annotations

import pytest

import textattr
from textattr.errors import OptionError
from textattr.renderers.example import EXAMPLE

OF_ONE = (textattr.format_as_html, textattr.format_as_text, textattr.format_as_dict)
WRONG = (5, None, "text", [5], {}, (EXAMPLE, 5), [EXAMPLE, EXAMPLE], object())


@pytest.mark.parametrize("render", OF_ONE)
@pytest.mark.parametrize("wrong", WRONG)
def test_one_explanation_is_expected(render, wrong):
    with pytest.raises(OptionError, match="expected an explanation, as explain_prediction returns it, got"):
        render(wrong)


def test_several_are_pointed_to_what_takes_them():
    with pytest.raises(OptionError, match="write_report or format_as_dataframe once for all"):
        textattr.format_as_html([EXAMPLE, EXAMPLE])


@pytest.mark.parametrize("wrong", [5, None, "text", {}, [5], (EXAMPLE, 5), [[EXAMPLE]]])
def test_several_explanations_are_expected(wrong, tmp_path):
    path = tmp_path / "report.html"
    with pytest.raises(OptionError, match="expected (an explanation|explanations), .*got"):
        textattr.write_report(wrong, path)
    with pytest.raises(OptionError, match="expected (an explanation|explanations), .*got"):
        textattr.format_as_dataframe(wrong)
    assert not path.exists()


@pytest.mark.parametrize(
    ("render", "options", "message"),
    [
        (textattr.format_as_html, {"top": 2.5}, "top must be a whole number"),
        (textattr.format_as_html, {"top": True}, "top must be a whole number"),
        (textattr.format_as_html, {"palette": 5}, "palette: expected one of"),
        (textattr.format_as_html, {"palette": ["puor"]}, "palette: expected one of"),
        (textattr.format_as_html, {"show": 5}, "show: expected any of"),
        (textattr.format_as_html, {"show": [["header"]]}, "show: expected any of"),
        (textattr.format_as_text, {"width": "wide"}, "width must be a whole number"),
        (textattr.format_as_text, {"width": 10**12}, "width must be a whole number"),
        (textattr.format_as_text, {"colour": "yes"}, "colour must be True or False"),
    ],
)
def test_options_of_a_wrong_type_are_refused(render, options, message):
    with pytest.raises(OptionError, match=message):
        render(EXAMPLE, **options)


def test_the_title_of_a_report_is_a_string(tmp_path):
    with pytest.raises(OptionError, match="title must be a string, got 5"):
        textattr.write_report([EXAMPLE], tmp_path / "report.html", title=5)
