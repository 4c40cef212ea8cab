"""The worker of textattr itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from work import CHUNK, PERMUTATIONS, STEPS, Case, Loaded, Method, run


def load(case: Case) -> Loaded:
    from keras_network import networks, scores_of

    import textattr
    from textattr.methods import LRP, DeepLIFT, GradientXInput, IntegratedGradients, ShapleySampling

    whole, _ = networks(case)

    def at_vectors(method: Any) -> Method:
        def explain(ids: Any) -> Any:
            return method.attribute(whole, ids, batch_size=CHUNK).sum(-1)

        return Method(method.name, method.name, lambda: explain)

    def sampling() -> Any:
        """Of words, which are left out as a whole, by way of complete explanations."""
        method = ShapleySampling(samples=2 * PERMUTATIONS, replacement="zero")
        explainer = textattr.Explainer(whole, method=method, batch_size=CHUNK)

        def explain(ids: Any) -> Any:
            return np.stack([found.targets[0].heatmap for found in explainer.explain_many(ids.tolist())])

        return explain

    methods = (
        GradientXInput(),
        IntegratedGradients(steps=STEPS, baseline="zero"),
        DeepLIFT(baseline="zero"),
        LRP("epsilon"),
    )
    name = ShapleySampling.name
    return Loaded(scores_of(whole), (*map(at_vectors, methods), Method(name, name, sampling)))


if __name__ == "__main__":
    run(load, ("textattr", "tensorflow", "tensorflow-cpu", "keras", "numpy"))
