"""Whether the word that decides a sentence gets the most weight, for a fine-tuned BERT and whole words.

    python benchmarks/cues.py MODEL VOCABULARY

MODEL is a saved BERT classifier of two classes, negative and positive, that takes `token_ids`, `padding_mask` and
`segment_ids`; VOCABULARY its `vocab.txt`. Each sentence has one plain cue; its pieces are joined to words.
"""

from __future__ import annotations

import argparse

import keras_hub
from rich.console import Console
from rich.table import Table

import textattr
from textattr.tokenizers.vocabulary import read_vocabulary

SENTENCES = {
    "The acting in this film is wonderful.": "wonderful",
    "What a dreadful script this is.": "dreadful",
    "It is a charming story about two brothers.": "charming",
    "The plot is boring from the first scene on.": "boring",
    "I found the ending disappointing.": "disappointing",
    "The music is beautiful.": "beautiful",
    "A stupid comedy about a lost dog.": "stupid",
    "The dialogue between the sisters is brilliant.": "brilliant",
    "The second half of the movie is tedious.": "tedious",
    "It is a heartwarming film about a teacher.": "heartwarming",
}
METHODS = {
    "DeepLIFT from [MASK]": {"method": "deeplift", "baseline": "mask"},
    "AttnLRP": {"method": "lrp", "rules": "attnlrp"},
    "integrated gradients from [MASK]": {"method": "integrated_gradients", "baseline": "mask"},
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("vocabulary")
    given = parser.parse_args()
    tokenizer = keras_hub.models.BertTokenizer(
        vocabulary=read_vocabulary(given.vocabulary), lowercase=True, strip_accents=True
    )
    preprocessor = keras_hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=32)
    model = textattr.load_model(given.model)
    table = Table("sentence", "predicted", *METHODS)
    rows: dict[str, list[str]] = {}
    found = 0
    for options in METHODS.values():
        explainer = textattr.Explainer(
            model, tokenizer=preprocessor, target_names=["negative", "positive"], **options
        )
        for text, explanation in zip(SENTENCES, explainer.explain_many(list(SENTENCES)), strict=True):
            (target,) = explanation.merge("words").targets
            strongest = max(target.spans, key=lambda span: span.weight)
            found += strongest.text == SENTENCES[text]
            row = rows.setdefault(text, [f"{target.label} {target.probability:.3f}"])
            row.append(f"{strongest.text} {strongest.weight:+.2f}")
    for text, cells in rows.items():
        table.add_row(text, *cells)
    console = Console()
    console.print(table)
    console.print(f"the cue has the most weight in {found} of {len(SENTENCES) * len(METHODS)}")


if __name__ == "__main__":
    main()
