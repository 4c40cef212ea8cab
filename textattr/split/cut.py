"""`Cut`: the split model inside one trace, as a method's graph code sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from textattr.errors import InjectionError
from textattr.keras_private import set_tensor_mask, tensor_mask
from textattr.split.activation import take_off
from textattr.split.entry_shapes import alike, flat, placed
from textattr.split.family import tensorflow
from textattr.split.interception import inlined, intercepted
from textattr.split.lookups import Lookup, lookups_in
from textattr.split.simplified import simplified
from textattr.split.sites import GATHER, INPUT, LOOKUP, Site, Sites, gathers
from textattr.split.sizes import in_rows_of, sizes
from textattr.split.traced_once import traced_once
from textattr.split.watching import uncast
from textattr.targets.head import Head
from textattr.targets.scores import Scores
from textattr.targets.target import TargetTensors

Tensors = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Run:
    """One pass of the model over some rows.

    Args:
        vectors: float (R, P, D) for each site of text, P positions each.
        masks: bool (R, P) or None for each site of text.
        entries: the same numbers in the shape in which the model goes on with them: what has a gradient.
        others: float (R, ...) for each other site.
        scores: float (R, C), or (R, T, C), in the unit that is attributed; `logits` and `probabilities` likewise.
        outputs: what the model returned.
    """

    vectors: Tensors
    masks: Tensors
    entries: Tensors
    others: Tensors
    scores: Any
    logits: Any
    probabilities: Any
    outputs: Any


@dataclass(frozen=True, eq=False)
class Gradient:
    """One pass there and back.

    Args:
        run: the pass there.
        target: int32 (R,): the class of each row.
        value: float (R,): the score that was attributed.
        vectors: d value / d vectors, float (R, P, D) for each site of text.
        others: d value / d others, float (R, ...) for each other site.
    """

    run: Run
    target: Any
    value: Any
    vectors: Tensors
    others: Tensors


@dataclass(frozen=True, eq=False)
class Cut:
    """The model cut at its sites, over traced inputs.

    Args:
        model: the Keras model.
        layers: the layers whose calls must be intercepted: lookups, masking, stateful ones, those with a
            simpler way or traced once, whatever hides behind a `tf.function`.
        sites: where the numbers enter.
        inputs: nest of graph tensors (R, ...).
        head: what the model's output means.
        score: "logit", "log_odds" or "probability".
        wanted: the layer that the user named as the lookup, or None.
        per_number: whether the relevance of every number of a vector leaves the graph too.
    """

    model: Any
    layers: list[Any]
    sites: Sites
    inputs: Any
    head: Head
    score: str
    wanted: Any = None
    per_number: bool = False

    def run(
        self,
        rows: Any = None,
        vectors: Tensors | None = None,
        others: Tensors | None = None,
        entered: Callable[[Site, Any], None] | None = None,
    ) -> Run:
        """Run the model on the true vectors, or on the `vectors` given instead.

        Args:
            rows: int (R',): which rows of the inputs to run; None: all of them, once.
            vectors: float (R', P, D) per site of text, to be put in place of what the lookups give.
            others: float (R', ...) per other site, to be put in place of the true numbers there.
            entered: called with what goes on into the model at each site, as soon as it is known; where a `Masking`
                layer lies behind it, with what goes into that.

        Raises:
            InjectionError: when vectors are given and the model reads its table where they cannot be replaced.

        Long because three callbacks share what they find while the model runs once.
        """
        tf = tensorflow()
        inputs = self.inputs
        if rows is not None:
            inputs = tf.nest.map_structure(lambda tensor: tf.gather(tensor, rows), inputs)
        leaves = tf.nest.flatten(inputs)
        count = sizes(leaves[0])[0]
        texts, beside_text = list(self.sites.texts), list(self.sites.others)
        if vectors is not None and any(site.kind == GATHER for site in texts):
            raise InjectionError(
                "the model reads its table with a bare tf.gather, where its vectors cannot be replaced: use "
                "saliency or gradient_x_input, or put the table into a keras.layers.Embedding"
            )
        entries: dict[Site, Any] = {}
        masks: dict[Site | None, Any] = {}

        def enter(site: Site, truth: Any) -> Any:
            """What goes on into the model at a site, given the true numbers there."""
            if others is not None and site in self.sites.others:
                given = tf.cast(others[self.sites.others.index(site)], truth.dtype)
            elif vectors is not None and site in texts and site.masking is None:
                given = self._shaped(site, vectors, truth)
            else:
                given = truth
            entries[site] = _masked_as(truth, given)
            if entered is not None:
                entered(site, given)
            return given

        def enter_behind_mask(masking: Any, call: Any, args: Any, kwargs: Any) -> Any:
            out = call(*args, **kwargs)
            for site in texts:
                if site.masking is None or site.masking() is not masking:
                    continue
                if entries.get(site) is not uncast(args[0]):
                    continue
                masks[site] = masking.compute_mask(args[0])
                if vectors is not None:
                    entries[site] = self._shaped(site, vectors, entries[site])
                    given = tf.cast(entries[site], args[0].dtype)
                    out = tf.where(masks[site][..., None], given, tf.zeros_like(given))
                    set_tensor_mask(out, masks[site])
            return out

        def replace(lookup: Lookup) -> Any:
            site = self._site_of(lookup)
            return lookup.vectors if site is None else enter(site, lookup.vectors)

        for site in (*texts, *beside_text):
            if site.kind == INPUT:
                leaves[site.source] = enter(site, leaves[site.source])
        inputs = tf.nest.pack_sequence_as(inputs, leaves)
        graph = tf.compat.v1.get_default_graph()
        start = len(graph.get_operations())
        masking = [site.masking() for site in texts if site.masking is not None]
        lookups = lookups_in(self.layers, replace, wanted=self.wanted)
        behind_masks = intercepted(masking, enter_behind_mask)
        loops = traced_once(self.layers)
        with simplified(self.layers), loops, lookups as seen, behind_masks, inlined([self.model]):
            outputs = self.model(inputs, training=False)
        for lookup in seen:
            masks.setdefault(self._site_of(lookup), lookup.mask)
        for site in texts:
            if site.kind == GATHER:
                entries[site] = gathers(graph, start, leaves)[site.call].outputs[0]
        shown = tuple(flat(placed(s, entries[s]), count, 3, self._may_be_folded(s)) for s in texts)
        covers = tuple(
            None if masks.get(s) is None else flat(masks[s], count, 2, self._may_be_folded(s)) for s in texts
        )
        output, logits = self.understood(outputs)
        kinds = {
            kind: self.head.scores(output, logits, kind)
            for kind in dict.fromkeys(("logit", "probability", self.score))
        }
        at, beside = (tuple(entries[site] for site in sites) for sites in (texts, beside_text))
        return Run(
            shown, covers, at, beside, kinds[self.score], kinds["logit"], kinds["probability"], outputs
        )

    def gradient(self, targets: TargetTensors, rows: Any = None, vectors: Tensors | None = None) -> Gradient:
        """One forward and one backward pass over all rows of the inputs, or over `rows` with other `vectors`.

        Args:
            targets: one for each row of the run.
            rows: as for `run`.
            vectors: as for `run`.
        """
        tf = tensorflow()
        run = self.run(rows, vectors)
        value = self.value(run, targets)
        sources = [*run.entries, *run.others]
        found = tf.gradients(value, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        texts, others = found[: len(run.entries)], found[len(run.entries) :]
        flat_texts = self.at_vectors(map(tf.convert_to_tensor, texts), run)
        return Gradient(
            run, self.classes(run, targets), value, flat_texts, tuple(map(tf.convert_to_tensor, others))
        )

    def at_vectors(self, entries: Iterable[Any], run: Run) -> Tensors:
        """Numbers in the shapes of the entries of a run, in those of its vectors: (R, P, D) for each site of text."""
        return tuple(
            alike(entry, vectors, self._may_be_folded(site))
            for entry, vectors, site in zip(entries, run.vectors, self.sites.texts, strict=True)
        )

    def entries(self, vectors: Tensors, run: Run) -> Tensors:
        """Vectors (R, P, D) in the shapes and dtypes of the entries of a run."""
        pairs = zip(self.sites.texts, run.entries, strict=True)
        return tuple(self._shaped(site, vectors, entry) for site, entry in pairs)

    def value(self, run: Run, targets: TargetTensors) -> Any:
        """What is attributed: the score of each row's target, less that of the class it is contrasted with: (R,)."""
        return targets.value(self._scores(run))

    def classes(self, run: Run, targets: TargetTensors) -> Any:
        """The class of each row, int32 (R,): the predicted one where the target names none."""
        return targets.classes(self._scores(run))

    def fixed(self, run: Run, targets: TargetTensors) -> TargetTensors:
        """The targets for perturbed copies of the rows: what is predicted stays what is predicted in this run."""
        return targets.fixed(self._scores(run))

    def _scores(self, run: Run) -> Scores:
        head = self.head
        is_against_rest = head.is_against_rest(self.score)
        return Scores(
            run.logits if is_against_rest else run.scores,
            run.probabilities,
            run.outputs,
            head.is_one_unit,
            head.is_margin(self.score),
            is_against_rest,
            lambda: tensorflow().nest.map_structure(lambda output: take_off(output)[1], run.outputs),
        )

    def _site_of(self, lookup: Lookup) -> Site | None:
        for site in (*self.sites.texts, *self.sites.others):
            if site.layer is not None and site.layer() is lookup.layer and site.call == lookup.call:
                return site
        return None

    def _may_be_folded(self, site: Site) -> bool:
        """Whether the lookup may be given (rows * sentences, words), as by the TimeDistributed of tf_keras."""
        return site.kind == LOOKUP and tensorflow().nest.flatten(self.inputs)[site.source].shape.rank > 2

    def is_folded(self, site: Site, entry: Any) -> bool:
        """Whether what enters at a site is (rows * sentences, words, size)."""
        return self._may_be_folded(site) and entry.shape.rank == 3

    def _shaped(self, site: Site, vectors: Tensors | None, like: Any) -> Any:
        """The vectors (R, P, D) of a site in the shape and dtype of what they stand for."""
        tf = tensorflow()
        given = (vectors or ())[self.sites.texts.index(site)]
        shaped = alike(tf.cast(given, like.dtype), like, self._may_be_folded(site))
        return tf.ensure_shape(shaped, like.shape)

    def understood(self, outputs: Any) -> Tensors:
        """The output of the head and the logits before it, (R, C) or (R, T, C) each, in float32 at least."""
        output = pick_output(outputs, self.head.output)
        logits = output if self.head.activation is None else take_off(output)[1]
        if not self.head.is_per_token:
            output, logits = (in_rows_of(self.head.units, t) for t in (output, logits))
        return wide(output), wide(logits)


def pick_output(outputs: Any, name: str | None) -> Any:
    """One of the model's outputs, by the name that `name_outputs` gave it; the only one for None."""
    if isinstance(outputs, Mapping):
        return outputs[name] if name is not None else next(iter(outputs.values()))
    if isinstance(outputs, list | tuple):
        return outputs[0] if name is None else outputs[int(name)]
    return outputs


def wide(tensor: Any) -> Any:
    """At least float32: half precision is for the model, not for sums."""
    tf = tensorflow()
    return tensor if tensor.dtype.size >= 4 else tf.cast(tensor, tf.float32)


def _masked_as(truth: Any, given: Any) -> Any:
    """`given`, with the mask that the layer put on `truth` inside its call: Keras only adds one to what has none."""
    mask = tensor_mask(truth)
    if mask is not None and given is not truth:
        set_tensor_mask(given, mask)
    return given
