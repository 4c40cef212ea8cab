"""A file is there as a whole or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from textattr.errors import TextAttrError
from textattr.renderers.example import EXAMPLE
from textattr.renderers.files import FileError, replace_file
from textattr.renderers.report.write import write_report

WAYS = {
    "html": lambda path: EXAMPLE.save(path),
    "json": lambda path: EXAMPLE.save(path),
    "csv": lambda path: EXAMPLE.save(path),
    "report": lambda path: write_report(EXAMPLE, path),
}


@pytest.fixture(params=WAYS)
def way(request, tmp_path):
    """A way to save, and the path of a file for it."""
    suffix = "html" if request.param == "report" else request.param
    return WAYS[request.param], tmp_path / f"x.{suffix}"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("old", [0o600, 0o640, 0o444, 0o777])
def test_a_file_keeps_its_mode(way, old):
    save, path = way
    path.touch()
    path.chmod(old)
    save(path)
    assert mode(path) == old
    assert path.stat().st_size > 0


def test_a_new_file_has_the_mode_that_the_user_wants(way):
    save, path = way
    before = os.umask(0o027)
    try:
        save(path)
    finally:
        os.umask(before)
    assert mode(path) == 0o640


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_a_link(way, exists, tmp_path):
    save, path = way
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    target = folder / "target"
    if exists:
        target.write_text("old")
        target.chmod(0o600)
    (folder / "link").symlink_to("target")
    path.symlink_to(Path("elsewhere", "link"))
    save(path)
    assert path.is_symlink()
    assert (folder / "link").is_symlink()
    assert target.stat().st_size > 3
    if exists:
        assert mode(target) == 0o600
    assert sorted(p.name for p in folder.iterdir()) == ["link", "target"]


def test_long_names_work(way, tmp_path):
    save, path = way
    long = tmp_path / ("é" * ((255 - len(path.suffix)) // 2) + path.suffix)
    save(long)
    save(long)
    assert [p.name for p in tmp_path.iterdir()] == [long.name]


def folder_of_that_name(path):
    path.mkdir()
    return path


def link_to_itself(path):
    path.symlink_to(path)
    return path


@pytest.mark.parametrize(
    "bad",
    [
        folder_of_that_name,
        link_to_itself,
        lambda path: path.parent / "absent" / path.name,
        lambda path: path.with_name("nul\0" + path.suffix),
        lambda path: path.with_name("\ud800" + path.suffix),
        lambda path: path.with_name("x" * 256 + path.suffix),
        lambda path: Path("/proc/absent") / path.name,
        lambda path: str(path).encode(),
        lambda _: "",
        lambda _: None,
        lambda _: 5,
    ],
)
def test_what_cannot_be_written_is_one_error(way, bad, tmp_path):
    save, path = way
    path = bad(path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(TextAttrError, match="path|folder"):
        save(path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_the_old_file_survives_whatever_fails(way, call, code, tmp_path, monkeypatch):
    save, path = way
    path.write_text("old")

    def fail(*_, **__):
        raise OSError(code, os.strerror(code))

    owner = Path if call == "replace" else os
    with monkeypatch.context() as patched:
        patched.setattr(owner, call, fail)
        with pytest.raises(FileError, match=os.strerror(code)) as caught:
            save(path)
    assert caught.value.__cause__.errno == code
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_device_is_written_into_and_stays_one():
    replace_file("/dev/null", "text")
    assert Path("/dev/null").is_char_device()
    if Path("/dev/full").is_char_device():
        with pytest.raises(FileError, match="No space left"):
            replace_file("/dev/full", "text")
        assert Path("/dev/full").is_char_device()
