"""Many documents from whatever holds them, bad ones among them."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from kinds import KINDS

import textattr
from textattr import errors

pa = pytest.importorskip("pyarrow")

TEXTS = ["good film", "bad film", "a good plot", "dull"]
GOOD = {"good": 1.0, "plot": 0.5, "bad": -1.0, "dull": -2.0}


def margins(texts):
    return np.array([sum(GOOD.get(word, 0.0) for word in text.split()) for text in texts])


def explainer(function=margins, **settings):
    names = {"target_names": ["negative", "positive"], "task": "binary"} | settings
    return textattr.Explainer(function, method="occlusion", **names)


def weights(explanations):
    return [each.targets[0].heatmap.tolist() for each in explanations]


class Column:
    """As a column of a Hugging Face dataset: it has a length and positions, and is no list."""

    def __init__(self, values):
        self.values = values

    def __len__(self):
        return len(self.values)

    def __getitem__(self, at):
        return self.values[at]

    def __iter__(self):
        return iter(self.values)


COLUMNS = {
    "list": TEXTS,
    "generator": TEXTS,
    "Series": pd.Series(TEXTS, index=[7, 7, 3, 1]),
    "Series of Arrow": pd.Series(TEXTS, dtype="string[pyarrow]"),
    "array": np.array(TEXTS),
    "Arrow array": pa.array(TEXTS),
    "Arrow column": pa.chunked_array([TEXTS[:1], TEXTS[1:]]),
    "Arrow dictionary": pa.array(TEXTS).dictionary_encode(),
    "tf.data": tf.data.Dataset.from_tensor_slices(TEXTS),
    "dataset": Column(TEXTS),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_texts(name):
    docs = iter(TEXTS) if name == "generator" else COLUMNS[name]
    assert weights(explainer().explain_many(docs)) == weights(map(explainer().explain, TEXTS))


@pytest.mark.parametrize("wrap", [list, np.array, pd.Series, pa.array, Column, iter])
def test_columns_beside_the_texts(wrap):
    found = list(explainer().explain_many(TEXTS, truth=wrap([1, 0, 1, 0]), targets=wrap([0, 0, 1, 1])))
    assert [each.truth for each in found] == ["positive", "negative", "positive", "negative"]
    assert [each.targets[0].target for each in found] == [0, 0, 1, 1]


def test_columns_of_ids_and_their_tokens():
    model = KINDS["convolution"](keras).model
    one = textattr.Explainer(model, method="gradient_x_input")
    docs, tokens = [[1, 2, 3], [4, 5, 6, 7]], [["a", "b", "c"], ["d", "e", "f", "g"]]
    for wrap in (list, pa.array, pd.Series):
        found = list(one.explain_many(wrap(docs), tokens=wrap(tokens)))
        assert [[token.text for token in each.tokens] for each in found] == tokens


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
def test_a_truth_that_is_not_known(missing):
    truth = pd.Series(["positive", missing, "positive", "negative"], dtype=object)
    assert [each.truth for each in explainer().explain_many(TEXTS, truth=truth)][1] is None


@pytest.mark.parametrize(
    "truth",
    [
        [["funny", "sad"], ["long"], []],
        [[0, 2], [1], []],
        np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0]]),
        pd.Series([[True, False, True], [False, True, False], [False] * 3]),
        pa.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]),
    ],
    ids=["labels", "indices", "rows", "flags", "Arrow"],
)
def test_several_labels_may_be_right(truth):
    model = KINDS["multilabel"](keras).model
    one = textattr.Explainer(model, method="saliency", target_names=["funny", "long", "sad"])
    found = list(one.explain_many([[1, 2, 3], [4, 5], [6, 7, 8]], truth=truth))
    assert [each.truth for each in found] == ["funny, sad", "long", "(none)"]


def test_two_numbers_that_may_mean_either_are_refused():
    with pytest.raises(errors.TargetError, match="may be the indices of both labels"):
        both = explainer(lambda texts: margins(texts)[:, None] * [0.1, -0.1], task="multilabel")
        list(both.explain_many(TEXTS[:1], truth=[[0, 1]]))
    with pytest.raises(errors.TargetError, match="document 0: expected truth= as one class"):
        list(explainer().explain_many(TEXTS[:1], truth=[[0, 1]]))


@pytest.mark.parametrize(
    "table", [pd.DataFrame({"text": TEXTS, "label": 0}), pa.table({"text": TEXTS})], ids=["pandas", "Arrow"]
)
def test_a_table_is_no_column(table):
    with pytest.raises(errors.DocumentError, match=r"df\[\"text\"\].*'text'"):
        list(explainer().explain_many(table))
    with pytest.raises(errors.OptionError, match="tokens= as a list"):
        list(explainer().explain_many(TEXTS, tokens=table))


BAD = {"empty": "", "missing": float("nan"), "no text": 3}


@pytest.mark.parametrize("name", BAD)
def test_what_is_finished_comes_before_the_error(name):
    found = []
    with pytest.raises(errors.DocumentError, match="document 4: ") as raised:
        for each in explainer().explain_many([*TEXTS, BAD[name], *TEXTS]):
            found.append(each)  # noqa: PERF402  (what came before the error is kept)
    assert raised.value.index == 4
    assert weights(found) == weights(explainer().explain_many(TEXTS))


def test_bad_documents_in_their_places():
    docs = [TEXTS[0], "", *TEXTS[1:], None]
    found = list(explainer().explain_many(docs, truth=[1, 1, 0, 5, 0, 0], on_error="yield"))
    failed = [each for each in found if isinstance(each, textattr.FailedExplanation)]
    assert [each.index for each in failed] == [1, 3, 5]
    assert [each.document for each in failed] == ["", "a good plot", None]
    assert [type(each.error) for each in failed] == [
        errors.DocumentError,
        errors.TargetError,
        errors.DocumentError,
    ]
    assert [each.document for each in found if each not in failed] == ["good film", "bad film", "dull"]


def test_bad_ids_among_good_ones():
    one = textattr.Explainer(KINDS["convolution"](keras).model, method="gradient_x_input")
    docs = [[1, 2, 3], [1, 2, 900], [4, 5, 6]]
    found = list(one.explain_many(docs, on_error="yield"))
    assert isinstance(found[1].error, errors.IdOutsideTableError)
    alone = [one.explain(docs[0]), one.explain(docs[2])]
    np.testing.assert_allclose(weights([found[0], found[2]]), weights(alone), atol=1e-6)


def test_an_error_of_the_users_own_tells_where_it_happened():
    def breaks(texts):
        if any("plot" in text for text in texts):
            raise ConnectionError("gone")
        return margins(texts)

    found = list(explainer(breaks).explain_many(TEXTS, on_error="yield"))
    assert [isinstance(each, textattr.FailedExplanation) for each in found] == [False, False, True, False]
    with pytest.raises((ConnectionError, errors.TextAttrError)) as raised:
        list(explainer(breaks).explain_many(TEXTS))
    assert raised.value.index == 2


def test_a_generator_that_breaks_gives_what_it_had():
    def docs():
        yield from TEXTS
        raise OSError("the file is gone")

    found = []
    with pytest.raises(OSError, match="gone"):
        for each in explainer().explain_many(docs()):
            found.append(each)  # noqa: PERF402  (what came before the error is kept)
    assert len(found) == len(TEXTS)


def test_results_flow_before_all_are_explained():
    one = textattr.Explainer(KINDS["convolution"](keras).model, method="gradient_x_input")
    docs = [[1] * (3 + i % 7) for i in range(70)]
    order = []
    explain = textattr.pipeline.explain.ExplainBatch.explain

    def watched(self, *args, **options):
        order.append(len(self.documents))
        return explain(self, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(textattr.pipeline.explain.ExplainBatch, "explain", watched)
        explanations = one.explain_many(docs)
        next(explanations)
        assert order == [10]
        assert len(list(explanations)) == 69


def test_broken_off_and_taken_up_again():
    calls = []

    def slow(texts):
        calls.append(texts)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return margins(texts)

    one = explainer(slow)
    with pytest.raises(KeyboardInterrupt):
        list(one.explain_many(TEXTS))
    assert weights(one.explain_many(TEXTS)) == weights(explainer().explain_many(TEXTS))


def test_unknown_ways_with_errors():
    with pytest.raises(errors.OptionError, match="on_error 'skip': choose 'raise' or 'yield'"):
        list(explainer().explain_many(TEXTS, on_error="skip"))
