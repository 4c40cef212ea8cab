"""Whether every wrapped tokenizer gives the ids of the tokenizer itself, line by line, on real sentences.

    python benchmarks/tokenizers_ids.py FOLDER [--lines 5000]

FOLDER holds texts, one or more sentences a line, in `.txt`, `.csv` or other files, however deep: headlines, comments,
reviews. Those that hold other letters than ASCII come first. Vocabularies are made from other lines of the same texts.
Prints a Markdown table: on how many lines the ids are the same, and on how many the explanation shows characters.
"""

from __future__ import annotations

import argparse
import io
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import keras_hub
import numpy as np
import sentencepiece
import tensorflow as tf
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from textattr.tokenizers import wrap

Made = tuple[Any, Callable[[Sequence[str]], list[list[int]]]]  # a tokenizer, and its own ids of texts


def read_lines(folder: Path) -> list[str]:
    """Each line of each file once, those with other letters than ASCII first."""
    found: dict[str, None] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found |= dict.fromkeys(path.read_bytes().decode("utf-8", "replace").splitlines())
    return sorted((line for line in found if line.strip()), key=str.isascii)


def keras_tokenizers(texts: Sequence[str]) -> Iterator[tuple[str, Made]]:
    for settings in (
        {},
        {"oov_token": "<OOV>", "num_words": 2000},
        {"char_level": True},
        {"lower": False, "filters": "."},
    ):
        made = tf.keras.preprocessing.text.Tokenizer(**settings)
        made.fit_on_texts(texts)
        name = ", ".join(f"{key}={value!r}" for key, value in settings.items()) or "defaults"
        yield f"Keras Tokenizer, {name}", (made, made.texts_to_sequences)


def text_vectorization(texts: Sequence[str]) -> Iterator[tuple[str, Made]]:
    every = (
        {},
        {"standardize": "lower"},
        {"split": "character"},
        {"output_sequence_length": 20},
        {"standardize": None, "ngrams": 2},
    )
    for settings in every:
        layer = keras.layers.TextVectorization(max_tokens=5000, **settings)
        layer.adapt(texts)
        name = ", ".join(f"{key}={value!r}" for key, value in settings.items()) or "defaults"

        def own(lines: Sequence[str], layer: Any = layer) -> list[list[int]]:
            rows = np.asarray(layer(tf.constant(list(lines))[:, None]))
            return [row.tolist() for row in rows]

        yield f"TextVectorization, {name}", (layer, own)


def hugging_face(texts: Sequence[str]) -> Iterator[tuple[str, Made]]:
    def own(made: Any) -> Callable[[Sequence[str]], list[list[int]]]:
        return lambda lines: [each.ids for each in made.encode_batch(list(lines))]

    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    made.train_from_iterator(
        texts, trainers.WordPieceTrainer(vocab_size=4000, special_tokens=special, show_progress=False)
    )
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    yield "Hugging Face, WordPiece", (made, own(made))
    vocabulary = sorted(made.get_vocab(), key=made.get_vocab().get)
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=4000, initial_alphabet=alphabet, show_progress=False)
    )
    yield "Hugging Face, byte pair", (made, own(made))
    files = json_of(made)
    made = Tokenizer(models.Unigram())
    made.normalizer, made.pre_tokenizer = normalizers.NFKC(), pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=4000, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False
    )
    made.train_from_iterator(texts, trainer)
    yield "Hugging Face, Unigram", (made, own(made))

    def of_hub(hub: Any) -> Made:
        return hub, lambda lines: [np.asarray(row).tolist() for row in hub.tokenize(list(lines))]

    yield (
        "keras-hub, WordPiece",
        of_hub(keras_hub.models.BertTokenizer(vocabulary, lowercase=True, strip_accents=True)),
    )
    yield "keras-hub, byte pair", of_hub(keras_hub.tokenizers.BytePairTokenizer(*files))


def json_of(made: Any) -> tuple[dict[str, int], list[str]]:
    """The vocabulary and the merges of a byte pair tokenizer."""
    import json

    model = json.loads(made.to_str())["model"]
    return model["vocab"], [each if isinstance(each, str) else " ".join(each) for each in model["merges"]]


def sentence_piece(texts: Sequence[str]) -> Iterator[tuple[str, Made]]:
    for kind in ("unigram", "bpe"):
        out = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=out,
            vocab_size=4000,
            model_type=kind,
            minloglevel=2,
            byte_fallback=kind == "bpe",
        )
        made = sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())
        yield f"SentencePiece, {kind}", (made, lambda lines, made=made: made.encode(list(lines)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lines", type=int, default=5000)
    given = parser.parse_args()
    lines = read_lines(given.folder)
    texts, rest = lines[: given.lines], lines[given.lines : 3 * given.lines]
    print(
        f"{len(texts):,} lines, of which {sum(not text.isascii() for text in texts):,} hold other letters than ASCII\n"
    )
    print("| tokenizer | lines with its own ids | shown as characters | ms for 1,000 lines | its own, ms |")
    print("|---|---|---|---|---|")
    for kind in (keras_tokenizers, text_vectorization, hugging_face, sentence_piece):
        for name, (made, own) in kind(rest):
            start = time.perf_counter()
            theirs = own(texts)
            middle = time.perf_counter()
            ours = wrap(made).encode_many(texts)  # type: ignore[attr-defined]  # each of these has it
            end = time.perf_counter()
            same = sum(same_ids(mine.ids.tolist(), row) for mine, row in zip(ours, theirs, strict=True))
            placed = sum(each.original is None for each in ours)
            per_line = [1e6 * seconds / len(texts) for seconds in (end - middle, middle - start)]
            print(f"| {name} | {same:,} | {placed:,} | {per_line[0]:.0f} | {per_line[1]:.0f} |", flush=True)


def same_ids(ours: list[int], theirs: list[int]) -> bool:
    """The same, but for the zeros that a batch is filled up with."""
    return ours == theirs[: len(ours)] and not any(theirs[len(ours) :])


if __name__ == "__main__":
    main()
