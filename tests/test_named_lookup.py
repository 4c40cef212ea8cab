"""`embedding_layer=` names what counts as the lookup, also where nobody would have found it."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from kinds import keras_of

import textattr
from textattr.methods import GradientXInput, IntegratedGradients

ROWS, SIZE = 30, 4


@pytest.fixture(params=["keras", "tf_keras"])
def k(request):
    keras = keras_of(request.param)
    keras.utils.set_random_seed(1)
    return keras


def token_and_position(k):
    """A layer that holds two tables: ids in, the sum of a token's and its place's vector out."""

    class TokenAndPosition(k.layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.token = k.layers.Embedding(ROWS, SIZE, mask_zero=True, name="token")
            self.position = k.layers.Embedding(20, SIZE, name="position")
            self.supports_masking = True

        def call(self, x):
            return self.token(x) + self.position(tf.range(tf.shape(x)[1])) + 1.0

        def compute_mask(self, x, mask=None):
            return self.token.compute_mask(x)

        def compute_output_shape(self, shape):
            return (*shape, SIZE)

    return TokenAndPosition(name="whole")


def classifier(k, lookup, dtype="int32"):
    ids = k.Input((None,), dtype=dtype)
    pooled = k.layers.GlobalAveragePooling1D()(lookup(ids))
    return k.Model(ids, k.layers.Dense(3, activation="softmax", name="out")(pooled))


def test_a_layer_that_holds_the_table(k):
    whole = token_and_position(k)
    model = classifier(k, whole)
    ids = np.array([[3, 4, 5, 6], [7, 8, 0, 0]])
    live = ids != 0
    vectors = np.asarray(whole(ids))
    kernel, _ = model.get_layer("out").get_weights()
    expected = vectors * kernel[:, 1] * live[..., None] / live.sum(1)[:, None, None]

    found = GradientXInput().attribute(model, ids, target=1, embedding_layer="whole")
    np.testing.assert_allclose(found, expected, atol=1e-6)
    by_layer = GradientXInput().attribute(model, ids, target=1, embedding_layer=whole)
    np.testing.assert_array_equal(by_layer, found)
    ready = IntegratedGradients(
        steps=2, baseline="zero"
    )  # the model is linear: exact with any number of steps
    np.testing.assert_allclose(
        ready.attribute(model, ids, target=1, embedding_layer="whole"), expected, atol=1e-5
    )

    inside = GradientXInput().attribute(model, ids, target=1, embedding_layer="whole/token")
    np.testing.assert_array_equal(GradientXInput().attribute(model, ids, target=1), inside)
    tokens_alone = np.asarray(whole.token(ids))
    np.testing.assert_allclose(inside, expected * tokens_alone / vectors, atol=1e-6)


def test_its_mask_tells_the_padding(k):
    model = classifier(k, token_and_position(k))
    explanation = textattr.explain_prediction(
        model, [3, 4, 0, 0], tokens=["so", "good", "", ""], embedding_layer="whole"
    )
    assert explanation.document == "so good"


def test_a_table_that_is_read_beside_the_named_layer(k):
    """The calls of the table inside the named layer are no lookups; that of the other input is one."""
    whole = token_and_position(k)
    text, other = (k.Input((None,), dtype="int32", name=name) for name in ("text", "other"))
    pooled = [k.layers.GlobalAveragePooling1D()(e) for e in (whole(text), whole.token(other))]
    model = k.Model([text, other], k.layers.Dense(2, name="out")(k.layers.Concatenate()(pooled)))
    model.compile(loss="mse")
    doc = {"text": [3, 4], "other": [5]}
    explanation = textattr.explain_prediction(
        model, doc, embedding_layer="whole", targets=0, baseline="zero", steps=2
    )
    kernel, bias = model.get_layer("out").get_weights()
    [target] = explanation.targets
    assert explanation.document == "3 4"
    expected = np.asarray(whole(np.array([[3, 4]])))[0] @ kernel[:SIZE, 0] / 2
    np.testing.assert_allclose(target.heatmap, expected, atol=1e-5)
    elsewhere = target.score - bias[0] - target.heatmap.sum()
    assert target.shares["other inputs"] == pytest.approx(elsewhere, abs=1e-5)


def test_a_table_that_takes_floats(k):
    class Table(k.layers.Layer):
        def build(self, shape):
            self.table = self.add_weight(name="table", shape=(ROWS, SIZE), initializer="normal")
            super().build(shape)

        def call(self, x):
            return tf.gather(self.table, tf.cast(x, tf.int32))

        def compute_output_shape(self, shape):
            return (*shape, SIZE)

    model = classifier(k, Table(name="table"), dtype="float32")
    with pytest.raises(textattr.TextAttrError, match=r"(?s)table \(Table\).*embedding_layer="):
        textattr.explain_prediction(model, [3, 4, 5])
    [target] = textattr.explain_prediction(
        model, [3, 4, 5], embedding_layer="table", targets=2, baseline="zero", steps=2
    ).targets
    kernel, _ = model.get_layer("out").get_weights()
    [table] = model.get_layer("table").get_weights()
    np.testing.assert_allclose(target.heatmap, table[[3, 4, 5]] @ kernel[:, 2] / 3, atol=1e-6)


def test_a_named_layer_that_gives_no_vectors_is_refused(k):
    model = classifier(k, token_and_position(k))
    with pytest.raises(textattr.TextAttrError, match="'out' turned no token ids into vectors"):
        textattr.explain_prediction(model, [3, 4], embedding_layer="out")
