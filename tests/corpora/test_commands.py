"""`textattr batch` and `textattr top`."""

from __future__ import annotations

import corpora_small as small
import pandas as pd
import pytest

import textattr
from textattr.cli import main

pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    small.of_model("convolution").model.save(folder / "model.keras")
    (folder / "words.txt").write_text("\n".join(["<pad>", "<unk>", *small.VOCABULARY]))
    (folder / "labels.txt").write_text("bad\nplain\ngood\n")
    frame = pd.DataFrame(
        {"review": [*small.texts(20), ""], "label": ["bad", "2", "1"] * 7, "month": range(21)}
    )
    frame.to_csv(folder / "data.csv", index=False)
    return folder


def call(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in arguments])
    return ended.value.code


def batch(files, out, *more):
    ids = (
        "--vocabulary",
        files / "words.txt",
        "--unknown",
        1,
        "--splitting",
        "words",
        "--labels",
        files / "labels.txt",
    )
    columns = (
        "--text-column",
        "review",
        "--truth-column",
        "label",
        "--id-column",
        "month",
        "--keep",
        "month",
    )
    return call(
        *("batch", files / "model.keras", files / "data.csv", *columns, "--out", out, *ids),
        *("--labels", files / "labels.txt"),
        *("--method", "gradient_x_input", "--rows-per-shard", 6, *more),
    )


@pytest.fixture(scope="module")
def out(files, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "explained"
    assert batch(files, out) == 0
    return out


def test_a_table_in_a_table_out(files, out, capsys):
    assert batch(files, out) == 0
    said = capsys.readouterr()
    assert "21 rows in" in said.out
    assert "21 of them were there already" in said.out
    assert "1 could not be explained, the first one: DocumentError" in said.out
    table = pd.concat(map(pd.read_parquet, sorted(out.glob("*.parquet"))), ignore_index=True)
    assert table.truth.tolist()[:3] == ["bad", "good", "plain"]
    assert table.id.tolist() == table.month.tolist() == list(map(str, range(21)))
    expected = textattr.Explainer(
        textattr.load_model(files / "model.keras"),
        tokenizer=small.WORDS,
        target_names=["bad", "plain", "good"],
        method="gradient_x_input",
    )
    found = next(textattr.read_table(out))
    assert found.targets[0].heatmap == pytest.approx(
        expected.explain(table.text[0]).targets[0].heatmap, abs=1e-6
    )


def test_the_words_that_decide(out, capsys):
    assert call("top", out, "--min-documents", 2, "--words", 3) == 0
    assert "documents" in capsys.readouterr().out
    assert call("top", out, "--by", "outcome", "--by", "truth", "--sort", "total", "--min-documents", 1) == 0
    assert "outcome wrong" in capsys.readouterr().out
    assert call("top", out, "--compare", out, "--min-documents", 2) == 0
    assert "target " in capsys.readouterr().out
    assert call("top", out, "--class", "excellent") == 1
    assert "no document was explained for the class 'excellent'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "code", "says"),
    [
        (("--text-column", "revue"), 1, "has no column 'revue': did you mean 'review'"),
        (("--method", "saliency"), 1, "holds another run: method was 'gradient_x_input', is 'saliency'"),
        (("--encoding", "klingon"), 1, "unknown encoding 'klingon'"),
        (("--workers", 0), 2, "--workers"),
        (("--keep", "month"), 2, "each --keep once"),
    ],
)
def test_one_line_for_what_is_wrong(more, code, says, files, out, capsys):
    assert batch(files, out, *more) == code
    said = capsys.readouterr().err.strip().splitlines()
    assert says in said[-1]


def test_top_of_what_is_no_run(tmp_path, capsys):
    assert call("top", tmp_path) == 1
    assert "holds no run.json" in capsys.readouterr().err
