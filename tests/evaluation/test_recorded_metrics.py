"""The metrics against what ferret, captum and Quantus say of the same scores and the same maps.

What these programs ask of a model about copies of a document is recorded with the answers, so that a metric of ours is
asked about the same copies; where it makes maps of its own, the recorded network stands here as a Keras model. Where a
program defines its metric otherwise, the test states how the two numbers hang together, and compares by that.

These have nothing to be compared with: ferret's leave-one-out correlation and area under the precision-recall curve,
Quantus's sufficiency (which counts documents with like maps, not words) and completeness (which only says whether two
sums are equal to the last bit). No package has the originals of our soft metrics, input stability and seed stability.
"""

from __future__ import annotations

from functools import cache

import keras
import numpy as np
import pytest
from keras import layers
from recorded import archive, under

import textattr
from textattr.evaluation.metrics import (
    Comprehensiveness,
    DeletionGap,
    Infidelity,
    MaxSensitivity,
    Plausibility,
    PlausibilityRPrecision,
    RandomizedWeights,
    Sufficiency,
)
from textattr.evaluation.metrics.comprehensiveness import top_counts
from textattr.evaluation.orders import most_relevant_first, without_first

EXACT = {"rtol": 1e-12, "atol": 1e-12}
SINGLE = {"rtol": 1e-4, "atol": 1e-5}  # the records are in double precision, the Keras model in single
FERRET = {"comprehensiveness": Comprehensiveness(), "sufficiency": Sufficiency()}
VERSIONS = ["0.4.1", "0.4.2"]
TEXTS = ["long", "mixed", "short"]
DOCUMENTS = range(3)


def asked_by_ferret(weights, setting):
    """The copies without the top of the list, as ferret chooses it.

    It takes positive weights alone, rounds a part of the tokens down where we round up, and leaves out a copy like the
    one before it, which counts twice in our mean.
    """
    count = len(weights)
    own = (np.arange(0.1, 1.1, 0.1) * count).astype(int)
    counts = np.minimum(own if setting == "own" else top_counts(count), (weights > 0).sum())
    return without_first(most_relevant_first(weights, seed=0), count, np.unique(counts[counts > 0]))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("setting", ["top/remove", "top/mask", "own"])
@pytest.mark.parametrize("metric", FERRET)
def test_ferret_leaves_out_the_same_tokens(version, text, setting, metric):
    data = under("ferret_metrics", f"{version}/{text}")
    without = asked_by_ferret(data["weights"], setting)
    stay = data[f"{metric}/{setting}/stay"]
    # Up to 0.4.1, ferret masks the top of the list for sufficiency too, where tokens are masked and not removed.
    is_comprehensiveness = metric == "comprehensiveness" or (version, setting) == ("0.4.1", "top/mask")
    np.testing.assert_array_equal(stay, without if is_comprehensiveness else ~without)
    whole, scores = data[f"{metric}/{setting}/whole"], data[f"{metric}/{setting}/scores"]
    np.testing.assert_allclose(
        FERRET[metric].of_curve(whole, scores), data[f"{metric}/{setting}/value"], **EXACT
    )


@pytest.mark.parametrize("setting", ["top/remove", "top/mask"])
@pytest.mark.parametrize("name", FERRET)
def test_it_is_ferrets_number_where_no_bin_is_met_twice(name, setting):
    metric, data = FERRET[name], under("ferret_metrics", "0.4.2/long")
    found = under("ferret_metrics", f"0.4.2/long/{name}/{setting}")
    stay = metric.copies(data["weights"], seed=0)
    np.testing.assert_array_equal(stay, found["stay"])
    np.testing.assert_allclose(
        metric.value(data["weights"], stay, found["whole"], found["scores"]), found["value"], **EXACT
    )


def test_ferrets_old_sufficiency_is_comprehensiveness_where_tokens_are_masked():
    for text in TEXTS:
        old, new = (under("ferret_metrics", f"{version}/{text}") for version in VERSIONS)
        for each in (old, new):
            assert each["comprehensiveness/top/mask/value"] == old["sufficiency/top/mask/value"]
        assert new["sufficiency/top/mask/value"] != old["sufficiency/top/mask/value"]


@pytest.mark.parametrize("text", TEXTS)
def test_r_precision_is_ferrets_f1_of_as_many_tokens_as_are_marked(text):
    """Then precision, recall and F1 are one number r, and the intersection over the union is r / (2 - r)."""
    data = under("ferret_metrics", f"0.4.2/{text}")
    r = PlausibilityRPrecision().agreement(data["weights"], data["marked"])
    np.testing.assert_allclose(r, data["token_f1"], **EXACT)
    np.testing.assert_allclose(r / (2 - r), data["token_iou"], **EXACT)


@cache
def network():
    """What captum and Quantus explained."""
    weights = under("quantus_metrics", "w")
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(*weights["table"].shape),
            layers.GlobalAveragePooling1D(),
            layers.Dense(weights["hidden_bias"].size, "tanh"),
            layers.Dense(weights["logits_bias"].size, "softmax"),
        ]
    )
    model.set_weights(list(weights.values()))
    return model


def test_both_programs_explained_this_network():
    captum, quantus = archive("captum_metrics"), archive("quantus_metrics")
    for name in ("ids", "logits", "targets", "map", "told", *(key for key in captum if key.startswith("w/"))):
        np.testing.assert_array_equal(captum[name], quantus[name])
    probabilities = np.exp(captum["logits"]) / np.exp(captum["logits"]).sum(1, keepdims=True)
    np.testing.assert_allclose(network().predict(captum["ids"], verbose=0), probabilities, **SINGLE)
    for ids, target, theirs in zip(captum["ids"], captum["targets"], captum["map"], strict=True):
        explanation = textattr.explain_prediction(network(), ids, method="gradient_x_input")
        assert explanation.targets[0].target == target
        np.testing.assert_allclose(explanation.targets[0].heatmap, theirs, **SINGLE)


