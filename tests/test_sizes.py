"""A long module or function says why it is long: "Long because ..." in its docstring."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("textattr", "tokenizers", "renderers", "benchmarks")
MODULE, FUNCTION = 300, 60  # lines; those of a function are its body's, without signature and docstring
REASON = "Long because "


def test_what_is_long_says_why():
    wrong = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            module = ast.parse(text)
            found = [(1, "this module", module, len(text.splitlines()), MODULE)]
            found += [
                (node.lineno, node.name, node, lines_of(node), FUNCTION)
                for node in ast.walk(module)
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            ]
            for line, name, node, lines, most in found:
                is_said = REASON in " ".join((ast.get_docstring(node) or "").split())
                if is_said != (lines > most):
                    tells = "says why it is long and is not" if is_said else "does not say why"
                    wrong.append(f"{path.relative_to(ROOT)}:{line}: {name} has {lines} lines and {tells}")
    expected = f"at most {MODULE} lines, of a function {FUNCTION}, or '{REASON}...' in the docstring"
    assert not wrong, "\n".join([f"expected {expected}", *wrong])


def lines_of(function):
    """How many lines its body has, without the docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0
