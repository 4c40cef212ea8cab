"""What belongs to one explainer, method or model does not leak into another, nor change behind its back."""

from __future__ import annotations

import functools
import gc
import threading
import weakref
from dataclasses import dataclass, replace
from typing import ClassVar

import keras
import numpy as np
import pytest
from keras import layers
from kinds import kind

import textattr
from textattr.backends.counting_keras import counting_box
from textattr.errors import OptionError
from textattr.gradcam.receptive_field import Field, Remembered
from textattr.methods.gradient import GradientMethod, GradientXInput, Saliency
from textattr.split.memory import Memory
from textattr.split.model import KEPT, SplitModel
from textattr.split.programs import KEPT_OF_USERS
from textattr.split.rows import Rows
from textattr.targets.target import Function, Target


def counting():
    split = layers.TextVectorization(vocabulary=["good", "bad"], output_mode="count")
    x = keras.Input((), dtype="string")
    return keras.Model(x, layers.Dense(2, activation="softmax")(split(x)))


def test_a_model_that_counts_words_is_compiled_once():
    model = counting()
    box = counting_box(model, None)
    assert box is counting_box(model, None)
    assert counting_box(model, "probability") is not box
    assert counting_box(kind("strings").model, None) is None
    before = textattr.explain_prediction(model, "good film", method="occlusion").targets[0]
    model.layers[-1].kernel.assign(2 * model.layers[-1].kernel)
    after = textattr.explain_prediction(
        model, "good film", method="occlusion", targets=before.target
    ).targets[0]
    np.testing.assert_allclose(after.heatmap, 2 * before.heatmap, rtol=1e-5)
    reference = weakref.ref(model)
    del model, box
    keras.utils.clear_session()
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("name", ["tokenizer", "method", "target_names", "batch_size", "score", "model"])
def test_the_settings_of_an_explainer_are_fixed(name):
    explainer = textattr.Explainer(kind("convolution").model, method="saliency")
    with pytest.raises(OptionError, match=f"make another, Explainer\\(model, {name}=...\\)"):
        setattr(explainer, name, None)


@dataclass(frozen=True)
class Doubled(GradientMethod):
    """A method that has the name of something else that is compiled."""

    name: ClassVar[str] = "predict"
    title: ClassVar[str] = "Doubled"

    def relevance(self, gradient, vectors):
        return 2 * gradient

    def explain_group(self, split, rows):
        return super().explain_group(split, rows)


def test_what_is_compiled_under_one_name_is_not_taken_for_another():
    model = kind("convolution").model
    plain = textattr.methods.Saliency().attribute(model, kind("convolution").inputs, target=0)
    explainer = textattr.Explainer(model, method=Doubled())
    explainer.predict([[3, 4, 5]])
    doubled = Doubled().attribute(model, kind("convolution").inputs, target=0)
    np.testing.assert_allclose(np.abs(doubled), 2 * plain, rtol=1e-5)


def a_split_model():
    """A split model of its own, which remembers nothing yet, and some rows."""
    case = kind("convolution")
    split = SplitModel(case.model)
    inputs = split.arrays(case.inputs)
    return split, Rows.predicted(inputs, split.head(inputs))


def times(cut, targets, given, factor):
    return factor * cut.run().logits


def test_what_is_compiled_with_other_options_is_not_taken_for_another():
    split, rows = a_split_model()
    once, twice = (split.program(times, rows, options=(factor,)) for factor in (1, 2))
    np.testing.assert_array_equal(twice, 2 * once)
    assert len(split._programs.own) == 2
    split.program(times, rows, options=(2,))
    assert len(split._programs.own) == 2


def texts_of(cut):
    return len(cut.sites.texts)


def test_a_model_can_be_inspected_once_its_lengths_are_traced_one_by_one():
    split, rows = a_split_model()
    assert split.trace_each_length()  # from now on, what was known of it is to be found out again
    assert split.inspect(texts_of, rows) == 1


