"""README.md does what it says: its Python runs, its commands work, its links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import keras
import pytest
from typer.testing import CliRunner

import textattr
from textattr.cli import app
from textattr.tokenizers.callables import FromCallable

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"^    (textattr .*)$", PAGE, re.MULTILINE)
WORDS = ["<PAD>", "<UNK>", "one", "another", "sentence", "what", "day"]


@pytest.fixture(scope="module")
def readers_own():
    """What the README leaves to the reader: models, and a document in their ids."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    encoder = [layers.Embedding(len(WORDS), 4, mask_zero=True), layers.GlobalAveragePooling1D()]
    softmax = layers.Dense(2, activation="softmax")
    premise, hypothesis = (keras.Input((None,), dtype="int32", name=n) for n in ("premise", "hypothesis"))
    pooled = [encoder[1](encoder[0](x)) for x in (premise, hypothesis)]
    note, vitals = keras.Input((None,), dtype="int32", name="note"), keras.Input((2,), name="vitals")
    beside = layers.Concatenate()([encoder[1](encoder[0](note)), vitals])
    return {
        "tagger": keras.Sequential([keras.Input((None,), dtype="int32"), encoder[0], layers.Dense(3)]),
        "model_with_table": keras.Model(
            {"note": note, "vitals": vitals}, layers.Dense(2, activation="softmax")(beside)
        ),
        "model": keras.Sequential([keras.Input((None,), dtype="int32"), *encoder, softmax]),
        "entailment_model": keras.Model(
            [premise, hypothesis], layers.Dense(2, activation="softmax")(layers.Concatenate()(pooled))
        ),
        "ids": [2, 4, 0],
        "tokens": ["one", "sentence", "<PAD>"],
        "vocabulary": WORDS,
        "tokenizer": FromCallable(str.split, WORDS, unknown=1),
    }


@pytest.fixture
def folder(readers_own, monkeypatch, tmp_path):
    """The reader's working directory, with the files that the commands name."""
    readers_own["model"].save(tmp_path / "my.keras")
    (tmp_path / "words.txt").write_text("\n".join(WORDS), encoding="utf-8")
    rows = ["one sentence,0,may", "another day,1,may", "one day,0,june"]
    (tmp_path / "tickets.csv").write_text("\n".join(["text,label,month", *rows]), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_python(readers_own, folder, capsys):
    names = dict(readers_own)
    for block in BLOCKS:
        exec("import textattr\n" + block, names)
        if "premise" in block:
            names["of_premise"] = names["explanation"]["premise"]
    assert "why positive" in capsys.readouterr().out
    assert len(names["explanations"]) == 2
    assert [feature.name for feature in names["explanation"].targets[0].features] == ["age", "pulse"]
    of_premise = names["of_premise"].targets[0]
    assert [span.text for span in of_premise.spans] == ["one", "sentence"]
    assert any(span.weight for span in of_premise.spans)
    assert {path.name for path in folder.iterdir()} >= {"report.html", "explanation.json"}


def test_first_block_is_all_that_it_takes(capsys):
    exec(BLOCKS[0], {})
    assert "wonderful" in capsys.readouterr().out
    assert len([line for line in BLOCKS[0].splitlines() if line]) == 4


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.usefixtures("folder")
def test_command(command):
    if command.startswith("textattr top"):  # of what the command before it wrote
        test_command(COMMANDS[COMMANDS.index(command) - 1])
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert result.exit_code == 0, result.output


def test_picture_shows_the_sentence():
    drawn = re.search(
        r'^SENTENCE = "(.*)"$', (ROOT / "benchmarks/picture.py").read_text("utf-8"), re.MULTILINE
    )
    assert f'text = "{drawn[1]}"' in BLOCKS[0]


def test_links():
    targets = re.findall(r"\]\(([^)]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", PAGE)
    paths = {link or attribute for link, attribute in targets}
    assert len(paths) >= 5
    assert [path for path in paths if not (ROOT / path).is_file()] == []


def test_named_files():
    named = re.findall(r"`((?:tests|textattr|tutorials|benchmarks)/[\w./-]+)`", PAGE)
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_tutorial_is_named():
    assert [
        path.name
        for path in sorted((ROOT / "tutorials").glob("*.ipynb"))
        if f"](tutorials/{path.name})" not in PAGE
    ] == []


def test_methods():
    named = set(re.findall(r'^\| `"(\w+)"`', PAGE, re.MULTILINE))
    assert named
    assert named <= set(textattr.METHODS)


def test_commands_of_the_checkout():
    for command in ("demo", "test"):
        assert f"\n    ./dev {command}\n" in PAGE
        assert f"\n{command})\n" in (ROOT / "dev").read_text(encoding="utf-8")


def test_pictures_are_small():
    pictures = list((ROOT / "tutorials/images").glob("*.png"))
    assert {path.name for path in pictures} >= {"first-light.png", "first-dark.png"}
    assert [path.name for path in pictures if path.stat().st_size > 100_000] == []
