"""`SplitModel`: any Keras model, cut at its lookups, with everything that was compiled for it."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


from textattr.errors import LayerError, ModelOutputError, NoLookupError
from textattr.split.activation import take_off
from textattr.split.cut import Cut
from textattr.split.family import require_keras_model, tensorflow
from textattr.split.head import Head, understand
from textattr.split.interception import TRACING
from textattr.split.layers import describe, find_layer, walk
from textattr.split.lookups import Lookup, is_untouched, recorded, sources
from textattr.split.rows import Rows
from textattr.split.signature import as_tensors, specs

KEPT_PROGRAMS = 32  # compiled functions kept per model; the longest unused goes first


@dataclass(frozen=True, eq=False)
class Site:
    """Where text enters the model as vectors.

    Args:
        layer: weak reference to the lookup layer.
        call: which of its calls.
        source: position of the model input that the ids come from.
        table_size: number of rows in the table, where the ids of the input index it directly; else None.
    """

    layer: Any
    call: int
    source: int
    table_size: int | None


@dataclass(frozen=True, eq=False)
class Survey:
    """What one look at the running model told."""

    layers: tuple[Any, ...]  # weak references, to notice a replaced layer
    sites: tuple[Site, ...] | int
    units: int
    activation: str | None


class SplitModel:
    """A model cut into `ids -> vectors` and `vectors -> scores`, without changing it.

    Args:
        model: Keras 3 or tf_keras model on TensorFlow.
        embedding_layer: name, path, index or layer of the lookup; None: found by itself.

    Raises:
        UnknownModelError, BackendError: for what is no Keras model on TensorFlow.
        LayerError: when `embedding_layer` is none of the model's.
    """

    def __init__(self, model: Any, *, embedding_layer: Any = None) -> None:
        require_keras_model(model)
        self._model = weakref.ref(model)
        self._wanted = None if embedding_layer is None else weakref.ref(find_layer(model, embedding_layer)[1])
        self._surveys: dict[Any, Survey] = {}
        self._programs: OrderedDict[Any, Any] = OrderedDict()
        self._static = False
        self._lock = threading.RLock()

    @property
    def model(self) -> Any:
        """The model itself."""
        model = self._model()
        assert model is not None, "the model was dropped while it was being explained"
        return model

    def tensors(self, inputs: Any) -> Any:
        """`inputs` as the tensors that the model takes."""
        return as_tensors(self.model, inputs)

    def head(self, inputs: Any, task: str | None = None) -> Head:
        """What the model's output means, as far as `task` does not say it."""
        survey = self.survey(inputs)
        return understand(self.model, survey.units, survey.activation, task)

    def count(self, inputs: Any) -> int:
        """How many documents `inputs` holds."""
        return int(tensorflow().nest.flatten(inputs)[0].shape[0])

    def lookups(self, inputs: Any) -> int:
        """How many lookups of text there are (1 where the model takes the vectors themselves)."""
        sites = self.survey(inputs).sites
        return 1 if isinstance(sites, int) else len(sites)

    def lookup_layer(self, inputs: Any, site: int) -> Any:
        """The layer of one lookup; None where the model takes the vectors themselves."""
        sites = self.survey(inputs).sites
        return None if isinstance(sites, int) else sites[site].layer()

    def vector_shape(self, inputs: Any, site: int) -> tuple[int | None, int | None]:
        """Length and size of the vectors at one lookup, as far as they are known without running the model."""
        sites = self.survey(inputs).sites
        leaves = tensorflow().nest.flatten(inputs)
        if isinstance(sites, int):
            return leaves[sites].shape[1], leaves[sites].shape[2]
        length = leaves[sites[site].source].shape[1] if leaves[sites[site].source].shape.rank == 2 else None
        return length, getattr(sites[site].layer(), "output_dim", None)

    def survey(self, inputs: Any) -> Survey:
        """Trace the model once and look at its lookups and its output; remembered until a layer is replaced."""
        with self._lock:
            model = self.model
            layers = [layer for _, layer in walk(model)]
            survey = self._surveys.get(self._key(inputs))
            if survey is not None and _is_same(survey.layers, layers):
                return survey
            if survey is not None:
                self._surveys.clear()
                self._programs.clear()
            survey = self._trace(inputs, lambda spec: self._survey(spec, layers))
            self._surveys[self._key(inputs)] = survey
            return survey

    def _key(self, inputs: Any) -> tuple[Any, ...]:
        """What tells one set of inputs from another for the compiler; lengths count only where they must."""
        if not self._static:
            return _structure(inputs)
        return _structure(inputs), tuple(leaf.shape[1:] for leaf in tensorflow().nest.flatten(inputs))

    def _survey(self, spec: Any, layers: list[Any]) -> Survey:
        tf = tensorflow()
        model = self.model
        outcome: list[Survey] = []

        def look(inputs: Any) -> Any:
            wanted = None if self._wanted is None else self._wanted()
            with recorded(layers if wanted is None else [wanted]) as lookups:
                output = model(inputs, training=False)
            leaves = tf.nest.flatten(inputs)
            sites = self._sites(lookups, leaves, [*walk(model)])
            if not tf.is_tensor(output):
                raise ModelOutputError(
                    f"expected one tensor of scores from the model, got {type(output).__name__}"
                )
            rank = output.shape.rank
            if rank is None or rank > 2:
                raise ModelOutputError(f"expected scores of shape (batch, classes) from the model, got {output.shape}")
            activation, _ = take_off(output)
            units = 1 if rank == 1 else output.shape[-1]
            outcome.append(Survey(tuple(map(weakref.ref, layers)), sites, units, activation))
            return output

        tf.function(look, autograph=False).get_concrete_function(spec)
        return outcome[-1]

    def _sites(self, lookups: list[Lookup], leaves: list[Any], layers: list[Any]) -> tuple[Site, ...] | int:
        text = [(lookup, sources(lookup.ids, leaves)) for lookup in lookups if lookup.vectors.shape.rank >= 3]
        text = [(lookup, origin) for lookup, origin in text if origin]
        if text:
            return tuple(_site(lookup, origin[0], leaves[origin[0]]) for lookup, origin in text)
        vectors = [i for i, leaf in enumerate(leaves) if leaf.dtype.is_floating and leaf.shape.rank == 3]
        if len(vectors) == 1 and self._wanted is None:
            return vectors[0]
        if self._wanted is not None:
            raise LayerError(
                f"layer {self._wanted().name!r} turned no token ids into vectors: the layers seen were {describe(layers)}"
            )
        raise NoLookupError(
            "expected a layer that turns token ids (batch, length) into vectors (batch, length, size), but none ran; "
            f"the layers seen were {describe(layers)}. Name it with embedding_layer=, or give the model vectors"
        )

    def program(self, key: Any, build: Callable[[Cut, Any, Any, dict[str, Any]], Any], rows: Rows, arguments: Mapping[str, Any]) -> Any:
        """Run `build` on the rows, compiled: traced at the first call, then kept.

        Args:
            key: what makes the graph differ beside the model, the head and the shapes; hashable.
            build: graph code `(cut, target, against, arguments) -> nest of tensors`.
            rows: the rows to run on.
            arguments: arrays for `build`, by name; they may change from call to call, but not their rank.

        Returns:
            the nest, as NumPy arrays.
        """
        tf = tensorflow()
        survey = self.survey(rows.inputs)
        tensors = {name: tf.convert_to_tensor(value) for name, value in arguments.items()}
        purpose = (key, rows.head, rows.score, _structure(tensors))
        with self._lock:
            found = (purpose, self._key(rows.inputs))
            compiled = self._programs.get(found)
            if compiled is None:
                compiled = self._trace(rows.inputs, lambda spec: self._compile(build, survey, rows, spec, tensors))
                found = (purpose, self._key(rows.inputs))
                self._programs[found] = compiled
                while len(self._programs) > KEPT_PROGRAMS:
                    self._programs.popitem(last=False)
            self._programs.move_to_end(found)
        classes = tf.constant(rows.target, tf.int32), tf.constant(rows.against, tf.int32)
        result = compiled(rows.inputs, *classes, tensors)
        return tf.nest.map_structure(lambda t: None if t is None else t.numpy(), result)

    def _compile(self, build: Any, survey: Survey, rows: Rows, spec: Any, tensors: dict[str, Any]) -> Any:
        tf = tensorflow()
        head, score = rows.head, rows.score
        reference = self._model  # a compiled function that held the model would keep it alive
        sites = survey.sites if isinstance(survey.sites, int) else tuple((s.layer, s.call) for s in survey.sites)

        def traced(inputs: Any, target: Any, against: Any, arguments: dict[str, Any]) -> Any:
            at = sites if isinstance(sites, int) else tuple((layer(), call) for layer, call in sites)
            return build(Cut(reference(), at, inputs, head, score), target, against, arguments)

        vector = tf.TensorSpec([None], tf.int32)
        argument_specs = {n: tf.TensorSpec([None] * t.shape.rank, t.dtype) for n, t in tensors.items()}
        function = tf.function(traced, autograph=False)
        return function.get_concrete_function(spec, vector, vector, argument_specs)

    def _trace(self, inputs: Any, trace: Callable[[Any], Any]) -> Any:
        """Trace with unknown length; where the model cannot have that, with the shapes at hand."""
        with TRACING:
            if not self._static:
                try:
                    return trace(specs(self.model, inputs, static=False))
                except (NoLookupError, LayerError, ModelOutputError):
                    raise
                except Exception:
                    result = trace(specs(self.model, inputs, static=True))
                    self._static = True
                    return result
            return trace(specs(self.model, inputs, static=True))


