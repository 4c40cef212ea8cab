"""Black boxes: functions of texts, scikit-learn, Keras models that count words."""

from __future__ import annotations

import json
import pickle
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import Request, urlopen

import numpy as np
import pytest
from kinds import keras_of

import textattr
from textattr.backends.score_meaning import PROBES
from textattr.errors import DocumentError, ModelOutputError, OptionError, TargetError, UnknownModelError
from textattr.tokenizers.encoding import Encoding

METHODS = ("occlusion", "shapley_sampling", "lime")
WEIGHTS = {"good": 2.0, "bad": -3.0, "film": 0.5, "not": -1.0, "very": 0.25}
TEXT = "A very  good film,\n not bad!"
TOKENS = ["A", "very", "good", "film", ",", "not", "bad", "!"]
EXPECTED = [0, 0.25, 2, 0.5, 0, -1, -3, 0]


def score(text):
    return sum(WEIGHTS.get(word.strip(",.!").lower(), 0) for word in text.split())


def scores(texts):
    """(N, 2): against and for praise."""
    return [[-score(text), score(text)] for text in texts]


class Recorder:
    """A function of texts that keeps its calls."""

    def __init__(self, function=scores):
        self.function, self.calls = function, []

    def __call__(self, texts):
        assert isinstance(texts, list)
        self.calls.append(texts)
        return self.function(texts)

    @property
    def texts(self):
        return [text for call in self.calls for text in call]


def explain(predict=scores, text=TEXT, *, method="occlusion", **settings):
    return textattr.explain_prediction(predict, text, method=method, **settings)


@pytest.mark.parametrize("method", METHODS)
def test_a_linear_function_gets_its_weights(method):
    explanation = explain(method=method, target_names=["blame", "praise"], targets="praise")
    [target] = explanation.targets
    np.testing.assert_allclose(target.heatmap, EXPECTED, atol=0.05 * 3 if method == "lime" else 1e-5)
    assert [token.text for token in explanation.tokens] == TOKENS
    assert explanation.document == TEXT
    assert all(TEXT[span.start : span.end] == span.text for span in target.spans)
    assert (target.label, target.score, target.probability) == ("praise", score(TEXT), None)
    assert explanation.prediction.label == "blame"
    assert (explanation.model, explanation.method) == ("scores", method)


def test_the_default_is_shapley_values():
    explanation = textattr.explain_prediction(scores, TEXT)
    assert explanation.method == "shapley_sampling"
    assert explanation.options["replacement"] == "remove"
    assert explanation.targets[0].label == "class 0"
    named = explain(method="shapley_sampling")
    assert [t.heatmap.tolist() for t in explanation.targets] == [t.heatmap.tolist() for t in named.targets]
    assert "A very  " in str(explanation)
    assert textattr.Explanation.from_dict(textattr.format_as_dict(explanation)) == explanation


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_no_text_is_asked_for_twice_and_no_call_is_too_large(method, batch_size):
    recorder = Recorder()
    explain(recorder, method=method, batch_size=batch_size, targets="all")
    assert len(recorder.texts) == len(set(recorder.texts))
    assert max(map(len, recorder.calls)) <= batch_size
    explainer = textattr.Explainer(recorder, method=method, batch_size=batch_size)
    recorder.calls.clear()
    assert len(list(explainer.explain_many(["so good", "so bad", "so good"]))) == 3
    assert len(recorder.texts) == len(set(recorder.texts))


def test_characters_and_white_space_are_kept():
    recorder = Recorder()
    explain(recorder, text=" Don't\tpanic —  it's 2 °C… 👍🏽 \n")
    everything = [
        " Don't\tpanic —  it's 2 °C… 👍🏽 \n",
        " \tpanic —  it's 2 °C… 👍🏽 \n",
        " Don't\t —  it's 2 °C… 👍🏽 \n",
    ]
    assert [text for text in recorder.texts if text not in PROBES][:3] == everything
    assert " Don't\tpanic —  it's 2 °C…  \n" in recorder.texts


