"""The words behind all decisions of a run, against a slow count in plain Python."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict

import corpora_small as small
import numpy as np
import pandas as pd
import pytest

import textattr
from textattr import errors
from textattr.corpora.errors import TableError

pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def frame():
    texts = small.texts(60)
    return pd.DataFrame(
        {
            "review": texts,
            "label": [i % 2 for i in range(60)],
            "month": [["may", "june"][i // 30] for i in range(60)],
        }
    )


@pytest.fixture(scope="module")
def out(frame, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "out"
    textattr.explain_table(
        small.black_box(),
        frame,
        folder,
        text="review",
        truth="label",
        keep=["month"],
        rows_per_shard=7,
        progress=False,
    )
    return folder


def slow(explanations, key):
    """{group and word: weights, documents}, one explanation after the other."""
    weights, documents = defaultdict(list), defaultdict(set)
    for i, each in enumerate(explanations):
        for token, weight in zip(each.tokens, each.targets[0].heatmap, strict=True):
            weights[*key(i, each), token.text].append(weight)
            documents[*key(i, each), token.text].add(i)
    return weights, documents


def outcome(each):
    return "right" if each.truth == each.prediction.label else "wrong"


KEYS = {
    "target": lambda frame: lambda i, each: (each.targets[0].label,),
    "outcome": lambda frame: lambda i, each: (each.targets[0].label, outcome(each)),
    "month": lambda frame: lambda i, each: (each.targets[0].label, frame.month[i]),
    "pair": lambda frame: (
        lambda i, each: (each.targets[0].label, f"{each.truth} taken for {each.prediction.label}")
    ),
}


@pytest.mark.parametrize("by", KEYS)
def test_means_totals_counts_and_intervals(by, frame, out, monkeypatch):
    monkeypatch.setattr("textattr.corpora.word_tally._EVERY", 2)
    found = textattr.summarize(out, by=by, min_documents=2).to_dataframe()
    weights, documents = slow(textattr.read_table(out), KEYS[by](frame))
    expected = {key: each for key, each in weights.items() if len(documents[key]) >= 2}
    groups = list(dict.fromkeys(["target", by]))
    keys = list(found[[*groups, "word"]].itertuples(index=False, name=None))
    assert set(keys) == set(expected)
    assert len(keys) == len(expected)
    for key, row in zip(keys, found.to_dict("records"), strict=True):
        values = np.array(expected[key])
        assert (row["count"], row["documents"]) == (len(values), len(documents[key]))
        assert row["total"] == pytest.approx(values.sum(), abs=1e-9)
        assert row["mean"] == pytest.approx(values.mean(), abs=1e-9)
        half = 1.96 * values.std(ddof=1) / math.sqrt(len(values))
        assert row["high"] - row["mean"] == pytest.approx(half, abs=1e-6)


def test_explanations_in_memory_give_the_same(out):
    pd.testing.assert_frame_equal(
        textattr.summarize(textattr.read_table(out), by="outcome").to_dataframe(),
        textattr.summarize(out, by="outcome").to_dataframe(),
    )


def test_words_in_few_documents_are_left_out(out):
    assert textattr.summarize(out, min_documents=10).to_dataframe()["documents"].min() >= 10
    assert not len(textattr.summarize(out, min_documents=1000).to_dataframe())


def test_the_surest_documents_are_examples(out):
    summary = textattr.summarize(out, by="outcome")
    wrong = [each for each in textattr.read_table(out) if outcome(each) == "wrong"]
    best = max(
        (each for each in wrong if each.targets[0].label == "positive"),
        key=lambda each: each.targets[0].score,
    )
    assert summary.examples["positive", "wrong"][0] == (best.targets[0].score, best.document)
    assert summary.documents["positive", "wrong"] == sum(
        each.targets[0].label == "positive" for each in wrong
    )


def test_what_changed_between_two_runs(frame, tmp_path):
    def changed(texts):
        return small.margins(texts) + [2.0 * text.split().count("w9") for text in texts]

    for name, function in (("a", small.margins), ("b", changed)):
        given = {"text": "review", "targets": "positive", "progress": False}
        textattr.explain_table(small.black_box(function), frame, tmp_path / name, **given)
    summary = textattr.summarize(tmp_path / "a", tmp_path / "b", min_documents=3)
    first = summary.to_dataframe().query("target == 'positive'").iloc[0]
    assert first["word"] == "w9"
    assert first["difference"] == pytest.approx(2.0)
    assert first["difference_low"] == pytest.approx(2.0)
    assert "rose" in str(summary)


def test_pieces_of_a_word_are_put_together():
    given = [textattr.Explanation.from_dict(_in_pieces(each)) for each in ["Good film", "good"]]
    words = textattr.summarize(given, min_documents=1).to_dataframe()
    assert dict(zip(words["word"], words["total"], strict=True)) == {"good": 6.0, "film": 3.0}


def _in_pieces(text):
    explanation = small.black_box().explain(text)
    found = textattr.format_as_dict(explanation)
    tokens, at = [], 0
    for number, word in enumerate(text.split()):
        for start, end in ((0, 1), (1, len(word))):
            tokens.append(
                {
                    "text": word[start:end],
                    "start": at + start,
                    "end": at + end,
                    "is_special": False,
                    "word": number,
                }
            )
        at += len(word) + 1
    weights = [float(1 + i % 2) for i in range(len(tokens))]
    found["tokens"] = tokens
    found["targets"][0]["heatmap"] = weights
    found["targets"][0]["spans"] = [
        {"text": text[t["start"] : t["end"]], "start": t["start"], "end": t["end"], "weight": w}
        for t, w in zip(tokens, weights, strict=True)
    ]
    return found


def test_it_shows_itself(out):
    summary = textattr.summarize(out, by="outcome", min_documents=2)
    text = str(summary)
    assert "target positive, outcome wrong" in text
    assert "speak for it" in text
    assert "w3 " in text
    html = summary._repr_mimebundle_()["text/html"]
    assert html.count("<section>") == len(summary.documents)
    assert (
        "<script"
        not in textattr.summarize(
            [small.black_box().explain("<script>alert(1)</script> w3")], min_documents=1
        )._repr_mimebundle_()["text/html"]
    )
    assert "outcome" not in str(textattr.summarize(out).of_class("negative"))
    assert repr(summary).startswith("Summary(4 groups by target, outcome, ")


@pytest.mark.parametrize(
    ("error", "says", "arguments"),
    [
        (TableError, "no column 'moon' to group by: .*month", {"by": "moon"}),
        (errors.OptionError, "expected by= as the name", {"by": 3}),
        (errors.OptionError, "min_documents must be a whole number", {"min_documents": 0}),
    ],
)
def test_wrong_arguments(error, says, arguments, out):
    with pytest.raises(error, match=says):
        textattr.summarize(out, **arguments)


def test_what_holds_no_explanations(out, tmp_path):
    with pytest.raises(TableError, match="there is no folder"):
        textattr.summarize(tmp_path / "nowhere")
    with pytest.raises(TableError, match="no document was explained"):
        textattr.summarize([])
    with pytest.raises(errors.OptionError, match="explanations of one text, got 3"):
        textattr.summarize([3])
    with pytest.raises(errors.OptionError, match="for the class 'good': there are negative, positive"):
        textattr.summarize(out).of_class("good")


def in_report(path):
    (found,) = re.findall(
        r'<script type="application/json" id="data">(.*?)</script>', path.read_text("utf-8")
    )
    return json.loads(found)


@pytest.mark.parametrize("targets", [None, "all"])
def test_a_report_of_some_documents_shows_the_words_of_all(targets, frame, tmp_path):
    explainer = small.black_box()
    out, path = tmp_path / "out", tmp_path / "report.html"
    textattr.explain_table(
        explainer, frame, out, text="review", truth="label", targets=targets, progress=False
    )
    every = list(textattr.read_table(out))
    mistakes = [each for each in every if outcome(each) == "wrong"][:3]
    summary = textattr.summarize(out, by="outcome", min_documents=2)
    textattr.write_report(mistakes, path, words=summary)
    data = in_report(path)
    expected = defaultdict(lambda: (set(), set(), defaultdict(list)))
    for i, each in enumerate(every):
        for target in each.targets:
            for token, weight in zip(each.tokens, target.heatmap, strict=True):
                documents, wrong, weights = expected[token.text]
                documents.add(i)
                wrong |= {i} if outcome(each) == "wrong" else set()
                weights[target.label].append(weight)
    found = {word: rest for word, *rest in data["words"]}
    told = {
        word
        for word, (documents, _, by) in expected.items()
        if len(documents) > 1 and np.any([*map(sum, by.values())])
    }
    assert set(found) == told
    for word, (documents, wrong, *means) in found.items():
        assert (documents, wrong) == tuple(map(len, expected[word][:2]))
        for label, mean in zip(data["classes"], means, strict=True):
            weights = expected[word][2][label]
            assert mean == (
                None if not weights else pytest.approx(np.mean(weights), abs=10.0 ** -data["places"])
            )
    assert "counted over 60 documents" in path.read_text("utf-8")


def test_words_without_outcomes_tell_no_mistakes(out, tmp_path):
    path = tmp_path / "report.html"
    textattr.write_report(list(textattr.read_table(out))[:2], path, words=textattr.summarize(out))
    assert {wrong for _, _, wrong, *_ in in_report(path)["words"]} == {None}


def test_words_that_nobody_counted_are_refused(out, tmp_path):
    with pytest.raises(errors.OptionError, match=r"expected words= as textattr.summarize\(...\) gives them"):
        textattr.write_report([], tmp_path / "report.html", words=["w3"])


def test_where_no_word_is_common_enough_it_says_how_common_that_is(out):
    assert "no word with a weight stands in 1000 documents or more (min_documents)" in str(
        textattr.summarize(out, min_documents=1000)
    )


def several_labels(truth, targets):
    def probabilities(texts):
        return np.array([[0.95, 0.05]] * len(texts))

    explainer = textattr.Explainer(
        probabilities, method="occlusion", task="multilabel", target_names=["a, b", "c"], score="probability"
    )
    return list(explainer.explain_many(["w3 w4", "w4 w5"], truth=[truth] * 2, targets=[targets] * 2))


def test_what_is_right_of_labels_that_may_hold_at_once():
    found = textattr.summarize(
        several_labels(["a, b"], ["a, b", "c"]), by="outcome", min_documents=1
    ).documents
    assert found == {("a, b", "right"): 2, ("c", "right"): 2}
    found = textattr.summarize(several_labels(["c"], ["a, b", "c"]), by="outcome", min_documents=1).documents
    assert found == {("a, b", "wrong"): 2, ("c", "wrong"): 2}


def table_of(tmp_path, name, **kept):
    count = len(next(iter(kept.values())))
    frame = pd.DataFrame({"review": small.texts(count), **kept})
    out = tmp_path / name
    textattr.explain_table(
        small.black_box(), frame, out, text="review", keep=list(kept), rows_per_shard=10, progress=False
    )
    return out


def test_missing_values_are_one_group_in_all_shards(tmp_path):
    out = table_of(tmp_path, "out", month=[None if i % 4 == 0 else i % 4 for i in range(40)])
    summary = textattr.summarize(out, by="month", min_documents=1)
    assert sum(summary.documents.values()) == 40
    assert len(summary.documents) == len({(target, str(month)) for target, month in summary.documents}) <= 8


@pytest.mark.parametrize("name", ["word", "count", "mean", "outcome"])
def test_columns_that_are_called_as_ours_are(name, tmp_path):
    out = table_of(tmp_path, "out", **{name: ["x", "y"] * 3})
    with pytest.raises(TableError, match=f"the run kept a column '{name}', and the table of words has one"):
        textattr.summarize(out, by=name)


def test_lists_tell_no_groups_apart(tmp_path):
    out = table_of(tmp_path, "out", parts=[["x"], ["y"]] * 3)
    with pytest.raises(TableError, match="lists and dicts tell no groups apart: parts"):
        textattr.summarize(out, by="parts")


def test_what_is_no_group_is_refused(out):
    with pytest.raises(TableError, match=r"no column 'tokens' to group by: .* the run kept \(month\)"):
        textattr.summarize(out, by="tokens")


MONTHS = {
    "strings": ["1", "2"] * 10,
    "numbers": [1, 2] * 10,
    "numbers with gaps": [1, 2] * 9 + [None, None],
}


@pytest.mark.parametrize("kind", ["strings", "numbers with gaps"])
def test_months_that_are_of_another_type_in_another_run(kind, tmp_path):
    one, other = (table_of(tmp_path, name, month=MONTHS[name]) for name in (kind, "numbers"))
    for summary in (
        textattr.summarize(one, other, by="month", min_documents=1),
        textattr.summarize(other, one, by="month", min_documents=1),
    ):
        found = summary.to_dataframe()
        assert {str(month).removesuffix(".0") for month in found.month} == {"1", "2"}
        assert "month 1" in str(summary)
        if kind == "strings":
            assert (found.difference == 0).all()


def test_what_explain_table_returns_is_summarised(frame, tmp_path):
    run = textattr.explain_table(small.black_box(), frame, tmp_path / "out", text="review", progress=False)
    assert textattr.summarize(run).texts == len(frame)


def test_runs_that_are_not_finished_or_of_other_methods_are_told(out, frame, tmp_path):
    assert textattr.summarize(out).notes == ()
    other = tmp_path / "other"
    explainer = textattr.Explainer(
        small.black_box().model, method="lime", target_names=["negative", "positive"]
    )
    textattr.explain_table(explainer, frame, other, text="review", rows_per_shard=7, progress=False)
    said = json.loads((other / "run.json").read_text())
    del said["result"]
    (other / "run.json").write_text(json.dumps(said))
    found = textattr.summarize(out, other, min_documents=1)
    unfinished, compared = found.notes
    assert "is not finished: the same call of explain_table goes on with it" in unfinished
    assert "weights of different methods are compared" in compared
    for note in found.notes:
        assert note in str(found)
        assert note.partition(":")[0] in found._repr_mimebundle_()["text/html"]
