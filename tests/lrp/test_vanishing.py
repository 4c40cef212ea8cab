"""Relevance that is 0 wherever its number is 0: there max(z, 0) does for z, and nowhere else."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

import textattr
from textattr.lrp import Epsilon, Flat, Z, added_rule
from textattr.lrp.rule import Shared
from textattr.lrp.vanishing import Vanishing
from textattr.methods import LRP

IDS = np.array([[1, 2, 3, 4, 5, 6], [6, 6, 6, 6, 2, 1]])  # equal windows share, some of them below 0
OFFSET = 0.3


def convolution(*behind, activation="relu", pooled=layers.GlobalMaxPooling1D):
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(7, 4),
            layers.Conv1D(40, 2, activation=activation, bias_initializer="normal", name="conv"),
            pooled(),
            *behind,
            layers.Dense(2, name="last"),
        ]
    )


def read_twice():
    """What the activation gave is read by two layers."""
    keras.utils.set_random_seed(1)
    ids = keras.Input((6,), dtype="int32")
    x = layers.Conv1D(8, 2, activation="relu", name="conv")(layers.Embedding(7, 4)(ids))
    both = layers.Concatenate()([layers.GlobalMaxPooling1D()(x), layers.GlobalAveragePooling1D()(x)])
    return keras.Model(ids, layers.Dense(2, name="last")(both))


class Moved(Epsilon):
    """A rule of a user's, which gives something to what is 0."""

    def affine(self, affine, relevance):
        shared = super().affine(affine, relevance)
        return Shared([term + OFFSET for term in shared.terms], shared.bias)


def explained(model, rules, monkeypatch, is_used=True):
    """Relevance, and for how many layers z was not needed."""
    met = []
    clipped = Vanishing.clipped

    def watched(self, z, relevance):
        found = clipped(self, z, relevance) if is_used else None
        met.append(found is not None)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Vanishing, "clipped", watched)
        found = LRP(rules).attribute(model, IDS)
    return found, sum(met)


MODELS = {
    "max": convolution,
    "windows": lambda: convolution(layers.Flatten(), pooled=lambda: layers.MaxPooling1D(2)),
    "reshaped": lambda: convolution(layers.Reshape((5, 8)), layers.Flatten()),
}


@pytest.mark.product
@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("rules", [Epsilon(), Epsilon(0.1), Z()], ids=str)
def test_max_of_z_and_0_gives_the_very_same_numbers(kind, rules, monkeypatch):
    found, count = explained(MODELS[kind](), rules, monkeypatch)
    plain, _ = explained(MODELS[kind](), rules, monkeypatch, is_used=False)
    assert count == 1
    assert np.array_equal(found, plain)


@pytest.mark.parametrize(
    ("model", "rules"),
    [
        (convolution, [("last", Flat()), ("*", Epsilon())]),  # which shares out to what is 0 too
        (convolution, [("last", Moved()), ("*", Epsilon())]),
        (lambda: convolution(activation="tanh"), Epsilon()),  # z is not to be had from tanh z
        (read_twice, Epsilon()),
    ],
    ids=["flat", "of a user", "tanh", "read twice"],
)
def test_z_itself_is_taken_wherever_it_is_not_certain(model, rules, monkeypatch):
    _, count = explained(model(), rules, monkeypatch)
    assert count == 0


def test_a_rule_for_the_maximum_ends_what_is_known(monkeypatch):
    def everywhere(step, relevance):
        return [(relevance / 5)[:, None] + 0.0 * step.inputs[0], None]

    with added_rule("Max", everywhere):
        _, count = explained(convolution(), Epsilon(), monkeypatch)
    assert count == 0


@pytest.mark.parametrize(("kind", "is_one"), [("max", True), ("windows", False)])
def test_of_what_a_maximum_chose_there_is_one_quotient(kind, is_one, monkeypatch):
    """What the bias takes is what it takes of all places, one by one."""
    found = []
    for is_used in (True, False):
        met = []
        winners = Vanishing.winners
        with monkeypatch.context() as patched:
            patched.setattr(
                Vanishing,
                "winners",
                lambda self, relevance, is_used=is_used, met=met, winners=winners: (
                    met.append(winners(self, relevance)) or met[-1] if is_used else None
                ),
            )
            explanation = textattr.explain_prediction(
                MODELS[kind](), IDS[1], method="lrp", rules=Epsilon(0.1), targets=0, score="logit"
            )
        found.append(explanation.targets[0])
        assert [each is not None for each in met] == ([is_one] if is_used else [])
    one, other = found
    np.testing.assert_array_equal(one.heatmap, other.heatmap)
    assert abs(one.diagnostics["taken_by_biases"]) > 1e-4
    for name in ("taken_by_biases", "taken_by_stabilisers"):
        np.testing.assert_allclose(one.diagnostics[name], other.diagnostics[name], rtol=1e-4)
