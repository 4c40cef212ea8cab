"""Files of honest models load as before, whatever their config is compared with."""

from __future__ import annotations

import warnings

import keras
import kinds
import numpy as np
import pytest
import tensorflow as tf

from textattr.loading import load_model

OWN = {
    "subclassed",
    "subclassed_nested",
    "custom_lookup",
    "traced_call",
    "bare_gather",
    "mask_in_the_model",
    "mask_around_the_lookup",
    "mask_beside_the_lookup",
    "read_in_reverse_as_well",
}  # of classes that no registry knows


def check(model, path, inputs, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # HDF5 is a legacy format
        model.save(path)
    loaded = load_model(path, **options)
    np.testing.assert_allclose(loaded(inputs), model(inputs), rtol=1e-3, atol=1e-3)
    return loaded


@pytest.mark.parametrize("name", [name for name in kinds.KINDS if name not in OWN])
def test_every_kind_of_model_loads(tmp_path, name):
    case = kinds.kind(name)
    inputs = tf.nest.map_structure(tf.convert_to_tensor, case.inputs)
    check(case.model, tmp_path / "model.keras", inputs)


def ids_in(k):
    return k.Input((4,), dtype="int32")


def ops(k):
    o, words = k.ops, ids_in(k)
    x = k.layers.Embedding(9, 4)(words)
    y = o.mean(x[:, 1:3] * 2 + 1, axis=1)
    y = o.where(o.greater(y, 0), y, o.exp(y))
    y = o.concatenate([y, o.sum(x, 1)], -1)
    model = k.Model(words, k.layers.Dense(1, activation=k.activations.gelu, kernel_regularizer="l2")(y))
    model.compile("adam", k.losses.BinaryCrossentropy(), metrics=["acc", k.metrics.AUC()])
    return model


def op_layers(k):
    words = ids_in(k)
    x = k.layers.Embedding(9, 3)(words) * 2 + 1
    x = tf.concat([tf.reduce_mean(x[:, :2], axis=1), tf.nn.relu(x[:, 0])], -1)
    steps = tf.cast(tf.range(tf.shape(words)[1]), "float32")
    return k.Model(words, k.layers.Dense(2)(x) + tf.reduce_sum(steps))


def cells(k):
    layers = k.layers
    model = k.Sequential(
        [
            ids_in(k),
            layers.Embedding(9, 4),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.TimeDistributed(layers.Dense(3)),
            layers.RNN([layers.GRUCell(3), layers.LSTMCell(2)]),
            layers.Dense(1),
        ]
    )
    schedule = k.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model.compile(k.optimizers.Adam(schedule), k.losses.BinaryCrossentropy(from_logits=True))
    return model


def mixed(k):
    k.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        return k.Sequential([ids_in(k), k.layers.Embedding(9, 4), k.layers.Flatten(), k.layers.Dense(1)])
    finally:
        k.mixed_precision.set_global_policy("float32")


def quantised(k):
    layers = k.layers
    model = k.Sequential([layers.Embedding(9, 8), layers.GlobalAveragePooling1D(), layers.Dense(8)])
    model(np.zeros((1, 4), "int32"))
    kinds.quantise(model, "int8")
    return model


@pytest.mark.parametrize("kind", [".keras", ".h5"])
@pytest.mark.parametrize(
    ("build", "family"),
    [
        (ops, "keras"),
        (cells, "keras"),
        (mixed, "keras"),
        (op_layers, "tf_keras"),
        (cells, "tf_keras"),
        (mixed, "tf_keras"),
    ],
)
def test_every_part_of_keras_that_only_computes_loads(tmp_path, build, family, kind):
    if build is ops and kind == ".h5":
        pytest.skip("Keras 3 cannot read its own ops from HDF5")
    model = build(kinds.keras_of(family))
    check(model, tmp_path / f"model{kind}", tf.constant([[1, 2, 3, 4]]))


@pytest.mark.parametrize("family", ["keras", "tf_keras"])
@pytest.mark.parametrize("given", [["a", "b"], ["/etc", "/", "://"], None])
def test_a_vocabulary_of_words_is_no_file(tmp_path, family, given):
    k = kinds.keras_of(family)
    words = k.layers.TextVectorization(vocabulary=given, output_sequence_length=3)
    if given is None:
        words.adapt(["a b c"])
    parts = [k.layers.Embedding(9, 2), k.layers.GlobalMaxPooling1D()]
    model = k.Sequential([k.Input((1,), dtype="string"), words, *parts])
    check(model, tmp_path / "model.keras", tf.constant([["a c /etc"]]))


@keras.saving.register_keras_serializable(package="honest")
class Tripled(keras.layers.Layer):
    def call(self, inputs):
        return 3 * inputs


@keras.saving.register_keras_serializable(package="honest")
def squashed(x):
    return keras.ops.tanh(x) / 2


@pytest.mark.parametrize("kind", [".keras", ".h5"])
def test_what_this_process_registered_loads(tmp_path, kind):
    model = keras.Sequential([keras.Input((4,)), Tripled(), keras.layers.Dense(2, activation=squashed)])
    check(model, tmp_path / f"model{kind}", tf.ones((1, 4)))


@pytest.mark.parametrize("kind", [".keras", ".h5"])
def test_a_class_of_ones_own_loads_with_tf_keras_too(tmp_path, kind):
    tf_keras = kinds.keras_of("tf_keras")

    class Halved(tf_keras.layers.Layer):
        def call(self, inputs):
            return inputs / 2

    model = tf_keras.Sequential([tf_keras.Input((4,)), Halved(), tf_keras.layers.Dense(2)])
    check(model, tmp_path / f"model{kind}", tf.ones((1, 4)), custom_objects={"Halved": Halved})
    for safe in (True, False):
        with pytest.raises(ValueError, match=r"needs 'Halved'.*custom_objects"):
            load_model(tmp_path / f"model{kind}", safe=safe)


@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize` method:UserWarning")
def test_a_quantised_model_loads(tmp_path):
    check(quantised(keras), tmp_path / "model.keras", tf.constant([[1, 2, 3, 4]]))
