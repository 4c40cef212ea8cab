"""What must hold for LRP whatever the layers are: on random stacks of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stacks import Stack, part, stack

from textattr.lrp import AlphaBeta, Epsilon, Flat, Gamma, WSquare, Z, ZPlus
from textattr.methods import LRP

# every example traces a model, which takes seconds
a_few = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
pytestmark = pytest.mark.usefixtures("without_proof")

LENGTH = 6
units = st.integers(2, 4)
activations = st.sampled_from(["relu", "tanh", "gelu", "elu", "linear"])
cells = st.builds(
    lambda kind, units, **options: part(kind, units=units, **options),
    st.sampled_from(["LSTM", "GRU", "SimpleRNN"]),
    units,
    return_sequences=st.just(True),
    go_backwards=st.booleans(),
)
both_ways = st.builds(
    lambda kind, units, merge: part(
        "Bidirectional", part(kind, units=units, return_sequences=True), merge_mode=merge
    ),
    st.sampled_from(["LSTM", "GRU", "SimpleRNN"]),
    units,
    st.sampled_from(["concat", "sum", "ave", "mul"]),
)
convolutions = st.builds(
    lambda filters, size, padding, activation: part(
        "Conv1D", filters=filters, kernel_size=size, padding=padding, activation=activation
    ),
    units,
    st.integers(1, 3),
    st.sampled_from(["same", "causal"]),
    activations,
)
denses = st.builds(lambda n, activation: part("Dense", units=n, activation=activation), units, activations)
poolings = st.builds(
    lambda kind: part(kind, pool_size=2, padding="same"),
    st.sampled_from(["MaxPooling1D", "AveragePooling1D"]),
)
others = st.sampled_from(
    [
        part("Dropout", rate=0.5),
        part("Activation", activation="relu"),
        part("ZeroPadding1D", padding=1),
        part("UpSampling1D", size=2),
        part("Permute", dims=(1, 2)),
    ]
)
ends = st.sampled_from(
    [
        part("Flatten"),
        part("GlobalMaxPooling1D"),
        part("GlobalAveragePooling1D"),
        part("LSTM", units=3),
        part("GRU", units=3, reset_after=False),
        part("Bidirectional", part("GRU", units=2)),
    ]
)
LOGITS = part("Dense", units=2)

stacks = st.builds(
    lambda middle, end, hidden: (*middle, end, *hidden, LOGITS),
    st.lists(st.one_of(cells, both_ways, convolutions, denses, poolings, others), max_size=3),
    ends,
    st.lists(denses, max_size=1),
)
# Keras does not turn the mask when it turns the sequence around
forwards = cells.filter(lambda cell: not dict(cell.options)["go_backwards"])
keep_the_mask = st.builds(
    lambda middle, end: (*middle, end, LOGITS),
    st.lists(st.one_of(forwards, both_ways, denses, st.just(part("Dropout", rate=0.5))), max_size=2),
    ends.filter(lambda end: end.kind not in ("Flatten", "GlobalMaxPooling1D")),
)
seeds = st.integers(0, 1000)
rules = st.sampled_from(
    [
        Z(),
        Epsilon(1e-3),
        Gamma(0.25),
        AlphaBeta(2, 1, bias="split"),
        AlphaBeta(1, 0, bias="ignore"),
        ZPlus(),
        WSquare(),
        Flat(),
    ]
)


def equal(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9 * max(np.abs(theirs).max(), 1e-3))


def explained(made: Stack, rules):
    """The relevance of a batch, after a look at whether each row gets the same alone."""
    method = LRP(rules=rules)
    target = np.array([0, 1, 0])
    whole = method.attribute(made.model, made.ids, target=target)
    assert whole.shape == (*made.ids.shape, 4)
    assert np.isfinite(whole).all()
    for row in range(len(whole)):
        alone = method.attribute(made.model, made.ids[row : row + 1], target=target[row : row + 1])
        equal(alone[0], whole[row])
    scores = np.asarray(made.model(made.ids))
    return whole, np.take_along_axis(scores, target[:, None], 1)[:, 0]


@a_few
@given(stacks, seeds)
def test_without_biases_all_relevance_arrives(parts, seed):
    made = stack(parts, biases=False, length=LENGTH, seed=seed)
    relevance, scores = explained(made, Epsilon(1e-12))
    np.testing.assert_allclose(relevance.sum((1, 2)), scores, rtol=1e-5)


@a_few
@given(stacks, seeds, rules)
def test_a_batch_equals_its_members_under_every_rule(parts, seed, rule):
    explained(stack(parts, length=LENGTH, seed=seed), rule)


@a_few
@given(keep_the_mask, seeds, rules)
def test_masked_padding_gets_nothing_and_changes_nothing(parts, seed, rule):
    made = stack(parts, length=None, masked=True, seed=seed)
    relevance, _ = explained(made, rule)
    assert np.abs(relevance[~made.steps]).max() == 0
    longer = np.pad(made.ids, ((0, 0), (0, 3)))
    padded = LRP(rules=rule).attribute(made.model, longer, target=np.array([0, 1, 0]))
    assert np.abs(padded[:, LENGTH:]).max() == 0
    equal(padded[:, :LENGTH], relevance)
