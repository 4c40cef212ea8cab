"""Records what ferret says of a tiny BERT, for `tests/evaluation/test_recorded_metrics.py`.

    python benchmarks/record_ferret.py

It runs in the environment of `record_metrics.py`, with more packages in it:

    peers/bin/pip install "transformers<5" "datasets<3" lime shap seaborn pytreebank sentencepiece joblib
    peers/bin/pip install --no-deps ferret-xai==0.4.2
    peers/bin/pip install --no-deps --target ferret041 ferret-xai==0.4.1

and adds to `ferret_metrics.npz` in `tests/reference/recorded/` what the version that it finds says: once as it is, once
with PYTHONPATH=ferret041, for 0.4.1 has another sufficiency. The model is made here: one layer of random weights, in
double precision, and a vocabulary of words. What ferret asks of it about copies of a text is written down with the
answers, so that the test can ask the same without torch.

ferret pins older packages, which its metrics can do without. Only with `only_pos=False` does it need NumPy 1.24, as it
compares an array with an empty list; here it takes positive weights alone, which is its default.
"""

from __future__ import annotations

import os
import sys
import tempfile
import types
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

# ferret imports this package for recorded maps that it could download, and for nothing else.
sys.modules.setdefault("thermostat", types.ModuleType("thermostat"))
ferret: Any = import_module("ferret")
explanations: Any = import_module("ferret.explainers.explanation")

PATH = Path(__file__).parent.parent / "tests" / "reference" / "recorded" / "ferret_metrics.npz"
FIDELITY = {
    "comprehensiveness": ferret.AOPC_Comprehensiveness_Evaluation,
    "sufficiency": ferret.AOPC_Sufficiency_Evaluation,
}
PLAUSIBILITY = {
    "token_f1": ferret.Tokenf1_PlausibilityEvaluation,
    "token_iou": ferret.TokenIOU_PlausibilityEvaluation,
}
LENGTHS = {"long": 60, "mixed": 60, "short": 5}  # words; the weights of all but `mixed` are positive
TOPS = {"long": [1, 3, 6, 12, 30], "mixed": [1, 3, 6, 12, 30], "short": [1, 3]}
MARKED = {"long": 12, "mixed": 9, "short": 2}
TARGET = 1
Array = Any  # np.ndarray


def made() -> tuple[Any, Any]:
    """The model, and its tokenizer of whole words."""
    special = "[PAD] [UNK] [CLS] [SEP] [MASK]".split()
    vocabulary = [*special, *(f"w{i}" for i in range(max(LENGTHS.values())))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vocab.txt"
        path.write_text("\n".join(vocabulary))
        tokenizer = BertTokenizer(str(path), model_max_length=80)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=80,
        initializer_range=1.0,
        num_labels=3,
    )
    return BertForSequenceClassification(config).double().eval(), tokenizer


def listen(evaluator: Any, asked: list[tuple[list[str], Array]]) -> None:
    """Writes down each text that an evaluator asks the model about, with its probabilities."""
    forward = evaluator.helper._forward

    def heard(text: Any, **options: Any) -> Any:
        outputs, logits = forward(text, **options)
        asked.append(([text] if isinstance(text, str) else list(text), logits.softmax(-1).numpy()[:, TARGET]))
        return outputs, logits

    evaluator.helper._forward = heard


def fidelity(model: Any, tokenizer: Any, explanation: Any, tops: list[int]) -> Iterator[tuple[str, Array]]:
    """What ferret says where the top of the list goes or stays alone, by counts of tokens and by its own parts."""
    settings = {
        "top/remove": {"based_on": "k", "thresholds": tops, "remove_tokens": True},
        "top/mask": {"based_on": "k", "thresholds": tops, "remove_tokens": False},
        "own": None,
    }
    for metric, kind in FIDELITY.items():
        for setting, removal in settings.items():
            evaluator, asked = kind(model, tokenizer), []
            listen(evaluator, asked)
            evaluation = evaluator.compute_evaluation(explanation, target=TARGET, removal_args=removal)
            (_, [whole]), (copies, scores) = asked
            stay = [[word in copy.split() for word in explanation.text.split()] for copy in copies]
            name = f"{metric}/{setting}"
            yield f"{name}/value", np.array(evaluation.score)
            yield f"{name}/whole", np.array(whole)
            yield f"{name}/stay", np.array(stay)
            yield f"{name}/scores", scores


def recorded() -> Iterator[tuple[str, Array]]:
    model, tokenizer = made()
    rng = np.random.default_rng(1)
    for case, length in LENGTHS.items():
        words = [f"w{i}" for i in rng.permutation(length)]
        weights = rng.standard_normal(length)
        if case != "mixed":
            weights = abs(weights)
        marked = np.zeros(length, int)
        marked[np.argsort(-weights - 0.5 * rng.standard_normal(length))[: MARKED[case]]] = 1
        tokens = ["[CLS]", *words, "[SEP]"]
        given = (" ".join(words), tokens, np.array([0, *weights, 0]), "drawn", TARGET)
        yield f"{case}/weights", weights
        yield f"{case}/marked", marked.astype(bool)
        for name, value in fidelity(model, tokenizer, explanations.Explanation(*given), TOPS[case]):
            yield f"{case}/{name}", value
        rationale = np.array([0, *marked, 0])
        for metric, kind in PLAUSIBILITY.items():
            evaluation = kind(model, tokenizer).compute_evaluation(
                explanations.ExplanationWithRationale(*given, rationale=rationale),
                top_k_rationale=MARKED[case],
            )
            yield f"{case}/{metric}", np.array(evaluation.score)


def main() -> None:
    torch.set_num_threads(1)
    own = version("ferret-xai")
    found: dict[str, Array] = {}
    if PATH.exists():
        with np.load(PATH) as before:
            found = {name: before[name] for name in before if not name.startswith(own)}
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers", "numpy"))
    found |= {f"{own}/{name}": value for name, value in recorded()}
    np.savez_compressed(PATH, **(found | {"versions": np.array(versions)}))
    print(f"{PATH.name}: {PATH.stat().st_size:,} bytes, ferret {own}, {versions}")


if __name__ == "__main__":
    main()
