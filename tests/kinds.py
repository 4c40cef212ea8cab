"""The kinds of model that every method is tested on. A new kind joins with one function.

Each function takes `k`, the Keras to build with (`keras` or `tf_keras`), so that both families run through one table.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import tensorflow as tf

VOCABULARY, SIZE = 30, 4


@dataclass(frozen=True, eq=False)
class Kind:
    """A model and a batch for it.

    `padding`, bool (B, T), says where a model with a mask must give nothing; `injectable` is False where vectors
    cannot be replaced; `half` says what it says; `rounding` is by how much scores may be off where TensorFlow optimises
    two graphs of the model apart.
    """

    model: Any
    inputs: Any
    padding: np.ndarray | None = None
    injectable: bool = True
    half: bool = False
    rounding: float = 0.0

    @property
    def count(self) -> int:
        return len(tf.nest.flatten(self.inputs)[0])

    def rows(self, which: Any) -> Any:
        return tf.nest.map_structure(lambda leaf: leaf[which], self.inputs)


def ids(count=3, length=6, padded=False):
    rng = np.random.default_rng(7)
    out = rng.integers(1, VOCABULARY, (count, length)).astype("int32")
    if padded:
        for row in range(1, count):
            out[row, length - row :] = 0
    return out


def tokens(k, *shape, **options):
    return k.Input(shape or (None,), dtype="int32", **options)


def lookup(k, size=SIZE, **options):
    return k.layers.Embedding(VOCABULARY, size, **options)


def softmax(k, units=3):
    return k.layers.Dense(units, activation="softmax")


def _sequential(k, *parts, mask_zero=False, length=None):
    return k.Sequential([tokens(k, length), lookup(k, mask_zero=mask_zero, name="lookup"), *parts])


def _padded(model):
    inputs = ids(padded=True)
    return Kind(model, inputs, padding=inputs == 0)


def convolution(k):
    la = k.layers
    parts = (
        la.Conv1D(5, 3, activation="relu"),
        la.GlobalMaxPooling1D(),
        la.Dense(4, activation="relu"),
        softmax(k),
    )
    return Kind(_sequential(k, *parts), ids())


def dense_fixed_length(k):
    parts = k.layers.Flatten(), k.layers.Dense(5, activation="tanh"), softmax(k)
    return Kind(_sequential(k, *parts, length=6), ids())


def lstm_masked(k):
    return _padded(_sequential(k, k.layers.LSTM(5), softmax(k), mask_zero=True))


def gru_masked(k):
    return _padded(_sequential(k, k.layers.GRU(5), softmax(k), mask_zero=True))


def bilstm_masked(k):
    parts = k.layers.Bidirectional(k.layers.LSTM(3)), k.layers.Dense(1, activation="sigmoid")
    return _padded(_sequential(k, *parts, mask_zero=True))


def average_masked(k):
    parts = k.layers.GlobalAveragePooling1D(), k.layers.Dense(4, activation="tanh"), softmax(k, 2)
    return _padded(_sequential(k, *parts, mask_zero=True))


def three_branches(k):
    x = tokens(k)
    e = lookup(k)(x)
    convolutions = [k.layers.Conv1D(3, n, padding="same", activation="relu")(e) for n in (2, 3, 4)]
    pooled = k.layers.Concatenate()([k.layers.GlobalMaxPooling1D()(c) for c in convolutions])
    return Kind(k.Model(x, k.layers.Activation("sigmoid")(k.layers.Dense(1)(pooled))), ids())


def regression(k):
    return Kind(
        _sequential(k, k.layers.GlobalAveragePooling1D(), k.layers.Dense(1, activation="tanh")), ids()
    )


def multilabel(k):
    parts = k.layers.GlobalAveragePooling1D(), k.layers.Dense(3, activation="sigmoid")
    return Kind(_sequential(k, *parts), ids())


def vectors(k):
    la = k.layers
    model = k.Sequential(
        [k.Input((None, SIZE)), la.Conv1D(4, 3, activation="relu"), la.GlobalMaxPooling1D(), softmax(k, 2)]
    )
    return Kind(model, np.random.default_rng(7).normal(size=(3, 6, SIZE)).astype("float32"))


def vectors_masked(k):
    model = k.Sequential([k.Input((None, SIZE)), k.layers.Masking(), k.layers.LSTM(4), softmax(k, 2)])
    inputs = np.random.default_rng(7).normal(size=(3, 6, SIZE)).astype("float32")
    inputs[1, 4:] = 0
    return Kind(model, inputs, padding=(inputs == 0).all(-1))


def bag_of_words(k):
    counts = np.random.default_rng(7).integers(0, 3, (3, 12)).astype("float32")
    model = k.Sequential([k.Input((12,)), k.layers.Dense(5, activation="tanh"), k.layers.Dense(1)])
    model.compile(loss="mse")
    return Kind(model, counts)


def nested(k):
    inner = tokens(k)
    encoder = k.Model(inner, k.layers.Conv1D(4, 2, activation="relu")(lookup(k)(inner)), name="encoder")
    x = tokens(k)
    return Kind(k.Model(x, softmax(k)(k.layers.GlobalMaxPooling1D()(encoder(x)))), ids())


def subclassed(k):
    class Classifier(k.Model):
        def __init__(self):
            super().__init__()
            self.lookup = lookup(k, mask_zero=True)
            self.reader = k.layers.LSTM(4)
            self.scores = softmax(k)

        def call(self, x, training=False):
            return self.scores(self.reader(self.lookup(x)))

    model = Classifier()
    inputs = ids(padded=True)
    model(inputs)
    return Kind(model, inputs, padding=inputs == 0)


def subclassed_nested(k):
    class TokenAndPosition(k.layers.Layer):
        def __init__(self):
            super().__init__()
            self.token = lookup(k)
            self.position = k.layers.Embedding(20, SIZE)

        def call(self, x):
            return self.token(x) + self.position(tf.range(tf.shape(x)[1]))

    class Classifier(k.Model):
        def __init__(self):
            super().__init__()
            self.encoder = TokenAndPosition()
            self.hidden = k.layers.Dense(4, activation="tanh")
            self.score = k.layers.Dense(1)

        def call(self, x):
            return tf.sigmoid(self.score(tf.reduce_max(self.hidden(self.encoder(x)), 1)))

    model = Classifier()
    model(ids())
    return Kind(model, ids())


def shared_table(k):
    premise, hypothesis = tokens(k, name="premise"), tokens(k, name="hypothesis")
    table, read = lookup(k), k.layers.Conv1D(4, 2, activation="tanh")
    pooled = [k.layers.GlobalMaxPooling1D()(read(table(x))) for x in (premise, hypothesis)]
    model = k.Model([premise, hypothesis], softmax(k)(k.layers.Concatenate()(pooled)))
    return Kind(model, [ids(), ids()[:, ::-1][:, :4].copy()])


def dict_with_numbers(k):
    text, numbers = tokens(k, name="text"), k.Input((2,), name="numbers")
    pooled = k.layers.GlobalAveragePooling1D()(k.layers.Dense(4, activation="tanh")(lookup(k)(text)))
    scores = softmax(k)(k.layers.Concatenate()([pooled, numbers]))
    model = k.Model({"text": text, "numbers": numbers}, scores)
    numbers = np.random.default_rng(1).normal(size=(3, 2)).astype("float32")
    return Kind(model, {"text": ids(), "numbers": numbers})


def segments(k):
    token_ids, segment_ids = tokens(k, name="token_ids"), tokens(k, name="segment_ids")
    x = k.layers.Add()([lookup(k)(token_ids), k.layers.Embedding(2, SIZE)(segment_ids)])
    x = k.layers.GlobalAveragePooling1D()(k.layers.Dense(4, activation="tanh")(x))
    model = k.Model({"token_ids": token_ids, "segment_ids": segment_ids}, softmax(k)(x))
    return Kind(model, {"token_ids": ids(), "segment_ids": (ids() > 15).astype("int32")})


def two_tables(k):
    x = tokens(k)
    both = k.layers.Concatenate()([lookup(k)(x), lookup(k, 3)(x)])
    return Kind(k.Model(x, softmax(k)(k.layers.GlobalMaxPooling1D()(both))), ids())


def hierarchical(k):
    x = tokens(k, 3, 5)
    sentences = k.layers.TimeDistributed(k.layers.GlobalMaxPooling1D())(
        k.layers.TimeDistributed(lookup(k))(x)
    )
    model = k.Model(x, softmax(k)(k.layers.LSTM(4)(sentences)))
    return Kind(model, np.random.default_rng(7).integers(1, VOCABULARY, (3, 3, 5)).astype("int32"))


def custom_lookup(k):
    class Table(k.layers.Layer):
        def build(self, shape):
            self.table = self.add_weight(name="table", shape=(VOCABULARY, SIZE))

        def call(self, x):
            return tf.gather(self.table, x)

        def compute_output_shape(self, shape):
            return (*shape, SIZE)

    x = tokens(k)
    return Kind(k.Model(x, softmax(k)(k.layers.GlobalMaxPooling1D()(Table()(x)))), ids())


def strings(k):
    split = k.layers.TextVectorization(vocabulary=["so", "good", "film", "bad", "very"])
    x = k.Input((), dtype="string")
    e = lookup(k, mask_zero=True)(split(x))
    model = k.Model(x, softmax(k)(k.layers.GlobalAveragePooling1D()(e)))
    return Kind(model, np.array(["So good, so far!", "very bad"], dtype=object))


def half_precision(k):
    set_policy = k.mixed_precision.set_global_policy
    set_policy("mixed_float16")
    try:
        x = tokens(k)
        pooled = k.layers.GlobalMaxPooling1D()(k.layers.Conv1D(4, 3, activation="tanh")(lookup(k)(x)))
        model = k.Model(x, k.layers.Dense(3, activation="softmax", dtype="float32")(pooled))
    finally:
        set_policy("float32")
    return Kind(model, ids(), half=True)


def traced_call(k):
    class Classifier(k.Model):
        def __init__(self):
            super().__init__()
            self.lookup = lookup(k)
            self.scores = softmax(k)
            self.lookup.build((None, None))
            self.scores.build((None, SIZE))

        @tf.function
        def call(self, x):
            return self.scores(tf.reduce_max(self.lookup(x), 1))

    model = Classifier()
    model(ids())
    return Kind(model, ids())


def bare_gather(k):
    class Classifier(k.Model):
        def __init__(self):
            super().__init__()
            self.scores = softmax(k)

        def build(self, shape):
            self.table = self.add_weight(name="table", shape=(VOCABULARY, SIZE))

        def call(self, x):
            return self.scores(tf.reduce_max(tf.gather(self.table, x), 1))

    model = Classifier()
    model(ids())
    return Kind(model, ids(), injectable=False)


def mask_in_the_model(k):
    class Reader(k.layers.Layer):
        def __init__(self):
            super().__init__()
            self.lookup = lookup(k)
            self.reader = k.layers.LSTM(4)

        def call(self, x):
            return self.reader(self.lookup(x), mask=tf.not_equal(x, 0))

        def compute_output_shape(self, shape):
            return (shape[0], 4)

    x = tokens(k)
    return _padded(k.Model(x, softmax(k)(Reader()(x))))


def self_attention_masked(k):
    x = tokens(k)
    e = lookup(k, mask_zero=True)(x)
    attended = k.layers.MultiHeadAttention(2, 3)(e, e)
    padded = _padded(k.Model(x, softmax(k)(k.layers.GlobalAveragePooling1D()(attended))))
    return replace(padded, rounding=2e-7)  # on some processors its products are summed in another order


def attention_masked(k):
    x = tokens(k)
    e = lookup(k, mask_zero=True)(x)
    attended = k.layers.Attention()([e, e])
    return _padded(k.Model(x, softmax(k)(k.layers.GlobalAveragePooling1D()(attended))))


def mask_set_in_the_call(k):
    class Table(k.layers.Embedding):
        def call(self, x):
            vectors = super().call(x)
            vectors._keras_mask = tf.not_equal(x, 0)
            return vectors

    table = getattr(k.layers, "ReversibleEmbedding", None)  # Keras 3 has a layer that does so
    x = tokens(k)
    e = table(VOCABULARY, SIZE, mask_zero=True)(x) if table else Table(VOCABULARY, SIZE)(x)
    return _padded(k.Model(x, softmax(k)(k.layers.LSTM(4)(e))))


def mask_around_the_lookup(k):
    class TokenAndPosition(k.layers.Layer):
        def __init__(self):
            super().__init__()
            self.token = lookup(k)
            self.position = k.layers.Embedding(20, SIZE)

        def call(self, x):
            vectors = self.token(x) + self.position(tf.range(tf.shape(x)[1]))
            vectors._keras_mask = tf.not_equal(x, 0)
            return vectors

        def compute_output_shape(self, shape):
            return (*shape, SIZE)

    x = tokens(k)
    return _padded(k.Model(x, softmax(k)(k.layers.GRU(4)(TokenAndPosition()(x)))))


def mask_beside_the_lookup(k):
    class PaddingMask(k.layers.Layer):
        def call(self, x):
            return tf.cast(tf.equal(x, 0), "float32")[:, None, :] * -1e9

        def compute_output_shape(self, shape):
            return (shape[0], 1, shape[1])

    class Attention(k.layers.Layer):
        def call(self, both):
            e, mask = both
            weights = tf.nn.softmax(tf.matmul(e, e, transpose_b=True) + mask)
            return tf.reduce_mean(tf.matmul(weights, e), 1)

        def compute_output_shape(self, shapes):
            return (shapes[0][0], shapes[0][2])

    x = tokens(k)
    attended = Attention()([lookup(k)(x), PaddingMask()(x)])
    return Kind(k.Model(x, softmax(k)(attended)), ids(padded=True))


def read_in_reverse_as_well(k):
    class Reverse(k.layers.Layer):
        def call(self, x):
            return x[:, ::-1]

        def compute_output_shape(self, shape):
            return shape

    x = tokens(k)
    pooled = [
        k.layers.GlobalAveragePooling1D()(k.layers.Conv1D(3, 2, activation="tanh")(lookup(k)(read)))
        for read in (x, Reverse()(x))
    ]
    return Kind(k.Model(x, softmax(k)(k.layers.Concatenate()(pooled))), ids())


def pre_norm_block(k):
    x = tokens(k)
    e = lookup(k)(x)
    for _ in range(2):
        z = k.layers.LayerNormalization()(e)
        e = k.layers.Add()([e, k.layers.Dense(SIZE, activation="tanh")(z)])
    pooled = k.layers.GlobalAveragePooling1D()(k.layers.LayerNormalization()(e))
    return Kind(k.Model(x, softmax(k)(pooled)), ids(), rounding=5e-7)


def _quantised(k, mode):
    x = tokens(k)
    read = k.layers.Dense(8, activation="tanh")(lookup(k, 16, mask_zero=True)(x))
    model = k.Model(x, softmax(k)(k.layers.GlobalAveragePooling1D()(read)))
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(scale=0.5, size=w.shape) for w in model.get_weights()])
    quantise(model, mode)
    return _padded(model)


def quantise(model, mode):
    """Round the numbers of a model's layers. Keras collects garbage at each variable that it replaces."""
    with warnings.catch_warnings(), patch("gc.collect"):
        warnings.simplefilter("ignore")  # that an input has nothing to quantise
        model.quantize(mode)


