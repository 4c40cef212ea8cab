"""The ways to have textattr, each built once per session and without the network.

An environment here is a fresh virtual environment that sees the libraries of the one that runs the tests, but not its
textattr.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("pyproject.toml", "README.md", "LICENSE", "textattr", "tokenizers", "renderers")
KINDS = ("started in the checkout", "PYTHONPATH", "editable", "wheel")


@dataclass(frozen=True)
class Installation:
    """A Python that has textattr, and how it has to be started."""

    python: Path
    folder: Path
    pythonpath: str = ""

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": self.pythonpath, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def evaluate(self, code: str) -> Any:
        """Run `code` and return what it leaves in `result`."""
        done = self.run("-c", f"import json, sys\n{code}\nprint(json.dumps(result))")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


def build(kind: str, source: Path, target: Path) -> Path:
    """Build a "wheel" or "editable" wheel of `source`, and return it."""
    target.mkdir()
    code = f"import setuptools.build_meta as b; b.build_{kind}({str(target)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return next(target.glob("*.whl"))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, so that nothing is left in the checkout."""
    folder = tmp_path_factory.mktemp("build")
    source = folder / "source"
    source.mkdir()
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source)
    return build("wheel", source, folder / "wheel")


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A function that makes an environment with the wheels it is given, and returns its Python."""

    def make(*wheels: Path) -> Path:
        folder = tmp_path_factory.mktemp("environment")
        venv.create(folder, symlinks=os.name != "nt")
        paths = {"base": str(folder), "platbase": str(folder), "installed_base": str(folder)}
        site = Path(sysconfig.get_path("purelib", scheme="venv", vars=paths))
        for each in wheels:
            with zipfile.ZipFile(each) as archive:
                archive.extractall(site)
        # a path from a .pth file is searched, but the .pth files in it, as that of an editable install, are not read
        (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
        return Path(sysconfig.get_path("scripts", scheme="venv", vars=paths), "python")

    return make


@pytest.fixture(scope="session")
def bare_python(environment: Callable[..., Path]) -> Path:
    """A Python with all libraries and without textattr."""
    return environment()


@pytest.fixture(scope="session")
def wheel_python(environment: Callable[..., Path], wheel: Path) -> Path:
    """A Python with all libraries and the wheel."""
    return environment(wheel)


@pytest.fixture(scope="session")
def editable_python(environment: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with all libraries and an editable install of this checkout."""
    return environment(build("editable", ROOT, tmp_path_factory.mktemp("editable") / "wheel"))


@pytest.fixture
def checkout(bare_python: Path, tmp_path: Path) -> Installation:
    """The checkout on the PYTHONPATH: the quickest way."""
    return Installation(bare_python, tmp_path, pythonpath=str(ROOT))


@pytest.fixture(params=KINDS)
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    """Every way to have textattr, one after the other."""
    if request.param == "wheel":
        return Installation(request.getfixturevalue("wheel_python"), tmp_path)
    if request.param == "editable":
        return Installation(request.getfixturevalue("editable_python"), tmp_path)
    bare = request.getfixturevalue("bare_python")
    if request.param == "PYTHONPATH":
        return Installation(bare, tmp_path, pythonpath=str(ROOT))
    return Installation(bare, ROOT)
