"""Where text, and what else there is, enters a model as numbers that have a gradient."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textattr.errors import OptionError
from textattr.split.accompanying import accompanies
from textattr.split.calls import Call
from textattr.split.family import tensorflow
from textattr.split.input_names import OF_TOKENS
from textattr.split.lookups import Lookup, is_in_place, is_untouched, picks_rows, sources
from textattr.split.signature import input_name
from textattr.split.watching import masking_of

LOOKUP, INPUT, GATHER = "lookup", "input", "gather"

FEW = 4  # rows of a table that holds no words, but kinds of tokens


@dataclass(frozen=True, eq=False)
class Site:
    """One place where numbers with a gradient enter.

    Args:
        kind: LOOKUP (a layer's call), INPUT (the model takes the vectors themselves) or GATHER (a bare `tf.gather`).
        source: position of the model's input that it comes from.
        layer: weak reference to the lookup layer; None for the other kinds.
        call: which call of the layer, or which gather.
        table_size: number of rows in the table, where the ids of the input index it directly; else None.
        masking: weak reference to a `Masking` layer that alone reads the vectors: others must be put in behind it, for
            it tells by the true ones what is masked.
        masked_by: weak reference to the layer around the lookup that masks its tokens; None where the lookup does.
    """

    kind: str
    source: int
    layer: Callable[[], Any] | None = None
    call: int = 0
    table_size: int | None = None
    masking: Callable[[], Any] | None = None
    masked_by: Callable[[], Any] | None = None


@dataclass(frozen=True, eq=False)
class Sites:
    """All sites of a model.

    Args:
        texts: what is attributed to tokens.
        others: what has a share of its own: numbers beside the text, segments, categories.
    """

    texts: tuple[Site, ...]
    others: tuple[Site, ...]


def site_of_lookup(lookup: Lookup, source: int, leaf: Any, calls: list[Call]) -> Site:
    """The site of a recorded lookup whose ids come from the input `leaf`."""
    size = getattr(lookup.layer, "input_dim", None)
    masking = _reference(masking_of(lookup.vectors, calls))
    table_size = int(size) if size is not None and is_untouched(lookup.ids, leaf) else None
    masked_by = _reference(lookup.masked_by)
    return Site(LOOKUP, source, weakref.ref(lookup.layer), lookup.call, table_size, masking, masked_by)


def _reference(layer: Any) -> Callable[[], Any] | None:
    return None if layer is None else weakref.ref(layer)


def find_sites(
    lookups: list[Lookup],
    leaves: list[Any],
    names: list[str | None],
    wanted: Any,
    calls: list[Call],
    features: Collection[str] = (),
) -> Sites:
    """Tell the lookups of text from others.

    Text is looked up from an input with a time axis, unless it only says something of the tokens of another input, see
    `_says_of_tokens`, or the user named its columns. A lookup whose ids come from no input at all
    (counted positions) has no site. Where a table is read at the ids as they stand, what reads them moved (without the
    last, in reverse) is no text besides: its vectors belong to other tokens.

    Args:
        lookups: what was recorded.
        leaves: the inputs, in the order of `tf.nest.flatten`.
        names: their names, None where they have none.
        wanted: the layer that the user named, or None.
        calls: those of `Masking` layers.
        features: names of inputs of numbers of which each column gets a weight, as each token does.

    Raises:
        OptionError: for a feature input that the model does not have, that holds no numbers (B, F), or is a text.
    """
    found = [(lookup, origin[0]) for lookup in lookups if (origin := sources(lookup.ids, leaves))]
    found = _without_formulas(found, wanted)
    in_place = {source for lookup, source in found if is_in_place(lookup, leaves[source])}
    texts: list[Site] = []
    others: list[Site] = []
    for lookup, source in found:
        site = site_of_lookup(lookup, source, leaves[source], calls)
        timed = lookup.vectors.shape.rank >= 3 and lookup.ids.shape[-1] != 1
        named = lookup.layer is wanted
        moved = source in in_place and not is_in_place(lookup, leaves[source])
        others_there = [each for each, origin in found if origin != source]
        of_tokens = _says_of_tokens(names[source], lookup, others_there)
        is_feature = names[source] in features
        silent = wanted is not None or not timed or moved or of_tokens or is_feature
        (texts if named or not silent else others).append(site)
    if not texts and wanted is None:  # an only lookup is the text, whatever it is called
        texts, others = (
            [s for s in others if _timed(leaves[s.source])],
            [s for s in others if not _timed(leaves[s.source])],
        )
    if not texts and wanted is None:
        vectors = [i for i, leaf in enumerate(leaves) if leaf.dtype.is_floating and leaf.shape.rank in (2, 3)]
        timed_vectors = [i for i in vectors if leaves[i].shape.rank == 3] or vectors
        if len(timed_vectors) == 1:
            [source] = timed_vectors
            texts = [Site(INPUT, source, masking=_reference(masking_of(leaves[source], calls)))]
    taken = {site.source for site in texts}
    for i, leaf in enumerate(leaves):
        if leaf.dtype.is_floating and i not in taken and not any(site.source == i for site in others):
            others.append(Site(INPUT, i))
    declared = [site for name in features for site in _feature_sites(name, leaves, names, others)]
    return Sites((*texts, *declared), tuple(site for site in others if site not in declared))


def _feature_sites(name: str, leaves: list[Any], names: list[str | None], others: list[Site]) -> list[Site]:
    """Where an input enters whose columns have names; a table for each column is a site for each."""
    fitting = [site for site in others if leaves[site.source].shape.rank in (1, 2)]
    own = [site for site in fitting if names[site.source] == name]
    if own:
        return own
    known = dict.fromkeys(str(names[site.source]) for site in fitting)
    raise OptionError(
        f"feature_names= names the input {name!r}: expected an input beside the text (batch, columns), of floating "
        f"numbers or of categories that are looked up, of which the model has {', '.join(known) or 'none'}"
    )


def _says_of_tokens(name: str | None, lookup: Lookup, others: list[Lookup]) -> bool:
    """Whether an input says something of the tokens of another, as segments and positions do, and is no text itself.

    Its vectors join those of the other, position by position, and its table has few rows in comparison, or it is called
    so: positions have a table as large as any.
    """
    joined = [other for other in others if accompanies(lookup.vectors, [other.vectors])]
    if not joined:
        return False
    rows = _rows(lookup)
    has_few = rows is not None and rows <= FEW and any(FEW * rows <= (_rows(other) or 0) for other in joined)
    return has_few or OF_TOKENS.fullmatch(name or "") is not None


def _rows(lookup: Lookup) -> int | None:
    """How many rows its table has; None where the layer does not say."""
    size = getattr(lookup.layer, "input_dim", None)
    return None if size is None else int(size)


def _without_formulas(found: list[tuple[Lookup, int]], wanted: Any) -> list[tuple[Lookup, int]]:
    """The lookups without those that compute numbers of the ids, where others read a table: a mask is no vector."""
    with_table = {source for lookup, source in found if picks_rows(lookup)}
    return [
        (lookup, source)
        for lookup, source in found
        if source not in with_table or lookup.layer is wanted or picks_rows(lookup)
    ]


def in_order(sites: Sites, names: list[str | None], declared: list[Any] | None) -> Sites:
    """The same sites, texts in the order in which the model declares its inputs."""
    wanted = [input_name(tensor) for tensor in declared or []]

    def place(site: Site) -> int:
        name = names[site.source]
        return wanted.index(name) if name in wanted else site.source

    return Sites(tuple(sorted(sites.texts, key=place)), sites.others)


def _timed(leaf: Any) -> bool:
    """Whether an input has an axis of tokens; a string has it inside."""
    return leaf.shape.rank is None or leaf.shape.rank >= 2 or leaf.dtype.name == "string"


def gathers(graph: Any, start: int, leaves: list[Any]) -> list[Any]:
    """The ops that read rows of a weight at the model's ids, among those made since `graph` had `start` ops."""
    tf = tensorflow()
    found = []
    for op in graph.get_operations()[start:]:
        if op.type not in ("ResourceGather", "GatherV2") or not op.outputs[0].dtype.is_floating:
            continue
        table = op.inputs[0]
        while table.op.type in ("Identity", "Cast", "ReadVariableOp") and table.op.inputs:
            table = table.op.inputs[0]
        if table.dtype == tf.resource and sources(op.inputs[1], leaves):
            found.append(op)
    return found


def ids_at(
    sites: Sequence[Site], lookups: list[Lookup], reads: list[Any], leaves: Sequence[Any]
) -> list[Any]:
    """For each site what is looked up there; the input itself where the model takes vectors."""
    of_call = {(lookup.layer, lookup.call): lookup.ids for lookup in lookups}
    ids = []
    for site in sites:
        if site.layer is not None:
            ids.append(of_call[site.layer(), site.call])
        else:
            ids.append(reads[site.call].inputs[1] if site.kind == GATHER else leaves[site.source])
    return ids


def input_names(inputs: Any, declared: list[Any] | None) -> list[str | None]:
    """A name for each leaf of the inputs: the dict's keys, or what the model calls them; None for an only input."""
    tf = tensorflow()
    if isinstance(inputs, Mapping):
        return sorted(inputs)
    count = len(tf.nest.flatten(inputs))
    if count == 1:
        return [None]
    if declared is not None and len(declared) == count:
        return [input_name(tensor) for tensor in declared]
    return [f"input {i}" for i in range(count)]
