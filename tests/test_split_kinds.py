"""The split model on every kind of model, of both Keras families: exact, and without a trace."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from kinds import KINDS, kind

from textattr.methods import GradientXInput, Saliency
from textattr.split.cut import Cut
from textattr.split.interception import inlined
from textattr.split.layers import layers_below, walk
from textattr.split.lookups import lookups_in
from textattr.split.model import split_model
from textattr.split.rows import Rows
from textattr.split.simplified import simplified
from textattr.split.sites import LOOKUP


@pytest.fixture(params=[(name, family) for family in ("keras", "tf_keras") for name in KINDS], ids="-".join)
def case(request):
    return kind(*request.param)


def rows_of(case):
    split = split_model(case.model)
    inputs = split.arrays(case.inputs)
    return split, Rows.predicted(inputs, split.head(inputs))


def run(case, build):
    split, rows = rows_of(case)
    return split.run_once(build, rows)


def outputs_and_vectors(cut: Cut, *_):
    found = cut.run()
    return {"outputs": found.outputs, "vectors": found.vectors}


@pytest.mark.product("every kind of model, cut")
def test_scores_are_exact(case):
    found = run(case, outputs_and_vectors)
    split, rows = rows_of(case)
    whole = tf.function(lambda x: case.model(x, training=False))(rows.inputs).numpy()
    np.testing.assert_allclose(found["outputs"], whole, rtol=0, atol=case.rounding)
    if not case.injectable:
        return

    def again(cut: Cut, targets, given):
        return cut.run(vectors=tuple(given[f"v{i}"] for i in range(len(found["vectors"])))).outputs

    vectors = {f"v{i}": v for i, v in enumerate(found["vectors"])}
    again = split.run_once(again, rows, vectors)
    np.testing.assert_allclose(again, whole, rtol=0, atol=case.rounding)


def ids_looked_up(case, sites, inputs):
    """What went into the lookup of each site, in their order."""

    def look(x):
        layers = [layer for _, layer in walk(case.model)]
        with simplified(layers), lookups_in(list(tables.values())) as found, inlined([case.model]):
            case.model(x, training=False)
        return [next(f.ids for f in found if f.layer is s.layer() and f.call == s.call) for s in sites]

    tables = {id(site.layer()): site.layer() for site in sites}
    assert tables
    return [found.numpy() for found in tf.function(look)(inputs)]


@pytest.mark.product("every kind of model, cut")
def test_the_gradient_is_the_tables_own(case):
    split, rows = rows_of(case)
    rows = replace(rows, score="probability")
    sites = split.survey(rows.inputs).sites.texts
    if any(site.kind != LOOKUP for site in sites):
        pytest.skip("no layer holds a table")
    gradients = split.run_once(lambda cut, targets, _: cut.gradient(targets).vectors, rows)

    tables = list({id(s.layer()): s.layer().trainable_weights[0] for s in sites}.values())
    with tf.GradientTape() as tape:
        output = tf.cast(case.model(rows.inputs, training=False), tf.float32)
        score = output[:, 0] if rows.head.task == "regression" else tf.reduce_max(output, -1)
        if rows.head.is_one_unit:
            score = tf.maximum(output[:, 0], 1 - output[:, 0])
    theirs = [
        np.asarray(tf.convert_to_tensor(g)) for g in tape.gradient(score, [_variable(t) for t in tables])
    ]

    ours = [np.zeros(t.shape) for t in theirs]
    for site, ids, gradient in zip(sites, ids_looked_up(case, sites, rows.inputs), gradients, strict=True):
        at = next(i for i, table in enumerate(tables) if table is site.layer().trainable_weights[0])
        np.add.at(ours[at], ids.reshape(-1), gradient.reshape(-1, gradient.shape[-1]))
    for mine, own in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, own, atol=(1e-2 if case.half else 2e-5) * np.abs(own).max())


def _variable(weight):
    """The TensorFlow variable below a weight of either family."""
    return weight.value if isinstance(getattr(weight, "value", None), tf.Variable) else weight


def state(model):
    """Everything that an explanation must leave as it was."""
    return {
        path: {
            name: value
            for name, value in vars(layer).items()
            if isinstance(value, int | str | bool | None) or name == "call"
        }
        for path, layer in [("", model), *walk(model)]
    }, [np.array(w) for w in model.get_weights()]


def same_state(a, b):
    assert a[0] == b[0]
    for old, new in zip(a[1], b[1], strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.product("every kind of model, cut")
def test_the_model_is_unchanged_afterwards_and_after_an_exception(case):
    case.model(split_model(case.model).arrays(case.inputs))
    before = state(case.model)
    losses = len(case.model.losses)
    Saliency().attribute(case.model, case.inputs)
    same_state(state(case.model), before)

    def fail(cut: Cut, *_):
        cut.run()
        raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        run(case, fail)
    same_state(state(case.model), before)
    assert len(case.model.losses) == losses


@pytest.mark.product
def test_padding_gets_nothing_and_changes_nothing(case):
    if case.padding is None:
        pytest.skip("no mask")
    found = GradientXInput().attribute(case.model, case.inputs, target=0)
    assert np.abs(found[case.padding]).max() == 0
    live = ~case.padding[1]
    alone = GradientXInput().attribute(case.model, case.inputs[1:2, live], target=0)
    np.testing.assert_allclose(found[1, live], alone[0], atol=2e-6 * np.abs(found).max())
    assert np.abs(found).sum() > 0
    assert np.isfinite(found).all()


# what threads could meet at is the same in both families: patched layers, layers with a `tf.function`, strings, loops
IN_THREADS = [(name, "keras") for name in KINDS]
IN_THREADS += [(name, "tf_keras") for name in ("convolution", "lstm_masked", "strings", "subclassed_nested")]


@pytest.mark.product("every kind of model, cut")
@pytest.mark.parametrize("case", IN_THREADS, ids="-".join, indirect=True)
def test_threads_do_not_meet(case):
    """Two explain, a third calls the model meanwhile."""
    expected = np.asarray(case.model(split_model(case.model).arrays(case.inputs), training=False))
    results, failures = {}, []

    def explain(name, method):
        results[name] = method.attribute(case.model, case.inputs)

    def predict():
        inputs = split_model(case.model).arrays(case.inputs)
        results["predictions"] = [np.asarray(case.model(inputs, training=False)) for _ in range(10)]

    def guarded(work, *arguments):
        try:
            work(*arguments)
        except BaseException as error:  # noqa: BLE001  (raised in the main thread)
            failures.append(error)

    split_model(case.model)._programs.clear()
    split_model(case.model)._surveys.clear()
    work = [(explain, "a", Saliency()), (explain, "b", GradientXInput()), (predict,)]
    threads = [threading.Thread(target=guarded, args=each) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    for prediction in results["predictions"]:
        np.testing.assert_allclose(prediction, expected, atol=1e-6 if not case.half else 1e-3)
    for name, method in (("a", Saliency()), ("b", GradientXInput())):
        for mine, again in zip(
            tf.nest.flatten(results[name]),
            tf.nest.flatten(method.attribute(case.model, case.inputs)),
            strict=True,
        ):
            np.testing.assert_allclose(mine, again, atol=1e-6 * max(np.abs(again).max(), 1))


def test_the_layers_without_paths_are_those_with_paths(case):
    layers = layers_below(case.model)
    assert len(layers) == len(set(map(id, layers)))
    assert set(map(id, layers)) == {id(layer) for _, layer in walk(case.model)}