def _site(lookup: Lookup, source: int, leaf: Any) -> Site:
    size = getattr(lookup.layer, "input_dim", None)
    direct = size is not None and is_untouched(lookup.ids, leaf)
    return Site(weakref.ref(lookup.layer), lookup.call, source, int(size) if direct else None)


def _structure(tensors: Any) -> tuple[Any, ...]:
    """A hashable description of a nest of tensors: its structure, dtypes and ranks."""
    if isinstance(tensors, Mapping):
        return tuple((name, *_structure(tensors[name])) for name in sorted(tensors))
    if isinstance(tensors, list | tuple):
        return (type(tensors), *map(_structure, tensors))
    return tensors.dtype, tensors.shape.rank


def _is_same(references: tuple[Any, ...], layers: list[Any]) -> bool:
    return len(references) == len(layers) and all(r() is layer for r, layer in zip(references, layers, strict=True))


_SPLITS: weakref.WeakKeyDictionary[Any, dict[Any, SplitModel]] = weakref.WeakKeyDictionary()


def split_model(model: Any, embedding_layer: Any = None) -> SplitModel:
    """The split model of `model`, made once and kept as long as the model lives."""
    require_keras_model(model)
    kept = _SPLITS.setdefault(model, {})
    key = embedding_layer if isinstance(embedding_layer, str | int | None) else id(embedding_layer)
    if key not in kept:
        kept[key] = SplitModel(model, embedding_layer=embedding_layer)
    return kept[key]
