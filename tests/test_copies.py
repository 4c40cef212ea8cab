"""Perturbed copies that are run behind their convolutions alone, beside those that are run through the whole model."""

from __future__ import annotations

from functools import cache, partial
from unittest.mock import patch

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import textattr
from textattr.graph.frontier import FrontierError
from textattr.graph.walk import reads
from textattr.methods import LIME, Occlusion, ShapleySampling
from textattr.perturbation import vectors
from textattr.perturbation.copies import Gaps, NearCopies, SwappedCopies
from textattr.perturbation.maxima import Maxima

VOCABULARY, LENGTH = 40, 24
IDS = np.random.default_rng(0).integers(1, VOCABULARY, (2, LENGTH)).astype("int32")
METHODS = {
    "occlusion": Occlusion(),
    "windows": Occlusion(window=3, stride=2, replacement="mean"),
    "words": Occlusion(replacement=np.random.default_rng(1).normal(size=(LENGTH, 5)).astype("float32")),
    "lime": LIME(samples=150),
    "shapley": ShapleySampling(samples=3),
}


def model_of(build, length=None, **lookup):
    keras.utils.set_random_seed(0)
    ids = keras.Input((length,), dtype="int32")
    x = build(layers.Embedding(VOCABULARY, 5, **lookup)(ids))
    return keras.Model(ids, layers.Dense(3, activation="softmax")(x))


def pooled(*steps):
    def build(x):
        for step in steps:
            x = step(x)
        return layers.GlobalMaxPooling1D()(x)

    return build


def side_by_side(x):
    widths = ((2, "valid"), (3, "same"), (4, "same"))
    found = [
        layers.GlobalMaxPooling1D()(layers.Conv1D(6, width, padding=padding, activation="relu")(x))
        for width, padding in widths
    ]
    return layers.Concatenate()(found)


FAST = {
    "valid": lambda: model_of(pooled(layers.Conv1D(7, 3, activation="relu"))),
    "same": lambda: model_of(pooled(layers.Conv1D(7, 3, padding="same", activation="tanh"))),
    "even": lambda: model_of(pooled(layers.Conv1D(7, 4, padding="same", activation="sigmoid"))),
    "wide": lambda: model_of(pooled(layers.Conv1D(7, 9))),
    "word by word": lambda: model_of(pooled(layers.Conv1D(7, 1, activation="elu"))),
    "two in a row": lambda: model_of(
        pooled(layers.Conv1D(6, 3, padding="same"), layers.Conv1D(7, 2), layers.ReLU())
    ),
    "side by side": lambda: model_of(side_by_side),
    "masked": lambda: model_of(pooled(layers.Conv1D(7, 3, activation="relu")), mask_zero=True),
    "fixed length": lambda: model_of(pooled(layers.Conv1D(7, 3, activation="relu")), length=LENGTH),
    "without bias": lambda: model_of(pooled(layers.Conv1D(7, 3, use_bias=False, activation="softplus"))),
}
WHOLE = {
    "mean too": lambda: model_of(
        lambda x: layers.Concatenate()(
            [pooled(layers.Conv1D(7, 3, activation="relu"))(x), layers.GlobalAveragePooling1D()(x)]
        )
    ),
    "no maximum": lambda: model_of(
        lambda x: layers.GlobalAveragePooling1D()(layers.Conv1D(7, 3, activation="relu")(x))
    ),
    "falls": lambda: model_of(pooled(layers.Conv1D(7, 3), layers.Activation("gelu"))),
    "dilated": lambda: model_of(pooled(layers.Conv1D(7, 3, dilation_rate=2, activation="relu"))),
    "strided": lambda: model_of(pooled(layers.Conv1D(7, 3, strides=2, activation="relu"))),
    "pooled twice": lambda: model_of(
        pooled(layers.Conv1D(7, 3, activation="relu"), layers.MaxPooling1D(2), layers.Conv1D(5, 2))
    ),
    "causal": lambda: model_of(pooled(layers.Conv1D(7, 3, padding="causal", activation="relu"))),
    "very wide": lambda: model_of(pooled(layers.Conv1D(7, 12, activation="relu"))),
    "position by position": lambda: model_of(
        pooled(Positions(), layers.Conv1D(7, 3, activation="relu")), length=LENGTH
    ),
    "recurrent": lambda: model_of(layers.GRU(4)),
}


