"""Each metric, against a slow rewrite that knows nothing of batches, compiled functions and coalitions."""

import keras
import numpy as np
import pytest
from reference import evaluation as slow

import textattr
from textattr.evaluation import planted
from textattr.evaluation.cases import Case
from textattr.evaluation.metrics import (
    METRICS,
    Infidelity,
    InputStability,
    MaxSensitivity,
    Plausibility,
    PlausibilityRPrecision,
    PlausibilitySign,
    RandomizedWeights,
    SeedStability,
    SoftComprehensiveness,
    SoftSufficiency,
)
from textattr.evaluation.metrics.metric import rank_correlation
from textattr.evaluation.study import Candidate, Study

UNKNOWN = 1
METHODS_TRIED = ["gradient_x_input", "deeplift"]


@pytest.fixture(scope="module")
def tiny():
    return planted.make("mean", texts=6)


@pytest.fixture(scope="module")
def evaluation(tiny):
    return textattr.evaluate(
        tiny.model,
        list(tiny.texts),
        tokenizer=tiny.tokenizer,
        target_names=tiny.labels,
        methods=METHODS_TRIED,
        metrics=[
            "deletion_gap",
            "deletion_gap_probability",
            "comprehensiveness",
            "sufficiency",
            "completeness",
        ],
    )


def functions(tiny, text):
    """The ids of a text, and from ids to the log-odds and the probability of what is predicted of it."""

    def answer(ids):
        padded = np.array([ids + [0] * (12 - len(ids))])  # the model reads twelve ids
        return np.asarray(tiny.model(padded))[0].astype(float)

    ids = tiny.tokenizer(text).ids.tolist()
    label = int(answer(ids).argmax())

    def probability(of):
        return float(answer(of)[label])

    def log_odds(of):
        p = answer(of)
        return float(np.log(p[label]) - np.log(p[1 - label]))

    return ids, log_odds, probability


@pytest.mark.parametrize("operator", ["replace", "remove"])
@pytest.mark.parametrize("method", METHODS_TRIED)
def test_what_is_left_out_against_the_slow_rewrite(tiny, evaluation, method, operator):
    frame = evaluation.to_dataframe()
    filling = UNKNOWN if operator == "replace" else slow.REMOVED
    explainer = textattr.Explainer(tiny.model, tokenizer=tiny.tokenizer, method=method)
    checked = 0
    for i, text in enumerate(tiny.texts):
        ids, log_odds, probability = functions(tiny, text)
        weights = explainer.explain(text).targets[0].heatmap.tolist()
        if len(set(weights)) < len(weights):
            continue  # a word that stands twice: the order of equal weights is drawn
        checked += 1
        expected = {
            "deletion_gap": slow.deletion_gap(log_odds, ids, weights, filling),
            "deletion_gap_probability": slow.deletion_gap(probability, ids, weights, filling),
            "comprehensiveness": slow.comprehensiveness(probability, ids, weights, filling),
            "sufficiency": slow.sufficiency(probability, ids, weights, filling),
        }
        of = frame[(frame.document == i) & (frame.method == method) & (frame.operator == operator)]
        found = dict(zip(of.metric, of.value, strict=True))
        assert found.keys() == expected.keys()
        for metric, value in expected.items():
            np.testing.assert_allclose(found[metric], value, rtol=1e-4, atol=1e-5, err_msg=metric)
    assert checked


def test_completeness_is_that_of_the_weights_shown(tiny, evaluation):
    frame = evaluation.to_dataframe()
    target = textattr.explain_prediction(
        tiny.model, tiny.texts[0], tokenizer=tiny.tokenizer, method="gradient_x_input"
    ).targets[0]
    error = abs(target.heatmap.sum() + sum(target.shares.values()) - target.score)
    scale = max(abs(target.score), 0.05 * abs(target.heatmap).sum())
    of = frame[(frame.metric == "completeness") & (frame.document == 0)].set_index("method").value
    np.testing.assert_allclose(of["gradient_x_input"], error / scale, rtol=1e-5)
    assert of["deeplift"] < 1e-5
    assert np.isnan(of["random"])