@pytest.mark.parametrize(
    ("replacement", "seen"),
    [
        ("remove", "A   film"),
        ("[MASK]", "A [MASK]  film"),
        (lambda tokens, left_out: [f"<{token}>" for token in tokens], "A <good>  film"),
    ],
)
def test_replacements(replacement, seen):
    recorder = Recorder()
    explain(recorder, "A good  film", replacement=replacement)
    assert seen in recorder.texts


@pytest.mark.parametrize("replacement", ["mask", "pad", "mean", np.zeros(3), 3])
def test_replacements_that_a_text_does_not_have(replacement):
    with pytest.raises(OptionError, match=r"no vectors: expected replacement= as 'remove'"):
        explain(replacement=replacement)


def test_a_tokenizer_says_what_a_token_is():
    tokenizer = textattr.Words(["<PAD>", "a very", "good"], unknown=1, pattern=r"A very|\w+", length=20)
    explanation = explain(tokenizer=tokenizer)
    assert [token.text for token in explanation.tokens] == ["A very", "good", "film", "not", "bad"]
    given = Encoding(TEXT, [1, 2], ["good", "bad"], [(8, 12), (24, 27)])
    np.testing.assert_allclose(explain(text=given, targets=1).targets[0].heatmap, [2, -3])


def test_groups_and_hierarchies():
    text = "So good. Not bad, not bad!"
    explanation = explain(text=text, targets=1, groups="sentences")
    assert [token.text for token in explanation.tokens] == ["So good.", "Not bad, not bad!"]
    np.testing.assert_allclose(explanation.targets[0].heatmap, [2, -8])
    [target] = explain(text=text, targets=1, method="shapley_sampling", hierarchy=True).targets
    np.testing.assert_allclose(target.heatmap, [0, 2, 0, -1, -3, 0, -1, -3, 0], atol=1e-12)


def labelled(texts, only=None):
    """As a Hugging Face pipeline with `top_k=None` answers: the best label first."""
    rows = []
    for text in texts:
        p = 1 / (1 + np.exp(-score(text)))
        row = [{"label": "POSITIVE", "score": p}, {"label": "NEGATIVE", "score": 1 - p}]
        rows.append(sorted(row, key=lambda each: -each["score"])[:only])
    return rows


def test_lists_of_labels_and_scores():
    explanation = explain(labelled, targets="POSITIVE")
    assert explanation.prediction.labels == ("NEGATIVE", "POSITIVE")
    assert explanation.prediction.label == "NEGATIVE"
    p = 1 / (1 + np.exp(-score(TEXT)))
    np.testing.assert_allclose(explanation.prediction.probabilities, [1 - p, p])
    [target] = explanation.targets
    without = 1 / (1 + np.exp(-score(TEXT.replace("good", ""))))
    assert target.heatmap[2] == pytest.approx(p - without)
    assert explain(labelled, target_names=["no", "yes"]).prediction.labels == ("no", "yes")
    with pytest.raises(TargetError, match="NEGATIVE, POSITIVE, in this order"):
        explain(labelled, target_names=["POSITIVE", "NEGATIVE"])


def test_labels_of_many_classes_are_in_their_natural_order():
    names = [f"LABEL_{i}" for i in (3, 11, 2)]

    def box(texts):
        return [[{"label": n, "score": len(t) / 100} for n in names] for t in texts]

    assert explain(box).prediction.labels == ("LABEL_2", "LABEL_3", "LABEL_11")


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_one_score_per_text(shape):

    def one(texts):
        return np.reshape([score(text) for text in texts], shape)

    explanation = explain(one)
    assert explanation.prediction.task == "regression"
    assert explanation.targets[0].label == "output"
    np.testing.assert_allclose(explanation.targets[0].heatmap, EXPECTED, atol=1e-12)
    two = explain(one, target_names=["blame", "praise"])
    assert (two.prediction.task, two.prediction.label, two.targets[0].label) == ("binary", "blame", "blame")
    np.testing.assert_allclose(two.targets[0].heatmap, np.negative(EXPECTED), atol=1e-12)
    against = explain(one, target_names=["blame", "praise"], targets="praise", against="blame")
    np.testing.assert_allclose(against.targets[0].heatmap, EXPECTED, atol=1e-12)


