"""Reading the corpora that the demo models are trained on, as the natural text that a user would type."""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Iterator
from pathlib import Path

CLITICS = ("n't", "'s", "'re", "'ve", "'ll", "'d", "'m")
_WRITTEN = {"`": "'", "``": '"', "''": '"', "-lrb-": "(", "-rrb-": ")", "\\/": "/", "\\*": "*"}


def detokenize(tokens: list[str]) -> str:
    """Undo the treebank's tokenisation.

    >>> detokenize("it 's `` a film '' that wo n't -LRB- ca n't -RRB- bore , ever .".split())
    'it\\'s "a film" that won\\'t (can\\'t) bore, ever.'
    """
    text = ""
    glue = True  # to what stands before
    quoted = False
    for token in tokens:
        word = _WRITTEN.get(token.lower(), token).replace("\\/", "/").replace("\\*", "*")
        if token in ("``", "''") or word == '"':
            quoted = not quoted
            text += word if glue or not quoted else f" {word}"
            glue = quoted
            continue
        if word.lower() in CLITICS or re.fullmatch(r"[,.;:!?%)'…]+|-na", word):
            glue = True
        text += word if glue else f" {word}"
        glue = word in ("(", "$", "#")
    return re.sub(r"\b(gon|wan|got) (na|ta)\b", r"\1\2", text)


def read_sst2(path: Path) -> tuple[list[str], list[int]]:
    """Sentences and their labels, 0 negative and 1 positive."""
    lines = [line.split(" ", 1) for line in path.read_text(encoding="utf-8").splitlines()]
    return [detokenize(text.split()) for _, text in lines], [int(label) for label, _ in lines]


def read_sentences(path: Path) -> list[str]:
    """The sentences of a file of bracketed trees."""
    return [
        detokenize(_phrases(line)[-1][0])
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]


def read_phrases(path: Path, *, without: set[str]) -> Iterator[tuple[str, int]]:
    """Every labelled phrase of the trees, 0 (very negative) to 4, but for trees whose sentence is in `without`.

    Phrases that begin within a word, as "n't bore", are left out: nobody types them.
    """
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            phrases = _phrases(line)
            if detokenize(phrases[-1][0]).lower() not in without:
                yield from (
                    (detokenize(words), label) for words, label in phrases if words[0].lower() not in CLITICS
                )


def _phrases(tree: str) -> list[tuple[list[str], int]]:
    """All nodes of one bracketed tree, the root last."""
    found: list[tuple[list[str], int]] = []
    open_nodes: list[tuple[int, list[str]]] = []
    for piece in re.findall(r"\((\d)|([^\s()]+)|(\))", tree):
        label, word, close = piece
        if label:
            open_nodes.append((int(label), []))
        elif word:
            open_nodes[-1][1].append(word)
        elif close:
            number, words = open_nodes.pop()
            found.append((words, number))
            if open_nodes:
                open_nodes[-1][1].extend(words)
    return found


def read_ag_news(folder: Path) -> tuple[list[tuple[str, str]], list[int], list[str]]:
    """Title and description of each article, its class from 0, and the names of the classes."""
    labels = (folder / "classes.txt").read_text(encoding="utf-8").split("\n")
    with (folder / "news.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    texts = [(clean(title), clean(description)) for _, title, description in rows]
    return (
        texts,
        [int(number) - 1 for number, _, _ in rows],
        [label.strip() for label in labels if label.strip()],
    )


def clean(text: str) -> str:
    r"""Take out the mark-up that the news came with.

    >>> clean(r"A second\team,  #36;10  quot;million quot; &lt;b&gt;now&lt;/b&gt;, Oracle #39;s AT amp;T")
    'A second team, $10 "million " now, Oracle\'s AT&T'
    """
    text = text.replace("\\$", "$").replace("\\", " ").replace(" amp;", "&")
    text = re.sub(r" ?#(39|145|146);", "'", text)
    text = re.sub(r"(?<!&)(#\d+|quot|lt|gt|nbsp);", r"&\1;", text)
    return " ".join(re.sub(r"<[^>]*>", " ", html.unescape(text)).replace(" ,", ",").split())