def test_agreement_with_people_against_the_slow_rewrite():
    rng = np.random.default_rng(0)
    for _ in range(20):
        weights = rng.integers(-3, 4, 12).astype(float)  # with ties
        marked = rng.random(12) < 0.4
        marked[0], marked[1] = True, False
        given = weights.tolist(), marked.tolist()
        np.testing.assert_allclose(Plausibility().agreement(weights, marked), slow.area_under_curve(*given))
        np.testing.assert_allclose(
            PlausibilityRPrecision().agreement(weights, marked), slow.r_precision(*given)
        )
        positive = np.mean([1.0 if w > 0 else 0.5 if w == 0 else 0.0 for w in weights[marked]])
        np.testing.assert_allclose(PlausibilitySign().agreement(weights, marked), positive)


def test_rank_correlation_against_the_slow_rewrite():
    rng = np.random.default_rng(1)
    for _ in range(10):
        a, b = rng.integers(0, 6, 9).astype(float), rng.standard_normal(9)
        np.testing.assert_allclose(rank_correlation(a, b), slow.spearman(a.tolist(), b.tolist()))
    assert np.isnan(rank_correlation(np.ones(4), np.arange(4)))


def test_truth_is_of_characters(tiny):
    """Marks on half a word, and on none, and on all."""
    text = "grey house sunny"
    truth = [[(0, 2)], [], [(0, len(text))]]
    found = textattr.evaluate(
        tiny.model,
        [text] * 3,
        tokenizer=tiny.tokenizer,
        methods=["occlusion"],
        metrics=["plausibility"],
        truth=truth,
        padding="post",
        task="multiclass",
    ).to_dataframe()
    of = found[found.method == "occlusion"].set_index("document").value
    assert np.isfinite(of[0])
    assert np.isnan(of[1])
    assert np.isnan(of[2])


def test_shuffled_weights_are_put_back_and_change_the_map(tiny):
    before = [np.array(weight) for weight in tiny.model.weights]
    found = textattr.evaluate(
        tiny.model,
        list(tiny.texts[:3]),
        tokenizer=tiny.tokenizer,
        methods=["gradient_x_input"],
        metrics=[RandomizedWeights(draws=1), SeedStability(runs=2), "class_sensitivity"],
    ).to_dataframe()
    for weight, was in zip(tiny.model.weights, before, strict=True):
        np.testing.assert_array_equal(np.array(weight), was)
    of = found[found.method == "gradient_x_input"].groupby("metric").value.mean()
    assert 0 <= of["randomized_weights"] < 0.95
    assert of["seed_stability"] == 1  # it draws nothing
    np.testing.assert_allclose(of["class_sensitivity"], -1, atol=1e-6)  # two classes share one margin


def test_a_method_that_draws_differs_from_seed_to_seed(tiny):
    found = textattr.evaluate(
        tiny.model,
        list(tiny.texts[:2]),
        tokenizer=tiny.tokenizer,
        methods=[textattr.methods.LIME(samples=30)],
        metrics=["seed_stability"],
    ).to_dataframe()
    values = found[found.method == "lime(samples=30)"].value
    assert (values < 1).all()


def test_normalised_metrics_lie_between_chance_and_the_best(tiny):
    found = textattr.evaluate(
        tiny.model,
        list(tiny.texts),
        tokenizer=tiny.tokenizer,
        methods=METHODS_TRIED,
        metrics=["normalized_comprehensiveness", "normalized_sufficiency"],
        operators=["replace"],
    ).to_dataframe()
    of = found.groupby(["metric", "method"]).value
    for metric in ("normalized_comprehensiveness", "normalized_sufficiency"):
        assert of.mean()[metric, "random"] == 0
        assert of.max()[metric].max() == pytest.approx(1)
    assert set(found.metric) == {"normalized_comprehensiveness", "normalized_sufficiency"}