def test_one_probability_per_text():

    def one(texts):
        return [1 / (1 + np.exp(-score(text))) for text in texts]

    assert any('task="binary"' in warning for warning in explain(one).warnings)
    explanation = explain(one, task="binary")
    assert not explanation.warnings
    np.testing.assert_allclose(explanation.prediction.probabilities, explanation.prediction.scores)
    assert explanation.prediction.probabilities.sum() == pytest.approx(1)


def test_targets():
    explanation = explain(targets="all")
    assert [target.target for target in explanation.targets] == [0, 1]
    np.testing.assert_allclose(explanation.targets[0].heatmap, -explanation.targets[1].heatmap)
    contrast = explain(targets=1, against=0).targets[0]
    np.testing.assert_allclose(contrast.heatmap, 2 * explanation.targets[1].heatmap)
    assert contrast.score == 2 * score(TEXT)
    function = explain(targets=lambda outputs: outputs[:, 1] ** 2).targets[0]
    assert (function.target, function.score) == (None, score(TEXT) ** 2)

    def several(texts):
        return [[0.9, 0.2, 0.7] for _ in texts]

    assert [t.target for t in explain(several, task="multilabel").targets] == [0, 2]
    with pytest.raises(TargetError, match="rather than"):
        explain(against=0)
    with pytest.raises(TargetError, match="one score per text"):
        explain(targets=lambda outputs: outputs)


def test_settings_that_do_not_apply():
    assert any("score= does not apply" in warning for warning in explain(score="probability").warnings)
    with pytest.raises(OptionError, match="pad_value= concerns Keras models"):
        explain(pad_value=0)
    with pytest.raises(OptionError, match="saliency looks into the model, but scores is a black box"):
        explain(method="saliency")
    with pytest.raises(OptionError, match="window= in tokens"):
        explain(window=(1, 1))
    with pytest.raises(OptionError, match="task='binary' does not fit"):
        explain(lambda texts: np.zeros((len(texts), 3)), task="binary")


@pytest.mark.parametrize(
    ("doc", "settings", "error"),
    [
        ([1, 2], {}, DocumentError),
        ("  ", {}, DocumentError),
        ("so good", {"tokens": ["so", "good"]}, textattr.TextAttrError),
    ],
)
def test_documents_that_are_none(doc, settings, error):
    with pytest.raises(error):
        explain(text=doc, **settings)


def failing(what):
    """A function that answers well until a word is missing."""

    def predict(texts):
        return what(texts) if any("film" not in text for text in texts) else scores(texts)

    return predict


def raising(texts):
    raise ConnectionError("the service is gone")


def test_an_exception_comes_through_with_the_texts():
    with pytest.raises(ConnectionError, match="the service is gone") as caught:
        explain(failing(raising), "a film", batch_size=1)
    assert caught.value.__notes__ == ["textattr called it for the scores of the text 'a '"]
    with pytest.raises(ConnectionError) as caught:
        explain(failing(raising), "a film")
    assert caught.value.__notes__ == ["textattr called it for the scores of 2 texts, ' film', 'a '"]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda texts: [[np.nan, 0]] * len(texts), "got NaN for the text 'a '"),
        (
            lambda texts: [[0, 0]] * (len(texts) + 1),
            "one row of scores per text, got 2 for 1 texts: the text 'a '",
        ),
        (lambda texts: [[0, 0, 0]] * len(texts), "expected 2 scores for each text, as before, got 3"),
        (lambda texts: 0.5, "the single number 0.5"),
        (lambda texts: ["positive"] * len(texts), "expected scores of shape .*, got list: .'positive'.$"),
        (lambda texts: np.zeros((len(texts), 2, 2)), r"got shape \(1, 2, 2\)"),
        (lambda texts: None, "got NoneType|single number nan"),
    ],
)
def test_an_answer_that_is_none(answer, says):
    with pytest.raises(ModelOutputError, match=says):
        explain(failing(answer), "a film", batch_size=1)


