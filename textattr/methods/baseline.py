"""Baselines: the vectors that stand for "nothing said", for methods that compare with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from textattr.checks import finite_array, shown
from textattr.errors import BaselineError, IdOutsideTableError, OptionError, TokenizerError
from textattr.origin import Visit, true_vectors
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.nests import leaves_of
from textattr.split.rows import Rows
from textattr.split.sites import INPUT, Site
from textattr.suspicions import THE_TEXT
from textattr.tokenizers.look_up import ids_of

Array = npt.NDArray[Any]
_ADVICE = (
    "choose another baseline=, such as 'mean', or 'mask' or 'unknown' with a tokenizer that knows one, or another "
    "method"
)
NAMES = ("auto", "zero", "pad", "unknown", "mask", "mean")


def baseline_vectors(
    baseline: Any, split: SplitModel, rows: Rows, what: str = "baseline"
) -> tuple[list[Array], str]:
    """What `baseline` means for these rows.

    Args:
        baseline: one of `NAMES`, vectors (T, D) or (D,), ids (T,), or a list of these; or words, which the text's
            tokenizer knows: one at every position, of several one after the other, again and again.
        split: the split model, whose table turns ids into vectors.
        rows: the rows; their tokenizer and its special ids are used.
        what: the name of the option, for the errors.

    Returns:
        for each lookup a float array (M, T or 1, D or 1), M being the number of baselines, to be broadcast over the
        rows; and the baseline's name, as the explanation shall tell it.

    Raises:
        BaselineError: when the baseline does not exist for this model, or does not fit the document.
    """
    several = _several(baseline, what)
    survey = split.known(rows.inputs)
    sites = survey.sites.texts
    of_texts = [i for i, site in enumerate(sites) if site.source not in rows.feature_baselines]
    several = [_resolved(b, rows, of_texts) if isinstance(b, str) else b for b in several]
    columns = {i: each for text in survey.texts if text.is_beside for i, each in text.columns.items()}
    found = [
        [_of_features(rows.feature_baselines[site.source], site, columns[i])] * len(several)
        if i in columns
        else [_one(b, rows, (i, site), what) for b in several]
        for i, site in enumerate(sites)
    ]
    stacked = [
        np.concatenate(np.broadcast_arrays(*vectors) if len(vectors) > 1 else vectors) for vectors in found
    ]
    names = [b if isinstance(b, str) else "given" for b in several]
    return stacked, ", ".join(dict.fromkeys(names))


def require_baseline(baseline: Any) -> None:
    """Refuse what is no baseline for any model; a string may be a name, or words that a tokenizer knows.

    Raises:
        BaselineError: for a text of no word, and what is no array of finite numbers.
    """
    for each in _several(baseline, "baseline"):
        if isinstance(each, str) and not each.strip():
            raise _unknown(each, "baseline")


def require_replacement(replacement: Any) -> None:
    """Refuse what replaces nothing, in any model; a string may be a name, or the text to put in.

    Raises:
        BaselineError: for what is neither a function, nor a string, nor an array of finite numbers.
    """
    if not callable(replacement):
        _several(replacement, "replacement")


def visited_baselines(
    baseline: Any, split: SplitModel, row: Rows, nodes: Sequence[float] = ()
) -> Iterator[Visit]:
    """The text, each baseline, and points on the straight way there: what an integral or a difference is made of.

    Args:
        baseline: as for `baseline_vectors`.
        split: the split model.
        row: one row.
        nodes: in [0, 1]: where on the way from the baseline to the text gradients are taken.
    """
    yield THE_TEXT
    vectors = true_vectors(split, row)
    found, name = baseline_vectors(baseline, split, row)
    for which in range(len(found[0])):
        starts = [
            np.broadcast_to(each[which : which + 1], v.shape) for each, v in zip(found, vectors, strict=True)
        ]
        number = f" (number {which + 1} of {len(found[0])})" if len(found[0]) > 1 else ""
        what = f"the baseline {name}{number}"
        yield Visit(what, _ADVICE, _of_dtype(starts, vectors), error=BaselineError)
        if len(nodes):
            along = np.asarray(nodes)[:, None, None]
            path = [s + along * (v - s) for s, v in zip(starts, vectors, strict=True)]
            yield Visit(
                f"a point between {what} and the text", _ADVICE, _of_dtype(path, vectors), takes_gradient=True
            )


def _of_dtype(arrays: Sequence[Array], like: Sequence[Array]) -> tuple[Array, ...]:
    return tuple(array.astype(each.dtype) for array, each in zip(arrays, like, strict=True))


def _several(baseline: Any, what: str) -> list[Any]:
    """Each a string or an array."""
    if isinstance(baseline, str):
        return [baseline]
    if not isinstance(baseline, list | tuple):
        array = _array(baseline, what)
        return list(array) if array.ndim == 3 else [array]
    if not baseline:
        raise BaselineError(f"expected at least one {what}, got an empty list")
    of_names = any(isinstance(each, str) for each in baseline)
    of_lists = all(isinstance(each, list | tuple) for each in baseline)  # of numbers: one (T, D)
    of_numbers = all(isinstance(each, int | float | np.number) for each in baseline)
    if not of_names and (of_lists or of_numbers):
        return [_array(baseline, what)]
    return [each if isinstance(each, str) else _array(each, what) for each in baseline]


def _array(given: Any, what: str) -> Array:
    try:
        array: Array = finite_array(what, given)
    except OptionError as error:
        raise BaselineError(
            f"expected a {what} among {', '.join(NAMES)}, vectors (T, D) or (D,), ids (T,), or a list of these: {error}"
        ) from error
    if not array.size:
        raise BaselineError(f"expected a {what} of at least one number, got {shown(array)}")
    return array


def _unknown(name: str, what: str, why: str = "with tokenizer= it may be a word as well") -> BaselineError:
    near = get_close_matches(name, NAMES, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return BaselineError(
        f"unknown {what} {shown(name)}: {hint}choose one of {', '.join(NAMES)}, or give vectors or ids; {why}"
    )


def _resolved(name: str, rows: Rows, sites: Sequence[int]) -> str:
    """What "auto" means: a token that all texts have, or zero."""
    if name != "auto":
        return name
    known = [rows.special_ids(site) for site in sites]
    return next((n for n in ("mask", "unknown") if all(n in ids for ids in known)), "zero")


def _one(baseline: Any, rows: Rows, at: tuple[int, Site], what: str) -> Array:
    """(1, T or 1, D or 1), for one of the sites of text and its position among them."""
    _, site = at
    if isinstance(baseline, str):
        return _named(baseline, rows, at, what)
    length, size = _shape_at(site, rows)
    given: Array = baseline
    if given.dtype.kind in "iu" and given.ndim == 1:
        if length is not None and len(given) != length:
            raise BaselineError(f"expected {what} ids for {length} tokens, got {len(given)}")
        return _looked_up(given, site, what)
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
                f"expected {what} vectors of shape ({length}, {size}) or ({size},), got {given.shape}"
            )
        return vectors
    raise BaselineError(
        f"expected a {what} among {', '.join(NAMES)}, vectors (T, D) or (D,), ids (T,), or a list of these, got "
        f"{shown(given)}"
    )


def _of_features(values: Array | None, site: Site, columns: slice) -> Array:
    """What columns of an input beside the text are compared with: numbers, or the vectors of categories."""
    if values is None:
        return np.zeros((1, 1, 1), np.float32)
    values = values[columns]
    if site.kind == INPUT:
        return values.astype(np.float32)[None, :, None]
    if (values != np.round(values)).any():
        raise BaselineError(
            f"expected whole numbers as feature_baseline of categories, got {shown(values.tolist())}: categories have "
            "no mean, give the id of one for each column"
        )
    return _looked_up(values.astype(np.int64), site, "feature_baseline")


def _named(name: str, rows: Rows, at: tuple[int, Site], what: str) -> Array:
    number, site = at
    if name == "zero":
        return np.zeros((1, 1, 1), np.float32)
    if name == "mean":
        table = getattr(_layer_of(site), "embeddings", None)
        if table is None:
            raise BaselineError(
                f"{what} 'mean' needs a lookup layer with a table of embeddings: pass vectors (D,)"
            )
        mean: Array = np.asarray(table, np.float32).mean(0)
        return mean[None, None]
    if name not in NAMES:
        return _looked_up(_repeated(_ids_of_words(name, rows, number, what), rows, at, what), site, what)
    special_ids = rows.special_ids(number)
    if name not in special_ids:
        raise BaselineError(
            f"{what} {name!r} needs a tokenizer that tells its {name} id: pass tokenizer=, or the id itself "
            f"as {what}=[id] * number of tokens"
        )
    length, _ = _shape_at(site, rows)
    everywhere = np.full(length or 1, special_ids[name])  # the layer may tell positions apart
    return _looked_up(everywhere, site, what, f"the tokenizer's {name} id, which is the {what},")


def _ids_of_words(words: str, rows: Rows, number: int, what: str) -> Array:
    """Their ids, as the tokenizer of the text behind a site gives them."""
    find = rows.parts[0][number].find_tokenizer if rows.parts else None
    tokenizer = None if find is None else find()
    if tokenizer is None:
        raise _unknown(words, what)
    try:
        return ids_of(tokenizer, words)
    except TokenizerError as error:
        raise _unknown(words, what, f"of words, {error}") from error


def _repeated(ids: Array, rows: Rows, at: tuple[int, Site], what: str) -> Array:
    """Ids one after the other, again and again, at as many positions as the text has."""
    number, site = at
    length, _ = _shape_at(site, rows)
    if _is_one_string(leaves_of(rows.inputs)[site.source]):
        length = len(rows.parts[0][number].tokens)
    if length is None and len(ids) > 1:
        raise BaselineError(
            f"a {what} of {len(ids)} tokens needs a text that is one row of tokens: give a word of one token"
        )
    return np.resize(ids, length or 1)


def _layer_of(site: Site) -> Any:
    return None if site.layer is None else site.layer()


def _shape_at(site: Site, rows: Rows) -> tuple[int | None, int | None]:
    """Number and size of the vectors at a site, as far as they are known without running the model."""
    leaf = leaves_of(rows.inputs)[site.source]
    if site.kind == INPUT:
        return leaf.shape[1], leaf.shape[2] if leaf.ndim == 3 else 1
    length = leaf.shape[1] if leaf.ndim == 2 and not _is_one_string(leaf) else None
    return length, getattr(_layer_of(site), "output_dim", None)


def _looked_up(ids: Array, site: Site, what: str, subject: str = "") -> Array:
    """Their vectors; `subject` is what the ids are in an error about them."""
    tf = tensorflow()
    layer = _layer_of(site)
    if layer is None:
        raise BaselineError(f"the model takes vectors, not ids: give the {what} as vectors (T, D) or (D,)")
    size = getattr(layer, "input_dim", None) or np.iinfo(np.int32).max
    outside = ids[(ids < 0) | (ids >= size)]
    if len(outside):
        raise IdOutsideTableError(
            f"{subject or f'a {what} id'} is outside the table: expected 0 to {size - 1}, got {outside[0]}"
        )
    return np.asarray(tf.cast(layer(tf.constant(ids[None], tf.int32)), tf.float32))


def _is_one_string(leaf: Array) -> bool:
    """Whether an input holds a text as a string, and not ids or words."""
    return leaf.dtype == object and leaf[0].size == 1
