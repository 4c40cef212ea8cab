"""What a run is: its model, its settings, its source. With anything else, its rows would not belong together."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from textattr._optional import require
from textattr.corpora.explain_shard import ShardJob
from textattr.corpora.schema import VERSION
from textattr.corpora.source import Part
from textattr.explainer import Explainer
from textattr.methods.method import option_names
from textattr.renderers.plain import encode

_SETTINGS = (
    "target_names task score pad_value padding embedding_layer feature_names feature_baseline window stride join"
).split()
_PROBE = "The first film was good, not bad; 12 others (naïve, Größe, 東京) were 3.5 times as long!\nThe end."


def run_content(
    explainer: Explainer, parts: Sequence[Part], job: ShardJob, rows_per_shard: int
) -> dict[str, Any]:
    """The content of `run.json` when a run begins; `identity` is what has to be the same to go on with it."""
    method = explainer.method
    settings = {name: getattr(explainer, name) for name in _SETTINGS}
    content = {
        "schema_version": VERSION,
        "identity": {
            "model": {**model_fingerprint(explainer.model), **_answers(explainer)},
            "tokenizer": tokenizer_fingerprint(explainer),
            "method": method.name,
            "options": {name: _plain(getattr(method, name)) for name in option_names(type(method))},
            "settings": {name: _plain(value) for name, value in settings.items() if value is not None},
            "targets": _plain(job.targets),
            "against": _plain(job.against),
            "source": {part.name: part.fingerprint(job.columns) for part in parts},
            "columns": job.columns.as_dict(),
            "types": {name: str(job.schema.field(name).type) for name in ("id", *job.columns.keep)},
            "rows_per_shard": rows_per_shard,
        },
        "versions": {
            "textattr": version("textattr"),
            "pyarrow": require("pyarrow", extra="corpora").__version__,
            "numpy": np.__version__,
        },
    }
    return dict(json.loads(json.dumps(content)))  # as it will be read again


def model_fingerprint(model: Any) -> dict[str, str]:
    """What differs where a model does: a hash of its weights and one of its layers; of a function, of its code."""
    weights = getattr(model, "get_weights", None)
    if weights is None or not hasattr(model, "layers"):
        return {
            "kind": type(model).__name__,
            "code": _hash(_code(model).encode(), repr(_carried(model)).encode()),
        }
    values = [np.ascontiguousarray(each) for each in weights()]
    layers = [(type(layer).__name__, _without_names(_config(layer))) for layer in model.layers]
    return {
        "kind": "Keras",
        "weights": _hash(*(part for v in values for part in (f"{v.dtype} {v.shape}".encode(), v.tobytes()))),
        "layers": _hash(repr(layers).encode()),
    }


def tokenizer_fingerprint(explainer: Explainer) -> str:
    """What differs where texts become other ids: a hash of those of a text of many kinds of characters."""
    if explainer.tokenizer is None:
        return "none"
    try:
        encoding = explainer.tokenizer(_PROBE)
        ids = np.asarray(getattr(encoding, "ids", encoding)).tolist()
    except Exception:  # noqa: BLE001  (a tokenizer of the user's raises what it likes, and need not know this text)
        ids = None
    vocabulary = getattr(explainer.tokenizer, "vocabulary", None)
    words = sorted(vocabulary.items()) if isinstance(vocabulary, Mapping) else None
    return f"{type(explainer.tokenizer).__name__} {_hash(repr((ids, words)).encode())}"


def _config(layer: Any) -> Any:
    try:
        return layer.get_config()
    except (
        NotImplementedError,
        TypeError,
        ValueError,
    ):  # a layer of the user's own that says nothing of itself
        return None


def _without_names(config: Any) -> Any:
    """A config without the names of layers, which Keras numbers anew in each process."""
    if isinstance(config, Mapping):
        return {
            k: _without_names(v) for k, v in config.items() if k not in ("name", "build_config", "layers")
        }
    if isinstance(config, list | tuple):
        return [_without_names(each) for each in config]
    return config if isinstance(config, str | int | float | bool | None) else type(config).__name__


def _code(model: Any) -> str:
    """The source of a function; of an object the name of its class and what it says of its settings."""
    try:
        return inspect.getsource(model)
    except (TypeError, OSError):
        pass
    code = getattr(model, "__code__", None)
    if code is not None:
        return f"{code.co_code!r} {code.co_names!r}"
    parameters = getattr(model, "get_params", None)
    settings = {name: _known(value) for name, value in parameters().items()} if callable(parameters) else {}
    return f"{type(model).__module__}.{type(model).__qualname__} {sorted(settings.items())}"


def _carried(model: Any) -> list[str]:
    """What a function takes along, as far as it tells: the cells of a closure and its defaults."""
    cells = []
    for cell in getattr(model, "__closure__", None) or ():
        try:
            cells.append(cell.cell_contents)
        except ValueError:  # empty still
            cells.append(None)
    return [_known(value) for value in (*cells, *(getattr(model, "__defaults__", None) or ()))]


def _known(value: Any) -> str:
    """A value that is the same in every process and at every call; of others, as of a list, the name of their class."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape} {_hash(value.tobytes())}"
    if isinstance(value, tuple):
        return f"tuple {[_known(each) for each in value]}"
    return repr(value) if isinstance(value, str | int | float | bool | None) else type(value).__qualname__


def _answers(explainer: Explainer) -> dict[str, str]:
    """What a fitted pipeline says of a few texts, which tells one fit from another."""
    if not callable(getattr(explainer.model, "get_params", None)):
        return {}
    try:
        said = explainer.predict([_PROBE, *_PROBE.split()[:12]])
    except Exception:  # noqa: BLE001  (a pipeline of the user's raises what it likes, and need not know these texts)
        return {}
    return {"answers": _hash(repr([each.scores.round(6).tolist() for each in said]).encode())}


def _plain(value: Any) -> Any:
    """As JSON; what has no values of its own to write, as a function, by its name."""
    if callable(value) and hasattr(value, "__qualname__"):
        return {"function": value.__qualname__}
    return encode(value)


def _hash(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()[:32]