def test_labels_that_are_missing():
    with pytest.raises(ModelOutputError, match="one label alone: make the pipeline with top_k=None"):
        explain(lambda texts: [row[0] for row in labelled(texts)])
    with pytest.raises(
        ModelOutputError, match="one row|labels NEGATIVE, POSITIVE, as before, got NEGATIVE|2 scores"
    ):
        explain(
            lambda texts: labelled(texts, only=1 if any("film" not in t for t in texts) else 2), "a bad film"
        )


def of_package(package, name="Model", **members):
    return type(name, (), {"__module__": f"{package}.inner", "__call__": lambda *_: None, **members})()


@pytest.mark.parametrize(
    ("package", "line"), [("torch", r"\.detach\(\)\.numpy\(\)"), ("spacy", "nlp.pipe"), ("jax", "np.asarray")]
)
def test_a_model_of_another_framework_is_refused_with_the_line_to_write(package, line):
    with pytest.raises(UnknownModelError, match=f"got Model of {package}: explain .*{line}"):
        explain(of_package(package))


def test_a_pipeline_of_transformers_is_a_function():
    pipeline = of_package("transformers.pipelines", "Pipeline", __call__=lambda self, texts: labelled(texts))
    assert explain(pipeline).prediction.labels == ("NEGATIVE", "POSITIVE")


TRAINING = ["good film", "bad film", "very good", "not good", "so bad", "fine"]
LABELS = ["pos", "neg", "pos", "neg", "neg", "pos"]


@pytest.fixture(scope="module")
def pipeline():
    """Makes a pipeline of a counting vectorizer and an estimator."""
    pytest.importorskip("sklearn", reason="needs scikit-learn")
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.pipeline import make_pipeline

    def make(estimator, labels=LABELS):
        return make_pipeline(CountVectorizer(token_pattern=r"\w+"), estimator).fit(TRAINING, labels)

    return make


def weights_of(pipe, tokens):
    vocabulary, coefficients = pipe[0].vocabulary_, np.ravel(pipe[-1].coef_)
    return np.array([coefficients[vocabulary[t.lower()]] if t.lower() in vocabulary else 0 for t in tokens])


@pytest.mark.parametrize("method", METHODS)
def test_scikit_learn_as_it_is(pipeline, method):
    from sklearn.linear_model import LogisticRegression

    model = pipeline(LogisticRegression())
    explanation = explain(model, method=method)
    assert explanation.prediction.labels == ("neg", "pos")
    assert explanation.model == "Pipeline"
    np.testing.assert_allclose(explanation.prediction.probabilities, model.predict_proba([TEXT])[0])
    assert explanation.prediction.label == model.predict([TEXT])[0]
    assert explanation.targets[0].score == explanation.targets[0].probability
    explanation = explain(model, method=method, score="logit", targets="pos")
    expected = weights_of(model, TOKENS)
    allowed = 0.05 * np.abs(expected).max() if method == "lime" else 1e-5
    np.testing.assert_allclose(explanation.targets[0].heatmap, expected, atol=allowed)
    np.testing.assert_allclose(explanation.prediction.probabilities, model.predict_proba([TEXT])[0])
    assert explanation.targets[0].score == pytest.approx(model.decision_function([TEXT])[0])


def test_scikit_learn_margins_and_numbers(pipeline):
    from sklearn.linear_model import Perceptron, Ridge
    from sklearn.naive_bayes import MultinomialNB

    model = pipeline(Perceptron())
    explanation = explain(model, targets="neg")
    np.testing.assert_allclose(explanation.targets[0].heatmap, -weights_of(model, TOKENS), atol=1e-12)
    assert explanation.prediction.probabilities is None
    regression = pipeline(Ridge(), [1, 0, 1, 0, 0, 0.6])
    explanation = explain(regression)
    assert explanation.prediction.task == "regression"
    np.testing.assert_allclose(explanation.targets[0].heatmap, weights_of(regression, TOKENS), atol=1e-12)
    with pytest.raises(OptionError, match="score='logit' needs decision_function"):
        explain(pipeline(MultinomialNB()), score="logit")
    with pytest.raises(OptionError, match="score='probability' needs predict_proba"):
        explain(model, score="probability")


