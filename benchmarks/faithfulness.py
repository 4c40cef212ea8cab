"""How faithful the methods are to a fine-tuned transformer: which words does its score really hang on?

    python benchmarks/faithfulness.py MODEL CORPUS ENCODER [--sentences 200]

MODEL is a .keras file with the inputs of a BERT from keras-hub and two logits, CORPUS a folder with `test.txt`, a label
and a sentence on each line, ENCODER a folder with the `vocab.txt` of its word pieces.

Word pieces are replaced by [MASK] one after the other, the most relevant first (MoRF) or the least relevant first
(LeRF), and the logit of the class that was predicted for the whole sentence is watched. A method is worth what lies
between the two curves, on average over all numbers of replaced pieces: LeRF minus MoRF, in logits. Chance gets zero.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import keras_hub
import numpy as np
import tensorflow as tf

from textattr.methods import LRP, DeepLIFT, GradientXInput, IntegratedGradients, Saliency

BATCH = 64
Array = Any  # np.ndarray


class Classifier:
    """The model on word pieces of one length, [CLS] and [SEP] around them."""

    def __init__(self, model: Any, mask_id: int) -> None:
        self.model = model
        self.mask_id = mask_id
        self._run = tf.function(lambda inputs: model(inputs, training=False), reduce_retracing=True)

    def inputs(self, ids: Array) -> dict[str, Array]:
        return {"token_ids": ids, "segment_ids": np.zeros_like(ids), "padding_mask": np.ones_like(ids)}

    def logits(self, ids: Array) -> Array:
        chunks = [ids[i : i + 4 * BATCH] for i in range(0, len(ids), 4 * BATCH)]
        return np.concatenate([self._run(self.inputs(chunk)).numpy() for chunk in chunks])


Relevance = Callable[[Classifier, Array, Array], Array]  # model, ids (B, T), targets (B,) -> relevance (B, T)


def of_method(method: Any) -> Relevance:
    """The sum over the embedding axis."""

    def relevance(classifier: Classifier, ids: Array, targets: Array) -> Array:
        found = method.attribute(classifier.model, classifier.inputs(ids), target=targets, batch_size=BATCH)
        return found.sum(-1)

    return relevance


def gradient_norm(classifier: Classifier, ids: Array, targets: Array) -> Array:
    found = Saliency().attribute(classifier.model, classifier.inputs(ids), target=targets, batch_size=BATCH)
    return np.linalg.norm(found, axis=-1)


def from_mask(made: Callable[[Array], Any]) -> Relevance:
    """A method whose baseline is a sentence of [MASK]."""

    def relevance(classifier: Classifier, ids: Array, targets: Array) -> Array:
        baseline = ids[0].copy()
        baseline[1:-1] = classifier.mask_id
        return of_method(made(baseline))(classifier, ids, targets)

    return relevance


def leave_one_out(classifier: Classifier, ids: Array, targets: Array) -> Array:
    """What the logit loses when a word piece is replaced."""
    length = ids.shape[1]
    without = np.repeat(ids[:, None], length, 1)
    without[:, np.arange(length), np.arange(length)] = classifier.mask_id
    scores = classifier.logits(without.reshape(-1, length)).reshape(len(ids), length, -1)
    whole = np.take_along_axis(classifier.logits(ids), targets[:, None], 1)
    return whole - np.take_along_axis(scores, targets[:, None, None], 2)[..., 0]


def at_random(_classifier: Classifier, ids: Array, _targets: Array) -> Array:
    return np.random.default_rng(int(ids.sum())).random(ids.shape)


METHODS: dict[str, Relevance] = {
    "attnlrp": of_method(LRP("attnlrp")),
    "cplrp": of_method(LRP("cplrp")),
    "deeplift (from [MASK])": from_mask(DeepLIFT),
    "deeplift (from zero)": of_method(DeepLIFT("zero")),
    "integrated_gradients (20, from [MASK])": from_mask(
        lambda baseline: IntegratedGradients(steps=20, baseline=baseline)
    ),
    "integrated_gradients (20, from zero)": of_method(IntegratedGradients(steps=20, baseline="zero")),
    "leave one out": leave_one_out,
    "gradient norm": gradient_norm,
    "gradient_x_input": of_method(GradientXInput()),
    "random": at_random,
}


def groups(sentences: list[Array]) -> Iterator[Array]:
    """Sentences of one length together, so that nothing is padded."""
    for length in sorted({len(each) for each in sentences}):
        yield np.stack([each for each in sentences if len(each) == length])


def gap(classifier: Classifier, ids: Array, targets: Array, relevance: Array) -> Array:
    """LeRF minus MoRF of each sentence, float (B,)."""
    count = ids.shape[1] - 2
    curves = []
    for sign in (1, -1):  # the least relevant first, the most relevant first
        order = np.argsort(sign * relevance[:, 1:-1], 1, kind="stable") + 1
        steps = np.repeat(ids[:, None], count, 1)
        for k in range(count):
            np.put_along_axis(steps[:, k], order[:, : k + 1], classifier.mask_id, 1)
        logits = classifier.logits(steps.reshape(-1, ids.shape[1])).reshape(len(ids), count, -1)
        curves.append(np.take_along_axis(logits, targets[:, None, None], 2)[..., 0].mean(1))
    return curves[0] - curves[1]


def read(corpus: Path, count: int) -> tuple[list[str], Array]:
    """Sentences that lie evenly over the file, and their labels."""
    lines = (corpus / "test.txt").read_text(encoding="utf-8").splitlines()
    chosen = [lines[i].split(" ", 1) for i in np.linspace(0, len(lines) - 1, count).astype(int)]
    return [text for _, text in chosen], np.array([int(label) for label, _ in chosen])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("encoder", type=Path)
    parser.add_argument("--sentences", type=int, default=200)
    chosen = parser.parse_args()
    model = keras.models.load_model(chosen.model)
    tokenizer = keras_hub.tokenizers.BertTokenizer(
        str(chosen.encoder / "vocab.txt"), lowercase=True, strip_accents=True
    )
    texts, labels = read(chosen.corpus, chosen.sentences)
    around = (tokenizer.cls_token_id, tokenizer.sep_token_id)
    sentences = [np.array([around[0], *tokenizer(text), around[1]], np.int32) for text in texts]
    classifier = Classifier(model, tokenizer.mask_token_id)
    right = [classifier.logits(s[None]).argmax() == label for s, label in zip(sentences, labels, strict=True)]
    print(
        f"{len(texts)} sentences, {np.mean([len(s) - 2 for s in sentences]):.1f} word pieces each; ", end=""
    )
    print(f"{100 * np.mean(right):.1f} % classified as labelled\n")
    print("| method | LeRF - MoRF, logits | standard error | seconds |\n|---|---|---|---|")
    warm = np.stack([sentences[0]] * 2)
    for name, relevance in METHODS.items():
        relevance(classifier, warm, np.array([0, 1]))  # traced before the clock runs
        gaps, seconds = [], 0.0
        for ids in groups(sentences):
            targets = classifier.logits(ids).argmax(1)
            start = time.perf_counter()
            found = relevance(classifier, ids, targets)
            seconds += time.perf_counter() - start
            gaps.append(gap(classifier, ids, targets, found))
        together = np.concatenate(gaps)
        error = together.std(ddof=1) / np.sqrt(len(together))
        print(f"| {name} | {together.mean():.2f} | {error:.2f} | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()