def quantised_int8(k):
    return _quantised(k, "int8")


def quantised_int4(k):
    return _quantised(k, "int4")


def quantised_float8(k):
    return _quantised(k, "float8")


def stateful(k):
    x = k.Input((None,), batch_size=1, dtype="int32")
    read = k.layers.LSTM(5, stateful=True)(lookup(k, mask_zero=True)(x))
    return Kind(k.Model(x, softmax(k)(read)), ids(1))


def bigrams_of_strings(k):
    split = k.layers.TextVectorization(vocabulary=["so", "good", "so good", "film", "bad"], ngrams=2)
    x = k.Input((), dtype="string")
    pooled = k.layers.GlobalAveragePooling1D()(lookup(k)(split(x)))
    return Kind(k.Model(x, softmax(k)(pooled)), np.array(["So good, so far!", "a bad film"], dtype=object))


def unsplit_strings(k):
    whole = k.layers.TextVectorization(vocabulary=["good", "bad"], split=None, standardize="lower")
    x = k.Input((1,), dtype="string")
    pooled = k.layers.GlobalMaxPooling1D()(lookup(k)(whole(x)))
    return Kind(k.Model(x, softmax(k)(pooled)), np.array([["Good"], ["bad"]], dtype=object))


def norm_of_vectors(k):
    class Norm(k.layers.Layer):
        def call(self, e):
            return tf.norm(e, axis=-1)

        def compute_output_shape(self, shape):
            return shape[:2]

    x = tokens(k, 6)
    return Kind(k.Model(x, softmax(k)(Norm()(lookup(k)(x)))), ids())


