"""One look at the running model: where text and other numbers enter it, and what it returns."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textattr.errors import LayerError, ModelOutputError, NoLookupError, TextAttrError
from textattr.split.activation import take_off
from textattr.split.family import tensorflow
from textattr.split.interception import inlined
from textattr.split.layers import describe, find_layer, rounds, walk
from textattr.split.lookups import Lookup, recorded
from textattr.split.signature import declared_inputs
from textattr.split.sites import GATHER, Site, Sites, find_sites, gathers, in_order, input_names
from textattr.split.states import held
from textattr.split.texts import TextInput, texts_of
from textattr.split.watching import MASKING, NORMALISATIONS, normalised_alone, watched


@dataclass(frozen=True)
class Output:
    """One output of the model: its name (None for an only one), its units, the activation it ends in."""

    name: str | None
    units: int | None
    activation: str | None


@dataclass(frozen=True, eq=False)
class Survey:
    """What one look at the running model told.

    Args:
        layers: weak references to all layers, to notice a replaced one.
        sites: where text and other numbers enter.
        texts: the texts that the sites of text belong to.
        names: the names of the inputs, in the order of `tf.nest.flatten`.
        outputs: what the model returns.
        normalised_alone: what `watching.normalised_alone` says of the vectors of text.
        quantised: the paths of the layers that compute with rounded numbers; a table that is only stored so does not.
    """

    layers: tuple[Callable[[], Any], ...]
    sites: Sites
    texts: tuple[TextInput, ...]
    names: tuple[str | None, ...]
    outputs: tuple[Output, ...]
    normalised_alone: bool | None = None
    quantised: tuple[str, ...] = ()


def look_at(model: Any, wanted: str | None, layers: list[Any], spec: Any) -> Survey:
    """Trace the model once, and see where its numbers enter and what comes out.

    Args:
        model: the Keras model.
        wanted: the path of the layer that the user named as the lookup, or None.
        layers: all layers of the model.
        spec: what to trace with: a nest of tensor specs.

    Raises:
        NoLookupError: when nothing turns ids into vectors.
        LayerError: when the named layer does not.
        ModelOutputError: for outputs that are no tensors.
    """
    tf = tensorflow()
    named = layer_at(wanted, model)
    outcome: list[Survey] = []

    def look(inputs: Any) -> Any:
        graph = tf.compat.v1.get_default_graph()
        start = len(graph.get_operations())
        kinds = NORMALISATIONS + MASKING
        looking = recorded(layers, wanted=named)
        with held(layers), looking as lookups, watched(layers, kinds) as readings, inlined([model]):
            outputs = model(inputs, training=False)
        leaves = tf.nest.flatten(inputs)
        names = input_names(inputs, declared_inputs(model))
        sites = find_sites(lookups, leaves, names, named, readings)
        sites = in_order(sites, names, declared_inputs(model))
        reads: list[Any] = []
        if not sites.texts:
            reads = [] if named is not None else gathers(graph, start, leaves)
            source = next((i for i, leaf in enumerate(leaves) if not leaf.dtype.is_floating), 0)
            sites = Sites(tuple(Site(GATHER, source, call=i) for i in range(len(reads))), sites.others)
        if not sites.texts:
            raise nothing_found(model, named)
        of_text = {(site.layer(), site.call) for site in sites.texts if site.layer is not None}
        entries = [lookup.vectors for lookup in lookups if (lookup.layer, lookup.call) in of_text]
        texts = texts_of(sites.texts, _ids_at(sites.texts, lookups, reads, leaves), leaves, names)
        references = tuple(map(weakref.ref, layers))
        alone = normalised_alone(entries, readings)
        quantised = tuple(path for path, layer in walk(model) if rounds(layer))
        outcome.append(
            Survey(references, sites, texts, tuple(names), name_outputs(outputs), alone, quantised)
        )
        return outputs

    tf.function(look, autograph=False).get_concrete_function(spec)
    return outcome[-1]


def _ids_at(sites: Sequence[Site], lookups: list[Lookup], reads: list[Any], leaves: list[Any]) -> list[Any]:
    """For each site what is looked up there; the input itself where the model takes vectors."""
    of_call = {(lookup.layer, lookup.call): lookup.ids for lookup in lookups}
    ids = []
    for site in sites:
        if site.layer is not None:
            ids.append(of_call[site.layer(), site.call])
        else:
            ids.append(reads[site.call].inputs[1] if site.kind == GATHER else leaves[site.source])
    return ids


def nothing_found(model: Any, wanted: Any, advice: str = "") -> TextAttrError:
    """What to raise where the model has no lookup, or the layer `wanted` is none."""
    seen = describe(walk(model))
    if wanted is not None:
        return LayerError(
            f"layer {wanted.name!r} turned no token ids into vectors: the layers seen were {seen}"
        )
    return NoLookupError(
        "expected a layer that turns token ids (batch, length) into vectors (batch, length, size), but none ran; "
        f"the layers seen were {seen}. Name it with embedding_layer=, or give the model vectors; where a "
        "tf.function hides it, call tf.config.run_functions_eagerly(True) first" + advice
    )


def layer_at(path: str | None, model: Any) -> Any:
    """The layer of the model at a path; None for None."""
    return None if path is None else find_layer(model, path)[1]


def name_outputs(outputs: Any) -> tuple[Output, ...]:
    """What the model returned, by name: a dict's keys, the position in a list, None for an only output."""
    if isinstance(outputs, Mapping):
        named = dict(outputs)
    elif isinstance(outputs, list | tuple):
        named = {str(i): output for i, output in enumerate(outputs)}
    else:
        named = {None: outputs}
    if len(named) == 1:
        named = {None: next(iter(named.values()))}
    return tuple(_output(name, tensor) for name, tensor in named.items())


def _output(name: str | None, tensor: Any) -> Output:
    if not tensorflow().is_tensor(tensor):
        raise ModelOutputError(f"expected tensors of scores from the model, got {type(tensor).__name__}")
    rank = tensor.shape.rank
    units = None if rank is None or rank > 2 else 1 if rank == 1 else tensor.shape[-1]
    return Output(name, units, take_off(tensor)[0])
