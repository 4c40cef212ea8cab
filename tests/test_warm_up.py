"""`Explainer.warm_up`: what takes long is done before the first document comes."""

from __future__ import annotations

import pytest
from kinds import kind

import textattr
from textattr.errors import DocumentError, OptionError
from textattr.split.compiler import Compiler


@pytest.fixture
def compiled(monkeypatch):
    """The graph code that was compiled since."""
    found = []
    compile_one = Compiler.program

    def noted(self, call, spec):
        found.append(call.build.__name__)
        return compile_one(self, call, spec)

    monkeypatch.setattr(Compiler, "program", noted)
    return found


@pytest.mark.parametrize(
    "name", ["convolution", "bilstm_masked", "dense_fixed_length", "strings", "convolution_tagger"]
)
@pytest.mark.parametrize("method", ["auto", "gradient_x_input"])
def test_the_first_document_compiles_nothing(name, method, compiled):
    case = kind(name)
    explainer = textattr.Explainer(case.model, method=method)
    explainer.warm_up()
    compiled.clear()
    document = case.rows(0)
    targets = textattr.TokenClass(-1) if name == "convolution_tagger" else None
    found = explainer.explain(document, targets=targets)
    assert found.targets[0].heatmap.any()
    assert compiled == []


def test_lengths_are_those_that_are_named(monkeypatch):
    seen = []
    explain = textattr.Explainer.explain
    monkeypatch.setattr(
        textattr.Explainer,
        "explain",
        lambda self, doc, **given: seen.append(len(doc)) or explain(self, doc, **given),
    )
    explainer = textattr.Explainer(kind("convolution").model, method="gradient_x_input")
    explainer.warm_up([5, 9])
    assert seen == [5, 9]
    with pytest.raises(OptionError, match="lengths"):
        explainer.warm_up([0])


def test_a_function_has_nothing_to_trace():
    asked = []
    textattr.Explainer(lambda texts: asked.append(texts) or [[1.0, 2.0]] * len(texts)).warm_up()
    assert asked == []


def test_a_length_that_no_document_can_have_is_refused():
    fixed = kind("dense_fixed_length")
    textattr.Explainer(fixed.model).warm_up([fixed.inputs.shape[1]])
    with pytest.raises(DocumentError):
        textattr.Explainer(kind("convolution").model).warm_up([1])