def test_an_explainer_of_a_black_box(pipeline):
    from sklearn.linear_model import LogisticRegression

    model = pipeline(LogisticRegression())
    explainer = textattr.Explainer(model, method="shapley_sampling")
    assert "Pipeline" in repr(explainer)
    predictions = explainer.predict(["good", "so bad"])
    assert [p.label for p in predictions] == ["pos", "neg"]
    many = list(explainer.explain_many(["a good film", "bad", "a good film"], truth=["pos", "neg", "neg"]))
    assert [e.truth for e in many] == ["pos", "neg", "neg"]
    assert many[0] == explainer.explain("a good film", truth="pos")
    again = pickle.loads(pickle.dumps(explainer))
    assert again.explain("bad") == explainer.explain("bad")


@pytest.mark.product
@pytest.mark.parametrize("family", ["keras", "tf_keras"])
@pytest.mark.parametrize("mode", ["multi_hot", "count", "tf_idf"])
def test_keras_models_that_count_words(family, mode):
    k = keras_of(family)
    split = k.layers.TextVectorization(output_mode=mode)
    split.adapt(TRAINING)
    model = k.Sequential([k.Input((1,), dtype="string"), split, k.layers.Dense(1, activation="sigmoid")])
    kernel = np.random.default_rng(0).normal(size=(len(split.get_vocabulary()), 1)).astype("float32")
    model.layers[-1].set_weights([kernel, np.array([0.5], "float32")])
    text, words = "Very good, so bad!", ["very", "good", None, "so", "bad", None]

    def row(t):
        return np.ravel(split(np.array([[t]])))

    expected = [
        0.0 if w is None else float((row(text) - row(text.lower().replace(w, ""))) @ kernel[:, 0])
        for w in words
    ]
    for method in METHODS if mode == "count" else ["occlusion"]:
        explanation = explain(model, text, method=method, targets=1)
        allowed = 0.05 * np.abs(expected).max() if method == "lime" else 1e-5
        np.testing.assert_allclose(explanation.targets[0].heatmap, expected, atol=allowed)
    probability = float(np.ravel(model(np.array([[text]])))[0])
    assert explanation.prediction.task == "binary"
    np.testing.assert_allclose(
        explanation.prediction.probabilities, [1 - probability, probability], atol=1e-6
    )
    assert explanation.targets[0].score == pytest.approx(np.log(probability / (1 - probability)), abs=1e-5)
    as_probability = explain(model, text, targets=1, score="probability").targets[0]
    assert as_probability.score == pytest.approx(probability, abs=1e-6)


class Service(BaseHTTPRequestHandler):
    """Scores texts in JSON."""

    def do_POST(self):
        texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps(scores(texts)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_a_remote_service():
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"

        def predict(texts):
            with urlopen(Request(address, json.dumps(texts).encode()), timeout=10) as answer:
                return json.load(answer)

        explanation = explain(predict, method="shapley_sampling", targets=1)
        server.shutdown()
        thread.join()
    np.testing.assert_allclose(explanation.targets[0].heatmap, EXPECTED, atol=1e-12)


def test_progress_shows_the_number_of_evaluations(capsys):
    explain(progress=True)
    assert "9/9" in capsys.readouterr().err
    list(textattr.Explainer(scores, progress=True).explain_many(["so good", "so bad"]))
    assert "2/2" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["What a day!", "What a day!!", "Why?", "no mark"])
def test_counts_are_no_probabilities_whatever_they_sum_to(text):
    explainer = textattr.Explainer(
        lambda texts: [[each.count("!"), each.count("?")] for each in texts], target_names=["shouts", "asks"]
    )
    assert explainer.predict([text])[0].probabilities is None
    assert "probability" not in str(explainer.explain(text))
