"""Files from strangers: whatever they hold, nothing runs, nothing else is read, and memory stays bounded.

Each file is harmless in effect: it would create a marker, or read a secret that lies beside it.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from typer.testing import CliRunner

from textattr.cli import app
from textattr.errors import OptionError, UnknownModelError
from textattr.loading import load_model
from textattr.saved.findings import TooLargeError
from textattr.saved.limits import Limits
from textattr.saved.weights import check_outputs

KERAS_3, KERAS_2 = "3.9.0", "2.15.0"


def small(library):
    layers = library.layers
    model = library.Sequential(
        [
            library.Input((4,), dtype="int32"),
            layers.Embedding(5, 2),
            layers.GlobalMaxPooling1D(),
            layers.Dense(2, activation="tanh"),
        ]
    )
    model.compile(loss="mse")
    return model


def by_keras(version):
    if version == KERAS_3:
        return keras
    return pytest.importorskip("tf_keras", reason="needs the extra textattr[tf-keras]")


@functools.cache
def saved(version, kind):
    """An honest file as bytes."""
    library = by_keras(version)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # HDF5 is a legacy format; that is what this is about
        small(library).save(Path(folder, f"model{kind}"))
        return Path(folder, f"model{kind}").read_bytes()


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forge(path, version, change):
    """Write an honest file to `path` with a config that `change` has seen; it says that `version` wrote it."""
    path.write_bytes(saved(version, path.suffix))
    if path.suffix == ".h5":
        with h5py.File(path, "r+") as file:
            config = json.loads(file.attrs["model_config"])
            config = change(config) or config
            file.attrs["model_config"] = json.dumps(config)
            file.attrs["keras_version"] = version
        return path
    parts = members(path.read_bytes())
    config = json.loads(parts["config.json"])
    config = change(config) or config
    parts["config.json"] = json.dumps(config).encode()
    parts["metadata.json"] = json.dumps({"keras_version": version}).encode()
    pack(path, parts)
    return path


def pack(path, parts, **settings):
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", **settings) as archive:
        warnings.simplefilter("ignore")  # of names that stand twice, which is the point
        for name, data in parts.items() if isinstance(parts, dict) else parts:
            archive.writestr(name, data)


def insert(layer):
    """A change: one more layer before the last."""

    def change(config):
        config["config"]["layers"].insert(-1, layer)

    return change


def activation(function):
    def change(config):
        config["config"]["layers"][-1]["config"]["activation"] = function

    return change


def of_keras(name, **config):
    return {
        "module": "keras.layers",
        "class_name": name,
        "config": {"name": "x", **config},
        "registered_name": None,
    }


def function(module, name, **more):
    return {"module": module, "class_name": "function", "config": name, "registered_name": name, **more}


def op_layer(name, *, new_style):
    layer = {"class_name": "TFOpLambda", "config": {"name": "x", "function": name}, "name": "x"}
    if new_style:
        layer |= {"module": "tf_keras.src.layers.core.tf_op_layer", "registered_name": "TFOpLambda"}
    return layer


CODE = {"class_name": "__lambda__", "config": {"value": ["4wAAAA==", None, None]}}
LOOKUP = {
    "max_tokens": None,
    "num_oov_indices": 1,
    "mask_token": None,
    "oov_token": "[UNK]",
    "output_mode": "int",
}

IN_KERAS_3 = {
    "a Lambda with code": insert(of_keras("Lambda", function=CODE)),
    "a Lambda with a function": insert(of_keras("Lambda", function=function("os", "system"))),
    "a Lambda by its own module": insert(
        {**of_keras("Lambda", function=CODE), "module": "keras.src.layers.core.lambda_layer"}
    ),
    "a Lambda in a wrapper": insert(of_keras("TimeDistributed", layer=of_keras("Lambda", function=CODE))),
    "a Lambda that claims to be registered": insert(
        {**of_keras("Lambda", function=CODE), "registered_name": "Custom>Mine"}
    ),
    "code as an activation": activation(CODE),
    "a saved TensorFlow program": insert(of_keras("TFSMLayer", filepath="elsewhere", call_endpoint="serve")),
    "wrapped code of JAX": insert(of_keras("JaxLayer", call_fn=CODE)),
    "wrapped code of PyTorch": insert(of_keras("TorchModuleWrapper", module="UEsDBA==")),
    "os.system": activation(function("os", "system")),
    "exec": activation(function("builtins", "exec")),
    "a loader as an activation": activation(function("keras.activations", "deserialize")),
    "a downloader": activation(function("keras.utils", "get_file")),
    "a module of Keras that is no layer": activation(function("keras.src.utils.python_utils", "func_load")),
    "a class of Python": insert({**of_keras("Popen", args="touch"), "module": "subprocess"}),
    "a class that is not named": insert({**of_keras("Dense"), "class_name": ["Lambda"]}),
    "an op that calls a function": insert({**of_keras("Map"), "module": "keras.src.ops.core"}),
    "an op with a loop": insert(
        {**of_keras("WhileLoop", cond=CODE, body=CODE), "module": "keras.src.ops.core"}
    ),
    "a type": activation({"class_name": "__typespec__", "spec_name": "x", "module": "os", "config": []}),
    "a loss of the system's": lambda config: config.update(
        compile_config={"loss": function("os", "system"), "optimizer": "adam"}
    ),
    "a Lambda in the training": lambda config: config.update(
        compile_config={"loss": of_keras("Lambda", function=CODE), "optimizer": "adam"}
    ),
    "a vocabulary elsewhere": insert(of_keras("StringLookup", vocabulary="/etc/passwd", **LOOKUP)),
    "a vocabulary by address": insert(of_keras("TextVectorization", vocabulary="file:///etc/passwd")),
    "a vocabulary in a list": insert(of_keras("StringLookup", vocabulary=["/etc/passwd"], **LOOKUP)),
    "a vocabulary in bytes": insert(
        of_keras("StringLookup", vocabulary={"class_name": "__bytes__", "config": {"value": "/etc/passwd"}})
    ),
    "an op on constants": insert(
        {
            **of_keras("Full", shape=[10**5, 10**5]),
            "module": "keras.src.ops.numpy",
            "inbound_nodes": [{"args": [1.0], "kwargs": {}}],
        }
    ),
    "merges elsewhere": insert(of_keras("TextVectorization", merges="/etc/passwd")),
}
IN_KERAS_2 = {
    "a Lambda with a function": insert(of_keras("Lambda", function=function("os", "system"))),
    "a Lambda with exec": insert(of_keras("Lambda", function=function("builtins", "exec"))),
    "a Lambda with code": insert(of_keras("Lambda", function=CODE)),
    "a class of Python": insert({**of_keras("Popen", args="touch"), "module": "subprocess"}),
    "a name beside the class's": insert({**of_keras("Dense"), "module": "os", "registered_name": "system"}),
    "a name within a class": insert({**of_keras("a.b"), "module": "os"}),
    "a module of TensorFlow": activation(function("tensorflow.io", "write_file")),
    "an op on constants": insert(
        {
            **op_layer("zeros", new_style=True),
            "inbound_nodes": [["_CONSTANT_VALUE", -1, [10**5, 10**5], {"name": None}]],
        }
    ),
    "a wrapper of cells": insert(
        {**of_keras("ResidualWrapper", residual_fn=CODE), "module": "tf_keras.src.layers.rnn.cell_wrappers"}
    ),
    "a vocabulary elsewhere": insert(of_keras("StringLookup", vocabulary="/etc/passwd", **LOOKUP)),
    **{
        f"the op {name}": insert(op_layer(name, new_style=True))
        for name in (
            "io.write_file io.read_file raw_ops.WriteFile py_function numpy_function print saved_model.load "
            "compat.v1.py_func compat.v1.print load_op_library data.Dataset.from_tensors while_loop map_fn cond "
            "function keras.models.load_model nn.RNNCellResidualWrapper"
        ).split()
    },
}
IN_HDF5 = {
    "a Lambda": insert({"class_name": "Lambda", "config": {"function": ["4wAAAA==", None, None]}}),
    "a Lambda behind a name": insert(
        {"class_name": "Lambda", "registered_name": "Custom>Mine", "module": "keras.layers", "config": {}}
    ),
    "a function that makes layers": insert({"class_name": "deserialize", "config": {"config": {}}}),
    "the op io.write_file": insert(op_layer("io.write_file", new_style=False)),
    "a raw op": insert({"class_name": "TensorFlowOpLayer", "config": {"node_def": "{}", "constants": {}}}),
    "a method of a class": insert({"class_name": "ClassMethod", "config": {"cls_ref": "io.gfile.GFile"}}),
    "a method": insert({"class_name": "InstanceMethod", "config": {"method_name": "eval"}}),
    "a type": insert({"class_name": "TypeSpec", "type_spec": "tf.x", "serialized": []}),
    "a vocabulary elsewhere": insert(
        {"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd", **LOOKUP}}
    ),
    "columns of features": insert({"class_name": "DenseFeatures", "config": {"feature_columns": []}}),
}
HOSTILE = [
    *((KERAS_3, ".keras", name, change) for name, change in IN_KERAS_3.items()),
    *((KERAS_2, ".keras", name, change) for name, change in IN_KERAS_2.items()),
    *((version, ".h5", name, change) for version in (KERAS_3, KERAS_2) for name, change in IN_HDF5.items()),
]


def never_loads(monkeypatch, *libraries):
    def loader(*_, **__):
        raise AssertionError("a loader has seen the file")

    for library in libraries:
        monkeypatch.setattr(library.saving, "load_model", loader)


@pytest.mark.parametrize(
    ("version", "kind", "change"),
    [pytest.param(v, kind, change, id=f"{v}{kind}, {name}") for v, kind, name, change in HOSTILE],
)
def test_no_loader_sees_what_is_not_known_to_be_harmless(tmp_path, monkeypatch, version, kind, change):
    path = forge(tmp_path / f"model{kind}", version, change)
    never_loads(monkeypatch, keras, by_keras(version))
    with pytest.raises(UnknownModelError, match=r"at .*safe=False.*--allow-unsafe-model") as caught:
        load_model(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 900


def leaves_a_marker_3(path, marker):
    code = keras.layers.Lambda(
        lambda x, marker: (open(marker, "w").close(), x)[1],  # noqa: PTH123 only builtins are there
        arguments={"marker": str(marker)},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keras.Sequential([keras.Input((4,)), code, keras.layers.Dense(1)]).save(path)


def leaves_a_marker_2(path, marker):
    """A file of Keras 2 that names a module beside it, which runs as soon as it is imported."""
    Path(path.parent, "brought_by_a_stranger.py").write_text(
        f"open({str(marker)!r}, 'w').close()", encoding="utf-8"
    )
    forge(path, KERAS_2, lambda config: {**config, "module": "brought_by_a_stranger", "class_name": "Run"})


def writes_a_file_2(path, marker):
    """A functional model with the op io.write_file on constants."""
    tf_keras = by_keras(KERAS_2)
    words = tf_keras.Input((4,))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tf_keras.Model(words, tf_keras.layers.Dense(1)(words * 2)).save(path)

    def change(config):
        layer = next(x for x in config["config"]["layers"] if x["class_name"] == "TFOpLambda")
        copy = json.loads(json.dumps(layer))
        copy["name"] = copy["config"]["name"] = "write"
        copy["config"]["function"] = "io.write_file"
        copy["inbound_nodes"] = [["_CONSTANT_VALUE", -1, str(marker), {"contents": "x"}]]
        config["config"]["layers"].append(copy)

    if path.suffix == ".h5":
        with h5py.File(path, "r+") as file:
            config = json.loads(file.attrs["model_config"])
            change(config)
            file.attrs["model_config"] = json.dumps(config)
        return
    parts = members(path.read_bytes())
    config = json.loads(parts["config.json"])
    change(config)
    pack(path, {**parts, "config.json": json.dumps(config)})


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        (".keras", leaves_a_marker_3),
        (".h5", leaves_a_marker_3),
        (".keras", leaves_a_marker_2),
        (".keras", writes_a_file_2),
        (".h5", writes_a_file_2),
    ],
)
def test_what_would_run_runs_only_with_leave(tmp_path, monkeypatch, kind, make):
    path, marker = tmp_path / f"model{kind}", tmp_path / "marker"
    make(path, marker)
    monkeypatch.syspath_prepend(tmp_path)
    marker.unlink(missing_ok=True)
    with pytest.raises(UnknownModelError, match="safe=False"):
        load_model(path)
    done = CliRunner().invoke(app, ["explain", str(path), "--ids", "1 2"])
    assert done.exit_code == 1
    assert "--allow-unsafe-model" in " ".join(done.output.split())
    assert not marker.exists()
    with contextlib.suppress(UnknownModelError):  # it has run before it failed
        load_model(path, safe=False)
    assert marker.exists()


def weights(change):
    """A `.keras` file whose weights `change` has seen, as an open HDF5 file."""

    def make(path):
        parts = members(saved(KERAS_3, ".keras"))
        buffer = io.BytesIO(parts["model.weights.h5"])
        with h5py.File(buffer, "r+") as file:
            change(file, path.with_name("secret.h5"))
        pack(path, {**parts, "model.weights.h5": buffer.getvalue()})

    return make


def tables(change):
    """An `.h5` file that `change` has seen."""

    def make(path):
        path.write_bytes(saved(KERAS_3, ".h5"))
        with h5py.File(path, "r+") as file:
            change(file, path.with_name("secret.h5"))

    return make


def external_link(file, secret):
    file["elsewhere"] = h5py.ExternalLink(secret, "/secret")


def soft_link(file, secret):
    file["elsewhere"] = h5py.SoftLink("/nowhere")


def second_name(file, secret):
    file["again"] = file["/"]


def external_table(file, secret):
    file.create_dataset("elsewhere", (4,), "f4", external=[(str(secret), 0, 16)])


def virtual_table(file, secret):
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource(secret, "secret", (4,))
    file.create_virtual_dataset("elsewhere", layout)


def texts_of_any_length(file, secret):
    file.create_dataset("words", data=["a", "b"], dtype=h5py.string_dtype())


def bomb(file, secret):
    file.create_dataset("zeros", (10**5, 10**5), "f8", chunks=(1000, 1000), compression="gzip")


def one_large_piece(file, secret):
    file.create_dataset("zeros", (1,), "f8", chunks=(10**8,), maxshape=(None,), compression="gzip")


def large_attribute(file, secret):
    file.attrs.create("large", np.zeros(10**4), shape=(10**4,), dtype="f8")
    for i in range(10):
        file.create_group(f"g{i}", track_order=True)


def member(name, data=b"", **more):
    def make(path):
        info = zipfile.ZipInfo(name)
        for key, value in more.items():
            setattr(info, key, value)
        pack(path, [*members(saved(KERAS_3, ".keras")).items(), (info, data)])

    return make


def text_of_the_config(change):
    def make(path):
        parts = members(saved(KERAS_3, ".keras"))
        pack(path, {**parts, "config.json": change(parts["config.json"].decode())})

    return make


@pytest.mark.parametrize(
    ("kind", "make", "message"),
    [
        *(
            (kind, source(change), message)
            for kind, source in ((".keras", weights), (".h5", tables))
            for change, message in (
                (external_link, "is a link .*ExternalLink"),
                (soft_link, "is a link .*SoftLink"),
                (second_name, "second name"),
                (external_table, "lies in another file"),
                (virtual_table, "lies in another file"),
                (texts_of_any_length, "does not hold numbers"),
                (bomb, "tables unpack to 80000000000 bytes.*max_size.*--max-model-size"),
                (one_large_piece, "tables unpack to"),
            )
        ),
        (".keras", member("config.json", b"{}"), "'config.json' twice"),
        (".keras", member("Config.json", b"{}"), "'Config.json', which no model has"),
        (".keras", member("model.weights.npz"), "which no model has"),
        (".keras", member("../outside.txt"), "which no model has"),
        (".keras", member("assets/../../outside.txt"), "which no model has"),
        (".keras", member("/outside.txt"), "which no model has"),
        (".keras", member("assets/..\\outside.txt"), "which no model has"),
        (".keras", member("assets/a", b"/etc/passwd", external_attr=0o120777 << 16), "link to another file"),
        (".keras", member("assets/a", b"a", compress_type=zipfile.ZIP_BZIP2), "encrypted or packed"),
        (".keras", member("assets/a", b"\n" * 3 * 10**6), "lines"),
        (
            ".keras",
            text_of_the_config(lambda text: text[:-1] + ', "class_name": "Sequential"}'),
            "'class_name' twice",
        ),
        (".keras", text_of_the_config(lambda text: "[" * 10**6), "nested too deeply"),
        (".keras", text_of_the_config(lambda text: "[" * 500 + "]" * 500), "nested too deeply"),
        (".keras", text_of_the_config(lambda text: "not JSON"), "Keras cannot load"),
        (".keras", text_of_the_config(lambda text: "17"), "Keras cannot load"),
    ],
)
def test_a_file_stays_within_itself_and_within_bounds(tmp_path, monkeypatch, kind, make, message):
    path = tmp_path / f"model{kind}"
    make(path)
    if "cannot load" not in message:
        never_loads(monkeypatch, keras)
    with pytest.raises(UnknownModelError, match=message) as caught:
        load_model(path)
    assert len(str(caught.value)) < 900


def wide(config):
    config["config"]["layers"][1]["config"]["input_dim"] = 10**12


def heavy(config):
    config["config"]["layers"][-1]["config"]["units"] = 10**10


def long(config):
    layer = config["config"]["layers"][1]
    copy = {**layer, "class_name": "UpSampling1D", "config": {"name": "x", "size": 10**9}}
    config["config"]["layers"].insert(2, copy)


def many(config):
    config["config"]["layers"][1:1] = [of_keras("Dropout", rate=0.1)] * 20_000


BOMBS = """
import sys, resource, pathlib
from textattr.errors import UnknownModelError
from textattr.loading import load_model
import keras, tensorflow, tf_keras, zipfile
keras.layers.Dense(1)
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
start = peak()
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try:
        load_model(path)
        print("loaded", path)
    except UnknownModelError as error:
        if "max_size" not in str(error) or "--max-model-size" not in str(error):
            print("another error", error)
    if peak() - start > 300:
        print("memory", path, peak() - start)
