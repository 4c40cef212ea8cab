"""keras-hub's text classifiers with their tokenizers and preprocessors, built small, without a download."""

from __future__ import annotations

import io
from functools import cache

TEXT = (
    "a good film and a bad ending : the story is charming and the music unbelievable . nobody laughed at the jokes of "
    "two brothers ."
)
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PIECES = (
    *SPECIAL,
    "a",
    "good",
    "film",
    ",",
    "and",
    "bad",
    "ending",
    "un",
    "##believ",
    "##able",
    "the",
    "is",
    ".",
)
SIZES = {"num_layers": 1, "hidden_dim": 16, "intermediate_dim": 32, "max_sequence_length": 24, "num_heads": 2}
OWN_SIZES = {"Albert": {"embedding_dim": 8}, "DebertaV3": {"bucket_size": 8}}


def _sentence_piece(**special) -> bytes:
    """A SentencePiece model of a few words."""
    import sentencepiece

    words, out = TEXT.split(), io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(words[i : i + 7]) for i in range(len(words) - 6)] * 3),
        model_writer=out,
        vocab_size=60,
        model_type="unigram",
        hard_vocab_limit=False,
        minloglevel=2,
        **special,
    )
    return out.getvalue()


def _byte_pairs() -> dict:
    """A vocabulary of letters, and merges of a space with each."""
    letters = sorted(set("Aabcdefghijklmnopqrstuvwxyz.,:"))
    entries = [
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        "<mask>",
        *letters,
        "Ġ",
        *("Ġ" + letter for letter in letters),
        "oo",
    ]
    merges = [*("Ġ " + letter for letter in letters), "o o"]
    return {"vocabulary": {entry: i for i, entry in enumerate(entries)}, "merges": merges}


TOKENIZERS = {
    "Bert": lambda: {"vocabulary": list(PIECES), "lowercase": True},
    "DistilBert": lambda: {"vocabulary": list(PIECES), "lowercase": True},
    "Roberta": _byte_pairs,
    "Albert": lambda: {
        "proto": _sentence_piece(
            pad_id=0,
            unk_id=1,
            bos_id=2,
            eos_id=3,
            pad_piece="<pad>",
            unk_piece="<unk>",
            bos_piece="[CLS]",
            eos_piece="[SEP]",
            user_defined_symbols="[MASK]",
        )
    },
    "XLMRoberta": lambda: {"proto": _sentence_piece(unk_id=0, bos_id=1, eos_id=2)},
    "DebertaV3": lambda: {
        "proto": _sentence_piece(
            pad_id=0,
            bos_id=1,
            eos_id=2,
            unk_id=3,
            pad_piece="[PAD]",
            bos_piece="[CLS]",
            eos_piece="[SEP]",
            unk_piece="[UNK]",
        )
    },
}


@cache
def preprocessor(name: str, length: int = 24):
    """What turns texts into the inputs of the classifier of that name."""
    import keras_hub

    tokenizer = getattr(keras_hub.models, f"{name}Tokenizer")(**TOKENIZERS[name]())
    return getattr(keras_hub.models, f"{name}TextClassifierPreprocessor")(tokenizer, sequence_length=length)


@cache
def classifier(name: str):
    """A classifier of two classes, with its preprocessor and random weights."""
    import keras
    import keras_hub

    keras.utils.set_random_seed(0)
    own = preprocessor(name)
    sizes = {**SIZES, **OWN_SIZES.get(name, {}), "vocabulary_size": own.tokenizer.vocabulary_size()}
    backbone = getattr(keras_hub.models, f"{name}Backbone")(**sizes)
    model = getattr(keras_hub.models, f"{name}TextClassifier")(backbone, num_classes=2, preprocessor=own)
    for weight in model.trainable_weights:
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.1, seed=len(weight.shape)))
    return model
