"""The command `textattr`, inside this process and as a user starts it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from typer.testing import CliRunner

from textattr.cli import app
from textattr.cli.inputs import as_target, read_text, read_words, tokens_of
from textattr.errors import TextAttrError

ROOT = str(Path(__file__).parents[1])
WORDS = ["<PAD>", "<UNK>", "good", "bad", "film"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model that counts good and bad words, with all that the command line takes beside it."""
    folder = tmp_path_factory.mktemp("cli")
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(len(WORDS), 2, name="lookup"),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.layers[0].set_weights([np.array([[0, 0], [0, 0], [1, 0], [0, 1], [0, 0]], "float32")])
    model.layers[-1].set_weights([np.array([[2.0], [-3.0]], "float32"), np.zeros(1, "float32")])
    model.save(folder / "model.keras")
    (folder / "words.txt").write_text("\n".join(WORDS), encoding="utf-8")
    (folder / "words.json").write_text(json.dumps({w: i for i, w in enumerate(WORDS)}), encoding="utf-8")
    (folder / "labels.txt").write_text("negative\npositive\n", encoding="utf-8")
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="<UNK>"))
    tokenizer.pre_tokenizer, tokenizer.normalizer = pre_tokenizers.Whitespace(), normalizers.Lowercase()
    of_keras = tf.keras.preprocessing.text.Tokenizer(oov_token="<UNK>")
    of_keras.fit_on_texts(["good bad film"])
    (folder / "keras.json").write_text(of_keras.to_json())
    (folder / "folder").mkdir()
    for path in (folder / "tokenizer.json", folder / "folder" / "tokenizer.json"):
        tokenizer.save(str(path))
    (folder / "review.txt").write_text("A bad film.\n", encoding="utf-8")
    return folder


@pytest.fixture
def run(folder, monkeypatch, tmp_path):
    """Run the command line in this process, with the model's files at hand."""
    monkeypatch.chdir(folder)

    def run(*arguments, stdin=None):
        return CliRunner().invoke(app, [str(a) for a in arguments], input=stdin)

    return run


