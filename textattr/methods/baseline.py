"""Baselines: the vectors that stand for "nothing said", for methods that compare with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.errors import BaselineError, IdOutsideTableError
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.rows import Rows
from textattr.split.sites import INPUT, Site

Array = npt.NDArray[Any]
NAMES = ("auto", "zero", "pad", "unknown", "mask", "mean")


def baseline_vectors(baseline: Any, split: SplitModel, rows: Rows) -> tuple[list[Array], str]:
    """What `baseline` means for these rows.

    Args:
        baseline: one of `NAMES`, vectors (T, D) or (D,), ids (T,), or a list of these.
        split: the split model, whose table turns ids into vectors.
        rows: the rows; their tokenizer's special ids are used.

    Returns:
        for each lookup a float array (M, T or 1, D or 1), M being the number of baselines, to be broadcast over the
        rows; and the baseline's name, as the explanation shall tell it.

    Raises:
        BaselineError: when the baseline does not exist for this model, or does not fit the document.
    """
    several = _several(baseline)
    found = [[_one(b, rows, site) for b in several] for site in split.survey(rows.inputs).sites.texts]
    stacked = [
        np.concatenate(np.broadcast_arrays(*vectors) if len(vectors) > 1 else vectors) for vectors in found
    ]
    names = [_resolved(b, rows) if isinstance(b, str) else "given" for b in several]
    return stacked, ", ".join(dict.fromkeys(names))


def _several(baseline: Any) -> list[Any]:
    if isinstance(baseline, np.ndarray) and baseline.ndim == 3:
        return list(baseline)
    if isinstance(baseline, list | tuple):
        if not len(baseline):
            raise BaselineError("expected at least one baseline, got an empty list")
        if any(isinstance(b, str) or np.ndim(b) > 0 for b in baseline):
            numbers = [b for b in baseline if not isinstance(b, str)]
            if len(numbers) == len(baseline) and all(isinstance(b, list | tuple) for b in baseline):
                return [np.asarray(baseline)]  # nested lists of numbers: one (T, D)
            return list(baseline)
        return [np.asarray(baseline)]
    return [baseline]


def _resolved(name: str, rows: Rows) -> str:
    if name != "auto":
        return name
    return next((n for n in ("mask", "unknown") if n in rows.special_ids), "zero")


def _one(baseline: Any, rows: Rows, site: Site) -> Array:
    """(1, T or 1, D or 1)."""
    if isinstance(baseline, str):
        return _named(baseline, rows, site)
    length, size = _shape_at(site, rows)
    given = np.asarray(baseline)
    if given.dtype.kind in "iu" and given.ndim == 1:
        if length is not None and len(given) != length:
            raise BaselineError(f"expected baseline ids for {length} tokens, got {len(given)}")
        return _looked_up(given, site)
    if given.dtype.kind in "iuf" and given.ndim in (1, 2):
        vectors = given.astype(np.float64 if given.dtype == np.float64 else np.float32)
        vectors = vectors[None] if given.ndim == 2 else vectors[None, None]
        if (
            size is not None
            and vectors.shape[-1] != size
            or length is not None
            and vectors.shape[1] not in (1, length)
        ):
            raise BaselineError(
                f"expected baseline vectors of shape ({length}, {size}) or ({size},), got {given.shape}"
            )
        return vectors
    raise BaselineError(
        f"expected a baseline among {', '.join(NAMES)}, vectors (T, D) or (D,), ids (T,), or a list of these, got "
        f"{type(baseline).__name__} of shape {given.shape}"
    )


def _named(name: str, rows: Rows, site: Site) -> Array:
    name = _resolved(name, rows)
    if name == "zero":
        return np.zeros((1, 1, 1), np.float32)
    if name == "mean":
        table = getattr(_layer_of(site), "embeddings", None)
        if table is None:
            raise BaselineError(
                "baseline 'mean' needs a lookup layer with a table of embeddings: pass vectors (D,)"
            )
        mean: Array = np.asarray(table, np.float32).mean(0)
        return mean[None, None]
    if name not in NAMES:
        raise BaselineError(
            f"unknown baseline {name!r}: choose one of {', '.join(NAMES)}, or give vectors or ids"
        )
    if name not in rows.special_ids:
        raise BaselineError(
            f"baseline {name!r} needs a tokenizer that tells its {name} id: pass tokenizer=, or the id itself "
            "as baseline=[id] * number of tokens"
        )
    return _looked_up(np.array([rows.special_ids[name]]), site)


def _layer_of(site: Site) -> Any:
    return None if site.layer is None else site.layer()


def _shape_at(site: Site, rows: Rows) -> tuple[int | None, int | None]:
    """Number and size of the vectors at a site, as far as they are known without running the model."""
    leaf = tensorflow().nest.flatten(rows.inputs)[site.source]
    if site.kind == INPUT:
        return leaf.shape[1], leaf.shape[2] if leaf.ndim == 3 else 1
    return leaf.shape[1] if leaf.ndim == 2 else None, getattr(_layer_of(site), "output_dim", None)


def _looked_up(ids: Array, site: Site) -> Array:
    tf = tensorflow()
    layer = _layer_of(site)
    if layer is None:
        raise BaselineError("the model takes vectors, not ids: give the baseline as vectors (T, D) or (D,)")
    size = getattr(layer, "input_dim", None)
    if size is not None and not (ids.min() >= 0 and ids.max() < size):
        raise IdOutsideTableError(
            f"a baseline id is outside the table: expected 0 to {size - 1}, got {ids.tolist()}"
        )
    return np.asarray(tf.cast(layer(tf.constant(ids[None], tf.int32)), tf.float32))
