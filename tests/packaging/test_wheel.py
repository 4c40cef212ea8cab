"""Everything is in the wheel, and nothing else."""

from __future__ import annotations

import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def files() -> Iterator[tuple[Path, str]]:
    """Each file of the package in the checkout, and its place in the wheel."""
    for folder, place in (("textattr", ""), ("tokenizers", "textattr/"), ("renderers", "textattr/")):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
                yield path, place + path.relative_to(ROOT).as_posix()


def test_every_folder_with_modules_is_listed() -> None:
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = {place.rpartition("/")[0].replace("/", ".") for path, place in files() if path.suffix == ".py"}
    assert folders == set(setup["packages"])


def test_the_wheel_holds_every_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == {place for _, place in files()}


def test_metadata(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        by_end = {name.partition(".dist-info/")[2]: name for name in archive.namelist()}
        metadata = archive.read(by_end["METADATA"]).decode()
        scripts = archive.read(by_end["entry_points.txt"]).decode()
        assert "MIT License" in archive.read(by_end["licenses/LICENSE"]).decode()
    assert "textattr = textattr.cli:main" in scripts
    assert "Requires-Python: >=3.11" in metadata
    required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist:")]
    assert not [line for line in required if "tensorflow" in line and "extra ==" not in line]


def test_the_version_stands_in_one_place_and_the_other() -> None:
    import textattr

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert textattr.__version__ == project["version"]


@pytest.mark.parametrize("folder", ["tokenizers", "renderers"])
def test_no_folder_of_ours_hides_another_package(folder: str) -> None:
    assert not (ROOT / folder / "__init__.py").exists()


def test_constraints_name_no_place() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "--" not in text
    assert not [line for line in text.splitlines() if line.startswith("torch")]
