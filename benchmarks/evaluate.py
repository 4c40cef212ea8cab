"""Which method to believe: `textattr.evaluate` on the models that ship, and on models trained here.

    ./dev evaluate                                    the two models that ship, on their example sentences
    ./dev evaluate --data CORPORA                     models of six architectures, three trainings each
    ./dev evaluate --minilm MODEL VOCABULARY --data CORPORA      a fine-tuned BERT alone: other tables stay

CORPORA is a folder with `sst2/{train,dev,test}.txt`, a label and a sentence on each line. MODEL is a saved BERT
classifier of keras-hub with the inputs `token_ids`, `padding_mask` and `segment_ids`, VOCABULARY its `vocab.txt`.

Writes `benchmarks/FAITHFULNESS.md`: per model and method the deletion gap by both operators with its 95 % interval, the
difference to integrated gradients on the same documents, comprehensiveness, the error of completeness, and the cost.
No method is left out because it looks bad. What is trained is small and quickly trained: it is to show which method
finds what a model goes by, not what a model can do.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from corpora import read_sst2
from keras import layers
from method_table import markdown
from training import batches, build_vocabulary, predict_each

import textattr
from textattr.evaluation import Evaluation
from textattr.methods import LRP, METHODS, IntegratedGradients, SmoothGrad
from textattr.methods.gradient import GradientXInput, Saliency
from textattr.tokenizers.words import Words

FOLDER = Path(__file__).parent
METRICS = ["deletion_gap", "comprehensiveness", "completeness"]
WORD_DROPOUT = 0.1
EPOCHS = 4
METHODS_COMPARED: dict[str, Any] = {
    "integrated_gradients, 50 steps": IntegratedGradients(steps=50),
    "integrated_gradients, as needed": IntegratedGradients(),
    "integrated_gradients, 20 steps": IntegratedGradients(steps=20),
    "deeplift": METHODS["deeplift"](),
    "lrp": LRP(),
    "lrp, deepexplain": LRP("deepexplain"),
    "gradient_x_input": GradientXInput(),
    "smoothgrad of gradient_x_input": SmoothGrad(method=GradientXInput()),
    "saliency": Saliency(),
    "smoothgrad of saliency": SmoothGrad(method=Saliency()),
    "gradcam": METHODS["gradcam"](),
    "shapley_sampling": METHODS["shapley_sampling"](replacement="auto"),
    "lime": METHODS["lime"](replacement="auto"),
}


HEAD = """\
# Which method finds what a model goes by

