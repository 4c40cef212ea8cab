"""What the two training scripts share: a vocabulary, batches without padding, and measuring text by text."""

from __future__ import annotations

import argparse
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

PAD, UNKNOWN = 0, 1
TWINS = {"'": "’‘", '"': "“”", "-": "–—", ".": "…"}

NEWER_OPTIONS = ("quantization_config", "input_axes", "output_axes")

Ids = npt.NDArray[np.int64]
Targets = npt.NDArray[np.float32] | npt.NDArray[np.int64]


def read_arguments(description: str) -> argparse.Namespace:
    """The command line of both scripts; seeds everything."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("corpus", type=Path, metavar="CORPUS_FOLDER")
    parser.add_argument("out", type=Path, metavar="OUT_FOLDER")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(arguments.seed)
    tf.config.threading.set_intra_op_parallelism_threads(1)  # the layers are too small to share
    tf.config.experimental.enable_op_determinism()
    return arguments


def build_vocabulary(documents: Sequence[Sequence[str]], *, minimum: int) -> list[str]:
    """The words of at least `minimum` documents, the commonest first, behind padding and unknown."""
    counts = Counter(word for document in documents for word in {token.lower() for token in document})
    return [
        "<PAD>",
        "<UNK>",
        *sorted((w for w, n in counts.items() if n >= minimum), key=lambda w: (-counts[w], w)),
    ]


def add_twins(vocabulary: Sequence[str]) -> tuple[list[str], list[int]]:
    """Add what typesetting makes of the words (don’t for don't); also tell the row that each takes its vector from.

    The corpora write ' for every apostrophe; a text from the web does not.
    """
    words, rows = list(vocabulary), list(range(len(vocabulary)))
    known = set(vocabulary)
    for row, word in enumerate(vocabulary):
        for plain, others in TWINS.items():
            if plain in word:
                twins = [word.replace(plain, other) for other in (others if len(word) == 1 else others[0])]
                new = [twin for twin in twins if twin not in known]
                words += new
                rows += [row] * len(new)
    return words, rows


def batches(
    documents: Sequence[Ids],
    targets: Targets,
    *,
    size: int,
    word_dropout: float,
    rng: np.random.Generator,
) -> tf.data.Dataset:
    """One shuffled epoch of (ids, targets); texts of one length share a batch, so that none is padded.

    Words become unknown by chance, which trains the unknown word's vector on every kind of sentence. Every third
    batch gets padding behind the text, so that a user's padding is nothing new.
    """
    by_length: dict[int, list[int]] = {}
    for position, document in enumerate(documents):
        by_length.setdefault(len(document), []).append(position)

    chunks = []
    for positions in by_length.values():
        order = rng.permutation(positions)
        chunks += [order[i : i + size] for i in range(0, len(order), size)]

    def epoch() -> Iterator[tuple[Ids, Any]]:
        for number in rng.permutation(len(chunks)):
            ids = np.stack([documents[i] for i in chunks[number]])
            ids = np.where(rng.random(ids.shape) < word_dropout, UNKNOWN, ids)
            if rng.random() < 1 / 3:
                ids = np.pad(ids, ((0, 0), (0, int(rng.integers(1, 20)))), constant_values=PAD)
            yield ids, targets[chunks[number]]

    signature = (tf.TensorSpec((None, None), tf.int64), tf.TensorSpec((None,), tf.as_dtype(targets.dtype)))
    data = tf.data.Dataset.from_generator(epoch, output_signature=signature)
    return data.apply(tf.data.experimental.assert_cardinality(len(chunks))).prefetch(2)


def fit(
    model: Any,
    documents: Sequence[Ids],
    targets: Targets,
    *,
    accuracy: Callable[[Any], float],
    size: int,
    word_dropout: float,
    epochs: int,
    patience: int,
    seed: int,
) -> None:
    """Train until `accuracy` has not risen for `patience` epochs; leaves the weights of the best one."""
    rng = np.random.default_rng(seed)
    best, weights, best_epoch = 0.0, model.get_weights(), 0
    for epoch in range(1, epochs + 1):
        data = batches(documents, targets, size=size, word_dropout=word_dropout, rng=rng)
        loss = model.fit(data, shuffle=False, verbose=0).history["loss"][0]
        value = accuracy(model)
        print(f"epoch {epoch}: loss {loss:.4f}, development set {100 * value:.1f} %", flush=True)
        if value > best:
            best, weights, best_epoch = value, model.get_weights(), epoch
        elif epoch - best_epoch == patience:
            break
    model.set_weights(weights)


def with_twins(model: Any, build: Callable[[int], Any], vocabulary: Sequence[str]) -> tuple[Any, list[str]]:
    """The trained model with a longer table, in which typeset words have the vectors of plain ones."""
    words, rows = add_twins(vocabulary)
    longer = build(len(words))
    table, *others = model.get_weights()
    longer.set_weights([table[rows], *others])
    return longer, words


def predict_each(model: Any, documents: Sequence[Ids], *, padded_to: int = 0) -> npt.NDArray[np.float32]:
    """The model's output for each text alone, as textattr calls it; `padded_to` fills shorter texts up."""

    @tf.function(input_signature=[tf.TensorSpec((1, None), tf.int64)])
    def call(ids: Any) -> Any:
        return model(ids, training=False)

    padded = (np.pad(ids, (0, max(0, padded_to - len(ids))), constant_values=PAD) for ids in documents)
    return np.concatenate([call(ids[None]).numpy() for ids in padded])


def format_table(accuracies: Mapping[str, float]) -> str:
    """A Markdown table of accuracies."""
    rows = "\n".join(f"| {name} | {100 * value:.1f} % |" for name, value in accuracies.items())
    return f"| | accuracy |\n|---|---|\n{rows}"


def write_demo(
    folder: Path,
    *,
    model: Any,
    vocabulary: Sequence[str],
    labels: Sequence[str],
    card: str,
    examples: Sequence[tuple[str, str, str]],
) -> None:
    """Write the files that `textattr.demo.load` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / "model.keras")
    _drop_newer_options(folder / "model.keras")
    (folder / "vocabulary.txt").write_text("".join(f"{word}\n" for word in vocabulary), encoding="utf-8")
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")
    (folder / "CARD.md").write_text(card, encoding="utf-8")
    lines = ",\n".join(f"  {json.dumps(example, ensure_ascii=False)}" for example in examples)
    (folder / "examples.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _drop_newer_options(path: Path) -> None:
    """Take out of a saved model the options that Keras 3.12 does not know, where they say nothing."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts["config.json"] = json.dumps(json.loads(parts["config.json"], object_hook=_without_newer)).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)


def _without_newer(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in NEWER_OPTIONS or value is not None}