def values(metric, seed):
    """Ours of each document, as the user gets them."""
    found = textattr.evaluate(
        network(),
        list(archive("quantus_metrics")["ids"]),
        methods=["gradient_x_input"],
        metrics=[metric],
        seed=int(seed),
    ).to_dataframe()
    return found[found.method == "gradient_x_input"].sort_values("document").value.to_numpy()


def test_max_sensitivity_is_that_of_captum_and_quantus():
    """On the same moves; theirs are of vectors, ours of the table, so that a word that stands twice moves alike."""
    data = archive("quantus_metrics")
    ours = values(MaxSensitivity(draws=int(data["draws"]), radius=float(data["radius"])), data["moved"])
    np.testing.assert_allclose(ours, archive("captum_metrics")["sensitivity_max"], **SINGLE)
    np.testing.assert_allclose(ours, data["max_sensitivity"], **SINGLE)


def test_randomized_weights_is_the_mean_size_of_quantuss_correlations():
    """On the same shuffles, where Quantus draws new weights. Its own mean keeps the sign, and counts the map itself."""
    data = archive("quantus_metrics")
    layer_by_layer = [data[f"mprt/{layer}"] for layer in ("logits", "hidden", "lookup")]
    ours = values(RandomizedWeights(draws=1), data["shuffled"])
    np.testing.assert_allclose(ours, np.abs(layer_by_layer).mean(0), **SINGLE)
    np.testing.assert_allclose((1 + np.sum(layer_by_layer, 0)) / 4, data["mprt/average"], **EXACT)


def test_class_sensitivity_is_quantuss_random_logit_where_it_draws_the_runner_up():
    """With Spearman's correlation for its likeness of pictures."""
    data = archive("quantus_metrics")
    np.testing.assert_array_equal(data["random_logit/classes"], np.argsort(-data["logits"])[:, 1])
    np.testing.assert_allclose(values("class_sensitivity", 0), data["random_logit"], **SINGLE)


def copies(program, name, document):
    """Weights, which tokens each recorded copy keeps, the score of the document, those of the copies."""
    data = archive(f"{program}_metrics")
    whole = data["logits"][document, data["targets"][document]]
    return (
        data["told"][document],
        data[f"{name}/stay/{document}"],
        whole,
        data[f"{name}/scores/{document}"],
    )


def squares(weights, stay, whole, scores):
    """The mean squares of what is left at the best scale, as our metric says, and at the scale of the weights."""
    told, lost = (~stay) @ weights, whole - scores
    best = Infidelity().value(weights, stay, whole, scores) * (lost**2).mean()
    scale = (told @ lost) / (told @ told)
    return best, best + (1 - scale) ** 2 * (told**2).mean()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_infidelity_is_captums_relative_to_the_losses(document):
    """Captum's is the mean square, with `normalize=True` at the best scale: ours times that of the losses.

    Without, the weights keep their scale, and by Pythagoras the mean square grows by that of what the scale is off.
    """
    best, plain = squares(*copies("captum", "infidelity", document))
    data = archive("captum_metrics")
    np.testing.assert_allclose(best, data[f"infidelity/normalized/{document}"], **EXACT)
    np.testing.assert_allclose(plain, data[f"infidelity/plain/{document}"], **EXACT)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_infidelity_of_quantus_takes_one_token_after_the_other(document):
    """Its sets grow from left to right, none is drawn, and the weights keep their scale."""
    weights, stay, whole, scores = copies("quantus", "infidelity", document)
    np.testing.assert_array_equal(stay, without_first(np.arange(8), 8, np.arange(1, 9)))
    _, plain = squares(weights, stay, whole, scores)
    np.testing.assert_allclose(plain, archive("quantus_metrics")[f"infidelity/{document}"], **EXACT)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_infidelity_is_one_minus_the_square_of_a_cosine(document):
    """Of that between losses and sums of weights: Quantus's faithfulness correlation, but for the means.

    Its metric got Quantus's cosine distance in place of Pearson's correlation, which takes the means off first.
    """
    distance = archive("quantus_metrics")[f"faithfulness_cosine/{document}"]
    ours = Infidelity().value(*copies("quantus", "faithfulness_cosine", document))
    np.testing.assert_allclose(ours, 1 - (1 - distance) ** 2, **EXACT)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_deletion_gap_lies_between_two_of_quantuss_curves(document):
    """Those of pixel flipping for the weights and for their negatives."""
    data, gap = archive("quantus_metrics"), DeletionGap()
    ends = [f"pixel_flipping/{end}_relevant_first" for end in ("most", "least")]
    most, least = (copies("quantus", end, document) for end in ends)
    stay = gap.copies(most[0], seed=0)
    np.testing.assert_array_equal(stay, np.concatenate([most[1], least[1]]))
    ours = gap.value(most[0], stay, most[2], np.concatenate([most[3], least[3]]))
    below, above = (data[f"{end}/{document}"] for end in ends)
    np.testing.assert_allclose(ours, (above - below).mean(), **EXACT)


def test_plausibility_is_quantuss_area_under_the_curve_and_its_rank_accuracy():
    data = archive("quantus_metrics")
    given = list(zip(data["told"], data["marked"], strict=True))
    np.testing.assert_allclose([Plausibility().agreement(*each) for each in given], data["auc"], **EXACT)
    ours = [PlausibilityRPrecision().agreement(*each) for each in given]
    np.testing.assert_allclose(ours, data["relevance_rank_accuracy"], **EXACT)