Written by `./dev evaluate --data CORPORA --documents 60` and, of the fine-tuned BERT, `./dev evaluate --minilm MODEL
VOCABULARY --data CORPORA --documents 40`, as `benchmarks/evaluate.py` says. The deletion gap is the area between two
curves of the score, least relevant words first minus most relevant first, in log-odds: more is better, chance has 0.
"replace" puts the unknown or mask token in the place of a word, from which some methods start (deeplift,
integrated_gradients, shapley_sampling and lime here); "remove" takes words out, which favours none of them. "to
IG-50" is the paired difference to integrated gradients with 50 steps, with its 95 % interval. "error of sum" is
relative to the difference of the scores; methods that promise no sum are far off by design. "runs" counts how often
the model runs per document.
"""


@dataclass(frozen=True)
class Subject:
    """A model, what makes its ids, and documents."""

    name: str
    model: Any
    tokenizer: Any
    texts: Sequence[str]
    seed: int = 0
    note: str = ""


def shipped() -> Iterator[Subject]:
    for name in textattr.demo.NAMES:
        demo = textattr.demo.load(name)
        yield Subject(f"{name} (ships)", demo.model, demo.tokenizer, [each.text for each in demo.examples])


def _mean() -> list[Any]:
    return [layers.GlobalAveragePooling1D(), layers.Dense(32, "relu")]


def _cnn() -> list[Any]:
    return [layers.Conv1D(64, 3, padding="same", activation="relu"), layers.GlobalMaxPooling1D()]


def _bilstm() -> list[Any]:
    return [layers.Bidirectional(layers.LSTM(24))]


def _gru() -> list[Any]:
    return [layers.GRU(32)]


class Block(layers.Layer):
    """One block of a transformer."""

    def __init__(self) -> None:
        super().__init__()
        self.attend = layers.MultiHeadAttention(4, 8)
        self.norms = layers.LayerNormalization(), layers.LayerNormalization()
        self.inner, self.outer = layers.Dense(64, "gelu"), layers.Dense(32)

    def call(self, x: Any) -> Any:
        x = self.norms[0](x + self.attend(x, x))
        return self.norms[1](x + self.outer(self.inner(x)))


def _transformer() -> list[Any]:
    return [Block(), layers.GlobalAveragePooling1D()]


ARCHITECTURES: dict[str, Callable[[], list[Any]]] = {
    "mean of vectors": _mean,
    "convolution": _cnn,
    "bidirectional LSTM": _bilstm,
    "GRU": _gru,
    "one transformer block": _transformer,
}


def trained(corpora: Path, seeds: int, documents: int) -> Iterator[list[Subject]]:
    """For each architecture a model of each seed, trained on SST-2."""
    texts, labels = read_sst2(corpora / "sst2" / "train.txt")
    unseen, answers = read_sst2(corpora / "sst2" / "test.txt")
    words = Words({"": 0}, unknown=1, splitting="words")
    split = [[token.lower() for token in words(text).tokens] for text in texts]
    vocabulary = build_vocabulary(split, minimum=2)
    tokenizer = Words({word: i for i, word in enumerate(vocabulary)}, unknown=1, splitting="words")
    ids = [np.asarray(tokenizer(text).ids, np.int64) for text in texts]
    test = [np.asarray(tokenizer(text).ids, np.int64) for text in unseen]
    chosen = np.linspace(0, len(unseen) - 1, documents).astype(int)
    for name, build in ARCHITECTURES.items():
        subjects = []
        for seed in range(seeds):
            keras.utils.set_random_seed(seed)
            rng = np.random.default_rng(seed)
            model = keras.Sequential(
                [
                    layers.Input((None,), dtype="int64"),
                    layers.Embedding(len(vocabulary), 32),
                    *build(),
                    layers.Dropout(0.3),
                    layers.Dense(2, "softmax"),
                ]
            )
            model.compile(
                optimizer=keras.optimizers.Adam(2e-3),
                loss="sparse_categorical_crossentropy",
                jit_compile=False,  # every length would be compiled anew
            )
            for _ in range(EPOCHS):
                data = batches(ids, np.array(labels), size=32, word_dropout=WORD_DROPOUT, rng=rng)
                model.fit(data, shuffle=False, verbose=0)
            right = np.mean(predict_each(model, test[:500:2]).argmax(1) == np.array(answers[:500:2]))
            note = f"{100 * right:.0f} % right"
            subjects.append(Subject(name, model, tokenizer, [unseen[i] for i in chosen], seed, note))
        yield subjects


def minilm(model: Path, vocabulary: Path, corpora: Path, documents: int) -> Subject:
    """A fine-tuned BERT, with the preprocessor that it was trained with."""
    import keras_hub

    from textattr.tokenizers.vocabulary import read_vocabulary

    tokenizer = keras_hub.models.BertTokenizer(
        vocabulary=read_vocabulary(vocabulary), lowercase=True, strip_accents=True
    )
    preprocessor = keras_hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=64)
    unseen, _ = read_sst2(corpora / "sst2" / "test.txt")
    chosen = np.linspace(0, len(unseen) - 1, documents).astype(int)
    return Subject(
        "MiniLM, six transformer blocks",
        textattr.load_model(model),
        preprocessor,
        [unseen[i] for i in chosen],
    )


def measured(subject: Subject) -> Evaluation:
    """All methods on one model."""
    print(f"{subject.name}, seed {subject.seed}", file=sys.stderr, flush=True)
    return textattr.evaluate(
        subject.model,
        subject.texts,
        tokenizer=subject.tokenizer,
        methods=list(METHODS_COMPARED.values()),
        metrics=METRICS,
        seed=subject.seed,
    )


def table_of(subjects: Sequence[Subject]) -> str:
    """The table of one architecture, whose trainings are `subjects`."""
    trainings = f", {len(subjects)} trainings" if len(subjects) > 1 else ""
    notes = ", ".join(dict.fromkeys(subject.note for subject in subjects if subject.note))
    evaluations = [measured(subject) for subject in subjects]
    names = dict(zip((run.name for run in evaluations[0].runs), METHODS_COMPARED, strict=False))
    table = markdown(
        subjects[0].name,
        f"{len(subjects[0].texts)} documents{trainings}{f' ({notes})' if notes else ''}.",
        evaluations,
        names,
        next(iter(names)),
    )
    print(table, flush=True)
    return table


def tables_in(path: Path) -> dict[str, str]:
    """The tables that a file has, by their headings: those of models that are not measured now stay."""
    _, *tables = (path.read_text(encoding="utf-8") if path.exists() else "").split("\n## ")
    return {table.partition("\n")[0]: f"## {table.strip()}" for table in tables}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="the folder of corpora")
    parser.add_argument("--minilm", type=Path, nargs=2, metavar=("MODEL", "VOCABULARY"))
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=FOLDER / "FAITHFULNESS.md")
    given = parser.parse_args()
    begun = time.time()
    if given.minilm is not None:
        groups = [[minilm(*given.minilm, given.data, given.documents)]]
    else:
        groups = [[subject] for subject in shipped()]
        if given.data is not None:
            groups = chain(groups, trained(given.data, given.seeds, given.documents))
    tables = tables_in(given.out)
    for subjects in groups:
        tables[subjects[0].name] = table_of(subjects)
    given.out.write_text("\n\n".join([HEAD.rstrip(), *tables.values()]) + "\n", encoding="utf-8")
    print(f"{given.out}: {time.time() - begun:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
