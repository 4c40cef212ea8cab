"""Whatever stands in an explanation, its CSV file gives it back, and no cell of it is a formula."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fuzzing import fuzz
from hypothesis import given
from hypothesis import strategies as st

import textattr
from textattr.errors import TextAttrError
from textattr.explanation import Explanation, Prediction, TargetExplanation, Token
from textattr.renderers.csv_table import format_as_csv
from textattr.renderers.example import EXAMPLE, PAIR, explanation_of_several

FORMULAS = tuple("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n'")
STRINGS = ("input", "text", "output", "prediction", "truth", "label", "token")
nasty = st.sampled_from(
    [
        *("", "NA", "null", "None", "nan", "1e5", "  x", "=1+1", "-1", "\t=", "'", "''=", '"', '""', ","),
        *("\\", "\\u0000", "\\u005cu0000", "\\\\ud800", "\\x00", "\0", "\ud83d", "\udcff", "\ufeff"),
        *("\r\n", "\x85", "\u2028", "\U0001f44d"),
    ]
)
texts = st.lists(st.text(st.characters(), max_size=5) | nasty, max_size=4).map("".join) | st.text(
    st.sampled_from("\\u005cd8'\"=,\r\n\0\ud800"), max_size=12
)


@st.composite
def explanations(draw):
    """One text, or two of the same explanation, with strings and numbers of any kind."""
    label, output, truth = draw(texts), draw(st.none() | texts), draw(st.none() | texts)
    tokens = [Token(draw(texts), i, i, draw(st.booleans())) for i in range(draw(st.integers(0, 4)))]
    weights = np.array([draw(st.floats()) for _ in tokens])
    index = st.none() | st.integers(0, 2**62)
    target = TargetExplanation(draw(index), draw(index), draw(texts), 0.0, None, weights, (), output=output)
    one = Explanation(
        *("m", "t", {}, "model", draw(texts), tuple(tokens)),
        Prediction("regression", (label,), np.zeros(1), None, label, output=output),
        (target,),
        truth,
    )
    names = draw(st.none() | st.lists(texts, unique=True, min_size=1, max_size=2))
    return one if names is None else explanation_of_several(dict.fromkeys(names, one))


@fuzz
@given(explanation=explanations())
def test_a_csv_file_gives_back_the_frame_and_pandas_reads_it(explanation, tmp_path):
    explanation.save(tmp_path / "x.csv")
    frame = textattr.format_as_dataframe(explanation)
    is_given_back(tmp_path / "x.csv", frame)
    is_read_as_the_docstring_says(tmp_path / "x.csv", frame)


def is_given_back(path, frame):
    back = textattr.read_csv(path)
    pd.testing.assert_frame_equal(back, frame, check_exact=True)
    for name in STRINGS:
        assert back[name].tolist() == frame[name].tolist()
        assert [type(each) for each in back[name]] == [type(each) for each in frame[name]]

    cells = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))
    assert len(cells) == 1 + len(frame)
    for row in cells[1:]:
        for column, cell in zip(cells[0], row, strict=True):
            assert "\0" not in cell
            if column in STRINGS:
                assert not cell.startswith(FORMULAS[:-1])


def is_read_as_the_docstring_says(path, frame):
    back = pd.read_csv(
        path,
        keep_default_na=False,
        dtype=dict.fromkeys(STRINGS, str) | {"target": "Int64", "against": "Int64"},
        na_values=dict.fromkeys(
            "target against weight value score probability baseline_score position".split(), ""
        ),
    )
    assert len(back) == len(frame)
    usual = frame["weight"].isna() | frame["weight"].abs().between(1e-290, 1e290)
    np.testing.assert_allclose(back["weight"][usual].astype(float), frame["weight"][usual], rtol=1e-12)
    for name in ("target", "against"):
        assert back[name].isna().tolist() == frame[name].isna().tolist()
        assert (back[name] == frame[name]).fillna(True).all()
    for name in STRINGS:
        if name == "text":
            continue  # stands in the first row of a document alone
        for read, meant in zip(back[name], frame[name], strict=True):
            if meant is None or meant.isprintable() and "\\" not in meant and not meant.startswith(FORMULAS):
                assert read == (meant or "")


@fuzz
@given(data=st.data())
def test_a_changed_file_is_refused_or_read(data, tmp_path):
    text = format_as_csv([EXAMPLE, PAIR])
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 10, len(text))))
    middle = data.draw(st.text(st.sampled_from("\",\n\r'x1-. eTrue"), max_size=4))
    (tmp_path / "x.csv").write_bytes((text[:start] + middle + text[end:]).encode())
    with suppress(TextAttrError):
        frame = textattr.read_csv(tmp_path / "x.csv")
        assert list(frame.dtypes) == list(textattr.format_as_dataframe(EXAMPLE).dtypes)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"a,b\n1,2\n", b'"', b"\0", None, format_as_csv(PAIR).replace('"', "").encode()],
)
def test_another_file_is_refused(content, tmp_path):
    path = tmp_path / "x.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TextAttrError, match=r"x\.csv"):
        textattr.read_csv(path)


@pytest.mark.parametrize("path", [None, 5, b"x.csv", "", "nul\0", "."])
def test_what_is_no_file_is_refused(path):
    with pytest.raises(TextAttrError):
        textattr.read_csv(path)


def test_a_file_that_another_program_gave_a_mark_and_line_ends_is_read(tmp_path):
    explanation = replace(EXAMPLE, truth="positive")
    content = format_as_csv(explanation).replace("\n", "\r\n").encode()
    (tmp_path / "x.csv").write_bytes(b"\xef\xbb\xbf" + content)
    assert textattr.read_csv(tmp_path / "x.csv").equals(textattr.format_as_dataframe(explanation))
