"""`Cut`: the split model inside one trace, as a method's graph code sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textattr.split.activation import take_off
from textattr.split.family import tensorflow
from textattr.split.head import Head
from textattr.split.lookups import Lookup, recorded

Tensors = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Run:
    """One pass of the model over some rows.

    Args:
        vectors: float (R, T, D) for each lookup of text.
        masks: bool (R, T) or None for each lookup.
        scores: float (R, C) in the unit that is attributed; `logits` and `probabilities` likewise.
    """

    vectors: Tensors
    masks: Tensors
    scores: Any
    logits: Any
    probabilities: Any


@dataclass(frozen=True, eq=False)
class Cut:
    """The model cut at its lookups, over traced inputs.

    Args:
        model: the Keras model.
        sites: (layer, call) of each lookup of text, or the position of the input that holds the vectors.
        inputs: nest of graph tensors (R, ...).
        head: what the model's output means.
        score: "logit" or "probability".
    """

    model: Any
    sites: tuple[tuple[Any, int], ...] | int
    inputs: Any
    head: Head
    score: str

    def run(
        self, rows: Any = None, vectors: Tensors | None = None, watch: Callable[[Any], None] | None = None
    ) -> Run:
        """Run the model on the true vectors, or on the `vectors` given instead.

        Args:
            rows: int (R',): which rows of the inputs to run; None: all of them, once.
            vectors: float (R', T, D) per lookup, to be put in place of what the lookups give.
            watch: called with the vectors of each lookup before the model goes on, as `GradientTape.watch` is.
        """
        tf = tensorflow()
        inputs = self.inputs
        if rows is not None:
            inputs = tf.nest.map_structure(lambda tensor: tf.gather(tensor, rows), inputs)
        if isinstance(self.sites, int):
            return self._run_on_vectors(inputs, self.sites, vectors, watch)
        used: list[Any] = [None] * len(self.sites)
        masks: list[Any] = [None] * len(self.sites)

        def replace(lookup: Lookup) -> Any:
            site = self._site_of(lookup)
            if site is None:
                return lookup.vectors
            value = lookup.vectors if vectors is None else tf.cast(vectors[site], lookup.vectors.dtype)
            value = tf.ensure_shape(value, lookup.vectors.shape) if vectors is not None else value
            if watch is not None:
                watch(value)
            used[site], masks[site] = value, lookup.mask
            return value

        layers = list({id(layer): layer for layer, _ in self.sites}.values())
        with recorded(layers, replace):
            output = self.model(inputs, training=False)
        return self._understood(output, tuple(used), tuple(masks))

    def _run_on_vectors(self, inputs: Any, site: int, vectors: Tensors | None, watch: Any) -> Run:
        tf = tensorflow()
        leaves = tf.nest.flatten(inputs)
        if vectors is not None:
            leaves[site] = tf.ensure_shape(tf.cast(vectors[0], leaves[site].dtype), leaves[site].shape)
        if watch is not None:
            watch(leaves[site])
        output = self.model(tf.nest.pack_sequence_as(inputs, leaves), training=False)
        return self._understood(output, (leaves[site],), (None,))

    def _site_of(self, lookup: Lookup) -> int | None:
        assert not isinstance(self.sites, int)
        for position, (layer, call) in enumerate(self.sites):
            if lookup.layer is layer and lookup.call == call:
                return position
        return None

    def _understood(self, output: Any, vectors: Tensors, masks: Tensors) -> Run:
        tf = tensorflow()
        _, logits = take_off(output)
        output, logits = (tf.reshape(t, [-1, self.head.units]) for t in (output, logits))
        output, logits = (tf.cast(t, tf.float32) if t.dtype.size < 4 else t for t in (output, logits))
        kinds = {kind: self.head.scores(output, logits, kind) for kind in ("logit", "probability")}
        return Run(vectors, masks, kinds[self.score], kinds["logit"], kinds["probability"])

    def select(self, scores: Any, target: Any, against: Any) -> Any:
        """The score of each row's target, less that of the class it is contrasted with: (R,).

        Of two classes that share one unit, either score is already the contrast (the log-odds).
        """
        tf = tensorflow()
        selected = tf.gather(scores, target, axis=1, batch_dims=1)
        if self.head.is_one_unit and self.score == "logit":
            return selected
        other = tf.gather(scores, tf.maximum(against, 0), axis=1, batch_dims=1)
        return selected - tf.where(against < 0, tf.zeros_like(other), other)

    def resolve(self, run: Run, target: Any) -> Any:
        """The target of each row, with the predicted class where none was asked for: int32 (R,)."""
        tf = tensorflow()
        predicted = tf.argmax(run.probabilities, axis=-1, output_type=tf.int32)
        return tf.where(target < 0, predicted, target)

    def gradient(self, target: Any, against: Any, rows: Any = None, vectors: Tensors | None = None) -> tuple[Run, Any, Any, Tensors]:
        """One forward and one backward pass.

        Returns:
            the run, the resolved targets (R,), the selected scores (R,), and d score / d vectors (R, T, D) per lookup.
        """
        tf = tensorflow()
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            run = self.run(rows, vectors, watch=tape.watch)
            resolved = self.resolve(run, target)
            selected = self.select(run.scores, resolved, against)
        gradients = tape.gradient(selected, run.vectors, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return run, resolved, selected, tuple(gradients)
