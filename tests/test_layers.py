"""Which part of textattr may import which: an arrow that runs back up, or round in a circle, is named and fails."""

from __future__ import annotations

import ast
import shutil
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]

# From top to bottom: a room imports itself and what stands below it. Rooms with a colon between them import one
# another, those with a bar do not. A room is a folder or a file of the package, "textattr" the package's own
# `__init__.py`; a module with a dot, "graph.traits", is a room of its own. A new room needs a place here.
LAYERS = """
    __main__
    cli
    textattr
    demo
    diagnosis
    loading
    evaluation | corpora
    saved | api | comparing
    renderers
    explainer
    pipeline
    backends
    methods
    lrp | deeplift | perturbation | gradcam
    suspicions
    origin
    followed
    proof
    graph
    split
    graph.bounds
    graph.softmax
    graph.traits | targets
    split.family
    padding | units
    units.tokens
    own_weights
    spans
    document
    side_by_side
    explanation : showing
    tokenizers
    quiet
    _optional | checks | keras_private | comparison
    units.boundaries | units.markers
    errors
    frozen | progress | visible | notebook
"""
# What else a room keeps to: no room that is not named here.
READS_ONLY = {
    "renderers": {
        *("explanation", "comparison", "spans", "checks", "errors", "frozen", "visible"),
        *("units", "units.tokens", "units.boundaries", "side_by_side", "_optional"),
    }
}
# What a notebook shows, an explanation writes, and its units are, is imported when it is asked for.
ASKED_FOR = {("textattr.showing", room) for room in ("renderers", "own_weights", "units", "units.tokens")} | {
    ("textattr.side_by_side", "renderers")
}


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of the package as a wheel has it, with the `__init__.py` files without which grimp skips a folder."""
    package = tmp_path_factory.mktemp("layers") / "textattr"
    for source, target in [("textattr", package)] + [
        (name, package / name) for name in ("tokenizers", "renderers")
    ]:
        shutil.copytree(ROOT / source, target, ignore=lambda _, names: [n for n in names if n == "models"])
    for module in package.rglob("*.py"):
        (module.parent / "__init__.py").touch()
    return package


@pytest.fixture(scope="module")
def imports(package):
    """Each module and what it imports, with the lines where it does."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in sys.modules if name.partition(".")[0] == "textattr"]:
            patch.delitem(sys.modules, name)  # or grimp looks at the checkout
        patch.syspath_prepend(package.parent)
        graph = grimp.build_graph("textattr", cache_dir=None)
    assert {"textattr.tokenizers.words", "textattr.renderers.html", "textattr.lrp.rules"} <= graph.modules
    return {
        module: {
            other: [
                found["line_number"] for found in graph.get_import_details(importer=module, imported=other)
            ]
            for other in graph.find_modules_directly_imported_by(module)
        }
        for module in graph.modules
    }


@pytest.fixture(scope="module")
def at_module_level(imports, package):
    """Each module and what is imported together with it: by a line outside functions, not for type checkers alone."""
    found = {}
    for module, others in imports.items():
        path = package.parent.joinpath(*module.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        run = lines_that_run(ast.parse(path.read_text(encoding="utf-8")))
        found[module] = {other for other, lines in others.items() if run.intersection(lines)}
    return found


def lines_that_run(node):
    """The lines of the imports that run when a file does."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {node.lineno}
    for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    if for_types or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.expr):
        return set()
    return set().union(*map(lines_that_run, ast.iter_child_nodes(node)))


@cache
def rows():
    """The place of each room and the rooms beside it that it may import."""
    found = {}
    for row, line in enumerate(LAYERS.split("\n")):
        rooms = line.replace("|", " ").replace(":", " ").split()
        for room in rooms:
            assert room not in found, f"{room} stands twice in LAYERS"
            found[room] = (row, set(rooms) if ":" in line else {room})
    return found


def room_of(module):
    """The room that a module lies in."""
    path = module.removeprefix("textattr.")
    return path if path in rows() else path.partition(".")[0]


def test_every_module_has_a_place(imports):
    there, listed = {room_of(module) for module in imports}, set(rows())
    assert not there - listed, f"rooms that need a place in LAYERS: {there - listed}"
    assert not listed - there, f"rooms that are no more, to be taken out of LAYERS: {listed - there}"


def test_no_arrow_runs_back_up(imports):
    place, wrong = rows(), []
    for module, others in sorted(imports.items()):
        room = room_of(module)
        for other, lines in sorted(others.items()):
            target = room_of(other)
            if target in place[room][1] or (module, target) in ASKED_FOR:
                continue
            if place[target][0] <= place[room][0]:
                wrong.append(f"{module}:{lines[0]} imports {other}, and {room} does not stand above {target}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", READS_ONLY)
def test_a_room_keeps_to_what_it_reads(imports, room):
    wrong = [
        f"{module}:{lines[0]} imports {other}"
        for module, others in sorted(imports.items())
        for other, lines in sorted(others.items())
        if room_of(module) == room and room_of(other) not in READS_ONLY[room] | {room}
    ]
    assert not wrong, "\n".join(wrong)


def test_what_is_asked_for_is_imported_inside_a_function(imports, at_module_level):
    for module, room in ASKED_FOR:
        others = {other for other in imports[module] if room_of(other) == room}
        assert others, f"{module} no longer imports {room}: take it out of ASKED_FOR"
        assert not others & at_module_level[module]


def test_no_circle_at_module_level(at_module_level):
    try:
        TopologicalSorter(at_module_level).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])), pytrace=False)
