"""No option, and no long text, makes a method ask for more memory than there is: it is bounded, or refused at once."""

from __future__ import annotations

import tracemalloc

import keras
import numpy as np
import pytest

import textattr
from textattr.errors import OptionError, TextAttrError
from textattr.methods import LIME, IntegratedGradients, Occlusion, ShapleySampling, SmoothGrad
from textattr.methods.quadrature import quadrature

TOKENS = 30_000
LONG = "a " * TOKENS


def length(texts):
    return [float(len(text)) for text in texts]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Occlusion(stride=10**9),
        lambda: Occlusion(window=10**30),
        lambda: IntegratedGradients(steps=10**9),
        lambda: IntegratedGradients(steps=5000),
        lambda: IntegratedGradients(max_steps=10**12),
        lambda: SmoothGrad(samples=10**12),
        lambda: SmoothGrad(seed=2**31),
        lambda: ShapleySampling(samples=10**12),
        lambda: LIME(samples=10**12),
        lambda: textattr.Explainer(length, batch_size=10**12),
    ],
)
def test_huge_counts_are_refused_at_once(make):
    tracemalloc.start()
    with pytest.raises(OptionError, match="would skip|at most|must be") as caught:
        make()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "method",
    [
        LIME(),
        LIME(samples=20),
        LIME(samples=20, bag_of_words=True),
        ShapleySampling(),
        ShapleySampling(hierarchy=True),
        ShapleySampling(max_evaluations=20),
        Occlusion(max_evaluations=20),
        Occlusion(window=10**9, stride=10**9),
    ],
    ids=repr,
)
def test_a_long_text_takes_bounded_memory_or_is_refused(method):
    tracemalloc.start()
    try:
        textattr.explain_prediction(length, LONG, method=method, task="regression")
    except TextAttrError as error:
        said = str(error)
    else:
        said = str(TOKENS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(TOKENS) in said
    assert peak < 300_000_000


def test_a_window_of_any_size_is_the_whole_text():
    [target] = textattr.explain_prediction(
        length, "so good", method=Occlusion(10**9), task="regression"
    ).targets
    np.testing.assert_allclose(target.heatmap, [3, 3])


@pytest.mark.parametrize("steps", [1, 2, 3, 50, 200])
def test_the_nodes_are_those_of_numpy(steps):
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    np.testing.assert_allclose(quadrature("gausslegendre", steps)[0], (nodes + 1) / 2, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(quadrature("gausslegendre", steps)[1], weights / 2, rtol=1e-9)


def test_the_nodes_of_many_steps_are_found_too():
    nodes, weights = quadrature("gausslegendre", 2048)
    assert weights.sum() == pytest.approx(1)
    assert (np.diff(nodes) > 0).all()


def test_batches_of_any_size_give_the_same():
    la = keras.layers
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((None,), dtype="int32"), la.Embedding(5, 2), la.LSTM(2), la.Dense(1)]
    )
    found = [
        textattr.explain_prediction(model, np.array([1, 2, 3]), steps=5, batch_size=size).targets[0].heatmap
        for size in (1, 64, 10**6)
    ]
    np.testing.assert_allclose(found[1:], [found[0]] * 2, rtol=1e-5)


@pytest.mark.parametrize("kind", [IntegratedGradients, Occlusion, ShapleySampling, LIME])
def test_methods_that_hold_arrays_can_be_compared(kind):
    option = "baseline" if kind is IntegratedGradients else "replacement"
    zeros, ones = np.zeros((3, 4)), np.ones((3, 4))
    assert kind(**{option: zeros}) == kind(**{option: zeros.copy()})
    assert kind(**{option: zeros}) != kind(**{option: ones})
    assert kind(**{option: [zeros, ones]}) == kind(**{option: [zeros, ones]})
    assert kind(**{option: zeros}) != kind()
    assert len({kind(), kind()}) == 1