class Positions(layers.Layer):
    """A number of its own for each position: to be on the safe side, what is added must be the same everywhere."""

    def call(self, x):
        return x + keras.ops.cast(keras.ops.arange(LENGTH), x.dtype)[None, :, None]


@pytest.fixture(autouse=True)
def any_number_of_copies(monkeypatch):
    """Without the first thousands, of which each runs through the whole model."""
    monkeypatch.setattr(vectors, "_PAYS", 0)


@cache
def fast(name):
    """What is traced of one of them serves several tests."""
    return FAST[name]()


def of_policy(policy, name):
    keras.config.set_dtype_policy(policy)
    try:
        return FAST[name]()
    finally:
        keras.config.set_dtype_policy("float32")


def attributed(method, model, inputs, gaps=None, **settings):
    """What a method gives, and how many ways to run copies behind the convolutions were traced."""
    traced = []
    begun_at = Maxima.begun_at

    def noted(*args):
        found = begun_at(*args)
        traced.append(None)
        return found

    of = Gaps.of if gaps is None else lambda *_: gaps
    with patch.object(Gaps, "of", of), patch.object(Maxima, "begun_at", noted):
        return method.attribute(model, inputs, target=1, **settings), len(traced)


def assert_same(method, model, inputs, tolerance=3e-6, rounding=2.4e-7, **settings):
    """Weights are differences of scores, here of about 1, which are rounded."""
    plain, _ = attributed(method, model, inputs, Gaps.ANY, **settings)
    found, _ = attributed(method, model, inputs, **settings)
    if isinstance(plain, dict):
        assert found.keys() == plain.keys()
        plain, found = (np.concatenate([*each.values()], axis=1) for each in (plain, found))
    np.testing.assert_allclose(found, plain, rtol=0, atol=tolerance * np.abs(plain).max() + rounding)
    assert np.abs(plain).max() > 0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", FAST)
def test_the_scores_are_those_of_the_whole_model(name, method):
    assert_same(METHODS[method], fast(name), IDS)


@pytest.mark.parametrize("name", FAST)
def test_such_models_are_found(name):
    assert attributed(Occlusion(), FAST[name](), IDS)[1] == 1


@pytest.mark.parametrize("name", WHOLE)
def test_others_run_as_they_are(name):
    model = WHOLE[name]()
    assert attributed(Occlusion(), model, IDS)[1] == 0
    assert_same(Occlusion(), model, IDS, 0, 0)


@pytest.mark.parametrize(
    ("gaps", "method"),
    [(Gaps.CLOSE, Occlusion(window=2)), (Gaps.OF_FEW_TEXTS, LIME(samples=150))],
)
def test_what_is_left_out_tells_the_way(gaps, method):
    seen = []
    of = Gaps.of
    with patch.object(Gaps, "of", lambda *args: seen.append(of(*args)) or seen[-1]):
        method.attribute(fast("valid"), IDS[:1])
    assert gaps in seen


