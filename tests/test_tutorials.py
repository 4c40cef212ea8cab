"""The notebooks run, in a kernel as readers have it, and what they show is stored in them."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

import textattr
from textattr.gradcam.stretch import KINDS
from textattr.methods.activation_map import RECEPTIVE_FIELD

FOLDER = Path(__file__).parents[1] / "tutorials"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
GRADCAM = FOLDER / "02-gradcam.ipynb"
A_PATH = re.compile(  # in a JSON string
    r"(?<![\w<])/(?:home|tmp|work|root|usr|private|Users|var|opt|mnt)/|\b[A-Z]:\\\\"
)

tutorials = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def stored(path):
    return json.loads(path.read_text(encoding="utf-8"))


def outputs(notebook):
    """Every output, with the id of its cell."""
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [(cell["id"], output) for cell in cells for output in cell["outputs"]]


def forms(notebook):
    """Which cell shows what, whatever the numbers are."""
    return [
        (cell, output["output_type"], output.get("name"), sorted(output.get("data", ())))
        for cell, output in outputs(notebook)
    ]


def first_explanation(notebook):
    """The data of the first thing shown that is more than text."""
    return next(output["data"] for _, output in outputs(notebook) if len(output.get("data", ())) > 1)


# A kernel takes a minute for each. These show methods that other notebooks show as well, or that many tests do.
LEFT_TO_REST = ("02-gradcam", "03-lrp", "04-transformers", "05-perturbation", "06-tagging", "07-which-method")


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [pytest.param(p, id=p.stem, marks=[pytest.mark.rest] * (p.stem in LEFT_TO_REST)) for p in NOTEBOOKS],
)
def test_runs(path):
    pytest.importorskip("nbclient", reason="nbclient runs the notebooks: pip install 'textattr[notebook]'")
    pytest.importorskip("ipykernel", reason="ipykernel runs the notebooks: pip install 'textattr[notebook]'")
    spec = importlib.util.spec_from_file_location("tutorials_run", FOLDER / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    notebook = module.run(path)  # raises what a cell raises

    assert [cell for cell, kind, name, _ in forms(notebook) if kind == "error" or name == "stderr"] == []
    assert "text/html" in first_explanation(notebook)
    assert forms(notebook) == forms(stored(path)), f"store its outputs: python tutorials/run.py {path.name}"


@tutorials
def test_outputs_are_stored(path):
    notebook = stored(path)
    assert (notebook["nbformat"], notebook["metadata"]["kernelspec"]["name"]) == (4, "python3")
    assert [cell for cell, kind, name, _ in forms(notebook) if kind == "error" or name == "stderr"] == []
    shown = "".join(first_explanation(notebook)["text/html"])
    assert "speaks for" in shown or "more is better" in shown.replace("\n", " ")


@tutorials
def test_tells_nothing_of_the_machine(path):
    shown = json.dumps([output for _, output in outputs(stored(path))])
    assert A_PATH.findall(shown) == []


def test_gradcam_shows_every_layer_and_interpolation():
    shown = {cell: output["data"] for cell, output in outputs(stored(GRADCAM)) if "data" in output}
    layers, kinds = ("".join(shown[cell]["text/html"]) for cell in ("every-layer", "kinds"))
    model = textattr.demo.load("sentiment").model
    assert re.findall(r"<td[^>]*>(\w+) \(\w+\)</td>", layers) == [layer.name for layer in model.layers]
    assert re.findall(r"<td[^>]*>([\w-]+)</td>", kinds) == [RECEPTIVE_FIELD, *KINDS]
    rows = kinds.split("</tr>")[:-1]
    sentences = {re.sub("<[^>]+>", "", row.split("</td>")[1]).strip() for row in rows}
    assert len(sentences) == 1
    assert min(row.count("title=") for row in rows) > 10  # tokens with a weight


def test_there_are_tutorials():
    assert NOTEBOOKS
