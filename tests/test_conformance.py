"""Every method on every kind of model: what must hold whatever the method and the model."""

from __future__ import annotations

import numpy as np
import pytest
from kinds import KINDS, OF_STRINGS, RAGGED, kind

from textattr.errors import InjectionError
from textattr.methods import METHODS, DeepLIFT, IntegratedGradients, ShapleySampling
from textattr.methods.convergence import SHARE_OF_SIZES
from textattr.methods.method import VectorMethod
from textattr.split.model import split_model
from textattr.split.rows import Rows

METHODS_ON_VECTORS = [name for name, method in METHODS.items() if issubclass(method, VectorMethod)]

# Methods whose relevance sums to f(x) - f(baseline), and how far off they may be, relative to it.
COMPLETE = {
    "integrated_gradients": (IntegratedGradients(tolerance=1e-3, max_steps=8192), 1e-3),
    "deeplift": (DeepLIFT(), 1e-4),
    "shapley_sampling": (ShapleySampling(samples=4), 1e-6),
}

# replace the vectors
INJECTED = {"smoothgrad", "integrated_gradients", "deeplift", "occlusion", "shapley_sampling", "lime"}
A_FEW = ("convolution", "lstm_masked", "shared_table", "hierarchical")

# Every method on every kind of Keras 3. Of tf_keras two kinds with every method, some with one: what differs between
# the families is how the model is cut, and test_split_kinds.py has the gradient and the padding of every kind of both.
CASES = [(name, "keras", method) for name in KINDS for method in METHODS_ON_VECTORS]
CASES += [(name, "tf_keras", "gradient_x_input") for name in (*A_FEW, "mask_in_the_model", "strings")]
CASES += [(name, "keras", method) for name in OF_STRINGS for method in METHODS_ON_VECTORS]
CASES += [(name, "tf_keras", method) for name in RAGGED for method in METHODS_ON_VECTORS]
CASES += [
    (name, "tf_keras", method)
    for name in ("lstm_masked", "hierarchical")
    for method in METHODS_ON_VECTORS
    if method != "gradient_x_input"
]


def explain(case, method, rows=None, **settings):
    """The attribution of a kind's batch, or of some of its rows."""
    method = METHODS[method]() if isinstance(method, str) else method
    split = split_model(case.model)
    inputs = split.arrays(case.inputs if rows is None else case.rows(rows))
    rows = Rows.predicted(inputs, split.head(inputs), batch_size=1024, **settings)
    return method.explain_rows(split, rows)


@pytest.fixture(params=METHODS_ON_VECTORS)
def method(request):
    return request.param


def implied(head, output):
    """Probabilities of all classes, from what the model gives."""
    return np.concatenate([1 - output, output], -1) if head.is_one_unit else output


@pytest.mark.product("every method")
@pytest.mark.parametrize("method", METHODS_ON_VECTORS)
@pytest.mark.parametrize("name", ["shared_table", "lstm_masked"])
def test_what_a_vector_gets_is_the_sum_over_its_numbers(name, method):
    found = explain(kind(name), method, per_number=True)
    for numbers, relevance in zip(found.numbers, found.relevance, strict=True):
        assert numbers.ndim == 3
        np.testing.assert_allclose(numbers.sum(-1), relevance, atol=1e-6 * np.abs(numbers).max())
    assert explain(kind(name), method).numbers == ()


@pytest.mark.product("every kind of model, explained")
@pytest.mark.parametrize("of", CASES, ids="-".join)
def test_a_method_on_a_kind_of_model(of):
    name, family, method = of
    case = kind(name, family)
    if method in INJECTED and not case.injectable:
        with pytest.raises(InjectionError, match="use saliency"):
            explain(case, method)
        return
    found = explain(case, method)
    for relevance in found.relevance:
        assert relevance.shape[0] == case.count
        assert relevance.ndim == 2
        assert np.isfinite(relevance).all()
        assert np.abs(relevance).sum() > 0

    split = split_model(case.model)
    inputs = split.arrays(case.inputs)
    head = split.head(inputs)
    output = np.asarray(case.model(inputs, training=False))
    shown = found.logits if head.task == "regression" else found.probabilities
    np.testing.assert_allclose(shown, implied(head, output), atol=1e-3 if case.half else 1e-6)
    np.testing.assert_array_equal(found.target, shown.argmax(-1))
    np.testing.assert_allclose(found.value, np.take_along_axis(found.logits, found.target[:, None], 1)[:, 0])

    if case.padding is not None:
        # a regression gives nothing exactly 0, but for what it knows to be padding
        guessed = method == "lime" and name == "mask_in_the_model"
        allowed = 0.01 * np.abs(found.relevance[0]).max() if guessed else 0
        assert np.abs(found.relevance[0][case.padding]).max() <= allowed

    for i in range(case.count):
        alone = explain(case, method, slice(i, i + 1))
        for whole, one in zip(found.relevance, alone.relevance, strict=True):
            scale = np.abs(whole).max() * (1e-2 if case.half else 2e-6)
            np.testing.assert_allclose(whole[i, : one.shape[1]], one[0], atol=scale)


@pytest.mark.product("every kind of model, explained")
@pytest.mark.parametrize(
    "of", [of for of in CASES if of[-1] in COMPLETE and of[0] != "bare_gather"], ids="-".join
)
def test_relevance_sums_to_what_was_gained(of):
    name, family, method = of
    case = kind(name, family)
    instance, tolerance = COMPLETE[method]
    tolerance, rounding = (0.05, 5e-3) if case.half else (tolerance, 2e-6)
    found = explain(case, instance)
    total = np.add.reduce([r.sum(1) for r in found.relevance])
    gained = found.value - found.diagnostics["baseline_score"]
    scale = np.abs(gained)
    if (
        method == "integrated_gradients"
    ):  # whose tolerance is of the sizes of the weights where scores hardly differ
        scale = np.maximum(scale, SHARE_OF_SIZES * np.add.reduce([np.abs(r).sum(1) for r in found.relevance]))
    allowed = tolerance * scale + rounding * np.maximum(np.abs(found.value), 1)
    np.testing.assert_array_less(np.abs(total - gained), allowed)
    np.testing.assert_allclose(found.diagnostics["completeness_error"], total - gained, atol=2e-6)
    assert case.half or not any(found.warnings)


@pytest.mark.product("every method")
@pytest.mark.parametrize("name", A_FEW)
def test_chunks_do_not_show(name, method):
    case = kind(name)
    whole, chunked = (METHODS[method]().attribute(case.model, case.inputs, batch_size=b) for b in (64, 2))
    whole, chunked = (found if isinstance(found, dict) else {None: found} for found in (whole, chunked))
    for text in whole:
        np.testing.assert_allclose(whole[text], chunked[text], atol=2e-6 * np.abs(whole[text]).max())


@pytest.mark.product("every method")
def test_padding_changes_nothing_for_a_masked_model(method):
    case = kind("lstm_masked")
    short = case.inputs[:1]
    padded = np.concatenate([short, np.zeros((1, 5), "int32")], 1)
    values = [METHODS[method]().attribute(case.model, x)[:, : short.shape[1]] for x in (short, padded)]
    np.testing.assert_allclose(values[0], values[1], atol=2e-6 * np.abs(values[0]).max())
