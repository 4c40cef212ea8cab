"""Records what captum and Quantus say of a tiny network, for `tests/evaluation/test_recorded_metrics.py`.

    python benchmarks/record_metrics.py

It runs in an environment of its own, without textattr:

    python3.11 -m venv peers
    peers/bin/pip install torch==2.13.0 numpy scipy scikit-learn scikit-image matplotlib pandas
    peers/bin/pip install opencv-python-headless cachetools tqdm packaging
    peers/bin/pip install --no-deps captum==0.9.0 quantus==0.6.0

and writes `captum_metrics.npz` and `quantus_metrics.npz` to `tests/reference/recorded/`. What a program asks of the
network about copies of a document is written down with the answers, so that the test can ask the same without torch.
"""

from __future__ import annotations

import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import captum.metrics
import numpy as np
import quantus
import torch
from recorded_network import (
    CLASSES,
    DOCUMENTS,
    DRAWS,
    LENGTH,
    MOVED,
    NUMBERS,
    RADIUS,
    SHUFFLED,
    Array,
    Network,
    OfDocument,
    Shuffles,
    explained,
    gradient_x_input,
    made,
    tables,
)

FOLDER = Path(__file__).parent.parent / "tests" / "reference" / "recorded"
PLAIN = {"normalise": False, "abs": False, "disable_warnings": True, "display_progressbar": False}


