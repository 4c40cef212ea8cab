"""Train the demo model "topics": python benchmarks/train_topics.py CORPUS_FOLDER OUT_FOLDER.

CORPUS_FOLDER holds `ag_news/news.csv` (class from 1, title, description) and `ag_news/classes.txt` (their names), a
part of AG's corpus of news articles.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from corpora import read_ag_news
from training import build_vocabulary, fit, format_table, predict_each, read_arguments, with_twins, write_demo

from textattr.tokenizers.words import Words

DIMENSIONS = 24
UNITS = 16
HELD_OUT = 1000
DEVELOPMENT = 500

EXAMPLES = (  # our own sentences, some of them hard
    ("The striker scored twice in the last five minutes and her team won the cup.", "Sports"),
    ("Astronomers have found water vapour around a small planet that circles a distant star.", "Sci/Tech"),
    ("The central bank raised interest rates, and shares of the big lenders fell.", "Business"),
    (
        "The presidents of the two countries signed a ceasefire after weeks of fighting at the border.",
        "World",
    ),
    ("The company recalled its newest phone because the battery may catch fire.", "Sci/Tech"),
    ("The club's shares fell after it sold its best player.", "Business"),
    ("Voters went to the polls on Sunday to choose a new parliament.", "World"),
    ("A chess program beat the world champion in six games.", "Sci/Tech"),
)

CARD = """\
# topics

Tells which kind of news a short English article is: {labels}.

* Kind: bidirectional LSTM with masked padding and a softmax. Table of {words} words by {dimensions}, {units} units each
  way, {parameters} parameters, {megabytes:.1f} MB.
* Input: ids of any length from 1 up; id 0 is padding and masked. Words are looked up in lower case; id 1 is every other
  word.
* Output: one probability per class.
* Trained by: `python benchmarks/train_topics.py CORPUS_FOLDER OUT_FOLDER`, seed {seed}, a few minutes on two cores.

## Data

Titles and descriptions of {articles} articles of AG's corpus of news articles, as many of each class, as used by Zhang,
Zhao and LeCun (2015, "Character-level Convolutional Networks for Text Classification"). The corpus is given out for
non-commercial research; none of its text is in this package, which holds the list of words only. The weights come
under the licence of the package; who needs weights without that history can train on other data.

## Accuracy

{trained} articles, drawn at random with a fixed seed, are trained on: the whole, the title alone and the description
alone. Each of the others, the whole of it, by itself as textattr calls the model:

{table}

The number of epochs was chosen on the development articles.

## Intended use and limits

To try textattr and to test it. It is not meant for decisions about people or texts that matter.

* It knows the companies, people and wars in the news of 2004, and the names of the news agencies, which many articles
  begin with and which it may lean on.
* It knows whole words only; a misspelt word is an unknown one. Of the example sentences beside this card it gets
  {wrong} of {examples} wrong.
* Business and technology are told apart least well: the corpus files much of the same news under either.
"""


def build(words: int) -> Any:
    """Word vectors, read in both directions by an LSTM that skips padding, and a softmax over its last states."""
    ids = keras.Input((None,), dtype="int32", name="ids")
    vectors = keras.layers.Embedding(words, DIMENSIONS, mask_zero=True, name="words")(ids)
    vectors = keras.layers.SpatialDropout1D(0.5, name="drop_dimensions")(vectors)
    states = keras.layers.Bidirectional(keras.layers.LSTM(UNITS), name="both_ways")(vectors)
    states = keras.layers.Dropout(0.5, name="drop_states")(states)
    return keras.Model(ids, keras.layers.Dense(4, activation="softmax", name="scores")(states), name="topics")


def main() -> None:
    """Long because it is a recipe: read, train, measure and save, each step once and in order."""
    arguments = read_arguments(__doc__)
    parts, classes, labels = read_ag_news(arguments.corpus / "ag_news")
    texts = [f"{title}. {description}" for title, description in parts]
    answers = np.array(classes)
    order = np.random.default_rng(0).permutation(
        len(texts)
    )  # the same articles are held out, whatever the seed
    held_out, development, training = np.split(order, [HELD_OUT, HELD_OUT + DEVELOPMENT])

    plain = Words(["<PAD>", "<UNK>"], unknown=1, splitting="words")
    vocabulary = build_vocabulary([plain(texts[i]).tokens for i in training], minimum=3)
    words = Words(vocabulary, unknown=1, splitting="words")
    encoded = [words(text).ids for text in texts]
    print(f"{len(vocabulary)} words, {len(training)} articles")

    def right(model: Any, part: Any, **options: int) -> Any:
        return predict_each(model, [encoded[i] for i in part], **options).argmax(axis=1) == answers[part]

    model = build(len(vocabulary))
    model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy")
    fit(
        model,
        [encoded[i] for i in training] + [words(part).ids for i in training for part in parts[i]],
        np.concatenate([answers[training], answers[training].repeat(2)]),
        accuracy=lambda model: float(np.mean(right(model, development))),
        size=32,
        word_dropout=0.2,
        epochs=12,
        patience=4,
        seed=arguments.seed,
    )
    model, vocabulary = with_twins(model, build, vocabulary)

    rows = right(model, held_out)
    measured = {
        f"development, {len(development):,} articles": float(np.mean(right(model, development))),
        f"held out, {len(held_out):,} articles": float(np.mean(rows)),
        "held out, filled up to 100 words": float(np.mean(right(model, held_out, padded_to=100))),
    }
    measured |= {
        f"held out, {label}": float(np.mean(rows[answers[held_out] == n])) for n, label in enumerate(labels)
    }
    print(format_table(measured))
    words = Words(vocabulary, unknown=1, splitting="words")
    scores = predict_each(model, [words(text).ids for text, _ in EXAMPLES])
    examples = [
        (*example, labels[int(n)]) for example, n in zip(EXAMPLES, scores.argmax(axis=1), strict=True)
    ]
    write_demo(
        arguments.out,
        model=model,
        vocabulary=vocabulary,
        labels=labels,
        examples=examples,
        card=CARD.format(
            labels=", ".join(labels),
            words=f"{len(vocabulary):,}",
            dimensions=DIMENSIONS,
            units=UNITS,
            parameters=f"{model.count_params():,}",
            megabytes=model.count_params() * 4 / 1e6,
            seed=arguments.seed,
            articles=f"{len(texts):,}",
            trained=f"{len(training):,}",
            table=format_table(measured),
            wrong=sum(truth != predicted for _, truth, predicted in examples),
            examples=len(examples),
        ),
    )


if __name__ == "__main__":
    main()
