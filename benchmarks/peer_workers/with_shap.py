"""The worker of SHAP, on TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
from work import CHUNK, PERMUTATIONS, STEPS, Case, Loaded, Method, run


def load(case: Case) -> Loaded:
    import shap
    from keras_network import networks, pooled_maximum, scores_of, vectors_of

    whole, behind = networks(case)
    zero = np.zeros((1, *case.ids.shape[1:], case.weights["table"].shape[1]), "float32")

    def gradient_explainer() -> Any:
        explainer = shap.GradientExplainer(behind, zero, batch_size=CHUNK)
        return lambda ids: over_tokens(explainer.shap_values(vectors_of(case, ids), nsamples=STEPS, rseed=0))

    def deep_explainer(network: Any) -> Any:
        explainer = shap.DeepExplainer(network, zero)
        return lambda ids: over_tokens(explainer.shap_values(vectors_of(case, ids)))

    def permutation() -> Any:
        scores, length = scores_of(whole), case.ids.shape[1]
        nothing = np.full((1, length), case.nothing, "int32")
        explainer = shap.explainers.Permutation(scores, nothing, seed=0)
        evaluations = PERMUTATIONS * (2 * length + 1)
        return lambda ids: explainer(ids, max_evals=evaluations, batch_size=CHUNK, silent=True).values

    return Loaded(
        scores_of(whole),
        (
            Method("GradientExplainer", "integrated_gradients", gradient_explainer),
            Method("DeepExplainer", "deeplift", lambda: deep_explainer(behind)),
            Method(
                "DeepExplainer, pooling as MaxPooling1D",
                "deeplift",
                lambda: deep_explainer(networks(case, pooled_maximum)[1]),
            ),
            Method("PermutationExplainer", "shapley_sampling", permutation),
        ),
    )


def over_tokens(values: Any) -> Any:
    """Of (B, T, D, 1), the sum over D."""
    return np.asarray(values)[..., 0].sum(-1)


if __name__ == "__main__":
    run(load, ("shap", "tensorflow", "tensorflow-cpu", "keras", "numpy"))