def test_documents_that_could_not_be_measured_have_no_normalised_value():
    nothing = {"random": np.full(2, np.nan), "lrp": np.full(2, np.nan)}
    for metric in (METRICS["normalized_comprehensiveness"](), METRICS["normalized_sufficiency"]()):
        assert np.isnan(metric.relative(nothing)["lrp"]).all()


def test_infidelity_against_the_slow_rewrite():
    rng = np.random.default_rng(2)
    metric = Infidelity(sets=20)
    weights = rng.standard_normal(6)
    stay = metric.copies(weights, seed=3)
    np.testing.assert_array_equal(stay, metric.copies(-weights, seed=3))  # the same sets for every method
    assert not stay.all(1).any()
    scores = rng.standard_normal(20)
    np.testing.assert_allclose(
        metric.value(weights, stay, 0.7, scores),
        slow.infidelity(weights.tolist(), stay.tolist(), 0.7, scores.tolist()),
    )
    additive = 0.7 - (~stay) @ weights
    assert metric.value(3 * weights, stay, 0.7, additive) < 1e-12  # up to a factor
    assert metric.value(np.zeros(6), stay, 0.7, scores) == pytest.approx(1)


def test_a_map_that_stays_with_another_case_is_stable(tiny):
    found = textattr.evaluate(
        tiny.model,
        list(tiny.texts[:3]),
        tokenizer=tiny.tokenizer,
        methods=["gradient_x_input"],
        metrics=[InputStability(variations=(str.upper,), synonyms={"the": "the"})],
    ).to_dataframe()
    values = found.set_index("method").value
    np.testing.assert_allclose(values["gradient_x_input"], 1)  # the tokenizer looks words up in lower case
    assert values["random"].isna().all()


def test_soft_metrics_of_hard_weights_are_the_hard_ones(tiny):
    """Where all weights are 0 or 1, nothing is left to chance: each vector stays or is 0."""
    text = tiny.texts[0]
    explainer = textattr.Explainer(tiny.model, tokenizer=tiny.tokenizer, method="occlusion")
    explanation = explainer.explain(text)
    weights = np.array([1.0, 0.0] * 6)
    candidate = Candidate("ours", explainer, (explanation,), ((weights,),))
    study = Study(explainer, (Case(text),), (explanation,), seed=0)
    table = np.array(tiny.model.layers[0].embeddings)
    ids = np.asarray(tiny.tokenizer(text).ids)
    behind = keras.Sequential([keras.Input((12, table.shape[1])), *tiny.model.layers[1:]])

    def probability(stay):
        vectors = table[ids] * np.asarray(stay, np.float32)[:, None]
        return float(behind.predict(vectors[None], verbose=0)[0, explanation.targets[0].target])

    whole, none = probability(np.ones(12)), probability(np.zeros(12))
    s0 = 1 - max(0, whole - none)
    expected = (1 - max(0, whole - probability(weights)) - s0) / (1 - s0)
    np.testing.assert_allclose(SoftSufficiency(draws=2).values(study, candidate), [expected], rtol=1e-4)
    expected = max(0, whole - probability(1 - weights)) / (1 - s0)
    np.testing.assert_allclose(
        SoftComprehensiveness(draws=2).values(study, candidate), [expected], rtol=1e-4, atol=1e-6
    )


def test_tables_that_move_are_put_back_and_move_the_map(tiny):
    before = np.array(tiny.model.layers[0].embeddings)
    frames = [
        textattr.evaluate(
            tiny.model,
            list(tiny.texts[:2]),
            tokenizer=tiny.tokenizer,
            methods=["gradient_x_input"],
            metrics=[MaxSensitivity(draws=2, radius=radius)],
        ).to_dataframe()
        for radius in (0.001, 0.1)
    ]
    np.testing.assert_array_equal(np.array(tiny.model.layers[0].embeddings), before)
    near, far = (frame[frame.method == "gradient_x_input"].value.mean() for frame in frames)
    assert 0 < near < far


def test_every_metric_says_what_it_is_no_good_for():
    for metric in METRICS.values():
        assert any("Pitfalls" in (kind.__doc__ or "") for kind in metric.__mro__), metric