def test_many_copies_of_each_text_are_run_in_another_way_than_a_few():
    rng = np.random.default_rng(0)
    stays = rng.random((64, LENGTH)) > 0.1
    assert Gaps.of(np.zeros(64, int), [stays]) is Gaps.OF_FEW_TEXTS
    assert Gaps.of(np.arange(64) // 16, [stays]) is Gaps.OF_FEW_TEXTS
    assert Gaps.of(np.arange(64) // 8, [stays]) is Gaps.ANY
    close = ~np.eye(LENGTH, dtype=bool)
    assert Gaps.of(np.zeros(LENGTH, int), [close]) is Gaps.CLOSE
    assert Gaps.of(np.zeros(LENGTH, int), [close, stays[:LENGTH]]) is Gaps.OF_FEW_TEXTS
    assert Gaps.of(np.arange(LENGTH), [close]) is Gaps.ANY


def test_the_first_copies_run_through_the_whole_model(monkeypatch):
    monkeypatch.setattr(vectors, "_PAYS", 6 * LENGTH)
    model = FAST["valid"]()
    counts = [attributed(Occlusion(), model, IDS)[1] for _ in range(4)]
    assert counts == [0, 0, 1, 0]  # 2 * (LENGTH + 1) each time; the last finds it traced


def test_chunks_of_any_size():
    assert_same(LIME(samples=150), fast("same"), IDS, batch_size=16)
    assert_same(LIME(samples=150), fast("same"), IDS, batch_size=1)
    assert_same(Occlusion(), fast("same"), IDS, batch_size=2)
    assert_same(Occlusion(), fast("same"), IDS, batch_size=1)


def test_padding_and_short_texts():
    ids = IDS.copy()
    ids[1, 20:] = 0
    for name in ("masked", "side by side"):
        assert_same(Occlusion(window=2), fast(name), ids)
    for length in (16, 17):
        assert_same(Occlusion(), fast("wide"), IDS[:, :length])


def test_double_precision():
    model = of_policy("float64", "side by side")
    assert attributed(Occlusion(), model, IDS)[1] == 1
    assert_same(Occlusion(), model, IDS, 1e-13, 1e-15)
    assert_same(LIME(samples=150), model, IDS, 1e-12, 1e-15)


def test_half_precision_runs_as_it_is():
    model = of_policy("mixed_float16", "valid")
    assert attributed(Occlusion(), model, IDS)[1] == 0


def test_two_texts():
    keras.utils.set_random_seed(0)
    one, other = (keras.Input((None,), dtype="int32", name=name) for name in ("one", "other"))
    pool = pooled(layers.Conv1D(7, 3, activation="relu"))
    found = [pool(layers.Embedding(VOCABULARY, 5)(ids)) for ids in (one, other)]
    model = keras.Model([one, other], layers.Dense(3, activation="softmax")(layers.Concatenate()(found)))
    assert attributed(Occlusion(), model, [IDS, IDS[::-1, :20]])[1] == 1
    for given in ([IDS, IDS[::-1, :20]], [IDS[:1], IDS[1:, :20]]):
        for method in (Occlusion(), ShapleySampling(samples=3)):
            assert_same(method, model, given)


def test_what_is_no_text_counts_as_before():
    keras.utils.set_random_seed(0)
    ids, age = keras.Input((None,), dtype="int32"), keras.Input((2,), name="age")
    x = pooled(layers.Conv1D(7, 3, activation="relu"))(layers.Embedding(VOCABULARY, 5)(ids))
    model = keras.Model([ids, age], layers.Dense(3, activation="softmax")(layers.Concatenate()([x, age])))
    given = [IDS, np.array([[1.0, 2.0], [3.0, -1.0]], "float32")]
    assert attributed(Occlusion(), model, given)[1] == 1
    assert_same(Occlusion(), model, given)


def test_the_model_may_take_vectors():
    keras.utils.set_random_seed(0)
    vectors = keras.Input((None, 5))
    x = pooled(layers.Conv1D(7, 3, activation="relu"))(vectors)
    model = keras.Model(vectors, layers.Dense(1, activation="sigmoid")(x))
    given = np.random.default_rng(0).normal(size=(2, LENGTH, 5)).astype("float32")
    assert attributed(Occlusion(), model, given)[1] == 1
    for name in ("occlusion", "words", "lime", "shapley"):
        assert_same(METHODS[name], model, given)


@pytest.mark.parametrize("method", ["occlusion", "lime", "shapley"])
def test_vectors_that_are_far_away_cost_the_copies_without_them_no_digits(method):
    model = FAST["same"]()
    lookup = next(layer for layer in model.layers if isinstance(layer, layers.Embedding))
    table = lookup.get_weights()[0]
    table[IDS[0, 7]] *= 1e4
    lookup.set_weights([table])
    assert_same(METHODS[method], model, IDS)


def test_nor_do_those_that_are_put_in():
    far = Occlusion(replacement=np.full((LENGTH, 5), 1e4, "float32"))
    assert_same(far, fast("same"), IDS)


@pytest.mark.parametrize("method", ["occlusion", "lime"])
@pytest.mark.parametrize(
    "what", ["a word that is never the maximum", "a switched-off channel", "an overflow"]
)
def test_what_is_not_finite_runs_through_the_whole_model(what, method):
    model = FAST["even"]()
    lookup, convolution = model.layers[1:3]
    table, (kernel, bias) = lookup.get_weights()[0], convolution.get_weights()
    if what == "a switched-off channel":
        bias[2] = -np.inf
    else:
        kernel[:] = np.abs(kernel)
        table[IDS[0, 0]] = -np.inf if "word" in what else 3e38
    lookup.set_weights([table])
    convolution.set_weights([kernel, bias])
    assert_same(METHODS[method], model, IDS)


@pytest.mark.parametrize("method", ["occlusion", "lime"])
def test_the_score_may_read_the_convolution_in_its_own_way(method):
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32")
    x = layers.Embedding(VOCABULARY, 5)(ids)
    features = layers.Conv1D(7, 3)(x)
    scores = layers.Dense(3, activation="softmax")(pooled(layers.Conv1D(7, 3, activation="relu"))(x))
    model = keras.Model(ids, {"scores": scores, "features": features})

    def target(outputs):
        return outputs["scores"][:, 1] + tf.reduce_mean(outputs["features"] ** 2, [1, 2])

    tokens = [str(i) for i in IDS[0]]
    explain = partial(
        textattr.explain_prediction, model, IDS[0], tokens=tokens, method=METHODS[method], targets=target
    )
    found = explain()
    with patch.object(Gaps, "of", lambda *_: Gaps.ANY):
        plain = explain()
    np.testing.assert_allclose(found.targets[0].heatmap, plain.targets[0].heatmap, rtol=0, atol=1e-6)
    assert np.abs(found.targets[0].heatmap).max() > 1e-3


@pytest.mark.parametrize("method", ["occlusion", "lime"])
def test_a_way_that_gives_other_scores_is_not_taken(method):
    model, terms = FAST["same"](), Maxima.terms
    plain, _ = attributed(METHODS[method], model, IDS, Gaps.ANY)
    with patch.object(Maxima, "terms", lambda *args: 1.1 * terms(*args)):
        found, traced = attributed(METHODS[method], model, IDS)
    assert traced == 1
    np.testing.assert_array_equal(found, plain)


def test_small_chunks_have_no_room():
    assert attributed(Occlusion(), FAST["same"](), IDS, batch_size=9)[1] == 0
    assert attributed(Occlusion(), FAST["same"](), IDS, batch_size=10)[1] == 1


def test_a_chunk_has_as_many_texts_as_there_is_room_for():
    kept = {}

    def noted(maxima, *_):
        kept["maxima"] = maxima
        raise FrontierError

    with patch.object(Maxima, "begun_at", noted):
        Occlusion().attribute(FAST["same"](), IDS)
    rows = tf.constant([0] * 5 + [1] * 5 + [2] * 20)
    near = {size: NearCopies(tf.constant(size), kept["maxima"]) for size in (10, 20, 30)}
    assert [int(near[size].end(0, 100, rows)) for size in (10, 20, 30)] == [5, 10, 30]
    assert int(near[20].end(3, 4, rows)) == 7
    swapped = SwappedCopies(tf.constant(64), kept["maxima"])
    assert [int(swapped.end(start, 100, rows)) for start in (0, 4, 5, 12)] == [5, 5, 10, 30]
    assert int(swapped.end(12, 4, rows)) == 16


def test_it_is_noticed_what_reads_numbers_in_another_way():
    @tf.function
    def graph(x):
        piece = 2 * x
        until, past = piece + 1, tf.argmax(x)
        assert reads([until], [x], [])
        assert not reads([until], [x], [piece])
        assert reads([tf.cast(past, tf.float32) + until], [x], [piece])
        assert not reads([tf.cast(tf.shape(x)[0], tf.float32) + until], [x], [piece])
        return until

    graph(tf.zeros(3))
