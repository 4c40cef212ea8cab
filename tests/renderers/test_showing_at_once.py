"""`show_prediction` shows at once in notebooks, and not twice; in terminals it prints."""

import sys
import types

import pytest

import textattr
from textattr import notebook
from textattr.renderers.example import EXAMPLE, PAIR


class Shell:
    """An IPython that collects what is displayed."""

    def __init__(self, *, kernel):
        self.execution_count = 1
        if kernel:
            self.kernel = object()


@pytest.fixture
def displayed(monkeypatch):
    """A notebook's cell, and what it has shown so far."""
    found = []
    shell = Shell(kernel=True)
    ipython, display = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    ipython.get_ipython = lambda: shell
    display.display = lambda bundle, raw: found.append(bundle)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    found_shell = types.SimpleNamespace(found=found, shell=shell)
    yield found_shell
    notebook._last.clear()


@pytest.fixture
def predict(monkeypatch):
    """`show_prediction` of an explanation made by hand."""
    monkeypatch.setattr("textattr.api.explain_prediction", lambda model, doc, **settings: model)
    return textattr.show_prediction


def test_it_is_shown_at_once_in_a_loop_too(displayed, predict):
    for explanation in (EXAMPLE, PAIR):
        predict(explanation, "text")
    assert [set(bundle) for bundle in displayed.found] == [{"text/plain", "text/html"}] * 2


def test_as_the_value_of_the_cell_it_is_not_shown_again(displayed, predict):
    explanation = predict(EXAMPLE, "text")
    explanation._ipython_display_()
    with pytest.raises(NotImplementedError):
        explanation._ipython_display_()


def test_in_a_later_cell_it_is(displayed, predict):
    explanation = predict(EXAMPLE, "text")
    displayed.shell.execution_count += 1
    with pytest.raises(NotImplementedError):
        explanation._ipython_display_()


def test_another_explanation_in_the_same_cell_is_shown(displayed, predict):
    predict(EXAMPLE, "text")
    with pytest.raises(NotImplementedError):
        PAIR._ipython_display_()


def test_display_options_are_taken(displayed, predict):
    predict(EXAMPLE, "text", show="document", palette="greys", top=0, scale=2, highlight_threshold=0.2)
    (bundle,) = displayed.found
    assert bundle["text/html"] == textattr.format_as_html(
        EXAMPLE, show="document", palette="greys", top=0, scale=2, highlight_threshold=0.2
    )


def test_a_terminal_gets_the_text(predict, capsys, monkeypatch):
    monkeypatch.setattr(notebook, "shell", lambda: Shell(kernel=False))
    predict(EXAMPLE, "text", show="document", top=0, palette="greys")
    assert capsys.readouterr().out == "\n  The plot was [awful -4], but the [acting +1] was [great +3].\n"


def test_older_front_ends_get_html():
    assert EXAMPLE._repr_html_() == textattr.format_as_html(EXAMPLE)
