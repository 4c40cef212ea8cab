"""A model's config as plain data: read under bounds, and walked object by object."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from textattr.saved.findings import Finding, ForbiddenError, Policy, TooLargeError
from textattr.saved.limits import Limits

_FILES = frozenset(
    "vocabulary vocab vocabulary_path vocabulary_file vocab_path vocab_file merges merges_path proto spm_proto "
    "filepath file_path filename path preset".split()
)
"""Fields of which a string is the name of a file (or of one on the net) that the layer reads."""

_LONGEST_NAME = 2048


def parse(text: str | bytes, limits: Limits) -> Any:
    """The config, which is JSON in which no name stands twice.

    Raises:
        ForbiddenError: when a name stands twice in one object, or when it is nested too deeply.
        TooLargeError: when there is too much of it.
        ValueError: when it is no JSON.
    """
    if len(text) > limits.texts:
        raise TooLargeError(f"its config has {len(text)} bytes")
    try:
        return json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise ForbiddenError("its config is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ForbiddenError(f"its config says {twice!r} twice of one object")
    return found


def walk(config: Any, limits: Limits) -> Iterator[tuple[str, str, Any]]:
    """Every part of a config as (where it stands, the field it is in, the part).

    Raises:
        ForbiddenError: when it is nested too deeply.
        TooLargeError: when it describes too many objects.
    """
    objects, parts = 0, [("", "", config, 0)]
    while parts:
        where, key, part, depth = parts.pop()
        if depth > limits.depth:
            raise ForbiddenError("its config is nested too deeply")
        yield where, key, part
        if isinstance(part, dict):
            objects += "class_name" in part
            if objects > limits.objects:
                raise TooLargeError(f"its config describes more than {limits.objects} objects")
            parts += [(f"{where}.{name}".lstrip("."), name, value, depth + 1) for name, value in part.items()]
        elif isinstance(part, list):
            parts += [
                (f"{where}[{i}]", key, value, depth + 1)
                for i, value in enumerate(part)
                if isinstance(value, (dict, list))
            ]


def findings(config: Any, policy: Policy, limits: Limits) -> Iterator[tuple[str, Finding]]:
    """What a policy does not let pass, each with the place where it stands."""
    for where, key, part in walk(config, limits):
        if isinstance(part, dict) and "class_name" in part:
            found = policy.judge(part)
            if found is not None:
                yield f"{where or 'the model itself'}{_name_of(part)}", found
        if where.endswith("inbound_nodes") and isinstance(part, list):
            for node in part:
                if not _has_input(node, limits):
                    yield where, Finding("an op on constants alone, which is computed at once")
        if key.lower() in _FILES and _is_file(part) and not _is_sentence_piece(key, part):
            yield where, Finding(f"a file to be read ({str(part)[:80]!r})")


def _name_of(part: dict[str, Any]) -> str:
    inner = part.get("config")
    name = inner.get("name") if isinstance(inner, dict) else None
    return f" (named {name[:80]!r})" if isinstance(name, str) else ""


def _is_file(part: Any) -> bool:
    """Whether a field that may name a file does; lists and dicts of words are vocabularies."""
    if isinstance(part, dict):
        return part.get("class_name") == "__bytes__"
    if isinstance(part, list):
        return len(part) == 1 and isinstance(part[0], str) and bool(re.search(r"://|^[/\\~]|^\w:\\", part[0]))
    return isinstance(part, str)


def _has_input(node: Any, limits: Limits) -> bool:
    """Whether a call in a functional model reads what another layer gives."""
    is_reference = _is_keras_tensor if isinstance(node, dict) else _is_address
    return any(is_reference(part) for _, _, part in walk(node, limits))


def _is_keras_tensor(part: Any) -> bool:
    return isinstance(part, dict) and part.get("class_name") == "__keras_tensor__"


def _is_address(part: Any) -> bool:
    """Whether a part is [layer, number of its call, number of its output, ...], as Keras 2 and HDF5 files have it."""
    return (
        isinstance(part, list)
        and len(part) > 2
        and isinstance(part[0], str)
        and part[0] != "_CONSTANT_VALUE"
        and isinstance(part[1], int)
    )


def _is_sentence_piece(key: str, part: Any) -> bool:
    """Whether a string under `proto` is a whole SentencePiece model, recognised as keras-hub does: long, and base64."""
    if key != "proto" or not isinstance(part, str) or len(part) <= _LONGEST_NAME:
        return False
    try:
        base64.b64decode(part, validate=True)
    except ValueError:
        return False
    return True
