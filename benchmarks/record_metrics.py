"""Records what captum and Quantus say of a tiny network, for `tests/evaluation/test_recorded_metrics.py`.

    python benchmarks/record_metrics.py

It runs in an environment of its own, without textattr:

    python3.11 -m venv peers
    peers/bin/pip install torch==2.13.0 numpy scipy scikit-learn scikit-image matplotlib pandas
    peers/bin/pip install opencv-python-headless cachetools tqdm packaging
    peers/bin/pip install --no-deps captum==0.9.0 quantus==0.6.0

and writes `captum_metrics.npz` and `quantus_metrics.npz` to `tests/reference/recorded/`. The network has a lookup, the
mean of the vectors, a hidden layer and three logits, in double precision. What a program asks of it about copies of a
document is written down with the answers, so that the test can ask the same without torch.
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

FOLDER = Path(__file__).parent.parent / "tests" / "reference" / "recorded"
WORDS, NUMBERS, HIDDEN, CLASSES, LENGTH, DOCUMENTS = 12, 4, 6, 3, 8, 3
SHUFFLED, MOVED, DRAWS, RADIUS = 0, 1, 5, 0.1  # two seeds, and how often and how far tables move
PLAIN = {"normalise": False, "abs": False, "disable_warnings": True, "display_progressbar": False}
Array = Any  # np.ndarray


class Shuffles(torch.nn.Module):
    """What Quantus calls "reset" is here: the numbers of each tensor in another order, the last tensor first."""

    rng = np.random.default_rng(SHUFFLED)

    def reset_parameters(self) -> None:
        for parameter in reversed(list(self.parameters())):
            values = parameter.detach().numpy()
            parameter.data = torch.tensor(Shuffles.rng.permutation(values.ravel()).reshape(values.shape))


class Lookup(Shuffles):
    def __init__(self, table: Array) -> None:
        super().__init__()
        self.table = torch.nn.Parameter(torch.tensor(table))

    def forward(self, ids: Any) -> Any:
        return self.table[ids]


class Dense(Shuffles):
    def __init__(self, kernel: Array, bias: Array) -> None:
        super().__init__()
        self.kernel = torch.nn.Parameter(torch.tensor(kernel))
        self.bias = torch.nn.Parameter(torch.tensor(bias))

    def forward(self, numbers: Any) -> Any:
        return numbers @ self.kernel + self.bias


class Network(torch.nn.Module):
    def __init__(self, weights: dict[str, Array]) -> None:
        super().__init__()
        self.lookup = Lookup(weights["table"])
        self.hidden = Dense(weights["hidden_kernel"], weights["hidden_bias"])
        self.logits = Dense(weights["logits_kernel"], weights["logits_bias"])

    def of_vectors(self, vectors: Any) -> Any:
        return self.logits(torch.tanh(self.hidden(vectors.mean(1))))

    def forward(self, ids: Any) -> Any:
        return self.of_vectors(self.lookup(ids.long()))


class OfDocument(torch.nn.Module):
    """The network as a function of which tokens stay, float (M, ..., T); what is asked of it is remembered."""

    def __init__(self, network: Network, ids: Array) -> None:
        super().__init__()
        self.network = network
        self.vectors = network.lookup(torch.tensor(ids))
        self.asked: list[Array] = []
        self.said: list[Array] = []

    def forward(self, stay: Any) -> Any:
        stay = stay.reshape(len(stay), -1).double()
        logits = self.network.of_vectors(stay[..., None] * self.vectors)
        self.asked += list(stay.detach().numpy())
        self.said += list(logits.detach().numpy())
        return logits

    def record(self, target: int) -> dict[str, Array]:
        """The copies and their scores since the last record, without what was asked of the whole document."""
        asked, said = np.array(self.asked), np.array(self.said)[:, target]
        self.asked, self.said = [], []
        is_copy = (asked == 0).any(1)
        return {"stay": asked[is_copy] > 0, "scores": said[is_copy]}


def gradient_x_input(network: Network, vectors: Any, targets: Any) -> Any:
    """The weight of each token, float (N, T)."""
    with torch.enable_grad():
        vectors = vectors.detach().requires_grad_()
        logits = network.of_vectors(vectors)
        [gradient] = torch.autograd.grad(logits[torch.arange(len(vectors)), targets].sum(), vectors)
    return (gradient * vectors).sum(-1).detach()


def explained(model: Network, inputs: Array, targets: Array, **_: Any) -> Array:
    """The same of ids, as Quantus calls it."""
    ids = torch.tensor(np.asarray(inputs)).long()
    return gradient_x_input(model, model.lookup(ids), torch.tensor(np.asarray(targets))).numpy()


def made() -> tuple[Network, dict[str, Array]]:
    """The network, and what both records tell of it: weights, documents, classes, maps."""
    rng = np.random.default_rng(7)
    shapes = {
        "table": (WORDS, NUMBERS),
        "hidden_kernel": (NUMBERS, HIDDEN),
        "hidden_bias": (HIDDEN,),
        "logits_kernel": (HIDDEN, CLASSES),
        "logits_bias": (CLASSES,),
    }
    weights = {name: rng.standard_normal(shape).astype("float32") for name, shape in shapes.items()}
    network = Network({name: weight.astype(float) for name, weight in weights.items()}).eval()
    ids = np.stack([rng.permutation(WORDS)[:LENGTH] for _ in range(DOCUMENTS)])
    ids[:, -1] = ids[:, 0]  # a word that stands twice
    logits = network(torch.tensor(ids)).detach().numpy()
    targets = logits.argmax(1)
    maps = explained(network, ids, targets)
    # words that stand twice get another weight each: the order of equal ones is nobody's to compare
    told = maps + 0.1 * rng.standard_normal(maps.shape)
    common = {"ids": ids, "logits": logits, "targets": targets, "map": maps, "told": told}
    return network, {f"w/{name}": weight for name, weight in weights.items()} | common


def tables(table: Array) -> Array:
    """The table as it moves, float (DRAWS, WORDS, NUMBERS)."""
    rng = np.random.default_rng(MOVED)
    return np.stack([table + RADIUS * np.ptp(table) * rng.uniform(-1, 1, table.shape) for _ in range(DRAWS)])


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
    np.random.seed(i)  # noqa: NPY002  (Quantus draws from it)
    correlation = quantus.FaithfulnessCorrelation(
        similarity_func=lambda a, b, batched: np.array([quantus.similarity_func.cosine(a[0], b[0])]),
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
