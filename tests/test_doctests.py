"""The examples in the docstrings, each run as a test.

pytest's own `--doctest-modules` would import `tokenizers/words.py` as `tokenizers.words`: a second copy of it, under
the name of Hugging Face's package. Here each module is imported as users do.
"""

from __future__ import annotations

import doctest
import importlib
import io
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def modules() -> list[str]:
    names = []
    for folder, parent in (("textattr", ""), ("tokenizers", "textattr."), ("renderers", "textattr.")):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if ">>>" not in path.read_text(encoding="utf-8"):
                continue
            name = parent + ".".join(path.relative_to(ROOT).with_suffix("").parts)
            names.append(name.removesuffix(".__init__"))
    return names


@pytest.mark.parametrize("name", modules())
def test_examples_in_docstrings(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(name)
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    report = io.StringIO()
    for example in doctest.DocTestFinder().find(module, name):
        runner.run(example, out=report.write)
    assert not runner.failures, report.getvalue()
