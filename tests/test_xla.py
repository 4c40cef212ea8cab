"""What XLA compiles is what runs op by op; what it cannot compile runs op by op, and says so."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from kinds import kind

import textattr
from textattr.errors import DocumentError, OptionError
from textattr.methods import LRP, DeepLIFT, GradientXInput, IntegratedGradients
from textattr.methods.compiled import explain_compiled
from textattr.methods.method import rows_of
from textattr.split.program import Program
from textattr.split.xla import filled_up, refusal_before, refusals

# each through other ops: a loop and its gradient, steps behind a frontier, a pooling whose shape is computed, a softmax
CASES = [
    ("lstm_masked", "keras", GradientXInput()),
    ("convolution", "keras", IntegratedGradients(steps=4, baseline="zero")),
    pytest.param(
        "convolution", "tf_keras", LRP(), marks=pytest.mark.rest
    ),  # the pass back is that of gradients
    pytest.param("convolution", "keras", DeepLIFT(), marks=pytest.mark.rest),
]


def explained(model, docs, **settings):
    tokens = [[str(i) for i in doc] for doc in docs]
    return list(textattr.Explainer(model, **settings).explain_many(docs, tokens=tokens))


def weights(explanations):
    return np.concatenate([[span.weight for span in each.targets[0].spans] for each in explanations])


def compile_notes(explanation):
    return [each for each in explanation.warnings if "compile=" in each]


@pytest.mark.parametrize(("name", "family", "method"), CASES, ids=lambda each: getattr(each, "name", each))
def test_compiled_weights_are_those_without(name, family, method):
    made = kind(name, family)
    docs = list(np.asarray(made.inputs)[:2]) * 2
    plain = explained(made.model, docs[:3], method=method)
    compiled = explained(made.model, docs[:3], method=method, compile="xla")
    assert [compile_notes(each) for each in compiled] == [[]] * 3
    np.testing.assert_allclose(weights(compiled), weights(plain), atol=1e-5 * abs(weights(plain)).max())


@pytest.fixture
def runs(monkeypatch):
    """The programs that ran, by what compiles them, with how many rows each was given."""
    seen = []
    call = Program.__call__

    def noted(self, *arrays):
        seen.append((self.compiler, len(arrays[0])))
        return call(self, *arrays)

    monkeypatch.setattr(Program, "__call__", noted)
    return seen


def mean_of_vectors(middle):
    ids = keras.Input((None,), dtype="int32")
    x = middle(layers.Embedding(9, 3)(ids))
    return keras.Model(ids, layers.Dense(1)(layers.GlobalAveragePooling1D()(x)))


def test_three_documents_are_compiled_as_four(runs):
    model = mean_of_vectors(layers.Dense(3, activation="tanh"))
    docs = [np.array([1, 2, 3, 4])] * 3
    explained(model, docs, method="gradient_x_input", compile="xla")
    assert [rows for compiler, rows in runs if compiler] == [4]
    assert filled_up(5).tolist() == [0, 1, 2, 3, 4, 4, 4, 4]


def test_what_auto_looked_at_is_what_runs(monkeypatch):
    traced = []
    trace = Program.trace.__func__

    def noted(cls, code, specs, compiler=None, **options):
        traced.append(compiler)
        return trace(cls, code, specs, compiler, **options)

    monkeypatch.setattr(Program, "trace", classmethod(noted))
    model = mean_of_vectors(layers.Dense(3, activation="tanh"))
    docs = [np.array([1, 2, 3, 4])]
    (found,) = explained(model, docs, method="auto", compile="xla")
    assert (found.method, traced.count("xla")) == ("deeplift", 1)
    before = len(traced)
    explained(model, docs, method="deeplift")
    assert len(traced) == before + 1  # without XLA for the first time: `auto` did not trace that


@keras.saving.register_keras_serializable()
class BehindPython(layers.Layer):
    """Twice the numbers, by a function that no compiler sees inside."""

    def call(self, x):
        @tf.custom_gradient
        def doubled(x):
            y = tf.ensure_shape(tf.numpy_function(lambda a: a * 2, [x], x.dtype), x.shape)
            return y, lambda dy: dy * 2

        return doubled(x)


def test_what_cannot_be_compiled_runs_without_and_says_so_once_it_was_tried(runs):
    model = mean_of_vectors(BehindPython())
    docs = [np.array([1, 2, 3, 4])]
    plain = explained(model, docs, method="gradient_x_input")
    for tried in (True, False):
        runs.clear()
        found = explained(model, docs, method="gradient_x_input", compile="xla")
        assert any(compiler for compiler, _ in runs) is tried
        (note,) = compile_notes(found[0])
        assert note.startswith("compile='xla' did nothing for gradient_x_input: ")
        assert "PyFunc" in note
        assert weights(found) == pytest.approx(weights(plain))


@pytest.mark.parametrize(
    ("name", "why"),
    [("strings", "XLA has no strings"), ("half_precision", "XLA rounds otherwise in half precision")],
)
def test_what_xla_must_not_be_given_it_is_not_given(runs, name, why):
    made = kind(name)
    split, rows = rows_of(
        made.model, made.rows(slice(0, 1)), target=None, score="logit", embedding_layer=None, batch_size=1
    )
    method = GradientXInput()
    plain = explain_compiled(method, split, rows)
    compiled = explain_compiled(method, split, replace(rows, compiler="xla"))
    assert not any(compiler for compiler, _ in runs)
    assert compiled.warnings == (
        (*plain.warnings[0], f"compile='xla' did nothing for gradient_x_input: {why}"),
    )
    np.testing.assert_array_equal(compiled.relevance[0], plain.relevance[0])


def test_half_precision_inside_functions_is_found():
    spec = tf.TensorSpec([None], tf.float32)

    @tf.function(input_signature=[spec])
    def rounded(x):
        return tf.cast(tf.cast(x, tf.float16) * 2, tf.float32)

    whole = tf.function(lambda x: rounded(x)).get_concrete_function(spec)
    assert all(tensor.dtype == tf.float32 for op in whole.graph.get_operations() for tensor in op.outputs)
    assert refusal_before(whole.graph) == "XLA rounds otherwise in half precision"


@pytest.mark.parametrize(
    ("method", "why"),
    [("smoothgrad", "XLA would draw other noise"), ("occlusion", "it never goes back through the model")],
)
def test_a_method_that_is_not_compiled_says_so(runs, method, why):
    model = mean_of_vectors(layers.Dense(3, activation="tanh"))
    (found,) = explained(model, [np.array([1, 2, 3])], method=method, compile="auto")
    assert found.targets[0].diagnostics["compile"] == f"op by op: {why}"
    (found,) = explained(model, [np.array([1, 2, 3])], method=method, compile="xla")
    assert compile_notes(found) == [f"compile='xla' did nothing for {method}: {why}"]
    assert not any(compiler for compiler, _ in runs)


def test_a_text_that_is_too_short_is_refused_as_without():
    ids = keras.Input((None,), dtype="int32")
    x = layers.Conv1D(2, 5)(layers.Embedding(9, 3)(ids))
    model = keras.Model(ids, layers.Dense(1)(layers.GlobalMaxPooling1D()(x)))
    messages = []
    for compiler in (None, "xla"):
        with pytest.raises(DocumentError) as caught:
            explained(model, [np.array([1, 2])], method="gradient_x_input", compile=compiler)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@pytest.fixture
def clock(monkeypatch):
    """Seconds that a run takes, by what compiles it, instead of those that go by; compiling takes 6 more."""
    seconds, now, compiled = {None: 2.0, "xla": 1.0}, [0.0], set()
    explain = GradientXInput.explain_group

    def timed(self, split, rows):
        now[0] += seconds[rows.compiler]
        shape = rows.compiler, len(rows), rows.inputs.shape[1]
        if rows.compiler and shape not in compiled:
            compiled.add(shape)
            now[0] += 6.0
        return explain(self, split, rows)

    monkeypatch.setattr(GradientXInput, "explain_group", timed)
    monkeypatch.setattr("textattr.methods.compiled.perf_counter", lambda: now[0])
    monkeypatch.setattr("textattr.methods.trial._TIMES_THE_FIRST", 4)
    return seconds


def says(explainer, length=4):
    doc = np.arange(1, length + 1)
    found = explainer.explain(doc, tokens=[str(i) for i in doc])
    assert compile_notes(found) == []
    return found.targets[0].diagnostics["compile"]


def test_auto_compiles_once_runs_took_as_long_as_compiling(clock, runs):
    model = mean_of_vectors(layers.Dense(3, activation="tanh"))
    explainer = textattr.Explainer(model, method="gradient_x_input", compile="auto")
    waits = "op by op: XLA is tried once that took as long as it takes to compile"
    assert [says(explainer) for _ in range(3)] == [waits] * 3  # of a first run of 2 s, 8 are expected
    assert not any(compiler for compiler, _ in runs)
    assert says(explainer) == "XLA 2.0 times as fast as op by op, measured here"
    runs.clear()
    assert says(explainer) == "XLA 2.0 times as fast as op by op, measured here"
    assert [compiler for compiler, _ in runs].count("xla") == 1
    # another length is another shape, for which compiling is expected to take what it took: 7
    assert [says(explainer, 5) for _ in range(4)] == [waits] * 3 + [
        "XLA 2.0 times as fast as op by op, measured here"
    ]


def test_auto_goes_on_op_by_op_where_xla_is_no_faster(clock, runs):
    clock["xla"] = 2.5
    model = mean_of_vectors(layers.Dense(3, activation="tanh"))
    explainer = textattr.Explainer(model, method="gradient_x_input", compile="auto")
    said = [says(explainer) for _ in range(5)]
    assert said[3:] == ["op by op: XLA was 0.8 times as fast, measured here"] * 2
    runs.clear()
    says(explainer)
    assert not any(compiler for compiler, _ in runs)


def test_auto_asks_once_for_what_xla_cannot_compile(clock, runs):
    explainer = textattr.Explainer(mean_of_vectors(BehindPython()), method="gradient_x_input", compile="auto")
    said = [says(explainer) for _ in range(4)][-1]
    assert said.startswith("op by op: ")
    assert "PyFunc" in said
    runs.clear()
    assert says(explainer) == said
    assert not any(compiler for compiler, _ in runs)


def test_weights_of_auto_are_those_without(clock):
    model = mean_of_vectors(layers.Dense(3, activation="tanh"))
    docs = [np.array([1, 2, 3, 4]), np.array([4, 3, 2, 1])] * 3
    plain = explained(model, docs, method="gradient_x_input")
    clock[None] = 100.0
    found = explained(model, docs, method="gradient_x_input", compile="auto", batch_size=1)
    ways = [each.targets[0].diagnostics["compile"][:3] for each in found]
    assert ways == ["op "] * 3 + ["XLA"] * 3
    np.testing.assert_allclose(weights(found), weights(plain), atol=1e-6)


@pytest.mark.parametrize("compiler", ["XLA", "always", True, 1])
def test_other_compilers_are_refused(compiler):
    with pytest.raises(OptionError, match="compile"):
        textattr.Explainer(mean_of_vectors(layers.Dense(2)), compile=compiler)


def test_a_black_box_is_not_compiled():
    with pytest.raises(OptionError, match="compile= concerns Keras models"):
        textattr.Explainer(lambda texts: [0.5] * len(texts), compile="xla")


def test_refusals_outside_are_not_noted_inside():
    with refusals() as outer, refusals() as inner:
        textattr.split.xla.note_refusal("no kernel")
    assert (outer, inner) == (set(), {"no kernel"})
