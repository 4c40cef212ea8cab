"""One look at the running model: where text and other numbers enter it, and what it returns."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from textattr.errors import LayerError, ModelOutputError, NoLookupError, TextAttrError
from textattr.graph.bounds import bounds
from textattr.split.activation import behind
from textattr.split.calls import recorded
from textattr.split.family import tensorflow
from textattr.split.interception import inlined
from textattr.split.layers import (
    Settings,
    class_names,
    describe,
    find_layer,
    has_attention,
    layers_below,
    rounds,
    walk,
)
from textattr.split.lookups import lookups_in, reached
from textattr.split.probe import Probe, observed, probe_of
from textattr.split.program import Program
from textattr.split.rounding import rounding_since
from textattr.split.row_memory import RowMemory
from textattr.split.signature import declared_inputs, has_fixed_length
from textattr.split.simplified import simplified
from textattr.split.sites import GATHER, Site, Sites, find_sites, gathers, ids_at, in_order, input_names
from textattr.split.states import held
from textattr.split.strings import VECTORIZATION, vectorization_of
from textattr.split.texts import TextInput, texts_of
from textattr.split.watching import MASKING, NORMALISATIONS, is_one_of, normalised_alone
from textattr.targets.evidence import Evidence, Observed
from textattr.targets.loss import compiled_loss

_WATCHED = NORMALISATIONS + MASKING + VECTORIZATION


@dataclass(frozen=True)
class Output:
    """One output of the model.

    Args:
        name: None for an only one.
        units: how many numbers it has per document, or per token; None where that is not known.
        activation: what it ends in.
        range: between which numbers its ops keep it.
        observed: what it gave for seeded documents; None where they were not needed, or the model took none.
        is_per_token: whether it has `units` numbers for each token, (R, T, C).
        size: how many numbers it has per document in all; None where that is not known before it runs.
    """

    name: str | None
    units: int | None
    activation: str | None
    range: tuple[float, float]
    observed: Observed | None = None
    is_per_token: bool = False
    size: int | None = None

    @property
    def is_of_unknown_size(self) -> bool:
        """Whether it is not known how many numbers it has, per document or per token."""
        return self.units is None and self.size is None

    def evidence(self, model: Any, task: str | None) -> Evidence:
        """What tells its meaning; `task` is what the user says it is.

        Raises:
            ModelOutputError: where it is no score per class.
        """
        if self.units is None:
            raise ModelOutputError(
                "expected scores of shape (batch, classes) or (batch, tokens, classes) from the model, got an output "
                "whose size is not known before the model has run: pass another model that ends in the scores in "
                "question, keras.Model(model.inputs, scores)"
            )
        loss = compiled_loss(model, self.name)
        return Evidence(self.units, self.activation, self.range, self.observed, loss, task)


@dataclass(frozen=True, eq=False)
class Survey:
    """What was learned from one trace of the model.

    Args:
        layers: weak references to all layers, to notice a replaced one.
        settings: of the model and all layers, to notice a changed one.
        sites: where text and other numbers enter.
        texts: the texts that the sites of text belong to.
        names: the names of the inputs, in the order of `tf.nest.flatten`.
        outputs: what the model returns.
        normalised_alone: what `watching.normalised_alone` says of the vectors of text.
        fixed: of which inputs the model says that they take one length only.
        quantised: the paths of the layers that compute with rounded numbers; a table that is only stored so does not.
        row_memory: what a row makes on its way through the model.
    """

    layers: tuple[Callable[[], Any], ...]
    settings: tuple[Settings, ...]
    sites: Sites
    texts: tuple[TextInput, ...]
    names: tuple[str | None, ...]
    outputs: tuple[Output, ...]
    fixed: tuple[bool, ...]
    normalised_alone: bool | None
    quantised: tuple[str, ...]
    row_memory: RowMemory

    @cached_property
    def is_recurrent(self) -> bool:
        """Whether a layer reads the text step by step."""
        return "RNN" in class_names(self._living)

    @cached_property
    def has_attention(self) -> bool:
        """Whether a layer is called attention."""
        return has_attention(self._living)

    @cached_property
    def reversed_layers(self) -> tuple[str, ...]:
        """The recurrent layers that hand on their steps from the last to the first, and nothing around turns them."""
        turned = {id(getattr(layer, "backward_layer", None)) for layer in self._living}
        return tuple(
            layer.name
            for layer in self._living
            if getattr(layer, "go_backwards", False)
            and getattr(layer, "return_sequences", False)
            and id(layer) not in turned
            and not hasattr(layer, "backward_layer")
        )

    @property
    def _living(self) -> list[Any]:
        layers = [layer() for layer in self.layers]
        return [layer for layer in layers if layer is not None]


def survey_model(
    model: Any, wanted: str | None, layers: list[Any], spec: Any, features: tuple[str, ...] = ()
) -> Survey:
    """Trace the model once, and see where its numbers enter and what comes out.

    Args:
        model: the Keras model.
        wanted: the path of the layer that the user named as the lookup, or None.
        layers: all layers of the model.
        spec: what to trace with: a nest of tensor specs.
        features: names of inputs of numbers of which each column gets a weight.

    Raises:
        NoLookupError: when nothing turns ids into vectors.
        LayerError: when the named layer does not.
        ModelOutputError: for outputs that are no tensors.
    """
    tf = tensorflow()
    named = layer_at(wanted, model)
    outcome: list[tuple[Survey, float]] = []

    def traced(*flat: Any) -> Any:
        inputs = tf.nest.pack_sequence_as(spec, flat)
        graph = tf.compat.v1.get_default_graph()
        start = len(graph.get_operations())
        looking = lookups_in(layers, wanted=named)
        watching = recorded([layer for layer in layers if is_one_of(layer, _WATCHED)])
        with held(layers), simplified(layers), looking as lookups, watching as watched, inlined([model]):
            outputs = model(inputs, training=False)
        leaves = tf.nest.flatten(inputs)
        names = input_names(inputs, declared_inputs(model))
        sites = find_sites(lookups, leaves, names, named, watched, features)
        sites = in_order(sites, names, declared_inputs(model))
        returned = name_outputs(outputs)
        heeded = reached(list(returned.values()), leaves)
        sites = Sites(sites.texts, tuple(site for site in sites.others if site.source in heeded))
        reads: list[Any] = []
        declared = tuple(site for site in sites.texts if names[site.source] in features)
        if len(declared) == len(sites.texts):
            reads = [] if named is not None else gathers(graph, start, leaves)
            source = next((i for i, leaf in enumerate(leaves) if not leaf.dtype.is_floating), 0)
            if not reads:
                raise nothing_found(model, named)
            gathered = (Site(GATHER, source, call=i) for i in range(len(reads)))
            sites = Sites((*gathered, *declared), sites.others)
        of_text = {(site.layer(), site.call) for site in sites.texts if site.layer is not None}
        entries = [lookup.vectors for lookup in lookups if (lookup.layer, lookup.call) in of_text]
        ids = ids_at(sites.texts, lookups, reads, leaves)
        texts = [
            replace(
                text,
                vectorization=vectorization_of([ids[i] for i in text.entries], leaves[text.source], watched),
            )
            for text in texts_of(sites.texts, ids, leaves, names, features)
        ]
        survey = Survey(
            # as they are now: a Sequential of tf_keras makes an input layer anew where it meets another shape
            layers=tuple(map(weakref.ref, layers_below(model))),
            settings=tuple(map(Settings.of, (model, *layers_below(model)))),
            sites=sites,
            texts=tuple(texts),
            names=tuple(names),
            outputs=describe_outputs(returned),
            fixed=tuple(has_fixed_length(model, name) for name in names),
            normalised_alone=normalised_alone(entries, watched),
            quantised=tuple(path for path, layer in walk(model) if rounds(layer)),
            row_memory=RowMemory.of(graph.get_operations()),
        )
        outcome.append((survey, rounding_since(start)))
        return list(returned.values())

    run = Program.trace(traced, tf.nest.flatten(spec), runs_often=False)
    survey, epsilon = outcome[-1]
    probe = probe_of(model, spec, survey.names, survey.sites)
    return replace(survey, outputs=tried_outputs(model, survey.outputs, run, probe, epsilon))


def tried_outputs(
    model: Any, outputs: tuple[Output, ...], run: Callable[..., Any], probe: Probe, epsilon: float
) -> tuple[Output, ...]:
    """The outputs, with what they give for seeded documents where neither their end nor the loss tells their meaning.

    Args:
        model: the Keras model, for the loss that it was compiled with.
        outputs: what it returns.
        run: the model: an array for each input -> an array for each output.
        probe: the documents.
        epsilon: the rounding of the model, as `rounding_since` gives it.
    """
    is_open = [
        each.units is not None
        and each.activation is None
        and compiled_loss(model, each.name).from_logits is not True
        for each in outputs
    ]
    seen = observed(run, probe, epsilon) if any(is_open) else None
    if seen is None:
        return outputs
    return tuple(replace(output, observed=each) for output, each in zip(outputs, seen, strict=True))


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


def name_outputs(outputs: Any) -> dict[str | None, Any]:
    """What the model returned, by name: a dict's keys, the position in a list, None for an only output.

    Raises:
        ModelOutputError: for what is no tensor.
    """
    named: dict[str | None, Any]
    if isinstance(outputs, Mapping):
        named = dict(outputs)
    elif isinstance(outputs, list | tuple):
        named = {str(i): output for i, output in enumerate(outputs)}
    else:
        named = {None: outputs}
    if len(named) == 1:
        named = {None: next(iter(named.values()))}
    for tensor in named.values():
        if not tensorflow().is_tensor(tensor):
            raise ModelOutputError(f"expected tensors of scores from the model, got {type(tensor).__name__}")
    return named


def describe_outputs(named: Mapping[str | None, Any]) -> tuple[Output, ...]:
    """What the graph tells of the outputs."""
    return tuple(_output(name, tensor) for name, tensor in named.items())


def _output(name: str | None, tensor: Any) -> Output:
    rank = tensor.shape.rank
    units = None if rank is None or rank > 3 else 1 if rank == 1 else tensor.shape[-1]
    sizes = tensor.shape.as_list()[1:] if rank else [None]
    size = None if None in sizes else math.prod(sizes)
    return Output(name, units, behind(tensor)[0], bounds(tensor), is_per_token=rank == 3, size=size)
