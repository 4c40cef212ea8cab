"""A table in, a table out: the same explanations as in memory, whatever the table and however it was broken off."""

from __future__ import annotations

import json
import sys

import corpora_small as small
import numpy as np
import pandas as pd
import pytest

import textattr
from textattr import errors
from textattr.corpora import explain_table
from textattr.corpora.errors import RunError, TableError
from textattr.corpora.schema import FOR_READERS, FOR_READING_BACK

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture(scope="module")
def frame():
    texts = small.texts(23)
    rows = range(len(texts))
    return pd.DataFrame(
        {
            "review": texts,
            "label": [i % 2 for i in rows],
            "key": [f"{i // 2:03d}" for i in rows],
            "month": [i % 3 for i in rows],
        }
    )


def run(explainer, source, out, **options):
    given = {"text": "review", "rows_per_shard": 5, "progress": False} | options
    return explain_table(explainer, source, out, **given)


def rows_of(out):
    return pd.concat(map(pd.read_parquet, sorted(out.glob("*.parquet"))), ignore_index=True)


def require_alike(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert (one.document, one.tokens, one.truth) == (other.document, other.tokens, other.truth)
        assert one.prediction.label == other.prediction.label
        for target, like in zip(one.targets, other.targets, strict=True):
            assert (target.target, target.label) == (like.target, like.label)
            np.testing.assert_allclose(target.heatmap, like.heatmap, atol=1e-6)
            np.testing.assert_allclose(target.score, like.score, atol=1e-6)


@pytest.mark.parametrize("name", small.EXPLAINERS)
def test_the_table_equals_explain_many(name, frame, tmp_path):
    explainer = small.EXPLAINERS[name]()
    expected = list(explainer.explain_many(frame.review, truth=frame.label))
    done = run(explainer, frame, tmp_path / "out", truth="label")
    assert (done.rows, done.errors, done.path) == (23, 0, tmp_path / "out")
    require_alike(textattr.read_table(tmp_path / "out"), expected)
    in_one = run(explainer, frame, tmp_path / "one", truth="label", rows_per_shard=1000)
    assert in_one.rows == 23
    assert list(textattr.read_table(tmp_path / "one")) == expected  # the same chunks: bit for bit


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("multilabel", {"targets": "all"}),
        ("convolution", {"targets": ("class0", "class2"), "against": "class1"}),
        ("regression", {}),
        ("convolution_tagger", {"targets": (0, None)}),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_every_kind_of_explanation_comes_back_exactly(name, wanted, tmp_path):
    names = {"target_names": ["class0", "class1", "class2"]} if name != "regression" else {}
    explainer = small.of_model(name, **names)
    texts = small.texts(6)
    run(explainer, pd.DataFrame({"review": texts}), tmp_path / "out", rows_per_shard=100, **wanted)
    assert list(textattr.read_table(tmp_path / "out")) == list(explainer.explain_many(texts, **wanted))


def test_columns_of_the_result(frame, tmp_path):
    run(small.black_box(), frame, tmp_path / "out", truth="label", id="key", keep=["month"])
    table = rows_of(tmp_path / "out")
    assert list(table.columns) == ["id", "month", *FOR_READERS[1:], *FOR_READING_BACK]
    assert table.id.tolist() == frame.key.tolist()  # which repeat
    assert table.month.tolist() == frame.month.tolist()
    assert table.row.tolist() == list(range(23))
    assert table.truth.tolist() == [["negative", "positive"][i] for i in frame.label]
    assert (table.tokens.map(len) == table.weights.map(len)).all()
    first = table.iloc[0]
    assert [first.text[a:b] for a, b in zip(first.starts, first.ends, strict=True)] == list(first.tokens)
    assert first.score == pytest.approx(
        small.margins([first.text])[0] * (1 if first.target == "positive" else -1)
    )
    assert table.error.isna().all()


def test_other_programs_read_the_folder(frame, tmp_path):
    run(small.black_box(), frame, tmp_path / "out")
    duckdb = pytest.importorskip("duckdb")
    found = duckdb.sql(f"select count(*), sum(len(tokens)) from '{tmp_path}/out/*.parquet'").fetchall()
    assert found[0] == (23, sum(len(text.split()) for text in frame.review))


def test_run_json_says_what_was_done(frame, tmp_path):
    run(small.of_model("convolution"), frame, tmp_path / "out", keep=["month"])
    said = json.loads((tmp_path / "out" / "run.json").read_text())
    assert said["schema_version"] == 1
    assert said["identity"]["method"] == "integrated_gradients"
    assert said["identity"]["options"]["steps"] == 4
    assert set(said["identity"]["model"]) == {"kind", "weights", "layers"}
    assert said["identity"]["columns"] == {"text": "review", "truth": None, "id": None, "keep": ["month"]}
    assert said["versions"]["textattr"] == textattr.__version__
    assert said["result"]["rows"] == 23


WRITERS = {
    "table.csv": lambda frame, path: frame.to_csv(path, index=False),
    "table.csv.gz": lambda frame, path: frame.to_csv(path, index=False),
    "table.tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t"),
    "table.jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True),
    "table.parquet": lambda frame, path: frame.to_parquet(path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_files(name, frame, tmp_path):
    WRITERS[name](frame, tmp_path / name)
    explainer = small.black_box()
    done = run(explainer, tmp_path / name, tmp_path / "out", truth="label", id="key", keep=["month"])
    assert (done.rows, done.errors) == (23, 0)
    table = rows_of(tmp_path / "out")
    assert table.id.tolist() == frame.key.tolist()
    assert table.month.astype(int).tolist() == frame.month.tolist()
    assert set(table.source) == {name}
    require_alike(
        textattr.read_table(tmp_path / "out"), explainer.explain_many(frame.review, truth=frame.label)
    )


@pytest.mark.parametrize("given", ["folder", "pattern"])
def test_several_files(given, frame, tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    frame[:7].to_parquet(tmp_path / "in" / "a.parquet")
    frame[7:7].to_parquet(tmp_path / "in" / "b.parquet")
    frame[7:].to_parquet(tmp_path / "in" / "deep" / "c.parquet")
    (tmp_path / "in" / "_SUCCESS").touch()
    source = tmp_path / "in" if given == "folder" else f"{tmp_path}/in/**/*.parquet"
    assert run(small.black_box(), source, tmp_path / "out").rows == 23
    table = rows_of(tmp_path / "out")
    assert table.text.tolist() == frame.review.tolist()
    keys = list(zip(table.source, table.row, strict=True))
    assert keys == [("a.parquet", i) for i in range(7)] + [("deep/c.parquet", i) for i in range(16)]


def test_a_folder_that_would_be_read_again(frame, tmp_path):
    frame.to_parquet(tmp_path / "a.parquet")
    with pytest.raises(RunError, match="lies in the folder that is read"):
        run(small.black_box(), tmp_path, tmp_path / "out")


@pytest.mark.parametrize("wrap", [pa.Table.from_pandas, lambda frame: frame.astype({"review": "category"})])
def test_tables_in_memory(wrap, frame, tmp_path):
    assert run(small.black_box(), wrap(frame), tmp_path / "out").rows == 23


def test_bad_rows_are_recorded(frame, tmp_path, capsys):
    bad = frame.astype({"review": object, "label": object})
    bad.loc[3, "review"], bad.loc[9, "review"], bad.loc[11, "label"] = "", None, 7
    bad.loc[12, "review"] = "w3 " * 400_000
    done = run(small.black_box(), bad.astype({"label": str}), tmp_path / "out", truth="label", progress=True)
    assert (done.rows, done.errors) == (23, 4)
    assert "4 could not be explained, the first one: DocumentError" in str(done)
    assert "4 errors" in capsys.readouterr().err
    table = rows_of(tmp_path / "out")
    assert table[table.error.notna()].row.tolist() == [3, 9, 11, 12]
    assert "missing" in table.error[9]
    assert "target 7 is out of range" in table.error[11]
    assert "1200000 characters" in table.error[12]
    assert len(list(textattr.read_table(tmp_path / "out"))) == 19
    failed = [
        each for each in textattr.read_table(tmp_path / "out", on_error="yield") if hasattr(each, "error")
    ]
    assert [(each.index, each.document) for each in failed[:2]] == [(3, ""), (9, None)]


def test_too_many_errors_end_the_run(frame, tmp_path):
    bad = frame.assign(review=["" if i in (1, 7) else text for i, text in enumerate(frame.review)])
    with pytest.raises(RunError, match="could not be explained: 1, allowed: 0; the first one: Doc"):
        run(small.black_box(), bad, tmp_path / "raise", on_error="raise")
    with pytest.raises(RunError, match="could not be explained: 2, allowed: 1"):
        run(small.black_box(), bad, tmp_path / "out", max_errors=1)
    assert (
        run(small.black_box(), bad, tmp_path / "out", max_errors=2).explained == 13
    )  # two shards were there


def test_a_run_goes_on_where_it_was_broken_off(frame, tmp_path):
    calls = []

    def breaks(texts):
        calls.append(texts)
        if len(calls) == 40:
            raise KeyboardInterrupt
        return small.margins(texts)

    with pytest.raises(KeyboardInterrupt):
        run(small.black_box(breaks), frame, tmp_path / "out", rows_per_shard=1)
    there = len(list((tmp_path / "out").glob("part-*.parquet")))
    assert 0 < there < 23
    calls.clear()
    done = run(small.black_box(breaks), frame, tmp_path / "out", rows_per_shard=1)
    assert (done.rows, done.explained) == (23, 23 - there)
    assert rows_of(tmp_path / "out").row.tolist() == list(range(23))
    assert run(small.black_box(breaks), frame, tmp_path / "out", rows_per_shard=1).explained == 0
    with pytest.raises(RunError, match="holds a run already"):
        run(small.black_box(breaks), frame, tmp_path / "out", rows_per_shard=1, resume=False)


def test_another_run_is_refused(frame, tmp_path):
    first = small.of_model("convolution")
    run(first, frame, tmp_path / "out")
    others = {
        r"model.weights was '": (small.of_model("convolution"), frame, {}),
        r"method was 'integrated_gradients', is 'deeplift'": (with_method(first, "deeplift"), frame, {}),
        r"options.steps was 4, is 8": (with_method(first, "integrated_gradients", steps=8), frame, {}),
        r"source.table was '23 rows, \w+', is '22 rows": (first, frame[1:], {}),
        r"columns.id was None, is 'key'": (first, frame, {"id": "key"}),
        r"targets was None, is 1": (first, frame, {"targets": 1}),
        r"rows_per_shard was 5, is 6": (first, frame, {"rows_per_shard": 6}),
    }
    weights = others[r"model.weights was '"][0].model
    weights.set_weights([each + 1 for each in weights.get_weights()])
    for says, (explainer, source, options) in others.items():
        with pytest.raises(RunError, match=f"holds another run: .*{says}"):
            run(explainer, source, tmp_path / "out", **options)
    other = textattr.Words(small.VOCABULARY, splitting="words", unknown=0)
    with pytest.raises(RunError, match="tokenizer was 'Words"):
        run(textattr.Explainer(first.model, tokenizer=other, method=first.method), frame, tmp_path / "out")
    assert run(first, frame, tmp_path / "out").explained == 0


def with_method(explainer, method, **options):
    return textattr.Explainer(explainer.model, tokenizer=explainer.tokenizer, method=method, **options)


def test_two_runs_do_not_share_a_folder(frame, tmp_path):
    def nested(texts):
        with pytest.raises(RunError, match=r"another run writes into .* \(process \d+"):
            run(small.black_box(), frame, tmp_path / "out")
        return small.margins(texts)

    run(small.black_box(nested), frame[:2], tmp_path / "out")


BAD_FILES = {
    "missing column": ("a.csv", b"revue,label\nw3,1\n", "no column 'review': did you mean 'revue'"),
    "a column twice": ("a.csv", b"review,review\nw3,1\n", "2 columns called 'review'"),
    "lists": ("a.jsonl", b'{"review": ["w3", "w4"]}\n', "holds list<item: string>, expected texts: join"),
    "numbers": ("a.jsonl", b'{"review": 3}\n', "holds int64, expected texts: make it"),
    "an array": ("a.jsonl", b'[{"review": "w3"}]\n', "line 1 of .*: expected an object, {\\.\\.\\.}, got"),
    "nothing but null": ("a.jsonl", b"null\n", "line 1 of .*: expected an object, {\\.\\.\\.}, got null"),
    "empty CSV": ("a.csv", b"", "a.csv cannot be read: it is empty"),
    "empty JSON": ("a.jsonl", b"", "it is empty"),
    "no rows": ("a.csv", b"review\n", "the source holds no rows: a.csv"),
    "no Parquet": ("a.parquet", b"PAR1 or not", "no Parquet file, or cut short"),
    "other encoding": ("a.csv", "review\nné\n".encode("latin-1"), "no utf-8 text .*--encoding"),
    "two bytes a character": ("a.csv", "review\nw3\n".encode("utf-16"), "no utf-8 text .*--encoding"),
    "unknown format": ("a.txt", b"w3\n", r"expected a name that ends in \.csv, \.tsv"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files(name, tmp_path):
    file, content, says = BAD_FILES[name]
    (tmp_path / file).write_bytes(content)
    with pytest.raises(TableError, match=says):
        run(small.black_box(), tmp_path / file, tmp_path / "out")


def test_rows_larger_than_what_is_read_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr("textattr.corpora.read_files._BLOCK", 2**20)
    (tmp_path / "a.csv").write_text('review\n"w3\n' + "w4\n" * 1_400_000)
    with pytest.raises(TableError, match="a row is larger than 1 MB, or a quote in it is never closed"):
        run(small.black_box(), tmp_path / "a.csv", tmp_path / "out")


def test_broken_json_lines_are_rows_that_say_so(tmp_path):
    lines = [
        '{"review": "w3", "key": 1}',
        '{"review": 3}',
        "",
        '{"review":',
        '{"key": "x", "review": "w5"}',
        '{"review": "w6"}',
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    assert run(small.black_box(), tmp_path / "a.jsonl", tmp_path / "out", id="key").rows == 5
    table = rows_of(tmp_path / "out")
    assert table.text.fillna("-").tolist() == ["w3", "-", "-", "-", "w6"]
    assert "changed from string to number" in table.error[1]
    assert f"line 4 of {tmp_path}/a.jsonl: JSON parse error" in table.error[2]


def test_a_row_of_five_megabytes(tmp_path):
    (tmp_path / "a.csv").write_text("review\n" + "w3 " * 1_700_000 + "\nw4\n")
    assert run(small.black_box(), tmp_path / "a.csv", tmp_path / "out").errors == 1
    assert (
        rows_of(tmp_path / "out")
        .error[0]
        .startswith("the text has 5100000 characters, more than 1000000: cut")
    )


def test_a_parquet_file_cut_short(frame, tmp_path):
    frame.to_parquet(tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(whole[:-50])
    with pytest.raises(TableError, match="a.parquet cannot be read: it is no Parquet file, or cut short"):
        run(small.black_box(), tmp_path / "a.parquet", tmp_path / "out")


def test_broken_lines_are_rows_that_say_so(tmp_path):
    (tmp_path / "a.csv").write_bytes(b'review,label\nw3,1\nw4\n"w5\nw6",0\nw3,1,2\n')
    done = run(small.black_box(), tmp_path / "a.csv", tmp_path / "out", truth="label")
    assert (done.rows, done.errors) == (4, 2)
    table = rows_of(tmp_path / "out")
    assert table.text.fillna("-").tolist() == ["w3", "-", "w5\nw6", "-"]
    assert table.error[1] == f"line 3 of {tmp_path}/a.csv has 1 cells, expected 2: 'w4'"
    assert "has 3 cells" in table.error[3]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "cp1252"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_encodings(name, encoding, tmp_path):
    content = "review\nw3 né\n" if name == "a.csv" else '{"review": "w3 né"}\n'
    (tmp_path / name).write_bytes(content.encode(encoding))
    run(small.black_box(), tmp_path / name, tmp_path / "out", encoding=encoding)
    assert rows_of(tmp_path / "out").text.tolist() == ["w3 né"]


def test_odd_texts_are_no_error(tmp_path):
    texts = ["w3 \0 w4", "w3\r\nw4", "\ufeffw3", "w3 " * 200]
    source = pd.DataFrame({"review": texts})
    assert run(small.black_box(odd), source, tmp_path / "out").errors == 0
    assert rows_of(tmp_path / "out").text.tolist() == texts


def odd(texts):
    return np.array([float(len(text) % 3) for text in texts])


@pytest.mark.parametrize(
    ("error", "says", "options"),
    [
        (errors.OptionError, "text= as the name of a column, got None", {"text": None}),
        (errors.OptionError, "keep= as a list of names", {"keep": "month"}),
        (errors.OptionError, "each column once in keep=", {"keep": ["month", "month"]}),
        (errors.OptionError, "rows_per_shard must be a whole number", {"rows_per_shard": 0}),
        (errors.OptionError, "unknown engine 'spark'", {"engine": "spark"}),
        (errors.OptionError, "unknown on_error", {"on_error": "skip"}),
        (errors.OptionError, "workers must be a whole number", {"workers": 0}),
        (TableError, "unknown encoding 'klingon'", {"encoding": "klingon", "source": "somewhere.csv"}),
        (TableError, "there is no file nowhere.csv", {"source": "nowhere.csv"}),
        (TableError, "expected the path of a table", {"source": 3}),
    ],
)
def test_wrong_arguments(error, says, options, frame, tmp_path):
    source = options.get("source", frame)
    with pytest.raises(error, match=says):
        run(
            small.black_box(), source, tmp_path / "out", **{k: v for k, v in options.items() if k != "source"}
        )


def test_names_that_the_result_has_itself(frame, tmp_path):
    with pytest.raises(errors.OptionError, match="the result has a column 'score' of its own"):
        run(small.black_box(), frame.rename(columns={"month": "score"}), tmp_path / "out", keep=["score"])


def test_mixed_types_in_a_data_frame(frame, tmp_path):
    with pytest.raises(TableError, match=r"values of different types in one column .*review.*astype\(str\)"):
        run(small.black_box(), pd.DataFrame({"review": ["w3", 3]}), tmp_path / "out")


def test_folders_that_cannot_be_written(frame, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="cannot write .*file"):
        run(small.black_box(), frame, tmp_path / "file")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.doc").touch()
    with pytest.raises(RunError, match=r"holds 'thesis.doc' and no run.json"):
        run(small.black_box(), frame, tmp_path / "other")


def test_no_space(frame, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    run(small.black_box(), frame[:5], tmp_path / "small")
    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", full)
        with pytest.raises(RunError, match="No space left on device; what was finished stays"):
            run(small.black_box(), frame, tmp_path / "out")
    assert not list((tmp_path / "out").glob("*part*"))
    assert run(small.black_box(), frame, tmp_path / "out").rows == 23


def test_without_the_extra(frame, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(errors.MissingExtraError, match=r"pip install 'textattr\[corpora\]'"):
        run(small.black_box(), frame, tmp_path / "out")
    with pytest.raises(errors.MissingExtraError, match=r"textattr\[corpora\]"):
        textattr.read_table(tmp_path / "out")


@pytest.mark.parametrize("out", ["nowhere", "empty"])
def test_reading_what_is_no_run(out, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(TableError, match=r"expected the out= of explain_table"):
        textattr.read_table(tmp_path / out)


def test_types_that_differ_from_file_to_file_lose_nothing(tmp_path):
    folder = tmp_path / "mixed"
    folder.mkdir()
    pq.write_table(pa.table({"review": ["w3"], "k": [1]}), folder / "a.parquet")
    pq.write_table(pa.table({"review": ["w4"], "k": [2.0]}), folder / "b.parquet")
    run(small.black_box(), folder, tmp_path / "out", keep=["k"])
    assert rows_of(tmp_path / "out").k.tolist() == [1, 2]
    pq.write_table(pa.table({"review": ["w4"], "k": [1.5]}), folder / "b.parquet")
    with pytest.raises(
        TableError, match=r"column 'k' holds double in rows 0 to 0 of b.parquet, and int64 in the first"
    ):
        run(small.black_box(), folder, tmp_path / "other", keep=["k"])


def test_a_truth_that_is_a_number_in_one_file_and_a_string_in_another(tmp_path):
    folder = tmp_path / "mixed"
    folder.mkdir()
    pq.write_table(pa.table({"review": ["w3"], "label": [1]}), folder / "a.parquet")
    pq.write_table(pa.table({"review": ["w4", "w5"], "label": ["0", "9" * 5000]}), folder / "b.parquet")
    run(small.black_box(), folder, tmp_path / "out", truth="label")
    found = rows_of(tmp_path / "out")
    assert found.truth.tolist()[:2] == ["positive", "negative"]
    assert found.error.isna().tolist() == [True, True, False]


def fitted(labels, C=1.0):
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(CountVectorizer(), LogisticRegression(C=C)).fit(
        ["w3 film", "w5 film", "w4 naive"], labels
    )
    return textattr.Explainer(model, method="occlusion")


def scaled(by):
    return small.black_box(lambda texts: by * small.margins(texts))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda: fitted([0, 1, 1]), lambda: fitted([1, 0, 0])),
        (lambda: fitted([0, 1, 1]), lambda: fitted([0, 1, 1], C=50)),
        (lambda: scaled(1), lambda: scaled(100)),
        (lambda: scaled(np.ones(1)), lambda: scaled(np.full(1, 2.0))),
    ],
    ids=["another fit", "another parameter", "a number of a closure", "an array of a closure"],
)
def test_another_model_of_the_same_code_is_refused(one, other, frame, tmp_path):
    run(one(), frame, tmp_path / "out")
    assert run(one(), frame, tmp_path / "out").explained == 0
    with pytest.raises(RunError, match="model"):
        run(other(), frame, tmp_path / "out")


def test_a_source_that_was_edited_in_the_middle_is_another_one(tmp_path):
    lines = ["review", *["w3 w4 w5 " * 10] * 4000]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    run(small.black_box(), path, tmp_path / "out", rows_per_shard=4000)
    lines[2000] = "w3 w4 w6 " * 10
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(RunError, match="source"):
        run(small.black_box(), path, tmp_path / "out", rows_per_shard=4000)


def json_lines(path, *lines):
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_json_lines_whose_first_values_are_missing_or_look_like_dates(tmp_path, monkeypatch):
    monkeypatch.setattr("textattr.corpora.json_lines._LINES", 2)
    rows = [{"review": "w3", "t": None, "day": "2024-01-01"}] * 3 + [
        {"review": "w4", "t": "late", "day": "unknown"}
    ] * 3
    path = json_lines(tmp_path / "a.jsonl", "{broken", *map(json.dumps, rows))
    done = run(small.black_box(), path, tmp_path / "out", keep=["day"], truth=None, rows_per_shard=100)
    assert (done.rows, done.errors) == (7, 1)
    found = rows_of(tmp_path / "out")
    assert found.error.isna().tolist() == [False] + [True] * 6
    assert found.day.tolist()[1:] == ["2024-01-01"] * 3 + ["unknown"] * 3
    done = run(small.black_box(), path, tmp_path / "other", keep=["t"], rows_per_shard=100)
    assert (done.rows, done.errors) == (7, 1)
    assert rows_of(tmp_path / "other").t.tolist()[-3:] == ["late"] * 3


def test_a_file_of_broken_lines_alone_is_refused(tmp_path):
    with pytest.raises(TableError, match="a.jsonl cannot be read: line 1"):
        run(small.black_box(), json_lines(tmp_path / "a.jsonl", "{broken", "{too"), tmp_path / "out")


def test_json_lines_in_another_encoding(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes('{"review": "w3"}\n{"review": "wé4"}\n'.encode("latin-1"))
    done = run(small.black_box(), path, tmp_path / "out")
    assert (done.rows, done.errors) == (2, 1)
    assert "line 2" in done.first_error
    assert "say which encoding the file has, encoding= or --encoding" in done.first_error
    assert run(small.black_box(), path, tmp_path / "other", encoding="latin-1").errors == 0