KINDS: dict[str, Callable[[Any], Kind]] = {
    builder.__name__: builder
    for builder in (
        convolution,
        dense_fixed_length,
        lstm_masked,
        gru_masked,
        bilstm_masked,
        average_masked,
        three_branches,
        regression,
        multilabel,
        vectors,
        vectors_masked,
        bag_of_words,
        nested,
        subclassed,
        subclassed_nested,
        shared_table,
        dict_with_numbers,
        segments,
        two_tables,
        hierarchical,
        custom_lookup,
        strings,
        half_precision,
        traced_call,
        bare_gather,
        mask_in_the_model,
        self_attention_masked,
        attention_masked,
        mask_set_in_the_call,
        mask_around_the_lookup,
        mask_beside_the_lookup,
        read_in_reverse_as_well,
        pre_norm_block,
    )
}

# Models that not every method can explain, or only one document at a time: each is explained right, or refused.
UNUSUAL: dict[str, Callable[[Any], Kind]] = {
    builder.__name__: builder
    for builder in (
        quantised_int8,
        quantised_int4,
        quantised_float8,
        stateful,
        bigrams_of_strings,
        unsplit_strings,
        norm_of_vectors,
    )
}


def bilstm_tagger(k):
    both = k.layers.Bidirectional(k.layers.LSTM(3, return_sequences=True))
    return _padded(_sequential(k, both, softmax(k), mask_zero=True))


