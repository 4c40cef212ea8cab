"""What a run is: its model, its settings, its source. With anything else, its rows would not belong together."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import version
from types import CodeType
from typing import Any

import numpy as np

from textattr._optional import require
from textattr.corpora.explain_shard import ShardJob
from textattr.corpora.schema import VERSION
from textattr.corpora.source import Part
from textattr.explainer import Explainer
from textattr.keras_private import all_layers_of
from textattr.methods.method import option_names
from textattr.renderers.plain import encode

_SETTINGS = (
    "target_names task score pad_value padding embedding_layer feature_names feature_baseline window stride join"
).split()
_LIBRARIES = ("tokenizers", "transformers", "sentencepiece", "keras", "tf_keras", "keras_hub")
_TOLD_BY = ("to_str", "to_json", "serialized_model_proto")  # all that makes up a tokenizer of these
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
    if not hasattr(model, "get_weights") or not hasattr(model, "layers"):
        return {"kind": type(model).__name__, "code": _hash(_described(model).encode())}
    layers = [(type(layer).__name__, _without_names(_config(layer))) for layer in model.layers]
    own = [f"{_code_of_class(layer)} {_words_of(layer)}" for layer in all_layers_of(model)]
    return {
        "kind": "Keras",
        "weights": _hash_of_weights(model),
        "layers": _hash(repr((layers, own)).encode()),
    }


def tokenizer_fingerprint(explainer: Explainer) -> str:
    """What differs where texts become other ids: a hash of those of one text, of the words and of all settings."""
    tokenizer = explainer.tokenizer
    if tokenizer is None:
        return "none"
    try:
        encoding = tokenizer(_PROBE)
        ids = np.asarray(getattr(encoding, "ids", encoding)).tolist()
    except Exception:  # noqa: BLE001  (a tokenizer of the user's raises what it likes, and need not know this text)
        ids = None
    vocabulary = getattr(tokenizer, "vocabulary", None)
    words = sorted(vocabulary.items()) if isinstance(vocabulary, Mapping) else None
    parts = {"": tokenizer} if _is_of_a_library(tokenizer) else getattr(tokenizer, "__dict__", {})
    settings = sorted((name, _of_tokenizer(value)) for name, value in parts.items())
    return f"{type(tokenizer).__name__} {_hash(repr((ids, words, settings)).encode())}"


def _hash_of_weights(model: Any) -> str:
    values = [np.ascontiguousarray(each) for each in model.get_weights()]
    return _hash(*(part for v in values for part in (f"{v.dtype} {v.shape}".encode(), v.tobytes())))


def _is_of_a_library(value: Any) -> bool:
    """Whether a tokenizer is one of another library, as it came: of those it is known what they tell of themselves."""
    return any(kind.__module__.partition(".")[0] in _LIBRARIES for kind in type(value).__mro__)


def _of_tokenizer(value: Any) -> str:
    """What a tokenizer of another library says of its words and rules; of a function its code; a plain value itself."""
    if not _is_of_a_library(value):
        return _described(value) if callable(value) else _known(value)
    fast = getattr(value, "backend_tokenizer", None)
    if fast is not None:  # its calls switch these two on and off
        rules = json.loads(fast.to_str()) | {"truncation": None, "padding": None}
        sides = [getattr(value, f"{name}_side", None) for name in ("truncation", "padding")]
        return f"{_hash(json.dumps(rules).encode())} {sides} {getattr(value, 'model_max_length', None)}"
    for name in _TOLD_BY:
        if callable(getattr(value, name, None)):
            said = getattr(value, name)()
            return _hash(said if isinstance(said, bytes) else said.encode())
    if callable(getattr(value, "get_vocabulary", None)):
        return f"{_words_of(value)} {_without_names(_config(value))}"
    return _described(value)


def _words_of(layer: Any) -> str:
    """The vocabulary of a layer that has one: it is no weight."""
    if not callable(getattr(layer, "get_vocabulary", None)):
        return ""
    return _hash(repr([str(word) for word in layer.get_vocabulary()]).encode())


def _code_of_class(layer: Any) -> str:
    """What a layer of the user's own computes; those of Keras are known by their names."""
    kind = type(layer)
    is_known = kind.__module__.partition(".")[0] in ("keras", "tf_keras", "keras_hub")
    return kind.__name__ if is_known else f"{kind.__qualname__} {_code(kind.call)}"


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


def _described(function: Any) -> str:
    """The code of a function and what it takes along; of an object the name of its class and its plain settings."""
    if isinstance(function, partial):
        keywords = {name: _known(value) for name, value in sorted(function.keywords.items())}
        return f"partial {_described(function.func)} {[_known(each) for each in function.args]} {keywords}"
    if inspect.ismethod(function):
        return f"{_described(function.__func__)} of {_settings(function.__self__)}"
    if inspect.isfunction(function):
        return f"{_code(function)} {_carried(function)}"
    own = type(function).__call__ if callable(function) else None
    return f"{_settings(function)} {_code(own) if inspect.isfunction(own) else ''}"


def _code(function: Any) -> str:
    """The source of a function, and what was compiled of it: several may stand in one line."""
    try:
        source = inspect.getsource(function)
    except (TypeError, OSError):
        source = ""
    return f"{source} {_compiled(getattr(function, '__code__', None))}"


def _compiled(code: Any) -> Any:
    if isinstance(code, frozenset):  # of which the order is another in each process
        return sorted(map(repr, code))
    if not isinstance(code, CodeType):
        return repr(code)
    return code.co_code, code.co_names, [_compiled(each) for each in code.co_consts]


def _settings(thing: Any) -> str:
    """The class of an object, and its settings: those that it tells, else what of its attributes is public and plain.

    Whole numbers are left out, with which objects count, and what may be made at the first call, as a model that is
    loaded then: a run is gone on with in the same process as well.
    """
    parameters = getattr(thing, "get_params", None)
    told = parameters() if callable(parameters) else {}
    own = {name: value for name, value in getattr(thing, "__dict__", {}).items() if _is_setting(name, value)}
    settings = {name: _known(value) for name, value in (told or own).items()}
    return f"{type(thing).__module__}.{type(thing).__qualname__} {sorted(settings.items())}"


def _is_setting(name: str, value: Any) -> bool:
    is_plain = isinstance(value, str | float | bool | tuple | np.ndarray) or hasattr(value, "get_weights")
    return is_plain and not name.startswith("_")


def _carried(function: Any) -> list[str]:
    """What a function takes along, as far as it tells: the cells of a closure and its defaults."""
    cells = []
    for cell in function.__closure__ or ():
        try:
            cells.append(cell.cell_contents)
        except ValueError:  # empty still
            cells.append(None)
    return [_known(value) for value in (*cells, *(function.__defaults__ or ()))]


def _known(value: Any) -> str:
    """A value that is the same in every process and at every call; of others, as of a list, the name of their class."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape} {_hash(value.tobytes())}"
    if isinstance(value, tuple):
        return f"tuple {[_known(each) for each in value]}"
    if inspect.isfunction(value):
        return _code(value)
    if callable(getattr(value, "get_weights", None)) and not isinstance(value, type):
        return f"{type(value).__qualname__} {_hash_of_weights(value)}"
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
    """As JSON; what has no values of its own to write, as a function, by its name and code."""
    if callable(value) and hasattr(value, "__qualname__"):
        return {"function": value.__qualname__, "code": _hash(_described(value).encode())}
    return encode(value)


def _hash(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()[:32]
