"""What a run is: with another model, tokenizer or target it is not gone on with; and numbers that are labels."""

from __future__ import annotations

from functools import partial

import corpora_small as small
import keras
import pandas as pd
import pytest
import tokenizers
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import textattr
from textattr import errors
from textattr.corpora.errors import RunError

pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def frame():
    return pd.DataFrame({"review": small.texts(7)})


def run(explainer, source, out, **options):
    given = {"text": "review", "rows_per_shard": 5, "progress": False} | options
    return textattr.explain_table(explainer, source, out, **given)


def rows_of(out):
    return pd.concat(map(pd.read_parquet, sorted(out.glob("*.parquet"))), ignore_index=True)


def asking(function):
    return textattr.Explainer(function, method="occlusion", target_names=["negative", "positive"])


class Scaled:
    def __init__(self, by):
        self.by = by
        self.calls = 0

    def scores(self, texts):
        self.calls += 1
        return self.by * small.margins(texts)

    __call__ = scores


def times(texts, by):
    return by * small.margins(texts)


def of_model(seed):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.layers.Dense(2)])
    model.build((None, 2))
    return lambda texts: model.predict(small.margins(texts), verbose=0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda: Scaled(1.0), lambda: Scaled(2.0)),
        (lambda: Scaled(1.0).scores, lambda: Scaled(2.0).scores),
        (lambda: partial(times, by=1), lambda: partial(times, by=2)),
        (lambda: of_model(1), lambda: of_model(2)),
    ],
    ids=[
        "an attribute",
        "an attribute behind a method",
        "an argument of a partial",
        "a Keras model of a closure",
    ],
)
def test_another_function_of_the_same_code_is_refused(one, other, frame, tmp_path):
    run(asking(one()), frame, tmp_path / "out")
    assert run(asking(one()), frame, tmp_path / "out").explained == 0
    with pytest.raises(RunError, match="model"):
        run(asking(other()), frame, tmp_path / "out")


class Layer(keras.layers.Layer):
    def call(self, x):
        return x


class OtherLayer(keras.layers.Layer):
    def call(self, x):
        return -x


OtherLayer.__name__ = OtherLayer.__qualname__ = "Layer"


def pooled(*layers):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(40, 4),
            *layers,
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )


def test_a_layer_of_another_code_is_another_model(frame, tmp_path):
    run(textattr.Explainer(pooled(Layer()), tokenizer=cut_at(40)), frame, tmp_path / "out")
    with pytest.raises(RunError, match="model.layers was"):
        run(textattr.Explainer(pooled(OtherLayer()), tokenizer=cut_at(40)), frame, tmp_path / "out")


def vectorized(corpus):
    layer = keras.layers.TextVectorization(max_tokens=30)
    layer.adapt(corpus)
    return layer


def cut_at(length, **options):
    words = {"[UNK]": 1, **{f"w{i}": i + 2 for i in range(20)}}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.enable_truncation(length, **options)
    return tokenizer


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda: vectorized(["w3 w4 w4"]), lambda: vectorized(["w3 w3 w4"])),
        (lambda: cut_at(40), lambda: cut_at(100)),
        (lambda: cut_at(40), lambda: cut_at(40, direction="left")),
    ],
    ids=["words in another order", "another length", "another side"],
)
def test_another_tokenizer_is_refused_where_a_text_of_ours_has_the_same_ids(one, other, frame, tmp_path):
    model = pooled()
    run(textattr.Explainer(model, tokenizer=one()), frame, tmp_path / "out")
    assert run(textattr.Explainer(model, tokenizer=one()), frame, tmp_path / "out").explained == 0
    with pytest.raises(RunError, match="tokenizer was"):
        run(textattr.Explainer(model, tokenizer=other()), frame, tmp_path / "out")


def test_functions_as_targets_are_told_apart_by_their_code(frame, tmp_path):
    first, second = lambda scores: scores[:, 0], lambda scores: scores[:, 1]
    model = pooled()
    explainer = textattr.Explainer(model, tokenizer=cut_at(40))
    run(explainer, frame, tmp_path / "out", targets=first)
    with pytest.raises(RunError, match="targets"):
        run(explainer, frame, tmp_path / "out", targets=second)


STARS = {"awful": 1, "bad": 2, "fine": 3, "good": 4, "great": 5}


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_number_of_a_label_is_no_index(suffix, tmp_path):
    texts = [f"{word} film" for word in STARS]
    pipeline = make_pipeline(CountVectorizer(), LogisticRegression(C=100)).fit(texts, list(STARS.values()))
    frame = pd.DataFrame({"review": texts, "label": list(STARS.values())})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_parquet(tmp_path / "a.parquet")
    explainer = textattr.Explainer(pipeline, method="occlusion")
    assert run(explainer, tmp_path / f"a.{suffix}", tmp_path / "out", truth="label").errors == 0
    found = rows_of(tmp_path / "out")
    assert found.truth.tolist() == found.predicted.tolist() == ["1", "2", "3", "4", "5"]
    with pytest.raises(
        errors.TargetError, match="1 may be the class that is called '1', or that of index 1, '2'"
    ):
        explainer.explain(texts[0], targets=1)
    assert explainer.explain(texts[0], targets="1").targets[0].label == "1"
    assert explainer.explain(texts[0], targets=0).targets[0].label == "1"


def test_each_line_of_json_is_one_row(tmp_path):
    lines = ['{"review": "w3"}', "null", '{"review": "w4"} {"review": "w5"}', "[1]", '{"review": "w6"}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    assert run(small.black_box(), tmp_path / "a.jsonl", tmp_path / "out").errors == 3
    table = rows_of(tmp_path / "out")
    assert table.text.fillna("-").tolist() == ["w3", "-", "-", "-", "w6"]
    assert "expected an object, {...}, got null" in table.error[1]
    assert "expected one object, {...}, in each line" in table.error[2]
