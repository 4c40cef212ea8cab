"""Which input of a model is a text, where its vectors enter, and what goes with it: told by what the model does."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from kinds import keras_of

import textattr
from textattr import errors
from textattr.split.model import split_model

VOCABULARY, SIZE = 30, 4
IDS = np.array([3, 4, 5, 6, 0, 0, 0, 0], "int32")


def randomised(model):
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(scale=0.5, size=np.shape(weight)) for weight in model.get_weights()])
    return model


def texts(model, *inputs):
    split = split_model(model)
    arrays = [np.asarray(each)[None] for each in inputs]
    return split.survey(split.arrays(arrays if len(arrays) > 1 else arrays[0])).texts


def branches(k, x, table, *, twice):
    first = table(x)
    second = table(x) if twice else first
    read = (k.layers.Conv1D(3, n, activation="tanh")(e) for n, e in zip((2, 3), (first, second), strict=True))
    return k.layers.Concatenate()([k.layers.GlobalAveragePooling1D()(each) for each in read])


def residual(k, x, table, *, twice):
    first = table(x)
    second = table(x) if twice else first
    read = k.layers.Dense(SIZE, activation="tanh")(first)
    return k.layers.GlobalMaxPooling1D()(k.layers.Add()([read, second]))


def towers(k, x, table, *, twice):
    inner = k.Input((None,), dtype="int32")
    tower = k.Model(inner, k.layers.LSTM(3)(table(inner)))
    first = tower(x)
    return k.layers.Multiply()([first, tower(x) if twice else first])


@pytest.mark.product
@pytest.mark.parametrize("family", ["keras", "tf_keras"])
@pytest.mark.parametrize("read", [branches, residual, towers])
@pytest.mark.parametrize(
    ("method", "options"), [("occlusion", {}), ("gradient_x_input", {}), ("deeplift", {"baseline": "zero"})]
)
def test_a_table_called_twice_on_the_same_ids_is_read_as_if_called_once(family, read, method, options):
    k = keras_of(family)
    found = []
    for twice in (False, True):
        x = k.Input((None,), dtype="int32")
        model = k.Model(x, k.layers.Dense(2)(read(k, x, k.layers.Embedding(VOCABULARY, SIZE), twice=twice)))
        assert not texts(randomised(model), IDS)[0].is_sliced
        found.append(
            textattr.explain_prediction(
                model, IDS, method=method, pad_value=0, targets=1, task="multiclass", **options
            )
        )
    once, twice = (each.targets[0] for each in found)
    assert len(found[1].tokens) == 4
    np.testing.assert_allclose(twice.heatmap, once.heatmap, atol=1e-5)
    assert twice.shares == pytest.approx(once.shares, abs=1e-5)
    assert twice.diagnostics.get("evaluations") == once.diagnostics.get("evaluations")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
@pytest.mark.parametrize("tables", [1, 2])
def test_parts_of_a_text_stand_in_its_order_whatever_is_called_first(order, tables):
    x = keras.Input((6,), dtype="int32")
    embeddings = [layers.Embedding(VOCABULARY, SIZE) for _ in range(tables)]
    pooled = [
        layers.GlobalAveragePooling1D()(embed(x[:, 2 * part : 2 * part + 2]))
        for part in order
        for embed in embeddings
    ]
    model = randomised(keras.Model(x, layers.Dense(2)(layers.Concatenate()(pooled))))
    ids = np.arange(3, 9)
    [text] = texts(model, ids)
    assert text.is_sliced
    kernel = np.asarray(model.layers[-1].kernel)[:, 1].reshape(3, tables, SIZE)
    rows = [np.asarray(embed.embeddings)[ids] for embed in embeddings]
    expected = [
        sum(rows[table][at] @ kernel[order.index(at // 2), table] / 2 for table in range(tables))
        for at in range(6)
    ]
    for method in ("gradient_x_input", "occlusion"):
        found = textattr.explain_prediction(
            model, ids, method=method, targets=1, task="multiclass", score="logit"
        )
        np.testing.assert_allclose(found.targets[0].heatmap, expected, atol=1e-5)


def test_overlapping_parts_are_refused_for_each_vector_is_of_two_tokens():
    x = keras.Input((None,), dtype="int32")
    table = layers.Embedding(VOCABULARY, SIZE)
    both = layers.Add()([table(x[:, :-1]), table(x[:, 1:])])
    model = randomised(keras.Model(x, layers.Dense(2)(layers.GlobalMaxPooling1D()(both))))
    with pytest.raises(errors.ModelOutputError, match="weights would be shown on other words"):
        textattr.methods.Saliency().attribute(model, IDS[None])