class Times:
    def __init__(self, factor):
        self.factor = factor

    def build(self, cut, targets, given):
        return self.factor * cut.run().logits

    __call__ = build


def test_what_carries_its_options_along_is_not_compiled():
    split, rows = a_split_model()
    factor = 2

    def closure(cut, targets, given):
        return factor * cut.run().logits

    def with_default(cut, targets, given, by=factor):
        return by * cut.run().logits

    carriers = closure, with_default, Times(2).build, Times(2), functools.partial(times, factor=2)
    for build in carriers:
        with pytest.raises(TypeError, match="options="):
            split.program(build, rows)
    with pytest.raises(TypeError, match="options="):
        split.inspect(closure, rows)
    with pytest.raises(TypeError, match="unhashable"):
        split.program(times, rows, options=([2],))
    for build in carriers:
        np.testing.assert_array_equal(split.run_once(build, rows), 2 * split.run_once(Times(1), rows))
    assert not len(split._programs.own)


def test_functions_as_targets_do_not_make_the_rest_forgotten():
    split, rows = a_split_model()
    split.program(times, rows, options=(1,))
    for i in range(KEPT + 1):
        target = Target(Function(lambda outputs, i=i: outputs[:, 0] * i))
        found = split.program(value, replace(rows, targets=(target,) * len(rows)))
        assert np.all(found == 0) == (i == 0)
    assert len(split._programs.own) == 1
    assert len(split._programs.of_users) == KEPT_OF_USERS


def value(cut, targets, given):
    return cut.value(cut.run(), targets)


def test_what_is_remembered_of_a_model_is_bounded():
    case = kind("convolution")
    split = SplitModel(case.model)
    split.trace_each_length()  # as for a model that has to be traced for each length
    for length in range(5, 5 + KEPT + 3):
        ids = np.ones((1, length), "int32")
        split.program(times, Rows.predicted(ids, split.head(ids)), options=(1,))
    assert len(split._surveys) == len(split._programs.own) == KEPT
    ids = np.ones((1, 5), "int32")
    assert split.known(ids).texts  # forgotten, and looked at again


def test_memory_forgets_what_was_longest_unused():
    memory = Memory(2)
    memory.put("a", 1)
    memory.put("b", 2)
    assert memory.get("a") == 1
    memory.put("c", 3)
    assert (memory.get("a"), memory.get("b"), memory.get("c"), len(memory)) == (1, None, 3, 2)
    memory.clear()
    assert len(memory) == 0


def test_surveys_may_be_asked_for_by_threads():
    case, failures = kind("convolution"), []
    split = SplitModel(case.model)
    split.trace_each_length()
    split.known(np.ones((1, 5), "int32"))

    def ask(start):
        try:
            for i in range(40):
                assert split.known(np.ones((1, 5 + (start + i) % 4), "int32")).texts
        except Exception as error:  # noqa: BLE001  (told in the thread that asserts)
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


class Slow(Field):
    def seen(self, lengths):
        return tuple(np.ones((n, n)) for n in lengths)