def convolution_tagger(k):
    smooth = k.layers.Conv1D(5, 3, padding="same", activation="relu")
    return Kind(_sequential(k, smooth, k.layers.Dense(3)), ids())


def transformer_tagger(k):
    la = k.layers
    x = tokens(k)
    vectors = lookup(k, mask_zero=True)(x)
    seen = la.MultiHeadAttention(2, 3)(vectors, vectors)
    normal = la.LayerNormalization()(la.Add()([vectors, seen]))
    return _padded(k.Model(x, softmax(k)(normal)))


def one_unit_tagger(k):
    both = k.layers.GRU(4, return_sequences=True)
    return Kind(_sequential(k, both, k.layers.Dense(1, activation="sigmoid")), ids())


def encoder_decoder(k):
    la = k.layers
    source, target = tokens(k, name="source"), tokens(k, name="target")
    read, state = la.GRU(4, return_sequences=True, return_state=True)(lookup(k)(source))
    written = la.GRU(4, return_sequences=True)(la.Embedding(VOCABULARY, SIZE)(target), initial_state=state)
    looked = la.Attention()([written, read])
    model = k.Model([source, target], softmax(k, 7)(la.Concatenate()([written, looked])))
    return Kind(model, [ids(length=5), ids(length=4)[::-1].copy()])


