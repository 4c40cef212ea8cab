"""Integrated gradients that step behind the affine frontier give what those give that run all of the model."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from kinds import KINDS, keras_of, kind
from stepping import Layer, assert_same, both_ways

import textattr
from textattr.followed import followed_run, score_of
from textattr.graph.row_axis import RowAxis, row_axis_after
from textattr.methods import DeepLIFT, path
from textattr.methods.method import rows_of

# How many tensors the steps begin at, of the kinds that say most of it; of all others it only has to be the same.
PIECES = {
    "convolution": 1,  # before its activation
    "three_branches": 3,
    "average_masked": 1,  # the mean, which the mask weighs, and what a layer makes of it
    "pre_norm_block": 3,
    "self_attention_masked": 3,
    "read_in_reverse_as_well": 1,
    "dict_with_numbers": 1,
    "lstm_masked": 0,  # products with the state begin at once
    "half_precision": 0,  # what is rounded lies on no line
}


@pytest.mark.parametrize("name", PIECES)
def test_steps_begin_where_a_line_ends(name):
    one = kind(name)
    found, plain = both_ways(one.model, one.inputs)
    assert_same(found, plain, 1e-5)
    assert (found.diagnostics["affine_pieces"] == PIECES[name]).all()


OTHERS = [
    (name, family)
    for name in KINDS
    for family in ("keras", "tf_keras")
    if family != "keras" or name not in PIECES
]


@pytest.mark.rest  # that the sums are right is shown of every method and kind
@pytest.mark.parametrize(("name", "family"), [pair for pair in OTHERS if pair[0] != "bare_gather"])
def test_every_kind_of_model(name, family):
    one = kind(name, family)
    assert_same(*both_ways(one.model, one.inputs), 1e-5)


@pytest.mark.parametrize("name", ["convolution", "average_masked", "pre_norm_block"])
def test_to_ten_digits_in_double_precision(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        keras.utils.set_random_seed(3)
        one = KINDS[name](keras)
        found, plain = both_ways(one.model, one.inputs)
        assert found.numbers[0].dtype == np.float64
        assert (found.diagnostics["affine_pieces"] > 0).all()
        assert_same(found, plain, 1e-10)
    finally:
        keras.config.set_dtype_policy(before)


@tf.custom_gradient
def swish(x):
    """Its gradient reads the input by its name, not by the op."""
    gate = tf.sigmoid(2 * x)

    def gradient(upstream):
        slope = gate + 2 * x * gate * (1 - gate)
        return upstream * slope

    return x * gate, gradient


@tf.custom_gradient
def reversed_gradient(x):
    return tf.identity(x), lambda upstream: -upstream


def read_twice(x):
    """What one branch cuts, the other goes on with."""
    y = 2 * x + 1
    return tf.nn.relu(y) + tf.nn.tanh(y[:, ::-1]) + y + tf.stop_gradient(x)


def one_by_one(x):
    """Rows folded into others, which no row can be told by; and pairs of positions, too many to keep."""
    folded = tf.reshape(tf.matmul(tf.reshape(x, [-1, 4]), tf.eye(4) * 3), tf.shape(x))
    pairs = x[:, :, None] - x[:, None]
    return tf.nn.relu(folded) + tf.reduce_sum(tf.nn.relu(pairs), 2)


def by_loop(x):
    """A loop and a condition that read what is affine."""
    y = 3 * x
    summed = tf.while_loop(
        lambda i, _: i < 3, lambda i, s: (i + 1, s + tf.tanh(y) * s), (0, tf.ones_like(y))
    )[1]
    return tf.cond(tf.reduce_sum(y) > 1e6, lambda: y, lambda: summed + y)


@pytest.mark.parametrize(
    "function", [swish, reversed_gradient, read_twice, one_by_one, by_loop], ids=lambda f: f.__name__
)
def test_what_reads_the_frontier_in_its_own_way(function):
    keras.utils.set_random_seed(4)
    ids = keras.Input((None,), dtype="int32")
    x = Layer(function)(layers.Dense(4)(layers.Embedding(30, 4, embeddings_initializer="normal")(ids)))
    model = keras.Model(ids, layers.Dense(2, activation="softmax")(layers.GlobalMaxPooling1D()(x)))
    docs = np.array([[3, 4, 5, 6, 2], [9, 8, 7, 1, 1]], "int32")
    found, plain = both_ways(model, docs)
    assert (found.diagnostics["affine_pieces"] > 0).all()
    assert_same(found, plain, 1e-5)


def test_shares_of_other_inputs_are_those_along_the_path():
    """The table scales the vectors, so that its slope is another one at each step."""
    keras.utils.set_random_seed(5)
    ids, table = keras.Input((None,), dtype="int32", name="ids"), keras.Input((4,), name="table")
    x = layers.Dense(4)(layers.Embedding(30, 4, embeddings_initializer="normal")(ids))
    x = layers.Multiply()([layers.GlobalAveragePooling1D()(x), layers.Dense(4)(table)])
    model = keras.Model([ids, table], layers.Dense(2, activation="softmax")(layers.Dense(3, "tanh")(x)))
    inputs = [np.array([[3, 4, 5], [9, 8, 7]], "int32"), np.float32([[1, -2, 3, 0.5], [2, 2, -1, 1]])]
    found, plain = both_ways(model, inputs)
    assert (found.diagnostics["affine_pieces"] > 0).all()
    assert len(found.others) == 1
    assert_same(found, plain, 1e-5)


def test_a_text_whose_vectors_are_masked_behind_the_lookup_moves_as_well():
    """What it adds to the other text lies on a line that nobody follows."""
    keras.utils.set_random_seed(9)
    one, two = (keras.Input((None,), dtype="int32", name=name) for name in ("one", "two"))
    x = layers.Embedding(30, 4, embeddings_initializer="normal")(one)
    y = layers.Masking()(layers.Embedding(30, 4, embeddings_initializer="normal")(two))
    both = layers.Add()([layers.Dense(4)(layers.GlobalAveragePooling1D()(each)) for each in (x, y)])
    model = keras.Model([one, two], layers.Dense(2, activation="softmax")(layers.Dense(3, "tanh")(both)))
    docs = [np.array([[3, 4, 5], [6, 7, 8]], "int32"), np.array([[13, 4, 15], [6, 17, 8]], "int32")]
    found, plain = both_ways(model, docs)
    assert len(found.numbers) == 2
    assert_same(found, plain, 1e-5)


SHAPES = {
    "the shape itself": (tf.shape, RowAxis.FIRST),
    "sliced": (lambda x: tf.concat([tf.shape(x)[:1], [-1]], 0), RowAxis.FIRST),
    "unpacked": (lambda x: tf.stack([tf.unstack(tf.shape(x))[0], -1]), RowAxis.FIRST),
    "tokens first": (lambda x: tf.stack([tf.unstack(tf.shape(x))[1], -1]), RowAxis.OUTER),
    "all together": (lambda _: [-1, 4], RowAxis.OUTER),
}


@pytest.mark.parametrize(("shape", "expected"), SHAPES.values(), ids=SHAPES.keys())
def test_whether_rows_stay_on_the_first_axis_is_read_off_a_shape(shape, expected):
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, [None, None, 4])
        op = tf.reshape(x, shape(x)).op
        assert row_axis_after(op, [0], {x.ref(): RowAxis.FIRST}) is expected


@tf.RegisterGradient("OnlyWhatSpeaksFor")
def only_what_speaks_for(_, upstream):
    return tf.nn.relu(upstream)


def test_a_gradient_that_is_overridden_is_taken_at_every_step():
    """As guided backpropagation has it: of a sum it is not the sum."""
    keras.utils.set_random_seed(10)

    def guided(x):
        with tf.compat.v1.get_default_graph().gradient_override_map({"Identity": "OnlyWhatSpeaksFor"}):
            passed = tf.identity(x)
        return tf.square(passed - 0.02)

    ids = keras.Input((None,), dtype="int32")
    x = Layer(guided)(layers.Dense(4)(layers.Embedding(30, 4, embeddings_initializer="normal")(ids)))
    model = keras.Model(ids, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling1D()(x)))
    found, plain = both_ways(model, np.array([[3, 4, 5, 6, 2], [9, 8, 7, 1, 1]], "int32"))
    assert_same(found, plain, 1e-5)


@pytest.mark.parametrize("family", ["keras", "tf_keras"])
def test_sentences_folded_into_rows_are_no_rows(family):
    """What a layer inside a sentence makes has a row for each sentence, which no row of the text can be told by."""
    k = keras_of(family)
    k.utils.set_random_seed(13)
    words = k.Input((5,), dtype="int32")
    read = k.layers.Dense(4, activation="relu")(k.layers.Embedding(30, 4)(words))
    sentence = k.Model(words, k.layers.GlobalMaxPooling1D()(read))
    x = k.Input((3, 5), dtype="int32")
    read = k.layers.Dense(4, activation="tanh")(k.layers.TimeDistributed(sentence)(x))
    model = k.Model(x, k.layers.Dense(2, activation="softmax")(k.layers.GlobalMaxPooling1D()(read)))
    for weight in model.trainable_weights:
        weight.assign(np.random.default_rng(len(weight.shape)).normal(size=weight.shape))
    docs = np.random.default_rng(14).integers(1, 30, (2, 3, 5)).astype("int32")
    found, plain = both_ways(model, docs)
    assert np.abs(found.relevance[0]).max() > 0.01
    assert_same(found, plain, 1e-5)
    one, other = (
        DeepLIFT(baseline="zero").attribute(model, documents, target=0) for documents in (docs, docs[:1])
    )
    np.testing.assert_allclose(one[:1], other, atol=1e-5)


def test_a_linear_model_needs_no_more_than_its_score():
    keras.utils.set_random_seed(6)
    ids = keras.Input((None,), dtype="int32")
    model = keras.Model(ids, layers.Dense(3)(layers.GlobalAveragePooling1D()(layers.Embedding(30, 4)(ids))))
    docs = np.array([[3, 4, 5, 6], [9, 8, 7, 1]], "int32")
    found, plain = both_ways(model, docs)
    assert_same(found, plain, 1e-5)


def test_a_model_of_another_frontier_in_each_trace_is_stepped_through_as_a_whole():
    keras.utils.set_random_seed(7)
    traces = []

    def one_way_or_another(x):
        traces.append(x)
        return 2 * tf.nn.relu(x) if len(traces) % 2 else tf.nn.relu(x) + tf.nn.relu(3 * x) / 3

    ids = keras.Input((None,), dtype="int32")
    x = Layer(one_way_or_another)(layers.Dense(4)(layers.Embedding(30, 4)(ids)))
    model = keras.Model(ids, layers.Dense(2, activation="softmax")(layers.GlobalMaxPooling1D()(x)))
    found, plain = both_ways(model, np.array([[3, 4, 5, 6]], "int32"))
    assert (found.diagnostics["affine_pieces"] == 0).all()
    assert_same(found, plain, 1e-5)


def test_windows_that_are_equal_share_a_maximum_at_every_step():
    """A kernel that treats the last numbers of an array apart would tell them apart by rounding."""
    keras.utils.set_random_seed(8)
    ids = keras.Input((None,), dtype="int32")
    x = layers.Conv1D(7, 3, activation="tanh")(layers.Embedding(30, 5, embeddings_initializer="normal")(ids))
    model = keras.Model(ids, layers.Dense(2, activation="softmax")(layers.GlobalMaxPooling1D()(x)))
    found, plain = both_ways(model, np.array([[3, 4, 5] * 5 + [3, 4]], "int32"))
    assert found.diagnostics["affine_pieces"] == 1
    assert_same(found, plain, 1e-5)
    inner = found.relevance[0][0, 2:-2].reshape(-1)[:12].reshape(4, 3)
    np.testing.assert_allclose(inner, inner[:1].repeat(4, 0), rtol=1e-4)


def test_explanations_say_where_the_steps_began():
    model = kind("convolution").model
    found = textattr.explain_prediction(model, [3, 4, 5, 6], method="integrated_gradients")
    assert found.targets[0].diagnostics["affine_pieces"] == 1


def _average(*units):
    ids = keras.Input((None,), dtype="int32")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(30, 8)(ids))
    for each in units:
        x = layers.Dense(each, activation="relu")(x)
    return keras.Model(ids, layers.Dense(2)(x))


def _recurrent():
    ids = keras.Input((None,), dtype="int32")
    x = layers.Dense(3)(layers.Embedding(30, 8)(ids))
    return keras.Model(ids, layers.Dense(2)(layers.SimpleRNN(3)(x)))


@pytest.mark.parametrize(
    ("model", "times"),
    [
        (lambda: _average(4), 16),  # a few numbers behind the mean of 40 vectors
        (lambda: _average(4, 400), 1),  # of which more is made than there was
        (_recurrent, 1),  # what a loop makes is not seen
    ],
)
def test_as_many_rows_at_once_as_make_no_more_than_those_of_all_of_the_model(model, times):
    def share(cut, targets, _):
        run, _, frontier = followed_run(cut, is_followed=True)
        score_of(cut, run, targets, frontier)
        return tf.convert_to_tensor(path.share_of_rest(frontier, run))

    split, rows = rows_of(
        model(), np.ones((1, 40), int), target=None, score="logit", embedding_layer=None, batch_size=64
    )
    assert split.run_once(share, rows) == times


@pytest.mark.parametrize(
    ("batch_size", "cores", "expected"), [(64, 2, 256), (5000, 2, 10_000), (1, 2, 1), (64, 1000, 256)]
)
def test_rows_at_once_fit_into_the_caches_and_one_that_runs_alone_stays_alone(
    batch_size, cores, expected, monkeypatch
):
    monkeypatch.setattr(path, "_cores", lambda: cores)
    line = path.Line(tf.zeros((1, 200)), tf.zeros((1, 200)))
    behind = path.BehindFrontier(None, (line,), (line,), None, share=4)
    assert behind.at_once(tf.constant(batch_size)).numpy() == expected
