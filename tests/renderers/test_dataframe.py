import subprocess
import sys

import pandas as pd

from textattr.renderers.csv_table import read_csv
from textattr.renderers.dataframe import format_as_dataframe
from textattr.renderers.example import EXAMPLE, FEATURES, PAIR, explanation_of

COLUMNS = [
    *("document", "text", "output", "prediction", "truth", "target", "against", "label"),
    *("token_index", "token", "start", "end", "is_special", "weight"),
    *("kind", "value", "method", "model", "score", "probability", "baseline_score", "position"),
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
    for column in ("against", "text", "output"):
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
    assert pair["text"].tolist() == ["premise"] * 7 + ["hypothesis"] * 3
    assert pair["token"].tolist()[-3:] == ["The", "man", "runs"]
    assert pair["token_index"].tolist() == [*range(7), *range(3)]
    assert pair["weight"].tolist() == [w for t in PAIR.texts.values() for w in t.targets[0].heatmap]
    assert set(pair["label"]) == {"contradiction"}
    assert frame[frame["document"] == 0]["text"].isna().all()


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


def test_a_file_of_before_there_were_features_is_still_read(tmp_path):
    EXAMPLE.save(tmp_path / "new.csv")
    lines = (tmp_path / "new.csv").read_text(encoding="utf-8").splitlines()
    old = "\n".join(line.split(',"token",,')[0].split(',"kind"')[0] for line in lines)
    (tmp_path / "old.csv").write_text(old + "\n", encoding="utf-8")
    frame = read_csv(tmp_path / "old.csv")
    whole = format_as_dataframe(EXAMPLE)
    pd.testing.assert_frame_equal(frame[COLUMNS[:15]], whole[COLUMNS[:15]])
    assert frame["score"].isna().all()
