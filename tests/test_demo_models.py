"""The two classifiers that ship with textattr: small, complete, and as good as their cards say on our own sentences."""

import pickle
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import textattr.demo
from textattr.demo.shipped import NAMES, load
from textattr.errors import MissingExtraError, UnknownModelError
from textattr.tokenizers.encoding import Tokenizer

MODELS = Path(textattr.demo.__file__).parent / "models"


@pytest.fixture(scope="module", params=NAMES)
def demo(request):
    return load(request.param)


def probabilities(demo, text):
    scores = np.asarray(demo.model(demo.tokenizer(text).ids[None], training=False))[0]
    return np.array([1 - scores[0], scores[0]]) if len(scores) == 1 else scores


def test_examples_are_predicted_as_recorded(demo):
    for text, _, predicted in demo.examples:
        assert demo.labels[probabilities(demo, text).argmax()] == predicted


def test_examples_show_a_right_and_a_wrong_prediction(demo):
    assert all({truth, predicted} <= set(demo.labels) for _, truth, predicted in demo.examples)
    assert demo.examples[0].truth == demo.examples[0].predicted
    assert any(example.truth != example.predicted for example in demo.examples)


def test_vocabulary_is_as_long_as_the_table(demo):
    assert len(demo.tokenizer.vocabulary) == demo.model.get_layer("words").input_dim
    assert sorted(demo.tokenizer.vocabulary.values()) == list(range(len(demo.tokenizer.vocabulary)))


@pytest.mark.parametrize("text", ["Dreadful", "!", "zzyzx"])
def test_one_word_is_enough(demo, text):
    values = probabilities(demo, text)
    assert values.shape == (len(demo.labels),)
    assert values.sum() == pytest.approx(1, abs=1e-6)


def test_an_unknown_word_speaks_for_nothing(demo):
    values = probabilities(demo, "zzyzx")
    assert values.max() - values.min() < 0.25


def test_typeset_apostrophes_and_quotes_change_nothing(demo):
    plain = probabilities(demo, "It's \"good\", isn't it - no? Don't...")
    typeset = probabilities(demo, "It’s “good”, isn’t it – no? Don’t...")
    assert np.allclose(plain, typeset, atol=1e-6)


def test_padding_behind_the_text_changes_no_label(demo):
    ids = np.stack([demo.tokenizer(text, length=60).ids for text, _, _ in demo.examples])
    for scores, (_, _, predicted) in zip(demo.model.predict(ids, verbose=0), demo.examples, strict=True):
        assert demo.labels[int(scores[0] >= 0.5) if len(scores) == 1 else scores.argmax()] == predicted


def test_tokenizer(demo):
    assert isinstance(demo.tokenizer, Tokenizer)
    assert demo.tokenizer == pickle.loads(pickle.dumps(demo.tokenizer))
    assert demo.tokenizer("zzyzx").ids.tolist() == [demo.tokenizer.unknown] == [1]


def test_card_tells_what_a_card_should(demo):
    for section in ("## Data", "## Accuracy", "## Intended use and limits", "Trained by"):
        assert section in demo.card
    accuracy = re.search(
        r"^\| (?:test set, 1,821 sentences|held out, 1,000 articles) \| ([\d.]+) %", demo.card, re.M
    )
    assert float(accuracy[1]) >= {"sentiment": 80, "topics": 85}[demo.name]
    assert f"{demo.model.count_params():,} parameters" in demo.card


def test_models_are_not_compiled(demo):
    assert not demo.model.compiled


@pytest.mark.parametrize("name", NAMES)
def test_files_hold_no_option_that_older_keras_refuses(name):
    with zipfile.ZipFile(MODELS / name / "model.keras") as file:
        config = file.read("config.json").decode()
    assert not re.findall('"quantization_config"|"input_axes"|"output_axes"', config)


def test_kinds():
    sentiment, topics = load(), load("topics")
    assert (sentiment.name, sentiment.labels, sentiment.model.output_shape) == (
        "sentiment",
        ("negative", "positive"),
        (None, 1),
    )
    assert (topics.labels, topics.model.output_shape) == (
        ("World", "Sports", "Business", "Sci/Tech"),
        (None, 4),
    )
    assert topics.model.get_layer("words").mask_zero


def test_all_files_together_are_small():
    assert sum(path.stat().st_size for path in MODELS.rglob("*") if path.is_file()) < 3_000_000


def test_another_name_is_told_the_names():
    with pytest.raises(UnknownModelError, match="'sentiment' and 'topics', got 'spam'"):
        load("spam")


def test_without_tensorflow_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'textattr\[tensorflow\]'"):
        load("sentiment")