"""


def test_bombs_cost_little_memory(tmp_path):
    pytest.importorskip("resource", reason="peaks of memory are asked of Unix")
    by_keras(KERAS_2)
    parts = members(saved(KERAS_3, ".keras"))
    spaces = {**parts, "config.json": b" " * 600_000_000}
    pack(tmp_path / "a_config.keras", spaces, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
    del spaces
    honest = (tmp_path / "a_config.keras").read_bytes()
    size = (600_000_000).to_bytes(4, "little")
    (tmp_path / "b_untrue_size.keras").write_bytes(honest.replace(size, (900).to_bytes(4, "little")))
    for version in (KERAS_3, KERAS_2):
        for name, change in {"wide": wide, "heavy": heavy, "long": long, "many": many}.items():
            forge(tmp_path / f"c_{name}_{version}.keras", version, change)
            if name != "many":
                forge(tmp_path / f"c_{name}_{version}.h5", version, change)
    done = subprocess.run(
        [sys.executable, "-c", BOMBS, str(tmp_path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stderr[-2000:]


@pytest.mark.parametrize("family", ["keras", "tf_keras"])
def test_what_a_layer_gives_is_bounded(family):
    library = pytest.importorskip(family, reason=f"needs {family}")
    wide = library.layers.CategoryEncoding(num_tokens=10**9, output_mode="multi_hot")
    with pytest.raises(TooLargeError, match="'category_encoding.*' gives takes 4000000000 bytes"):
        check_outputs(library.Sequential([library.Input((4,)), wide]), Limits(1000))


@pytest.mark.parametrize("path", [5, None, b"model.keras", "model\0.keras"])
def test_a_path_is_the_name_of_a_file(path):
    with pytest.raises(UnknownModelError, match=r"expected the (path|name) of a \.keras or \.h5 file"):
        load_model(path)


def test_a_limit_can_be_raised(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(saved(KERAS_3, ".keras"))
    with pytest.raises(UnknownModelError, match="max_size=100"):
        load_model(path, max_size=100)
    assert load_model(path, max_size=10**6).count_params() == 16
    arguments = ["explain", str(path), "--ids", "1 2 3 4"]
    done = CliRunner().invoke(app, [*arguments, "--max-model-size", "100"])
    assert (done.exit_code, "--max-model-size" in " ".join(done.output.split())) == (1, True)
    assert CliRunner().invoke(app, arguments).exit_code == 0


@pytest.mark.parametrize("size", [0, -1, 1.5, "1", True, None])
def test_a_limit_is_a_whole_number(tmp_path, size):
    with pytest.raises(OptionError, match="max_size"):
        load_model(tmp_path / "model.keras", max_size=size)


@pytest.mark.parametrize("name", ["upload_preset", "compute_sentence_piece_proto", "deserialize", "get"])
@pytest.mark.parametrize("module", ["builtins", "keras.activations", None])
def test_functions_that_keras_hub_registers_are_no_activations(tmp_path, name, module):
    pytest.importorskip("keras_hub", reason="needs keras-hub (pip install keras-hub)")
    for registered in (name, f"keras_hub>{name}"):
        named = {**function(module, name), "registered_name": registered}
        path = forge(tmp_path / "model.keras", KERAS_3, activation(named))
        with pytest.raises(UnknownModelError, match=r"safe=False|custom_objects"):
            load_model(path)
