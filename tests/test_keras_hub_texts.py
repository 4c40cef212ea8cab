"""keras-hub's text classifiers, explained from the string: tokens, masks and segments are their preprocessor's."""

from __future__ import annotations

import hub
import numpy as np
import pytest

import textattr
from textattr.errors import DocumentError

pytest.importorskip(
    "keras_hub", reason="needs keras-hub (pip install --no-deps keras-hub regex)", exc_type=ImportError
)
pytest.importorskip("sentencepiece", exc_type=ImportError)

DOCUMENT = "A good, unbelievable film"
PAIR = {"question": "the film is good", "passage": "nobody laughed at the ending"}


def said(model, *texts):
    """What the model says of what its preprocessor makes of one text or a pair, without textattr."""
    inputs = model.preprocessor(texts if len(texts) > 1 else texts[0], y=None)
    inputs = {name: np.asarray(inputs[name])[None] for name in [tensor.name for tensor in model.inputs]}
    return np.asarray(model(inputs))[0]


@pytest.mark.parametrize("name", hub.TOKENIZERS)
def test_a_string_is_read_as_the_preprocessor_reads_it(name):
    model = hub.classifier(name)
    explanation = textattr.explain_prediction(model, DOCUMENT, method="gradient_x_input", score="logit")
    assert explanation.prediction.scores == pytest.approx(said(model, DOCUMENT), abs=1e-5)
    assert explanation.document == DOCUMENT
    covered = {i for span in explanation.targets[0].spans for i in range(span.start, span.end)}
    assert covered >= {i for i, character in enumerate(DOCUMENT) if not character.isspace()}
    assert "special" in explanation.targets[0].shares
    merged = explanation.merge("words")
    assert "unbelievable" in [span.text.strip() for span in merged.targets[0].spans]
    assert merged.targets[0].heatmap.sum() == pytest.approx(explanation.targets[0].heatmap.sum())


@pytest.mark.parametrize("name", hub.TOKENIZERS)
def test_a_pair_is_packed_as_the_preprocessor_packs_it(name):
    model = hub.classifier(name)
    explanation = textattr.explain_prediction(model, PAIR, method="gradient_x_input", score="logit")
    assert explanation.prediction.scores == pytest.approx(said(model, *PAIR.values()), abs=1e-5)
    assert {name: explanation[name].document for name in PAIR} == PAIR
    in_tuple = textattr.explain_prediction(
        model, tuple(PAIR.values()), method="gradient_x_input", score="logit"
    )
    np.testing.assert_allclose(
        in_tuple["second"].targets[0].heatmap, explanation["passage"].targets[0].heatmap, atol=1e-6
    )


@pytest.mark.product
@pytest.mark.parametrize("method", textattr.METHODS)
@pytest.mark.parametrize("name", hub.TOKENIZERS)
def test_every_method_explains_a_string(name, method):
    explanation = textattr.explain_prediction(hub.classifier(name), DOCUMENT, method=method)
    assert np.abs(explanation.targets[0].heatmap).sum() > 0


def test_characters_that_a_tokenizer_drops_are_told():
    explanation = textattr.explain_prediction(hub.classifier("Roberta"), "Q good film", method="saliency")
    assert explanation.document.startswith("Ġg oo d")
    assert any("other ids than its settings lead to" in warning for warning in explanation.warnings)


def test_a_saved_classifier_is_explained_from_its_file(tmp_path):
    model = hub.classifier("Bert")
    model.save(tmp_path / "bert.keras")
    loaded = textattr.load_model(tmp_path / "bert.keras")
    explanation = textattr.explain_prediction(loaded, DOCUMENT, method="saliency")
    assert explanation.document == DOCUMENT
    assert explanation.prediction.scores == pytest.approx(
        textattr.explain_prediction(model, DOCUMENT, method="saliency").prediction.scores, abs=1e-5
    )


def test_a_classifier_of_a_preset_folder_is_explained(tmp_path):
    import keras_hub

    model = hub.classifier("DistilBert")
    model.save_to_preset(tmp_path)
    loaded = keras_hub.models.TextClassifier.from_preset(str(tmp_path))
    explanation = textattr.explain_prediction(loaded, DOCUMENT, method="saliency", score="logit")
    assert explanation.prediction.scores == pytest.approx(said(model, DOCUMENT), abs=1e-5)


def test_a_pair_is_not_cut_into_windows():
    pair = {"question": "a good film", "passage": " ".join([DOCUMENT] * 9)}
    settings = {"method": "gradient_x_input", "window": 24}
    with pytest.raises(DocumentError, match="question, passage are packed into one sequence: shorten them"):
        textattr.explain_prediction(hub.classifier("Bert"), pair, **settings)