def of_captum(network: Network, common: dict[str, Array]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    rng = np.random.default_rng(3)
    for i, (ids, target) in enumerate(zip(common["ids"], common["targets"], strict=True)):
        model = OfDocument(network, ids)
        stay = torch.tensor(rng.random((20, LENGTH)) < 0.6).double()
        given = {
            "perturb_func": lambda _, stay=stay: (1 - stay, stay),
            "inputs": torch.ones(1, LENGTH).double(),
            "attributions": torch.tensor(common["told"][i])[None],
            "target": int(target),
            "n_perturb_samples": len(stay),
        }
        for normalize in (False, True):
            value = captum.metrics.infidelity(model, normalize=normalize, **given)
            name = "normalized" if normalize else "plain"
            found[f"infidelity/{name}/{i}"] = np.array(value.item())
            found |= {f"infidelity/{k}/{i}": v for k, v in model.record(int(target)).items()}
    moved = torch.tensor(tables(common["w/table"].astype(float)))
    found["sensitivity_max"] = captum.metrics.sensitivity_max(
        lambda vectors, target: (gradient_x_input(network, vectors[0], target),),
        network.lookup(torch.tensor(common["ids"])),
        lambda _: (moved[:, common["ids"]].transpose(0, 1).flatten(0, 1),),
        n_perturb_samples=DRAWS,
        target=torch.tensor(common["targets"]),
    ).numpy()
    return found


def of_quantus(network: Network, common: dict[str, Array]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for i in range(DOCUMENTS):
        found |= {f"{name}/{i}": value for name, value in copies_of_quantus(network, common, i).items()}
    found |= maps_of_quantus(network, common)
    rng = np.random.default_rng(5)
    marked = rng.random((DOCUMENTS, LENGTH)) < 0.4
    marked[:, 2], marked[:, 3] = True, False
    given = {
        "model": None,
        "x_batch": np.ones((DOCUMENTS, 1, LENGTH)),
        "y_batch": common["targets"],
        "a_batch": common["told"][:, None],
        "s_batch": marked[:, None],
        "channel_first": True,
    }
    found["marked"] = marked
    found["auc"] = np.array(quantus.AUC(**PLAIN)(**given))
    found["relevance_rank_accuracy"] = np.array(quantus.RelevanceRankAccuracy(**PLAIN)(**given))
    return found


def copies_of_quantus(network: Network, common: dict[str, Array], i: int) -> dict[str, Array]:
    """The metrics that leave tokens of a document out."""
    target = int(common["targets"][i])
    model = OfDocument(network, common["ids"][i]).eval()
    found: dict[str, Array] = {}

    def ask(name: str, metric: Any, weights: Array, shape: tuple[int, ...]) -> None:
        [value] = metric(
            model=model,
            x_batch=np.ones(shape),
            y_batch=np.array([target]),
            a_batch=weights.reshape(shape),
            channel_first=True,
            softmax=False,
        )
        found[name] = np.array(value)
        found.update({f"{name}/{k}": v for k, v in model.record(target).items()})

    told = common["told"][i]
    nothing = {"perturb_baseline": 0.0, **PLAIN}
    sign = {"most_relevant_first": told, "least_relevant_first": -told}
    for name, weights in sign.items():
        flipping = quantus.PixelFlipping(features_in_step=1, **nothing)
        ask(f"pixel_flipping/{name}", flipping, weights, (1, 1, LENGTH))
    np.random.seed(i)  # Quantus draws from it
    correlation = quantus.FaithfulnessCorrelation(
        similarity_func=lambda a, b, **_: np.array([quantus.similarity_func.cosine(a[0], b[0])]),
        nr_runs=20,
        subset_size=3,
        return_aggregate=False,
        **nothing,
    )
    ask("faithfulness_cosine", correlation, told, (1, 1, LENGTH))
    infidelity = quantus.Infidelity(perturb_patch_sizes=[1], n_perturb_samples=1, **nothing)
    ask("infidelity", infidelity, told, (1, 1, 1, LENGTH))
    return found


def maps_of_quantus(network: Network, common: dict[str, Array]) -> dict[str, Array]:
    """The metrics that compare maps: of another class, of shuffled weights, of moved vectors."""
    ids, targets, maps = common["ids"], common["targets"], common["map"]
    given = {"model": network, "x_batch": ids, "y_batch": targets, "a_batch": maps, "channel_first": True}
    found: dict[str, Array] = {}
    asked: list[Array] = []

    def of_other_class(model: Network, inputs: Array, targets: Array, **_: Any) -> Array:
        asked.append(targets)
        return explained(model, inputs, targets)

    spearman = quantus.similarity_func.correlation_spearman
    runner_up = np.argsort(-common["logits"], axis=1)[:, 1]
    for seed in range(100):  # until it draws the runner-up for each document
        logit = quantus.RandomLogit(similarity_func=spearman, num_classes=CLASSES, seed=seed, **PLAIN)
        found["random_logit"] = np.array(logit(explain_func=of_other_class, **given))
        if (asked[-1] == runner_up).all():
            break
    found["random_logit/classes"] = asked[-1]
    for averaged in (False, True):
        Shuffles.rng = np.random.default_rng(SHUFFLED)
        randomised = quantus.MPRT(
            similarity_func=spearman, layer_order="top_down", return_average_correlation=averaged, **PLAIN
        )
        values = randomised(explain_func=explained, **given)
        for name, of_layer in ({"average": values} if averaged else values).items():
            found[f"mprt/{name}"] = np.array(of_layer)

    moved = iter(tables(common["w/table"].astype(float)))
    sensitivity = quantus.MaxSensitivity(
        nr_samples=DRAWS,
        perturb_func=lambda **_: next(moved)[ids].reshape(DOCUMENTS, -1),
        return_nan_when_prediction_changes=False,
        **PLAIN,
    )
    of_vectors = {**given, "x_batch": common["w/table"].astype(float)[ids]}
    of_vectors["a_batch"] = np.repeat(maps[..., None], NUMBERS, -1)
    found["max_sensitivity"] = np.array(sensitivity(explain_func=explained_vectors, **of_vectors))
    return found


def explained_vectors(model: Network, inputs: Array, targets: Array, **_: Any) -> Array:
    """Quantus wants a map as its inputs are shaped: each number gets the weight of its token."""
    weights = gradient_x_input(model, torch.tensor(inputs), torch.tensor(targets)).numpy()
    return np.repeat(weights[..., None], NUMBERS, -1)


def main() -> None:
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    warnings.simplefilter("ignore")
    network, common = made()
    settings = {"shuffled": SHUFFLED, "moved": MOVED, "draws": DRAWS, "radius": RADIUS}
    common |= {name: np.array(value) for name, value in settings.items()}
    for name, record in {"captum": of_captum, "quantus": of_quantus}.items():
        found = record(network, common)
        versions = ", ".join(f"{each} {version(each)}" for each in (name, "torch", "numpy"))
        path = FOLDER / f"{name}_metrics.npz"
        np.savez_compressed(path, versions=np.array(versions), **common, **found)
        print(f"{path.name}: {path.stat().st_size:,} bytes, {versions}")


if __name__ == "__main__":
    main()
