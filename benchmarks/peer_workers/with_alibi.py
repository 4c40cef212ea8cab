"""The worker of alibi."""

from __future__ import annotations

from typing import Any

import numpy as np
from work import CHUNK, STEPS, Case, Loaded, Method, run


def load(case: Case) -> Loaded:
    from alibi.explainers import IntegratedGradients
    from keras_network import networks, scores_of

    whole, _ = networks(case)

    def integrated_gradients() -> Any:
        explainer = IntegratedGradients(
            whole,
            layer=whole.get_layer("words"),
            method="gausslegendre",
            n_steps=STEPS,
            internal_batch_size=CHUNK,
        )

        def explain(ids: Any) -> Any:
            found = explainer.explain(ids, baselines=np.full_like(ids, case.nothing))
            return found.attributions[0].sum(-1)

        return explain

    return Loaded(
        scores_of(whole), (Method("IntegratedGradients", "integrated_gradients", integrated_gradients),)
    )


if __name__ == "__main__":
    run(load, ("alibi", "tensorflow", "tensorflow-cpu", "keras", "numpy"))
