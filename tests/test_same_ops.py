"""When two parts of a graph are known to make the same numbers."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from textattr.graph.same import make_the_same
from textattr.methods import LRP
from textattr.split.program import Program

SPEC = tf.TensorSpec([None, 3], tf.float32)


def seen(one, other):
    """Whether two functions of the same tensor are seen to make the same."""
    found = []

    def both(x):
        made = one(x), other(x)
        found.append(make_the_same([made[0]], [made[1]]))
        return made

    tf.function(both, autograph=False).get_concrete_function(SPEC)
    return found[-1]


@tf.function(input_signature=[SPEC])
def doubled(x):
    return 2 * x


WEIGHTS = tf.Variable(np.eye(3, dtype="float32"))
OTHER = tf.Variable(np.eye(3, dtype="float32"))
STEPS = tf.constant(3)
SAME = {
    "ops": lambda x: tf.nn.softmax(tf.tanh(x @ WEIGHTS + [1.0, 2.0, 3.0])),
    "second output": lambda x: tf.split(x, 3, 1)[1],
    "a call of one function": doubled,
    "a seed that is given": lambda x: x + tf.random.stateless_uniform(tf.shape(x), [1, 2]),
}
DIFFERENT = {
    "constant": (lambda x: x + 1, lambda x: x + 2),
    "setting": (lambda x: tf.reduce_sum(x, 0, keepdims=True), lambda x: tf.reduce_sum(x, 0)),
    "op": (tf.tanh, tf.sigmoid),
    "deep inside": (lambda x: tf.tanh(2 * x) + 1, lambda x: tf.tanh(3 * x) + 1),
    "output": (lambda x: tf.split(x, 3, 1)[1], lambda x: tf.split(x, 3, 1)[2]),
    "variable": (lambda x: x @ WEIGHTS, lambda x: x @ OTHER),
    "order": (lambda x: x - 1, lambda x: 1 - x),
}
NOT_KNOWN = {
    "random": lambda x: x + tf.random.uniform(tf.shape(x)),
    "Python": lambda x: tf.ensure_shape(tf.numpy_function(lambda a: a, [x], tf.float32), x.shape),
    "a loop": lambda x: tf.while_loop(lambda i, _: i < STEPS, lambda i, y: (i + 1, tf.tanh(y)), (0, x))[1],
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_ops_make_the_same(name):
    assert seen(SAME[name], SAME[name])


@pytest.mark.parametrize("name", DIFFERENT)
def test_others_do_not(name):
    assert not seen(*DIFFERENT[name])
    assert not seen(*reversed(DIFFERENT[name]))


@pytest.mark.parametrize("name", NOT_KNOWN)
def test_what_may_differ_from_call_to_call_is_not_the_same(name):
    assert not seen(NOT_KNOWN[name], NOT_KNOWN[name])


def test_what_is_written_between_is_noticed():
    counter = tf.Variable(1.0)

    def counted(x):
        made = x * counter
        counter.assign_add(1.0)
        return made

    assert not seen(counted, counted)


def test_a_model_that_is_walked_back_as_it_is_runs_once(monkeypatch):
    graphs = []
    trace = Program.trace.__func__

    def noted(*given, **options):
        graphs.append(trace(*given, **options))
        return graphs[-1]

    monkeypatch.setattr(Program, "trace", classmethod(noted))
    ids = keras.Input((None,), dtype="int32")
    x = layers.Conv1D(4, 2, activation="relu")(layers.Embedding(9, 3)(ids))
    model = keras.Model(ids, layers.Dense(2)(layers.GlobalMaxPooling1D()(x)))
    LRP().attribute(model, np.array([[1, 2, 3, 4]]), target=0)
    reached, pending = set(), [output.op for output in graphs[-1].function.outputs]
    while pending:
        op = pending.pop()
        if op.name not in reached:
            reached.add(op.name)
            pending += [each.op for each in op.inputs]
    graph = graphs[-1].function.graph
    assert sum(graph.get_operation_by_name(name).type == "Max" for name in reached) == 1
