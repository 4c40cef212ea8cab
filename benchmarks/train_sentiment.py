"""Train the demo model "sentiment": python benchmarks/train_sentiment.py CORPUS_FOLDER OUT_FOLDER.

CORPUS_FOLDER holds `sst2/{train,dev,test}.txt` (a label and a sentence a line) and `sst_trees/{train,dev,test}.txt`
(bracketed trees), both of the Stanford Sentiment Treebank.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from corpora import read_phrases, read_sentences, read_sst2
from training import build_vocabulary, fit, format_table, predict_each, read_arguments, with_twins, write_demo

from textattr.tokenizers.words import Words

DIMENSIONS = 32
FILTERS = 64
WINDOWS = (3, 4, 5)
LABELS = ("negative", "positive")
TARGETS = (
    0.0,
    0.2,
    0.5,
    0.8,
    1.0,
)  # of very negative ... very positive: a neutral phrase is to speak for nothing
NEUTRAL_KEPT = 0.3  # two phrases of three are neutral; of those of three words and more, so many are enough

EXAMPLES = (  # our own sentences, some of them hard
    ("Slow at first, then clever, tense and surprisingly moving.", "positive"),
    ("Warm, funny and beautifully acted, but twenty minutes too long.", "positive"),
    ("Loud, long and utterly pointless.", "negative"),
    ("Beautifully shot, and every minute of it is a bore.", "negative"),
    ("It could have been a great film; what a waste.", "negative"),
    ("The plot is thin, but the two leads are so warm and funny that I did not care.", "positive"),
    ("I wanted to love it, and I could not.", "negative"),
    ("Nobody should miss this one.", "positive"),
)

CARD = """\
# sentiment

Reads one English sentence about a film as praise or blame.

* Kind: convolutional network with one sigmoid unit, after Kim (2014, "Convolutional Neural Networks for Sentence
  Classification"). Table of {words} words by {dimensions}, three windows ({windows}) of {filters} filters,
  {parameters} parameters, {megabytes:.1f} MB.
* Input: ids of any length from 1 up, no padding needed. Words are looked up in lower case; id 1 is every other word.
* Output: the probability of "positive".
* Trained by: `python benchmarks/train_sentiment.py CORPUS_FOLDER OUT_FOLDER`, seed {seed}, a few minutes on two cores.

## Data

The labelled phrases of the Stanford Sentiment Treebank (Socher et al. 2013, "Recursive Deep Models for Semantic
Compositionality Over a Sentiment Treebank"), written as natural text again. Its sentences come from film reviews and
are given out for research; none of them is in this package, which holds the list of words only. Trees whose sentence
is in the development or test set were left out. Training aims at 0, 0.2, 0.5, 0.8 and 1 for very negative to very
positive phrases, so that neutral words speak for neither side. The weights come under the licence of the package;
who needs weights without that history can train on other data.

## Accuracy

Each sentence alone, as textattr calls the model:

{table}

The number of epochs was chosen on the development set.

## Intended use and limits

To try textattr and to test it: the model is small enough to be looked through. It is not meant for decisions about
people or texts that matter.

* It knows film reviews of around 2000, in English, and whole words only; a misspelt word is an unknown one.
* It sees at most five words at a time: irony, long-distance negation and contrast escape it. Of the example sentences
  beside this card it gets {wrong} of {examples} wrong.
* Trained towards graded aims, its probabilities stay nearer to 0.5 than those of a model trained on 0 and 1.
* Names, countries and genres may carry the opinions that the reviewers had.
"""


def build(words: int) -> Any:
    """Kim's convolutional network (2014): windows of three widths, each filter's maximum, one sigmoid unit."""
    ids = keras.Input((None,), dtype="int32", name="ids")
    vectors = keras.layers.Embedding(words, DIMENSIONS, name="words")(ids)
    vectors = keras.layers.Dropout(0.2, name="drop_values")(vectors)
    branches = []
    for width in WINDOWS:
        features = keras.layers.Conv1D(
            FILTERS, width, padding="same", activation="relu", name=f"windows_{width}"
        )
        branches.append(keras.layers.GlobalMaxPooling1D(name=f"maximum_{width}")(features(vectors)))
    found = keras.layers.Concatenate(name="maxima")(branches)
    found = keras.layers.Dropout(0.5, name="drop_features")(found)
    return keras.Model(
        ids, keras.layers.Dense(1, activation="sigmoid", name="score")(found), name="sentiment"
    )


def main() -> None:
    """Long because it is a recipe: read, train, measure and save, each step once and in order."""
    arguments = read_arguments(__doc__)
    sentences = {
        part: read_sst2(arguments.corpus / "sst2" / f"{part}.txt") for part in ("train", "dev", "test")
    }
    trees = arguments.corpus / "sst_trees"
    held_out = {
        sentence.lower() for part in ("dev", "test") for sentence in read_sentences(trees / f"{part}.txt")
    }

    plain = Words(["<PAD>", "<UNK>"], unknown=1, splitting="words")
    vocabulary = build_vocabulary([plain(text).tokens for text in sentences["train"][0]], minimum=2)
    words = Words(vocabulary, unknown=1, splitting="words")

    rng = np.random.default_rng(arguments.seed)
    phrases = sorted(
        {(text.lower(), label) for text, label in read_phrases(trees / "train.txt", without=held_out)}
    )
    encoded = [(words(text).ids, label) for text, label in phrases]
    kept = [
        (ids, label)
        for ids, label in encoded
        if len(ids) and (label != 2 or len(ids) < 3 or rng.random() < NEUTRAL_KEPT)
    ]
    targets = np.array([TARGETS[label] for _, label in kept], dtype=np.float32)
    print(f"{len(vocabulary)} words, {len(kept)} phrases")

    def accuracy(model: Any, part: str, **options: int) -> float:
        texts, labels = sentences[part]
        scores = predict_each(model, [words(text).ids for text in texts], **options)
        return float(np.mean((scores[:, 0] >= 0.5) == np.array(labels)))

    model = build(len(vocabulary))
    model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy")
    fit(
        model,
        [ids for ids, _ in kept],
        targets,
        accuracy=lambda model: accuracy(model, "dev"),
        size=64,
        word_dropout=0.05,
        epochs=6,
        patience=2,
        seed=arguments.seed,
    )
    model, vocabulary = with_twins(model, build, vocabulary)
    words = Words(vocabulary, unknown=1, splitting="words")

    measured = {
        "development set, 872 sentences": accuracy(model, "dev"),
        "test set, 1,821 sentences": accuracy(model, "test"),
        "test set, filled up to 60 words": accuracy(model, "test", padded_to=60),
    }
    print(format_table(measured))
    scores = predict_each(model, [words(text).ids for text, _ in EXAMPLES])[:, 0]
    examples = [
        (*example, LABELS[int(score >= 0.5)]) for example, score in zip(EXAMPLES, scores, strict=True)
    ]
    write_demo(
        arguments.out,
        model=model,
        vocabulary=vocabulary,
        labels=LABELS,
        examples=examples,
        card=CARD.format(
            words=f"{len(vocabulary):,}",
            dimensions=DIMENSIONS,
            windows=", ".join(map(str, WINDOWS)),
            filters=FILTERS,
            parameters=f"{model.count_params():,}",
            megabytes=model.count_params() * 4 / 1e6,
            seed=arguments.seed,
            table=format_table(measured),
            wrong=sum(truth != predicted for _, truth, predicted in examples),
            examples=len(examples),
        ),
    )


if __name__ == "__main__":
    main()
