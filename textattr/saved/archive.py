"""The members of a `.keras` file: which may be there, and how large they are."""

from __future__ import annotations

import io
import json
import re
import stat
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

from textattr.saved.findings import ForbiddenError, TooLargeError
from textattr.saved.hdf5 import check_tables
from textattr.saved.limits import Limits

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"

_CHUNK = 2**20
_LOCAL_HEADER = 30
_NAME_LENGTHS = slice(26, 30)


def check_archive(path: Path, limits: Limits) -> dict[str, bytes]:
    """The texts of config and metadata, after a look at every member and every table.

    Raises:
        ForbiddenError: when a member is none that Keras writes, or would be written outside of its folder.
        TooLargeError: when the members unpack to more than the limits.
    """
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        members = archive.infolist()
        _check_names(members)
        # what is declared first, which costs nothing; what a member truly unpacks to after that
        _check_sizes({member.filename: member.file_size for member in members}, limits)
        _check_sizes({member.filename: _unpacked(file, member, limits.tables) for member in members}, limits)
        texts = {m.filename: archive.read(m) for m in members if m.filename in (CONFIG, METADATA)}
        lines = sum(_lines(archive, m) for m in members if m.filename.startswith("assets/"))
        if lines > limits.lines:
            raise TooLargeError(f"its vocabularies have {lines} lines")
        if any(member.filename == WEIGHTS for member in members):
            check_tables(io.BytesIO(archive.read(WEIGHTS)), limits)
    return texts


def version_of(metadata: bytes) -> str:
    """The version of Keras that the file says wrote it; empty where it does not say."""
    said: Any = json.loads(metadata)
    return str(said.get("keras_version", "")) if isinstance(said, dict) else ""


def _check_names(members: list[zipfile.ZipInfo]) -> None:
    seen = set()
    for member in members:
        name = member.filename
        inside = re.fullmatch(r"assets/([^/\\:\x00]+/)*[^/\\:\x00]*", name) and ".." not in name.split("/")
        if name not in (CONFIG, METADATA, WEIGHTS) and not inside:
            raise ForbiddenError(f"it holds a member {name!r}, which no model has")
        if name.lower() in seen:
            raise ForbiddenError(f"it holds the member {name!r} twice")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise ForbiddenError(f"its member {name!r} is a link to another file")
        if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ForbiddenError(
                f"its member {name!r} is encrypted or packed in a way that Keras does not use"
            )
        seen.add(name.lower())


def _check_sizes(sizes: dict[str, int], limits: Limits) -> None:
    texts = {name: size for name, size in sizes.items() if name != WEIGHTS}
    for name, size in texts.items():
        if size > limits.texts:
            raise TooLargeError(f"its member {name!r} unpacks to {size} bytes")
    if sum(texts.values()) > 2 * limits.texts:
        raise TooLargeError(f"its members unpack to {sum(texts.values())} bytes")
    if sum(sizes.values()) > limits.tables:
        raise TooLargeError(f"its members unpack to {sum(sizes.values())} bytes")


def _unpacked(file: IO[bytes], member: zipfile.ZipInfo, limit: int) -> int:
    """What a member truly unpacks to, counted to just above the limit: what it declares may be untrue."""
    if member.compress_type == zipfile.ZIP_STORED:
        return max(member.file_size, member.compress_size)
    file.seek(member.header_offset)
    lengths = file.read(_LOCAL_HEADER)[_NAME_LENGTHS]
    file.seek(int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little"), io.SEEK_CUR)
    unpack, packed, left, size = zlib.decompressobj(-zlib.MAX_WBITS), b"", member.compress_size, 0
    while not unpack.eof and size <= limit:
        if not packed:
            packed = file.read(min(left, _CHUNK))
            left -= len(packed)
            if not packed:
                break
        size += len(unpack.decompress(packed, _CHUNK))
        packed = unpack.unconsumed_tail
    return size


def _lines(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    return archive.read(member).count(b"\n")
