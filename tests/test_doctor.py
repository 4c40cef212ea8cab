"""`textattr doctor MODEL`: what it finds in models of every family, and what it says of those it cannot explain."""

from __future__ import annotations

import json
import re
import zipfile

import keras
import pytest
from kinds import kind
from typer.testing import CliRunner

import textattr
from textattr.cli import app
from textattr.diagnosis.diagnose import diagnose
from textattr.diagnosis.findings import Table, Text
from textattr.methods import METHODS
from textattr.split.cut import Cut

layers = keras.layers


def classifier(*behind, last="softmax", name="stars", mask_zero=True):
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = layers.Embedding(30, 4, mask_zero=mask_zero, name="words")(tokens)
    for layer in (*behind, layers.GlobalAveragePooling1D(), layers.Dense(2, activation=last, name="scores")):
        x = layer(x)
    return keras.Model(tokens, x, name=name)


def doctor(*arguments):
    return CliRunner().invoke(app, ["doctor", *map(str, arguments)])


def works(found):
    return {trial.method for trial in found.trials if trial.error is None}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A small classifier, saved in both formats; Keras cannot read a mask back from the older one."""
    folder = tmp_path_factory.mktemp("doctor")
    classifier().save(folder / "stars.keras")
    classifier(mask_zero=False).save(folder / "stars.h5")
    return folder


@pytest.fixture
def few_methods(monkeypatch):
    """Only what is asked about is tried: ten methods take seconds, and three tests below try them all."""
    few = {name: METHODS[name] for name in ("saliency", "lrp", "deeplift", "occlusion")}
    monkeypatch.setattr("textattr.diagnosis.diagnose.METHODS", few)
    return few


def test_a_healthy_model_is_described_a_line_each(saved):
    done = doctor(saved / "stars.keras")
    assert done.exit_code == 0, done.stderr
    lines = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in done.stdout.splitlines())
    assert ".keras, saved by Keras" in lines["file"]
    assert lines["model"] == f"stars, Keras {keras.__version__}"
    assert lines["text"] == "token ids, any number of tokens, looked up in words (30 x 4)"
    assert lines["padding"] == "masked by words"
    assert lines["output"].startswith("multiclass, 2 units: ")
    assert lines["score"] == "the logits before the softmax"
    assert lines["checks"].startswith("the explained function is the model: ")
    assert lines["batches"] == "texts of a batch do not influence each other"
    assert [lines[name] for name in METHODS if name != "gradcam"] == ["works"] * (len(METHODS) - 1)
    assert re.match(r"[\d.]+ s for the first explanation", lines["time"])


@pytest.mark.usefixtures("few_methods")
def test_the_older_format(saved):
    done = doctor(saved / "stars.h5")
    assert done.exit_code == 0, done.stderr
    assert ": .h5" in done.stdout
    assert "no mask found" in done.stdout


def test_json_holds_the_same(saved, few_methods):
    done = doctor(saved / "stars.keras", "--json")
    found = json.loads(done.stdout)
    assert found["texts"] == [
        {
            "name": None,
            "reads": "ids",
            "length": None,
            "longest": None,
            "tables": [{"layer": "words", "rows": 30, "size": 4}],
            "mask": "words",
        }
    ]
    assert {trial["method"] for trial in found["trials"]} == set(few_methods)
    assert found["problem"] is None
    assert all(check["difference"] <= check["bound"] for check in found["checks"])


@pytest.mark.usefixtures("few_methods")
def test_labels_and_a_text_of_the_users_own(saved):
    (saved / "labels.txt").write_text("bad\ngood\n", encoding="utf-8")
    done = doctor(saved / "stars.keras", "--ids", "3 4 5", "--labels", saved / "labels.txt")
    assert "multiclass, 2 units: bad, good" in done.stdout


@pytest.mark.usefixtures("few_methods")
@pytest.mark.parametrize(
    ("name", "reads", "size"),
    [
        ("strings", "strings", None),
        ("vectors", "vectors", None),
        ("segments", "ids", 2),
        ("half_precision", "ids", None),
    ],
)
def test_every_way_of_reading_text(name, reads, size):
    found = diagnose(kind(name).model)
    assert found.problem is None
    assert found.texts[0].reads == reads
    assert works(found)
    if name == "segments":
        assert [other.has_share for other in found.others] == [True]


def test_the_other_keras():
    pytest.importorskip("tf_keras")
    found = diagnose(kind("convolution", "tf_keras").model)
    assert found.family.startswith("tf_keras ")
    assert works(found) == set(METHODS)


def test_a_model_without_a_lookup(tmp_path):
    inputs = keras.Input((2, 3, 4, 5))
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(inputs)))
    model.save(tmp_path / "images.keras")
    done = doctor(tmp_path / "images.keras")
    assert done.exit_code == 1
    assert done.stderr.startswith("textattr: ")
    assert len(done.stderr.splitlines()) == 1
    assert "works" not in done.stdout
    found = json.loads(doctor(tmp_path / "images.keras", "--json").stdout)
    assert found["problem"]
    assert found["trials"] == []


@pytest.mark.usefixtures("few_methods")
def test_probabilities_without_logits_are_said_to_be_explained_themselves():
    towers = [classifier(name=name) for name in ("one", "other")]
    tokens = keras.Input((None,), dtype="int32")
    model = keras.Model(tokens, layers.Average()([tower(tokens) for tower in towers]))
    [output] = diagnose(model).outputs
    assert output.is_probability
    assert output.activation is None


@pytest.mark.usefixtures("few_methods")
def test_a_method_that_does_not_work_says_why_and_the_others_go_on():
    convolved = classifier(layers.Lambda(lambda x: keras.ops.cumprod(x, axis=1), output_shape=(None, 4)))
    found = diagnose(convolved)
    refused = {trial.method: trial.error for trial in found.trials if trial.error is not None}
    assert {"lrp", "deeplift"} <= refused.keys()
    assert "Cumprod" in refused["lrp"]
    assert {"saliency", "occlusion"} <= works(found)
    assert found.problem is None


def test_a_cut_that_is_not_the_model_is_the_diagnosis(monkeypatch):
    run = Cut.run

    def wrong(cut, rows=None, vectors=None, others=None):
        return run(cut, rows, None if vectors is None else tuple(1.5 * each for each in vectors), others)

    monkeypatch.setattr(Cut, "run", wrong)
    found = diagnose(classifier(layers.Dense(4, activation="tanh")))
    assert "what would be explained is not the model" in found.problem


@pytest.mark.usefixtures("few_methods")
def test_texts_that_influence_each_other_are_found():
    class BatchMoments(layers.Layer):
        def call(self, x):
            return x - keras.ops.mean(x, axis=0, keepdims=True)

    found = diagnose(classifier(BatchMoments()))
    assert found.is_independent is False


def test_an_unreadable_file_is_one_line(tmp_path):
    (tmp_path / "broken.keras").write_bytes(b"PK\x03\x04" + b"x" * 40)
    done = doctor(tmp_path / "broken.keras")
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    with zipfile.ZipFile(tmp_path / "empty.keras", "w"):
        pass
    assert doctor(tmp_path / "empty.keras").exit_code == 1


@pytest.mark.parametrize("arguments", [["--json"], ["--ids", "1 2"], ["--text", "a", "--ids", "1"]])
def test_options_without_a_model_and_two_documents_are_wrong_usage(arguments, saved):
    model = [saved / "stars.keras"] if len(arguments) == 4 else []
    assert doctor(*model, *arguments).exit_code == 2


def test_the_shipped_model():
    found = diagnose(textattr.demo.load("sentiment").model)
    assert found.texts == (Text(None, "ids", tables=(Table("words", 7508, 32),)),)
    assert works(found) == set(METHODS)
    assert found.timing.first > 0
    assert found.timing.second > 0
