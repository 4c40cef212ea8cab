"""The gradient methods against slow rewrites of their papers in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from kinds import SEQUENTIAL, SIZE, kind
from reference import gradients as slow
from reference.forward import forward

from textattr.methods import GradientXInput, IntegratedGradients, Saliency, SmoothGrad
from textattr.methods.quadrature import QUADRATURES
from textattr.methods.smoothgrad import _noise


class Case:
    """One document of a kind: its vectors, its mask, and the target's score as a function of the vectors."""

    def __init__(self, name, row=1):
        made = kind(name)
        self.model, self.ids = made.model, made.inputs[row : row + 1]
        table = np.asarray(self.model.get_layer("lookup").embeddings, np.float64)
        self.vectors = table[self.ids[0]]
        self.mask = np.ones(len(self.vectors), bool) if made.padding is None else ~made.padding[row]
        logits = forward(self.model, self.vectors, self.mask)
        self.target = 1 if len(logits) == 1 else 0
        self.unit = 0

    def score(self, vectors):
        return forward(self.model, vectors, self.mask)[self.unit]

    def attribute(self, method):
        return method.attribute(self.model, self.ids, target=self.target)[0]


@pytest.fixture(params=SEQUENTIAL, scope="module")
def case(request):
    return Case(request.param)


def noise_of(shape, seed, samples):
    """The noise of the first samples, from a graph as in the method: each sample by itself takes long without one."""
    return tf.function(lambda: _noise(shape, seed, np.arange(samples), "float32"))().numpy().astype(float)


def agree(ours, paper, relative=2e-5):
    np.testing.assert_allclose(ours, paper, atol=relative * np.abs(paper).max())


@pytest.mark.product("gradient methods")
def test_saliency(case):
    agree(case.attribute(Saliency()), slow.saliency(case.score, case.vectors))


@pytest.mark.product("gradient methods")
def test_gradient_x_input(case):
    agree(case.attribute(GradientXInput()), slow.gradient_x_input(case.score, case.vectors))


@pytest.mark.product("gradient methods")
@pytest.mark.parametrize("quadrature", QUADRATURES)
def test_integrated_gradients(case, quadrature):
    n = 6
    nodes, weights = {
        "gausslegendre": [
            a / 2 + b for a, b in zip(np.polynomial.legendre.leggauss(n), (0.5, 0), strict=True)
        ],
        "riemann_left": (np.arange(n) / n, np.ones(n) / n),
        "riemann_right": ((np.arange(n) + 1) / n, np.ones(n) / n),
        "riemann_middle": ((np.arange(n) + 0.5) / n, np.ones(n) / n),
        "riemann_trapezoid": (np.arange(n) / (n - 1), np.array([0.5, 1, 1, 1, 1, 0.5]) / (n - 1)),
    }[quadrature]
    baseline = np.random.default_rng(3).normal(size=case.vectors.shape)
    ours = case.attribute(IntegratedGradients(steps=n, quadrature=quadrature, baseline=baseline))
    agree(ours, slow.integrated_gradients(case.score, case.vectors, baseline, nodes, weights), 5e-5)


@pytest.mark.product("gradient methods")
def test_smoothgrad(case):
    live = case.vectors[case.mask]
    sigma = 0.3 * (live.max() - live.min())
    noise = noise_of(case.vectors.shape, 5, 4)
    for method, rewritten in ((Saliency(), slow.saliency), (GradientXInput(), slow.gradient_x_input)):
        ours = case.attribute(SmoothGrad(method=method, samples=4, noise=0.3, seed=5))
        agree(ours, slow.smoothgrad(case.score, case.vectors, sigma * noise, rewritten))


def test_noise_is_standard_normal_and_new_for_each_sample():
    noise = noise_of((50, SIZE), 0, 100)
    assert abs(noise.mean()) < 0.02
    assert abs(noise.std() - 1) < 0.02
    assert np.abs(np.corrcoef(noise[:5].reshape(5, -1)) - np.eye(5)).max() < 0.3


@pytest.mark.parametrize("name", QUADRATURES)
@pytest.mark.parametrize("steps", [2, 3, 50, 200])
def test_quadrature_weights_sum_to_one(name, steps):
    nodes, weights = QUADRATURES[name](steps)
    assert len(nodes) == len(weights) == steps
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert (nodes >= 0).all()
    assert (nodes <= 1).all()