def start(*arguments, cwd=None, **environment):
    """Run it as a user does, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "textattr", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": ROOT, "TF_CPP_MIN_LOG_LEVEL": "0", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
    )


TEXT = ("--vocabulary", "words.txt", "--unknown", 1, "--splitting", "words")


def spans(path):
    target = json.loads(path.read_text(encoding="utf-8"))["targets"][0]
    return {span["text"]: span["weight"] for span in target["spans"]}


def one_line(result, *parts):
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("textattr: ")
    assert result.stdout == ""
    for part in parts:
        assert part in lines[0]


# what works


def test_explain_a_text(run, tmp_path):
    file = tmp_path / "out.json"
    done = run("explain", "model.keras", "good bad film", *TEXT, "--labels", "labels.txt", "--json", file)
    assert done.exit_code == 0, done.output
    assert "negative" in done.stdout
    assert f"saved {file}" in done.stdout
    assert done.stderr == ""
    weights = spans(file)  # of "negative": good speaks against it, bad for it
    assert weights["good"] == pytest.approx(-2 / 3, abs=1e-3)
    assert weights["bad"] == pytest.approx(1, abs=1e-3)
    assert weights["film"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (("review.txt", *TEXT), None),
        (("-", *TEXT), "A bad film."),
        (("A bad film.", "--vocabulary", "words.json", "--unknown", "none"), None),
        (("A bad film.", *TEXT, "--target", "negative", "--labels", "labels.txt"), None),
        (("A bad film.", *TEXT, "--target", "0"), None),
        (("A BAD film.", *TEXT, "--lowercase", "--method", "gradient_x_input"), None),
        (("A bad film.", "--tokenizer", "tokenizer.json"), None),
        (("A bad film.", "--tokenizer", "folder"), None),
        (("A bad film.", *TEXT[:-1], "keras_tokenizer"), None),
        (("--ids", "1, 3, 4", "--vocabulary", "words.txt"), None),
    ],
    ids=lambda value: None if value is None else str(value)[:30],
)
def test_ways_to_say_it(run, tmp_path, arguments, stdin):
    file = tmp_path / "out.json"
    done = run("explain", "model.keras", *arguments, "--json", file, stdin=stdin)
    assert done.exit_code == 0, done.output
    weights = {word.lower(): weight for word, weight in spans(file).items()}
    assert weights["bad"] > 0
    assert max(weights, key=weights.get) == "bad"


@pytest.mark.parametrize("method", ["auto", "occlusion"])
def test_a_long_text_in_windows(run, tmp_path, method):
    file = tmp_path / "out.json"
    long = ("--window", 4, "--stride", 2, "--join", "max", "--method", method)
    done = run("explain", "model.keras", "good film " * 5 + "bad", *TEXT, *long, "--json", file)
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())  # lines break where the terminal ends
    assert "11 tokens, and was read in 5 windows of 4: the prediction is the max of theirs" in said
    (target,) = json.loads(file.read_text(encoding="utf-8"))["targets"]
    assert target["diagnostics"]["windows"] == 5


def test_a_rule_that_was_not_said_is_a_warning(run):
    done = run("explain", "model.keras", "good film", *TEXT[:-2])
    assert done.exit_code == 0, done.output
    assert "splitting=" in done.stdout
    assert done.stderr == ""


def test_ids_without_a_vocabulary_name_themselves(run):
    done = run("explain", "model.keras", "--ids", "3 4")
    assert done.exit_code == 0, done.output
    assert "[3]" in done.stdout


def test_report(run, tmp_path):
    done = run("explain", "model.keras", "good film", *TEXT, "--html", tmp_path / "out.html")
    assert done.exit_code == 0, done.output
    assert "<!doctype html>" in (tmp_path / "out.html").read_text(encoding="utf-8").lower()


def test_characters(run, tmp_path):
    (tmp_path / "letters.txt").write_text("<PAD>\n<UNK>\ng\nb\nf", encoding="utf-8")
    arguments = ("--vocabulary", tmp_path / "letters.txt", "--unknown", 1, "--characters")
    done = run("explain", "model.keras", "gbb", *arguments, "--json", tmp_path / "out.json")
    assert done.exit_code == 0, done.output
    assert len(json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["tokens"]) == 3


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(TEXT, id="vocabulary", marks=pytest.mark.rest),  # the other reads more files on its way
        pytest.param(("--tokenizer", "keras.json"), id="tokenizer"),
    ],
)
def test_a_real_run_leaves_stderr_empty(folder, given):
    """Whatever TensorFlow has to say, and whatever else Keras is used for on the machine."""
    given = ("explain", "model.keras", "good film", *given)
    done = start(*given, cwd=folder, FORCE_COLOR="1", KERAS_BACKEND="torch")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b[" in done.stdout


def test_demo(run, tmp_path):
    """In a process of its own: `.ci/run`, which wants an empty stderr as well."""
    done = run("demo", "--html", tmp_path / "report.html")
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    assert (tmp_path / "report.html").stat().st_size > 1000
    assert "\x1b[" not in done.stdout  # no colour where nobody looks


@pytest.mark.parametrize("model", ["sentiment", "topics"])
def test_demo_of_a_text_of_ones_own(run, model):
    done = run("demo", "The stock market fell, which was bad.", "--model", model)
    assert done.exit_code == 0, done.output
    assert "stock" in done.stdout


def test_doctor(run):
    """In a process of its own: `.ci/run`, which wants an empty stderr as well."""
    done = run("doctor")
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    for name in ("textattr", "Python", "tensorflow", "keras", "numpy", "backend", "devices"):
        assert name in lines
    assert "passed in" in lines["self-test"]


def test_doctor_names_a_foreign_backend(tmp_path):
    done = start("doctor", cwd=tmp_path, KERAS_BACKEND="torch")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "KERAS_BACKEND" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["explain", "--help"], ["demo", "-h"], ["doctor", "-h"]])
def test_help(run, arguments):
    done = run(*arguments)
    assert done.exit_code == 0
    assert "textattr" in done.stdout
    if arguments[0] != "doctor":
        assert "textattr demo" in done.stdout or "textattr explain my.keras" in done.stdout


def test_version(run):
    import textattr

    assert run("--version").stdout == f"textattr {textattr.__version__}\n"


# what does not: 2 for wrong arguments, 1 for work that failed, and one line on stderr


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["nonsense"], ["nonsense"]),
        (["demo", "--methd", "x"], ["--methd", "--method"]),
        (["demo", "--model", "x"], ["sentiment"]),
        (["demo", "--html", "x.txt"], [".html"]),
        (["explain"], ["MODEL"]),
        (["explain", "model.keras"], ["TEXT", "--ids"]),
        (["explain", "model.keras", "x", "--ids", "1"], ["TEXT", "--ids"]),
        (["explain", "model.keras", "--ids", "1 x"], ["1 x"]),
        (["explain", "model.keras", "good"], ["--vocabulary", "--tokenizer"]),
        (
            ["explain", "model.keras", "good", *TEXT, "--tokenizer", "tokenizer.json"],
            ["--tokenizer", "--vocabulary"],
        ),
        (["explain", "model.keras", "--ids", "4", "--tokenizer", "tokenizer.json"], ["--tokenizer", "--ids"]),
        (["explain", "model.keras", "good", "--vocabulary", "words.txt"], ["--unknown"]),
        (["explain", "model.keras", "good", "--vocabulary", "words.txt", "--unknown", "x"], ["'x'"]),
        (["explain", "model.keras", "good", *TEXT, "--characters", "--offset", "2"], ["--characters"]),
        (["explain", "model.keras", "good", *TEXT, "--json", "x"], [".json"]),
    ],
    ids=lambda value: " ".join(map(str, value))[:50],
)
def test_wrong_arguments(run, arguments, parts):
    done = run(*arguments)
    assert done.exit_code == 2
    one_line(done, "--help", *parts)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["explain", "missing.keras", "good", *TEXT], ["missing.keras"]),
        (["explain", "words.txt", "good", *TEXT], ["words.txt", "no Keras model"]),
        (["explain", "model.keras", "missing.txt", *TEXT], ["missing.txt"]),
        (["explain", "model.keras", "", *TEXT], ["word"]),
        (["explain", "model.keras", "good", "--vocabulary", "missing", "--unknown", 1], ["missing"]),
        (["explain", "model.keras", "good", "--vocabulary", "model.keras", "--unknown", 1], ["UTF-8"]),
        (["explain", "model.keras", "good", *TEXT, "--labels", "missing"], ["missing"]),
        (["explain", "model.keras", "good", *TEXT, "--labels", "words.txt"], ["5", "2"]),
        (["explain", "model.keras", "good", *TEXT, "--target", "7"], ["7"]),
        (
            ["explain", "model.keras", "good", *TEXT, "--method", "integrated_gradient"],
            ["integrated_gradients"],
        ),
        (["explain", "model.keras", "good", "--tokenizer", "missing"], ["missing", "tokenizer.json"]),
        (["explain", "model.keras", "good", "--tokenizer", "words.json"], ["words.json", "Hugging Face"]),
        (["explain", "model.keras", "--ids", "4 99"], ["99", "5"]),
        (["explain", "model.keras", "good", *TEXT, "--html", "nowhere/x.html"], ["nowhere"]),
        (["demo", "x", "--method", "nonsense"], ["nonsense", "saliency"]),
    ],
    ids=lambda value: " ".join(map(str, value))[:70],
)
def test_work_that_fails(run, arguments, parts):
    done = run(*arguments)
    assert done.exit_code == 1
    if "nowhere/x.html" not in arguments:
        one_line(done, *parts)


def test_without_a_command_there_is_help(run):
    done = run()
    assert done.exit_code == 2
    assert "textattr demo" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [["--debug", "explain"], ["explain", "--debug"]])
def test_debug_shows_the_traceback(run, arguments):
    done = run(*arguments, "missing.keras", "good", *TEXT)
    assert done.exit_code == 1
    assert isinstance(done.exception, TextAttrError)


def test_a_model_with_code_of_its_own_needs_leave(run, tmp_path):
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(len(WORDS), 2),
            keras.layers.Lambda(lambda x: 2 * x),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.save(tmp_path / "own.keras")
    done = run("explain", tmp_path / "own.keras", "good", *TEXT)
    assert done.exit_code == 1
    one_line(done, "--allow-unsafe-model")
    assert run("explain", tmp_path / "own.keras", "good", *TEXT, "--allow-unsafe-model").exit_code == 0


def test_an_unforeseen_error_is_one_line_too(run, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("textattr.explain_prediction", broken)
    done = run("explain", "model.keras", "good", *TEXT)
    assert done.exit_code == 1
    one_line(done, "two lines", "RuntimeError", "--debug")


@pytest.mark.parametrize("command", ["--help", "doctor"])
def test_a_reader_that_leaves_early_is_no_error(command):
    environment = {**os.environ, "PYTHONPATH": ROOT}
    with subprocess.Popen(
        [sys.executable, "-m", "textattr", command],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


# reading


def test_read_text_takes_a_sentence_for_a_sentence(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert read_text("labels") == "labels"
    assert read_text("Is this review.txt? Yes.") == "Is this review.txt? Yes."
    assert read_text("x" * 5000) == "x" * 5000
    assert read_text("nul \0 inside") == "nul \0 inside"
    assert read_text("review.txt") == "A bad film."


def test_read_text_from_stdin_that_is_no_text(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\x00")))
    with pytest.raises(TextAttrError, match="stdin is no UTF-8"):
        read_text("-")


def test_words_from_json(tmp_path):
    path = tmp_path / "words.json"
    path.write_text('["a", "b"]', encoding="utf-8")
    assert read_words(path) == {"a": 0, "b": 1}
    path.write_text('{"a": 1', encoding="utf-8")
    with pytest.raises(TextAttrError, match="no JSON"):
        read_words(path)
    path.write_text('{"a": "b"}', encoding="utf-8")
    with pytest.raises(TextAttrError):
        read_words(path)


def test_tokens_of_ids_with_an_offset():
    assert tokens_of([1, 5, 6], {"good": 2, "bad": 3}, offset=3) == ["[1]", "good", "bad"]


def test_a_target_is_a_label_first():
    assert as_target("1", ["0", "1"]) == "1"
    assert as_target("1", None) == 1
    assert as_target("-1", None) == -1
    assert as_target("positive", None) == "positive"
    assert as_target(None, None) is None


def test_a_model_file_is_found_by_path_objects(folder):
    from textattr.loading import load_model

    assert load_model(Path(folder, "model.keras")).layers[0].name == "lookup"
