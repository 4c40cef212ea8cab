"""The words of many rows, side by side: tokens in lower case, pieces of one word put together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr._optional import require

Array = npt.NDArray[Any]

_PIECES = '"words":'  # in the details of a document whose tokens are pieces of words


@dataclass(frozen=True, eq=False)
class Words:
    """Words one after the other.

    Args:
        row: which row each stands in, int (W,).
        code: which word it is, as a position in `texts`, int (W,).
        weights: float (W,).
        texts: the different words.
    """

    row: Array
    code: Array
    weights: Array
    texts: Array


def words_of(batch: Any) -> Words:
    """The words of the rows of an Arrow table; special tokens stand for no characters, and are none."""
    pa, compute = require("pyarrow", extra="corpora"), require("pyarrow.compute", extra="corpora")
    batch = batch.combine_chunks()
    if compute.any(compute.match_substring(batch.column("details"), _PIECES)).as_py():
        return _joined_pieces(batch)
    flat = {
        name: compute.list_flatten(batch.column(name)) for name in ("tokens", "weights", "starts", "ends")
    }
    row = compute.list_parent_indices(batch.column("tokens")).to_numpy()
    there = flat["ends"].to_numpy() > flat["starts"].to_numpy()
    tokens = flat["tokens"].filter(pa.array(there))
    return _coded(row[there], tokens, flat["weights"].to_numpy()[there])


def _coded(row: Array, words: Any, weights: Array) -> Words:
    pa, compute = require("pyarrow", extra="corpora"), require("pyarrow.compute", extra="corpora")
    coded = compute.utf8_lower(words).dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.unify_dictionaries().combine_chunks()
    texts = coded.dictionary.to_numpy(zero_copy_only=False)
    return Words(row.astype(np.int64), coded.indices.to_numpy().astype(np.int64), weights, texts)


def _joined_pieces(batch: Any) -> Words:
    """The same row by row, where some rows have pieces of words."""
    pa = require("pyarrow", extra="corpora")
    row, words, weights = list[int](), list[str](), list[float]()
    columns = batch.select(["text", "tokens", "starts", "ends", "weights", "details"])
    for i, each in enumerate(columns.to_pylist()):
        own, sums = _of_row(each)
        row += [i] * len(own)
        words += own
        weights += sums
    return _coded(np.array(row, np.int64), pa.array(words, pa.string()), np.array(weights, float))


def _of_row(row: Mapping[str, Any]) -> tuple[list[str], list[float]]:
    has_pieces = _PIECES in (row["details"] or "")
    numbers = json.loads(row["details"]).get("tokens", {}).get("words") if has_pieces else None
    words, sums = list[str](), list[float]()
    begun, last = 0, None
    for i, (start, end, weight) in enumerate(zip(row["starts"], row["ends"], row["weights"], strict=True)):
        number = numbers[i] if numbers else None
        if end <= start:
            continue
        if number is not None and number == last:
            words[-1], sums[-1] = row["text"][begun:end], sums[-1] + weight
            continue
        begun, last = start, number
        words.append(row["text"][start:end] if numbers else row["tokens"][i])
        sums.append(weight)
    return words, sums
