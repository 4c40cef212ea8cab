"""The worker of Captum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from work import CHUNK, PERMUTATIONS, STEPS, Case, Loaded, Method, run


def load(case: Case) -> Loaded:
    from captum.attr import LRP, DeepLift, InputXGradient
    from torch_network import Whole, scores_of

    torch.set_num_threads(1)
    network = Whole(case).eval()
    behind = network.behind
    return Loaded(
        scores_of(network),
        (
            Method("InputXGradient", "gradient_x_input", lambda: at_vectors(network, InputXGradient(behind))),
            Method(
                "LayerIntegratedGradients",
                "integrated_gradients",
                lambda: integrated_gradients(network, case.nothing),
            ),
            Method("DeepLift", "deeplift", lambda: at_vectors(network, DeepLift(behind))),
            Method("LRP", "lrp", lambda: at_vectors(network, LRP(behind))),
            Method(
                "LRP, rules of Conv1d and Flatten set by hand",
                "lrp",
                lambda: with_rules(behind, at_vectors(network, LRP(behind))),
            ),
            Method("ShapleyValueSampling", "shapley_sampling", lambda: sampling(network, case.nothing)),
        ),
    )


def at_vectors(network: Any, explainer: Any) -> Callable[[Any], Any]:
    """Of what is explained at the vectors, the sum over their numbers."""
    from torch_network import as_ids

    def explain(ids: Any) -> Any:
        vectors = network.lookup(as_ids(ids)).requires_grad_()
        return explainer.attribute(vectors, target=0).detach().sum(-1).numpy()

    return explain


def with_rules(behind: Any, explain: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Rules are set before each call, as each takes them away."""
    from captum.attr._utils.lrp_rules import EpsilonRule

    def explain_with_rules(ids: Any) -> Any:
        for layer in behind.modules():
            if isinstance(layer, torch.nn.Conv1d | torch.nn.Flatten):
                layer.rule = EpsilonRule()
        return explain(ids)

    return explain_with_rules


def integrated_gradients(network: Any, nothing: int) -> Callable[[Any], Any]:
    from captum.attr import LayerIntegratedGradients
    from torch_network import as_ids

    explainer = LayerIntegratedGradients(network, network.lookup)

    def explain(ids: Any) -> Any:
        x = as_ids(ids)
        found = explainer.attribute(
            x,
            torch.full_like(x, nothing),
            target=0,
            n_steps=STEPS,
            method="gausslegendre",
            internal_batch_size=max(CHUNK, len(x)),
        )
        return found.detach().sum(-1).numpy()

    return explain


def sampling(network: Any, nothing: int) -> Callable[[Any], Any]:
    from captum.attr import ShapleyValueSampling
    from torch_network import as_ids

    explainer = ShapleyValueSampling(network)

    def explain(ids: Any) -> Any:
        torch.manual_seed(0)
        found = explainer.attribute(
            as_ids(ids),
            nothing,
            target=0,
            n_samples=2 * PERMUTATIONS,
            perturbations_per_eval=max(CHUNK // len(ids), 1),
        )
        return found.numpy()

    return explain


if __name__ == "__main__":
    run(load, ("captum", "torch", "numpy"))
