"""The worker of Captum."""

from __future__ import annotations

from typing import Any

import torch
from work import CHUNK, PERMUTATIONS, STEPS, Case, Loaded, Method, run


def load(case: Case) -> Loaded:
    from captum.attr import LRP, DeepLift, InputXGradient, LayerIntegratedGradients, ShapleyValueSampling
    from captum.attr._utils.lrp_rules import EpsilonRule
    from torch_network import Whole, as_ids, scores_of

    torch.set_num_threads(1)
    network = Whole(case).eval()
    behind, scores = network.behind, scores_of(network)

    def integrated_gradients() -> Any:
        explainer = LayerIntegratedGradients(network, network.lookup)

        def explain(ids: Any) -> Any:
            x = as_ids(ids)
            found = explainer.attribute(
                x,
                torch.full_like(x, case.nothing),
                target=0,
                n_steps=STEPS,
                method="gausslegendre",
                internal_batch_size=max(CHUNK, len(x)),
            )
            return found.detach().sum(-1).numpy()

        return explain

    def at_vectors(explainer: Any) -> Any:
        def explain(ids: Any) -> Any:
            vectors = network.lookup(as_ids(ids)).requires_grad_()
            return explainer.attribute(vectors, target=0).detach().sum(-1).numpy()

        return explain

    def lrp_with_rules() -> Any:
        explain = at_vectors(LRP(behind))

        def explain_with_rules(ids: Any) -> Any:
            for layer in behind.modules():  # each time: what is explained takes them away
                if isinstance(layer, torch.nn.Conv1d | torch.nn.Flatten):
                    layer.rule = EpsilonRule()
            return explain(ids)

        return explain_with_rules

    def sampling() -> Any:
        explainer = ShapleyValueSampling(network)

        def explain(ids: Any) -> Any:
            torch.manual_seed(0)
            found = explainer.attribute(
                as_ids(ids),
                case.nothing,
                target=0,
                n_samples=2 * PERMUTATIONS,
                perturbations_per_eval=max(CHUNK // len(ids), 1),
            )
            return found.numpy()

        return explain

    return Loaded(
        scores,
        (
            Method("InputXGradient", "gradient_x_input", lambda: at_vectors(InputXGradient(behind))),
            Method("LayerIntegratedGradients", "integrated_gradients", integrated_gradients),
            Method("DeepLift", "deeplift", lambda: at_vectors(DeepLift(behind))),
            Method("LRP", "lrp", lambda: at_vectors(LRP(behind))),
            Method("LRP, rules of Conv1d and Flatten set by hand", "lrp", lrp_with_rules),
            Method("ShapleyValueSampling", "shapley_sampling", sampling),
        ),
    )


if __name__ == "__main__":
    run(load, ("captum", "torch", "numpy"))