def test_what_is_remembered_may_be_asked_for_by_threads():
    remembered, failures = Remembered(Slow()), []

    def ask(start):
        try:
            for i in range(2000):
                remembered.seen((1 + (start + i) % 40,))
        except BaseException as error:  # noqa: BLE001  (raised in the main thread)
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(7 * i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


def beside_a_pooled_text(kind):
    """Four numbers or flags beside a text, which say nothing of its tokens."""
    keras.utils.set_random_seed(3)
    text = keras.Input((None,), dtype="int32", name="text")
    beside = keras.Input((4,), dtype="float32" if kind == "numbers" else "int32", name="beside")
    pooled = layers.GlobalAveragePooling1D()(layers.Embedding(30, 4)(text))
    numbers = beside if kind == "numbers" else keras.ops.cast(beside, "float32")
    if kind == "repeated":
        numbers = layers.GlobalMaxPooling1D()(
            keras.ops.expand_dims(numbers, 1) * layers.Embedding(30, 4)(text)
        )
    return keras.Model(
        {"text": text, "beside": beside}, layers.Dense(3)(layers.Concatenate()([pooled, numbers]))
    )


class Subclassed(keras.Model):
    """The same with no inputs declared."""

    def __init__(self):
        super().__init__()
        self.table, self.of_numbers, self.scores = layers.Embedding(30, 4), layers.Dense(4), layers.Dense(3)

    def call(self, x):
        numbers = self.of_numbers(keras.ops.cast(x["beside"], "float32"))
        return self.scores(keras.ops.mean(self.table(x["text"]), axis=1) + numbers)


def without_each(model, doc, cut):
    """What score 1 loses where each token of the text is gone, and with it those of the inputs `cut`."""
    batch = {name: np.asarray(leaf)[None] for name, leaf in doc.items()}
    whole, losses = float(model(batch)[0, 1]), []
    for at in range(len(doc["text"])):
        gone = {
            name: np.delete(leaf, at, 1) if name in ("text", *cut) else leaf for name, leaf in batch.items()
        }
        losses.append(whole - float(model(gone)[0, 1]))
    return losses


def taken_out(model, doc):
    options = {"method": "occlusion", "replacement": "remove", "targets": 1, "task": "multiclass"}
    return textattr.explain_prediction(model, doc, **options).targets[0].heatmap


@pytest.mark.product
@pytest.mark.parametrize("kind", ["numbers", "flags", "repeated", "subclassed"])
@pytest.mark.parametrize("values", [[0.3, -2.0, 1.0, 0.5], [1, 0, 1, 1], [1, 1, 1, 1]])
def test_taking_words_out_leaves_inputs_of_the_same_length_alone(kind, values):
    if kind == "subclassed":
        keras.utils.set_random_seed(3)
        model = Subclassed()
    else:
        model = beside_a_pooled_text(kind)
    doc = {
        "text": np.array([5, 6, 7, 8]),
        "beside": np.array(values, "float32" if kind == "numbers" else "int32"),
    }
    np.testing.assert_allclose(taken_out(model, doc), without_each(model, doc, ()), atol=1e-6)


def heard(name, dtype, how):
    """A text whose tokens an input beside it weighs, hides from an LSTM, or hides from attention."""
    keras.utils.set_random_seed(4)
    text = keras.Input((None,), dtype="int32", name="text")
    beside = keras.Input((None,), dtype=dtype, name=name)
    vectors = layers.Embedding(30, 4)(text)
    if how == "weighs":
        read = layers.GlobalAveragePooling1D()(
            vectors * keras.ops.expand_dims(keras.ops.cast(beside, "float32"), -1)
        )
    elif how == "lstm":
        read = layers.LSTM(4)(vectors, mask=keras.ops.cast(beside, "bool"))
    else:
        mask = keras.ops.cast(keras.ops.expand_dims(beside, 1), "bool")
        read = layers.GlobalMaxPooling1D()(
            layers.MultiHeadAttention(1, 4)(vectors, vectors, attention_mask=mask)
        )
    return keras.Model({"text": text, name: beside}, layers.Dense(3)(read))


@pytest.mark.product
@pytest.mark.parametrize("how", ["weighs", "lstm", "attention"])
@pytest.mark.parametrize(
    ("name", "dtype"), [("padding_mask", "int32"), ("visible", "float32"), ("which", "bool")]
)
def test_taking_words_out_shortens_what_says_something_of_each(name, dtype, how):
    model = heard(name, dtype, how)
    flags = [1, 1, 1, 1] if name == "padding_mask" else [1, 0, 1, 1]  # what that hides is no token
    doc = {"text": np.array([5, 6, 7, 8]), name: np.array(flags, dtype)}
    np.testing.assert_allclose(taken_out(model, doc), without_each(model, doc, (name,)), atol=1e-6)


def test_each_of_two_texts_is_shortened_with_its_own_mask():
    keras.utils.set_random_seed(5)
    names = ("text", "of_text", "other", "of_other")
    inputs = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
    pooled = []
    for ids, flags in (("text", "of_text"), ("other", "of_other")):
        weights = keras.ops.expand_dims(keras.ops.cast(inputs[flags], "float32"), -1)
        pooled.append(layers.GlobalAveragePooling1D()(layers.Embedding(9, 4)(inputs[ids]) * weights))
    model = keras.Model(inputs, layers.Dense(3)(layers.Concatenate()(pooled)))
    doc = dict(zip(names, np.array([[5, 6, 7], [1, 1, 0], [2, 3, 4], [0, 1, 1]]), strict=True))
    options = {"method": "occlusion", "replacement": "remove", "targets": 1, "task": "multiclass"}
    found = textattr.explain_prediction(model, doc, **options)
    np.testing.assert_allclose(
        found["text"].targets[0].heatmap, without_each(model, doc, ("of_text",)), atol=1e-6
    )


def with_places(name):
    keras.utils.set_random_seed(6)
    text, places = (keras.Input((None,), dtype="int32", name=each) for each in ("text", name))
    vectors = layers.Embedding(30, 4)(text) * layers.Embedding(30, 4)(places)
    scores = layers.Dense(3)(layers.GlobalAveragePooling1D()(vectors))
    return keras.Model({"text": text, name: places}, scores)


def test_positions_are_counted_anew_where_words_are_taken_out():
    model = with_places("position_ids")
    doc = {"text": np.array([5, 6, 7]), "position_ids": np.arange(3)}
    at = {name: leaf[None] for name, leaf in doc.items()}
    less = {"text": np.array([[5, 7]]), "position_ids": np.array([[0, 1]])}
    assert taken_out(model, doc)[1] == pytest.approx(float((model(at) - model(less))[0, 1]), abs=1e-6)


def test_words_are_not_taken_out_of_one_of_two_texts_that_must_be_as_long():
    doc = {"text": np.array([5, 6, 7]), "tags": np.array([1, 2, 1])}
    with pytest.raises(
        OptionError, match="'tags' and 'text' as texts of any length.*must be as long as each other"
    ):
        taken_out(with_places("tags"), doc)


def test_each_text_is_compared_with_its_own_unknown_word():
    keras.utils.set_random_seed(5)
    titles, bodies = (keras.Input((None,), dtype="int32", name=name) for name in ("title", "body"))
    tables = [layers.Embedding(9, 4, name=name) for name in ("of_title", "of_body")]
    pooled = [
        layers.GlobalAveragePooling1D()(table(x)) for table, x in zip(tables, (titles, bodies), strict=True)
    ]
    model = keras.Model({"title": titles, "body": bodies}, layers.Dense(2)(layers.Concatenate()(pooled)))
    tokenizers = {
        "title": textattr.Words({"good": 4, "bad": 5}, unknown=1, splitting="words"),
        "body": textattr.Words({"good": 4, "bad": 5}, unknown=3, splitting="words"),
    }
    doc = {"title": "good", "body": "bad"}
    found = textattr.explain_prediction(
        model,
        doc,
        tokenizer=tokenizers,
        method="deeplift",
        baseline="unknown",
        targets=1,
        task="multiclass",
        score="logit",
    )
    expected = float(model({"title": np.array([[1]]), "body": np.array([[3]])})[0, 1])
    assert found.targets[0].diagnostics["baseline_score"] == pytest.approx(expected, abs=1e-6)


class TokenAndPosition(layers.Layer):
    def __init__(self):
        super().__init__(name="both")
        self.token, self.position = layers.Embedding(9, 4), layers.Embedding(8, 4)

    def call(self, x):
        return self.token(x) + self.position(keras.ops.arange(keras.ops.shape(x)[1]))

    def compute_output_shape(self, shape):
        return (*shape, 4)


@pytest.mark.parametrize("method", ["deeplift", "integrated_gradients"])
def test_the_baseline_is_the_same_text_of_unknown_words_at_every_position(method):
    keras.utils.set_random_seed(6)
    ids = keras.Input((None,), dtype="int32")
    read = layers.GlobalAveragePooling1D()(layers.Dense(4, activation="tanh")(TokenAndPosition()(ids)))
    model = keras.Model(ids, layers.Dense(2)(read))
    words = textattr.Words({"so": 2, "good": 3, "film": 4}, unknown=1, splitting="words")
    found = textattr.explain_prediction(
        model,
        "so good film",
        tokenizer=words,
        embedding_layer="both",
        method=method,
        baseline="unknown",
        targets=1,
        task="multiclass",
        score="logit",
    )
    expected = float(model(np.array([[1, 1, 1]]))[0, 1])
    assert found.targets[0].diagnostics["baseline_score"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.product
@pytest.mark.parametrize("name", ["position_title", "segment_text", "masked_review", "type_id_words"])
@pytest.mark.parametrize("joined", ["pooled", "one after the other", "added"])
def test_a_text_is_one_whatever_its_input_is_called(name, joined):
    keras.utils.set_random_seed(7)
    body, other = (keras.Input((None,), dtype="int32", name=each) for each in ("body", name))
    vectors = [layers.Embedding(9, 4)(x) for x in (body, other)]
    if joined == "pooled":
        read = layers.Concatenate()([layers.GlobalAveragePooling1D()(each) for each in vectors])
    elif joined == "added":
        read = layers.GlobalMaxPooling1D()(layers.Add()(vectors))
    else:
        read = layers.GlobalAveragePooling1D()(layers.Concatenate(axis=1)(vectors))
    model = keras.Model({"body": body, name: other}, layers.Dense(2)(read))
    doc = {"body": np.array([2, 3, 4]), name: np.array([5, 6, 7])}
    found = textattr.explain_prediction(model, doc, method="deeplift", targets=1, task="multiclass")
    assert set(found.texts) == {"body", name}
    assert np.abs(found[name].targets[0].heatmap).max() > 0
    assert "other inputs" not in found.targets[0].shares


@pytest.mark.product
@pytest.mark.parametrize("join", [layers.Add, layers.Concatenate])
@pytest.mark.parametrize(
    ("name", "size"),
    [("segment_ids", 6), ("token_type_ids", 6), ("position_ids", 9), ("speaker", 2), ("input_3", 2)],
)
def test_what_accompanies_a_text_is_none(name, size, join):
    keras.utils.set_random_seed(8)
    words, other = (keras.Input((None,), dtype="int32", name=each) for each in ("token_ids", name))
    both = join()([layers.Embedding(9, 4)(words) * 2.0, layers.Embedding(size, 4)(other)])
    model = keras.Model({"token_ids": words, name: other}, layers.Dense(2)(layers.GlobalMaxPooling1D()(both)))
    doc = {"token_ids": np.array([2, 3, 4]), name: np.array([0, 1, 1])}
    settings = {"targets": 1, "task": "multiclass"}
    found = textattr.explain_prediction(model, doc, method="deeplift", **settings)
    assert len(found.tokens) == 3
    assert "other inputs" not in found.targets[0].shares
    conserved = textattr.explain_prediction(model, doc, method="lrp", **settings)
    assert "other inputs" in conserved.targets[0].shares


def test_gradient_methods_share_a_trace():
    model = kind("convolution").model
    split = SplitModel(model)
    rows = Rows.predicted(split.arrays(kind("convolution").inputs), split.head(kind("convolution").inputs))
    found = [method.explain_group(split, rows) for method in (GradientXInput(), Saliency())]
    assert len(split._programs.own) == 1
    alone = [
        method.explain_group(split, replace(rows, per_number=True))
        for method in (GradientXInput(), Saliency())
    ]
    assert len(split._programs.own) == 3
    for together, single in zip(found, alone, strict=True):
        assert together.numbers == ()
        np.testing.assert_allclose(together.relevance[0], single.numbers[0].sum(-1), atol=1e-6)
