import re
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest

from textattr.explanation import Feature
from textattr.renderers.csv_table import format_as_csv, read_csv
from textattr.renderers.dataframe import format_as_dataframe
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR, explanation_of

COLUMNS = [
    *("document", "input", "text", "output", "prediction", "truth", "target", "against", "label"),
    *("token_index", "token", "start", "end", "is_special", "weight"),
    *("kind", "value", "method", "model", "score", "probability", "baseline_score", "position", "is_unknown"),
]


def test_one_row_per_token():
    frame = format_as_dataframe(EXAMPLE)
    assert list(frame.columns) == COLUMNS
    assert frame["token"].tolist() == [token.text for token in EXAMPLE.tokens]
    assert frame["weight"].tolist() == EXAMPLE.targets[0].heatmap.tolist()
    assert frame["token_index"].tolist() == list(range(9))
    assert frame.loc[3, ["start", "end"]].tolist() == [13, 18]
    assert set(frame["label"]) == set(frame["prediction"]) == {"positive"}
    assert frame["truth"].isna().all()
    assert set(frame["text"]) == {EXAMPLE.document}
    for column in ("against", "input", "output"):
        assert frame[column].isna().all()


def test_documents_and_targets_are_told_apart():
    two = explanation_of("so bad", ["so", "bad"], [0.1, 0.2], [0.3, 0.4], against=1, truth="negative")
    frame = format_as_dataframe(explanation for explanation in (EXAMPLE, two))
    assert frame["document"].tolist() == [0] * 9 + [1] * 4
    second = frame[frame["document"] == 1]
    assert second["target"].tolist() == [0, 0, 1, 1]
    assert second["against"].tolist() == [1, 1, 1, 1]
    assert second["weight"].tolist() == [0.1, 0.2, 0.3, 0.4]
    assert set(second["truth"]) == {"negative"}


def test_texts_are_told_apart():
    frame = format_as_dataframe([EXAMPLE, PAIR])
    pair = frame[frame["document"] == 1]
    assert pair["input"].tolist() == ["premise"] * 7 + ["hypothesis"] * 3
    assert pair["text"].tolist() == [PAIR["premise"].document] * 7 + [PAIR["hypothesis"].document] * 3
    assert all(row.text[row.start : row.end] == row.token for row in pair.itertuples())
    assert pair["token"].tolist()[-3:] == ["The", "man", "runs"]
    assert pair["token_index"].tolist() == [*range(7), *range(3)]
    assert pair["weight"].tolist() == [w for t in PAIR.texts.values() for w in t.targets[0].heatmap]
    assert set(pair["label"]) == {"contradiction"}
    assert frame[frame["document"] == 0]["input"].isna().all()


def test_outputs_are_told_apart(outputs):
    frame = format_as_dataframe(outputs).drop_duplicates("label")
    assert frame["output"].tolist() == ["topic", "urgency", None]
    assert frame["prediction"].tolist() == ["sports", "calm", "sports"]
    assert frame["target"].isna().tolist() == [False, False, True]
    assert frame["target"].tolist()[:2] == [1, 0]


def test_features_are_rows_in_their_own_order():
    frame = format_as_dataframe(FEATURES)
    assert frame["token"].tolist() == ["awful", "plot", "acting", "great", "boring"]
    assert frame["weight"].tolist() == FEATURES.targets[0].heatmap.tolist()


def test_nothing_gives_an_empty_frame_of_the_same_kind():
    empty, full = format_as_dataframe([]), format_as_dataframe(EXAMPLE)
    assert len(empty) == 0
    assert list(empty.dtypes) == list(full.dtypes)
    assert len(pd.concat([empty, full])) == 9


def test_pandas_is_not_imported_before_it_is_needed():
    code = (
        "import sys, types\n"
        "before = 'pandas' in sys.modules\n"
        "import textattr.renderers.dataframe, textattr.explanation\n"
        "sys.exit(not before and 'pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("last", ["weight", "position"])
def test_a_file_of_before_there_was_the_text_is_still_read(last, tmp_path):
    whole = format_as_dataframe([PAIR, EXAMPLE])
    names = [name for name in COLUMNS if name != "text"]
    names = names[: names.index(last) + 1]
    header = [f'"{"text" if name == "input" else name}"' for name in names]
    lines = [[_write(row[name]) for name in names] for _, row in whole.iterrows()]
    (tmp_path / "old.csv").write_text("\n".join(map(",".join, [header, *lines])) + "\n", encoding="utf-8")
    frame = read_csv(tmp_path / "old.csv")
    pd.testing.assert_frame_equal(frame[names], whole[names])
    assert frame["text"].isna().all()
    assert set(frame["kind"]) == {"token"}
    if last == "weight":
        assert frame["score"].isna().all()


def _write(value):
    if value is None or pd.isna(value):
        return ""
    return f'"{value}"' if isinstance(value, str) else repr(value)


def test_a_file_holds_each_text_once_and_gives_it_back_in_each_row(tmp_path):
    several = (
        explanation_of("so good", ["so", "good"], [0.1, 0.2], [0.3, 0.4]),
        explanation_of("so good", ["good"], [0.3]),
        PAIR,
    )
    (tmp_path / "x.csv").write_text(format_as_csv(several), encoding="utf-8")
    content = (tmp_path / "x.csv").read_text(encoding="utf-8")
    assert content.count('"so good"') == 2
    assert content.count(PAIR["premise"].document) == 1
    pd.testing.assert_frame_equal(read_csv(tmp_path / "x.csv"), format_as_dataframe(several))


def test_features_have_the_only_text_and_none_of_several():
    numbers = (Feature("age", 71.0, 0.4),)
    one = replace(EXAMPLE, targets=(replace(EXAMPLE.targets[0], features=numbers),))
    several = replace(PAIR, targets=tuple(replace(target, features=numbers) for target in PAIR.targets))
    frame = format_as_dataframe([one, several])
    frame = frame[frame["kind"] == "feature"]
    assert frame["token"].unique().tolist() == ["age"]
    assert frame["input"].isna().all()
    assert frame["text"].tolist() == [EXAMPLE.document] + [None] * len(PAIR.targets)


def test_every_column_is_described():
    assert set(COLUMNS) <= set(re.findall(r"`(\w+)`", format_as_dataframe.__doc__ or ""))