def tied_language_model(k):
    class Tied(k.layers.Layer):
        def __init__(self):
            super().__init__()
            self.table = k.layers.Embedding(VOCABULARY, SIZE)
            self.read = k.layers.LSTM(SIZE, return_sequences=True)

        def call(self, x):
            return tf.matmul(
                self.read(self.table(x)), tf.convert_to_tensor(self.table.embeddings), transpose_b=True
            )

        def compute_output_shape(self, shape):
            return (*shape, VOCABULARY)

    x = tokens(k)
    return Kind(k.Model(x, k.layers.Activation("softmax")(Tied()(x))), ids())


def text_and_table(k):
    la = k.layers
    x, table = tokens(k, name="text"), k.Input((3,), name="vitals")
    read = la.GlobalMaxPooling1D()(la.Conv1D(5, 3, activation="relu")(lookup(k)(x)))
    mixed = la.Dense(6, activation="tanh")(la.Concatenate()([read, table]))
    return Kind(k.Model({"text": x, "vitals": table}, softmax(k)(mixed)), _with_vitals())


def subclassed_text_and_table(k):
    class Mixed(k.Model):
        def __init__(self):
            super().__init__()
            self.embed, self.read = lookup(k, mask_zero=True), k.layers.LSTM(4)
            self.join, self.out = k.layers.Concatenate(), softmax(k)

        def call(self, inputs):
            return self.out(self.join([self.read(self.embed(inputs["text"])), inputs["vitals"]]))

    model = Mixed()
    model(_with_vitals())
    return Kind(model, _with_vitals())


def category_beside_text(k):
    la = k.layers
    x, country = tokens(k, name="text"), k.Input((1,), dtype="int32", name="country")
    read = la.GlobalAveragePooling1D()(lookup(k)(x))
    of_country = la.Flatten()(la.Embedding(5, 3)(country))
    model = k.Model({"text": x, "country": country}, softmax(k)(la.Concatenate()([read, of_country])))
    return Kind(model, {"text": ids(), "country": np.array([[1], [4], [2]], "int32")})


