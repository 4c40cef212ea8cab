"""The allow-list that both loaders share: what an object of a config is turned into, and whether it may be."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from textattr.saved.findings import Finding

_KERAS = ("keras", "tf_keras", "tensorflow", "tf")
_HUB = ("keras_hub>", "keras_nlp>")
_HUB_ACTIVATIONS = frozenset(["gelu_approximate"])
_LOOK_UPS = frozenset(["deserialize", "get", "serialize"])
"""Functions of Keras' modules that make objects of other names."""


@dataclass(frozen=True)
class KnownObjects:
    """What a loader may make of a config; a `Policy`.

    Attributes:
        classes: {module: {name: class}}, the modules as files spell them.
        functions: {module: names of functions that have a role in a model, such as activations}.
        literals: class names that stand for values, such as a slice.
        own: {name: class or function}, registered in this process or given by the user.
        checks: {class name: what is wrong with an object of this class}, for those that need a closer look.
    """

    classes: Mapping[str, Mapping[str, type]]
    functions: Mapping[str, frozenset[str]]
    literals: frozenset[str]
    own: Mapping[str, Any]
    checks: Mapping[str, Callable[[Mapping[str, Any]], Finding | None]] = field(default_factory=dict)

    def judge(self, part: dict[str, Any]) -> Finding | None:
        """What is wrong with an object of the config; None when it may be made."""
        name, module = part.get("class_name"), part.get("module")
        registered = part.get("registered_name", name)
        if not isinstance(name, str) or not all(isinstance(x, str | None) for x in (module, registered)):
            return Finding("an object whose class is not given by its name")
        if name in self.literals:
            return None
        if name == "function":
            return self._judge_function(part.get("config"), module, registered)
        if registered is not None and registered in self.own:
            # the loader for .keras goes by the registered name, the one for .h5 by that of the class
            known = self._by_name(name) or name == getattr(self.own[registered], "__name__", None)
        elif module is None:
            known = self._by_name(name)
        else:
            known = name in self.classes.get(module, {})
        if not known:
            return self._unknown(name, module)
        return self.checks[name](part) if name in self.checks else None

    def _by_name(self, name: str) -> bool:
        return any(name in classes for classes in self.classes.values()) or name in self.own

    def _judge_function(self, name: object, module: str | None, registered: str | None) -> Finding | None:
        if not isinstance(name, str):
            return Finding("a function that is not given by its name")
        # one or the other is looked up, by who does it
        for each in {name} if registered in (None, "function") else {name, registered}:
            if each in self.own or any(own.endswith(f">{each}") for own in self.own):
                continue
            places = (
                self.functions.values() if module in (None, "builtins") else [self.functions.get(module, ())]
            )
            if not any(each in names for names in places):
                return self._unknown(str(each), module)
        return None

    def _unknown(self, name: str, module: str | None) -> Finding:
        root = (module or "").partition(".")[0]
        python = root in sys.stdlib_module_names and (
            root != "builtins" or hasattr(sys.modules["builtins"], name)
        )
        if python or root in _KERAS or name in NEVER or name.startswith("__"):
            return Finding(f"{module}.{name}" if module else name)
        return Finding(f"{module}.{name}" if module else name, unknown=name.rpartition(">")[2])


NEVER = frozenset(
    "Lambda TFSMLayer TorchModuleWrapper JaxLayer FlaxLayer Map VectorizedMap Scan AssociativeScan Switch ForiLoop "
    "WhileLoop Cond JVP DenseFeatures SequenceFeatures LinearModel WideDeepModel TensorFlowOpLayer ClassMethod "
    "InstanceMethod InstanceProperty".split()
)
"""Classes that run code of the file's own choice, or that may wrap such code."""


def classes_of(module: ModuleType) -> dict[str, type]:
    """The classes that a module of Keras exports, but for those that run other code."""
    return {
        name: found for name, found in vars(module).items() if isinstance(found, type) and _is_safe(found)
    }


def functions_of(module: ModuleType) -> frozenset[str]:
    """The functions that a module of Keras exports for models, and classes under the names of functions."""
    return frozenset(
        name
        for name, found in vars(module).items()
        if (inspect.isfunction(found) or isinstance(found, type)) and name not in _LOOK_UPS
    )


def _is_safe(found: type) -> bool:
    return not any(base.__name__ in NEVER for base in found.__mro__)


def own_objects(registered: Mapping[str, Any]) -> dict[str, Any]:
    """What this process registered, without the functions of keras-hub that are no part of a model.

    It registers whatever it exports: functions that train tokenizers, write files and upload them among these.
    """
    return {
        name: found
        for name, found in registered.items()
        if isinstance(found, type) or not name.startswith(_HUB) or name.partition(">")[2] in _HUB_ACTIVATIONS
    }


def register_keras_hub(names: Iterable[str]) -> None:
    """Let keras-hub register its classes, which it does on import, where a config names one of them."""
    if any(name.startswith(_HUB) for name in names):
        with suppress(ImportError):  # the names stay unknown, and the error says which
            importlib.import_module("keras_hub")
