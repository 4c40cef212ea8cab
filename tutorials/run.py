"""Runs the notebooks of this folder in a fresh kernel each, and stores what they show.

    python tutorials/run.py [NOTEBOOK ...]

The tests run them the same way, and store nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
PATIENCE = 600  # seconds for one cell; the first one imports TensorFlow


def run(path: Path) -> nbformat.NotebookNode:
    """The notebook with the outputs of this run, and nothing in it that tells where and when it was run.

    Raises:
        nbclient.exceptions.CellExecutionError: when a cell raises.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=PATIENCE,
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": folder}},
        )
        client.execute(env=_environment(folder))
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
    return notebook


def _environment(folder: str) -> dict[str, str]:
    """This process' environment, with the textattr of this checkout, and without a user's own IPython startup."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    paths = [str(HERE.parent), *filter(None, [environment.get("PYTHONPATH")])]
    # with pytest's variable, the kernel would not see what TensorFlow writes to stderr, as it does for readers
    return {**environment, "PYTHONPATH": os.pathsep.join(paths), "IPYTHONDIR": str(Path(folder, ".ipython"))}


def main() -> None:
    for path in [Path(name) for name in sys.argv[1:]] or sorted(HERE.glob("*.ipynb")):
        nbformat.write(run(path), path)
        print(f"stored the outputs of {path.name}")


if __name__ == "__main__":
    main()