def _with_vitals():
    return {"text": ids(), "vitals": np.random.default_rng(2).normal(size=(3, 3)).astype("float32")}


@dataclass(frozen=True, eq=False)
class StringKind(Kind):
    """A model of strings, and its twin of the same layers, which is fed their ids.

    `docs` are documents as users give them, `ids` the same for the twin, `tokens` the tokens of each text of them. The
    batch has as many tokens in each row, for the models fill up shorter ones.
    """

    twin: Any = None
    docs: tuple[Any, ...] = ()
    ids: tuple[Any, ...] = ()
    tokens: tuple[Any, ...] = ()


WORDS = ["so", "good", "film", "bad", "very", "it’s", "a"]
NUMBERS = ((0.5, -1.0), (2.0, 0.25))


def _split(k):
    """A layer that lowers a text and splits it at white space, as many models' own do."""

    class Split(k.layers.Layer):
        def call(self, texts):
            return tf.strings.split(tf.strings.lower(tf.reshape(texts, [-1]))).to_tensor("")

        def compute_output_spec(self, texts):
            return k.KerasTensor((texts.shape[0], None), dtype="string")

    return Split()


def _strings(k, cuts, read, texts, tokens, *, shape=(), with_numbers=False):
    """The kind of model whose inputs are cut into ids by `cuts`, and read by `read`; `texts` by input, two of each."""
    tables = {name: lookup(k) for name in cuts}
    out = k.layers.Dense(3, activation="softmax")
    given = {name: k.Input(shape, dtype="string", name=name) for name in cuts}
    of_ids = {name: k.Input((None,), dtype="int64", name=name) for name in cuts}
    numbers = {"numbers": k.Input((2,), name="numbers")} if with_numbers else {}
    layers = {name: read(k, name) for name in cuts}

    def model(inputs, ids):
        parts = [layers[name](tables[name](ids[name])) for name in cuts] + list(numbers.values())
        return k.Model(inputs | numbers, out(k.layers.Concatenate()(parts) if len(parts) > 1 else parts[0]))

    made = model(given, {name: cut(given[name]) for name, cut in cuts.items()})
    twin = model(of_ids, of_ids)
    docs = [{name: two[i] for name, two in texts.items()} for i in range(2)]
    rows = [{name: np.array([text], object) for name, text in doc.items()} for doc in docs]
    ids = [{name: _dense(cut(tf.constant(row[name])))[0] for name, cut in cuts.items()} for row in rows]
    if with_numbers:
        docs = [doc | {"numbers": list(own)} for doc, own in zip(docs, NUMBERS, strict=True)]
        ids = [doc | {"numbers": list(own)} for doc, own in zip(ids, NUMBERS, strict=True)]
    inputs = {name: np.array([two[0], _other(two[0])], object) for name, two in texts.items()}
    inputs |= {"numbers": np.array(NUMBERS, "float32")} if with_numbers else {}
    return StringKind(made, inputs, twin=twin, docs=tuple(docs), ids=tuple(ids), tokens=tuple(tokens))


def _other(text):
    """Another text of as many tokens."""
    return text[::-1] if isinstance(text, tuple) else text.replace("VERY", "good").replace(" so", " bad")


def _dense(ids):
    return (ids.to_tensor() if isinstance(ids, tf.RaggedTensor) else tf.convert_to_tensor(ids)).numpy()


def _convolved(k, name):
    smooth = k.layers.Conv1D(3, 2, padding="same", activation="tanh")
    pooled = k.layers.GlobalMaxPooling1D() if name == "title" else k.layers.GlobalAveragePooling1D()
    return lambda vectors: pooled(smooth(vectors))


TITLES = ("So GOOD, so far!", "very\tbad")
BODIES = ("It’s a VERY bad film \U0001f3ac indeed", "so, so")
_OF_TITLES = (["So", "GOOD", "so", "far"], ["very", "bad"])
_OF_BODIES = (["It’s", "a", "VERY", "bad", "film", "\U0001f3ac", "indeed"], ["so,", "so"])


