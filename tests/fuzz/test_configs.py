"""The allow-list against the loaders themselves: what passes is made into nothing but parts of Keras."""

from __future__ import annotations

import functools
import importlib
import inspect
import json

import pytest
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

from textattr.saved import keras_2, keras_3
from textattr.saved.config import findings, parse
from textattr.saved.findings import ForbiddenError, TooLargeError
from textattr.saved.limits import Limits
from textattr.saved.policy import NEVER

LIMITS = Limits(10**5)
FAMILIES = {"keras": keras_3, "tf_keras": keras_2}

names = st.sampled_from(
    "Dense Lambda Map Cond Add Mean relu tanh mse get deserialize serialize system exec eval open Popen func_load "
    "get_file load_model import_module TFOpLambda ClassMethod ResidualWrapper Sequential Functional Model Adam l2 "
    "function __lambda__ __typespec__ __tensor__ DTypePolicy SeedGenerator TFSMLayer JaxLayer Wrapper Custom>Adam "
    "os.system a.b register_keras_serializable enable_unsafe_deserialization".split()
)
modules = st.sampled_from(
    "os posix subprocess builtins importlib keras keras.layers keras.models keras.activations keras.losses "
    "keras.saving keras.utils keras.config keras.ops keras.initializers keras.optimizers keras.src.ops.core "
    "keras.src.ops.numpy keras.src.models.functional keras.src.layers.core.lambda_layer keras.src.utils.python_utils "
    "tf_keras.layers tf_keras.src.layers.core.tf_op_layer tf_keras.src.engine.functional "
    "tf_keras.src.layers.rnn.cell_wrappers tf_keras.utils tensorflow tensorflow.io keras_hub".split()
)
objects = st.fixed_dictionaries(
    {"class_name": names, "config": st.one_of(names, st.just({}))},
    optional={"module": st.none() | modules, "registered_name": st.none() | names},
)
leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | names
anything = st.recursive(
    leaves | objects,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9) | names, inner, max_size=3)
    ),
    max_leaves=12,
)


@functools.cache
def policy(family):
    pytest.importorskip(family, reason=f"needs {family}")
    return FAMILIES[family].known_objects({})


@functools.cache
def serialization(family):
    return importlib.import_module(f"{family}.src.saving.serialization_lib")


@pytest.mark.parametrize("family", FAMILIES)
@fuzz
@given(part=objects)
def test_what_passes_is_a_part_of_keras(family, part):
    known = policy(family)
    if known.judge(part) is not None or part["class_name"] in known.literals:
        return
    is_function = part["class_name"] == "function"
    name = part["config"] if is_function else part["class_name"]
    kind = "function" if is_function else "class"
    try:
        made = serialization(family)._retrieve_class_or_fn(
            name, part.get("registered_name", name), part.get("module"), kind, part, {}
        )
    except (TypeError, ValueError):
        return
    assert made.__module__.startswith(("keras.", "tf_keras."))
    assert made.__name__ not in NEVER
    assert inspect.isclass(made) or made.__module__.rpartition(".")[2] not in (
        "serialization_lib",
        "file_utils",
    )
    assert made.__name__ not in ("get", "deserialize", "serialize")


@pytest.mark.parametrize("family", FAMILIES)
@fuzz
@given(config=anything)
def test_any_config_is_judged_without_another_error(family, config):
    try:
        found = list(findings(parse(json.dumps(config), LIMITS), policy(family), LIMITS))
    except (ForbiddenError, TooLargeError):
        return
    assert all(isinstance(where, str) and thing.what for where, thing in found)