def two_string_inputs(k):
    of_title = k.layers.TextVectorization(vocabulary=WORDS)
    of_body = k.layers.TextVectorization(vocabulary=WORDS[::-1], standardize="lower")
    texts = {"title": TITLES, "body": BODIES}
    tokens = [{"title": t, "body": b} for t, b in zip(_OF_TITLES, _OF_BODIES, strict=True)]
    return _strings(k, {"title": of_title, "body": of_body}, _convolved, texts, tokens)


def string_and_numbers(k):
    of_title = k.layers.TextVectorization(vocabulary=WORDS)
    tokens = [{None: title} for title in _OF_TITLES]
    return _strings(k, {"title": of_title}, _convolved, {"title": TITLES}, tokens, with_numbers=True)


def string_lookup_inside(k):
    split, table = _split(k), k.layers.StringLookup(vocabulary=WORDS)
    tokens = [{None: body} for body in _OF_BODIES]
    return _strings(k, {"body": lambda x: table(split(x))}, _convolved, {"body": BODIES}, tokens)


def hashing_inside(k):
    of_title, split, hashed = k.layers.TextVectorization(vocabulary=WORDS), _split(k), k.layers.Hashing(20)
    cuts = {"title": of_title, "body": lambda x: hashed(split(x))}
    tokens = [{"title": t, "body": b} for t, b in zip(_OF_TITLES, _OF_BODIES, strict=True)]
    return _strings(k, cuts, _convolved, {"title": TITLES, "body": BODIES}, tokens)


def words_looked_up(k):
    table = k.layers.StringLookup(vocabulary=WORDS)
    texts = {"body": tuple(tuple(words) for words in (["so", "good", "film"], ["bad", "a", "x"]))}
    return _strings(
        k, {"body": table}, _convolved, texts, [{None: words} for words in texts["body"]], shape=(None,)
    )


def ragged_strings(k):
    """Of tf_keras alone, whose layers take ragged tensors."""
    of_title = k.layers.TextVectorization(vocabulary=WORDS, ragged=True)
    table = k.layers.StringLookup(vocabulary=WORDS)

    def read(k, name):
        if name == "title":
            return k.layers.LSTM(3)
        smooth = k.layers.Dense(3, activation="tanh")
        return lambda vectors: tf.reduce_mean(smooth(vectors), 1)

    cuts = {"title": of_title, "body": lambda x: table(tf.strings.split(x))}
    tokens = [{"title": t, "body": b} for t, b in zip(_OF_TITLES, _OF_BODIES, strict=True)]
    return _strings(k, cuts, read, {"title": TITLES, "body": BODIES}, tokens)


# Models that take strings, and look up what they cut them into.
OF_STRINGS: dict[str, Callable[[Any], StringKind]] = {
    builder.__name__: builder
    for builder in (
        two_string_inputs,
        string_and_numbers,
        string_lookup_inside,
        hashing_inside,
        words_looked_up,
    )
}
RAGGED: dict[str, Callable[[Any], StringKind]] = {"ragged_strings": ragged_strings}

# Models that read a table beside the text.
WITH_TABLES: dict[str, Callable[[Any], Kind]] = {
    builder.__name__: builder for builder in (text_and_table, subclassed_text_and_table, category_beside_text)
}

# Models that have scores for each token.
TAGGERS: dict[str, Callable[[Any], Kind]] = {
    builder.__name__: builder
    for builder in (
        bilstm_tagger,
        convolution_tagger,
        transformer_tagger,
        one_unit_tagger,
        encoder_decoder,
        tied_language_model,
    )
}

SEQUENTIAL = ("convolution", "dense_fixed_length", "lstm_masked", "bilstm_masked", "average_masked")


def keras_of(family: str) -> Any:
    """`keras` or `tf_keras`; the test is skipped where that is not installed."""
    return pytest.importorskip(family, reason=f"needs {family} (pip install {family})")


@cache
def kind(name: str, family: str = "keras") -> Kind:
    """The kind of that name, built once; its weights are scaled up so that every token matters."""
    k = keras_of(family)
    k.utils.set_random_seed(len(name))
    made = (KINDS | UNUSUAL | TAGGERS | WITH_TABLES | OF_STRINGS | RAGGED)[name](k)
    rng = np.random.default_rng(len(name))
    for weight in made.model.trainable_weights:
        scale = 0.8 if "embeddings" in getattr(weight, "path", weight.name) else 0.5
        weight.assign(rng.normal(scale=scale, size=weight.shape))
    return made
