"""`SplitModel`: any Keras model, cut at its sites, with everything that was compiled for it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Hashable, Mapping
from typing import Any, cast

import numpy as np

from textattr.errors import TextAttrError
from textattr.split.answer import answer
from textattr.split.compiler import Compiler
from textattr.split.cut import Cut
from textattr.split.failures import cannot_trace, says_what_runs
from textattr.split.family import require_keras_model, tensorflow
from textattr.split.graph_call import Build, GraphCall, require_plain
from textattr.split.layers import Settings, find_layer, is_same, layers_below
from textattr.split.leftovers import LEFTOVERS
from textattr.split.memory import Memory
from textattr.split.nests import leaves_of
from textattr.split.program import Program
from textattr.split.programs import Programs
from textattr.split.rows import Rows
from textattr.split.sanity import require_ids_inside, require_rows
from textattr.split.signature import as_arrays
from textattr.split.sites import INPUT
from textattr.split.states import held
from textattr.split.strings import LookedUpStrings, looked_up_strings
from textattr.split.survey import Survey, nothing_found, survey_model
from textattr.split.trace_shapes import TraceShapes
from textattr.split.traced_once import forget
from textattr.split.tracing import require_no_trace
from textattr.targets.head import Head, understand

KEPT = 32  # surveys and inspections, per model


class SplitModel:
    """A model cut into `ids -> vectors` and `vectors -> scores`, without changing it.

    Args:
        model: Keras 3 or tf_keras model on TensorFlow.
        embedding_layer: name, path, index or layer of the lookup; None: found by itself.
        features: names of inputs of numbers beside the text, of which each column gets a weight.

    Raises:
        UnknownModelError, BackendError: for what is no Keras model on TensorFlow.
        LayerError: when `embedding_layer` is none of the model's.
    """

    def __init__(self, model: Any, *, embedding_layer: Any = None, features: tuple[str, ...] = ()) -> None:
        require_keras_model(model)
        self._model = weakref.ref(model)
        self._wanted = None if embedding_layer is None else find_layer(model, embedding_layer)[0]
        self._features = features
        self._compiler = Compiler(self._model, self._wanted)
        self._shapes = TraceShapes(model)
        self._programs = Programs(self._model, self._compiler, self._shapes)
        self._surveys: Memory[Survey] = Memory(KEPT)
        self._inspected: Memory[Any] = Memory(KEPT)

    @property
    def model(self) -> Any:
        """The model itself."""
        model = self._model()
        assert model is not None, "the model was dropped while it was being explained"
        return model

    def arrays(self, inputs: Any) -> Any:
        """`inputs` as arrays of the dtypes that the model takes."""
        return as_arrays(self.model, inputs)

    def checked(self, inputs: Any) -> Any:
        """As `arrays`, but refuses what would only give a wrong answer.

        Raises:
            DocumentError: for no document at all, inputs of different numbers of documents, NaN or infinity.
            NoLookupError: when the model has no lookup and the inputs are integers: it would read ids as features.
            IdOutsideTableError: for an id that has no row in the table.
        """
        arrays = self.arrays(inputs)
        require_rows(arrays)
        survey = self.survey(arrays)  # once per call; what follows takes it as known
        require_ids_inside(survey.sites.texts, arrays)
        if all(site.kind != INPUT for site in survey.sites.texts):
            return arrays
        leaves, given = leaves_of(arrays), leaves_of(inputs)
        beside = {text.source for text in survey.texts if text.is_beside}
        for site in survey.sites.texts:
            whole = len(given) == len(leaves) and np.asarray(given[site.source]).dtype.kind in "iu"
            if site.kind == INPUT and leaves[site.source].ndim == 2 and whole and site.source not in beside:
                raise nothing_found(
                    self.model, None, "; where the numbers are features (a bag of words), give them as floats"
                )
        return arrays

    def heads(self, inputs: Any, task: str | None = None) -> dict[str | None, Head]:
        """What each of the model's outputs means, by its name; `task` overrides what the model tells.

        Raises:
            ModelOutputError: for outputs that are no score per class.
        """
        found = {}
        for output in self.known(inputs).outputs:
            if output.units is None and output.size is not None:
                found[output.name] = Head(
                    "regression", output.size, None, output=output.name, is_for_functions=True
                )
                continue
            evidence = output.evidence(self.model, task)
            found[output.name] = understand(evidence, output.name, is_per_token=output.is_per_token)
        return found

    def head(self, inputs: Any, task: str | None = None) -> Head:
        """What the model's first output means."""
        return next(iter(self.heads(inputs, task).values()))

    def count(self, inputs: Any) -> int:
        """How many documents `inputs` holds."""
        return int(leaves_of(inputs)[0].shape[0])

    def survey(self, inputs: Any) -> Survey:
        """Trace the model once and look at its sites and its outputs; remembered until its layers are others."""
        require_no_trace()
        with self._shapes.lock:
            model = self.model
            layers = layers_below(model)
            survey = self._surveys.get(self._shapes.key(inputs))
            if survey is not None:
                if is_same(survey.layers, layers) and all(
                    map(Settings.are_those_of, survey.settings, (model, *layers))
                ):
                    return survey
                for memory in (self._surveys, self._inspected, self._programs):
                    memory.clear()
                forget(layers)
            survey = self._surveyed(inputs, layers)
            if any(output.is_of_unknown_size for output in survey.outputs) and self._shapes.fix_lengths():
                survey = self._surveyed(inputs, layers)  # of a text of one length, sizes may be known
            self._surveys.put(self._shapes.key(inputs), survey)
            return survey

    def _surveyed(self, inputs: Any, layers: list[Any]) -> Survey:
        try:
            found = self._shapes.trace(
                inputs, lambda spec: survey_model(self.model, self._wanted, layers, spec, self._features)
            )
        except TextAttrError:
            raise
        except Exception as error:
            raise cannot_trace(inputs, error) from error
        return cast(Survey, found)

    def known(self, inputs: Any) -> Survey:
        """The survey as it was last made, without checking the layers again."""
        with self._shapes.lock:
            survey = self._surveys.get(self._shapes.key(inputs))
            return self.survey(inputs) if survey is None else survey

    def strings(self, inputs: Any) -> Mapping[int, LookedUpStrings]:
        """How the strings of each text of strings become ids, see `looked_up_strings`; remembered as a survey is."""
        require_no_trace()
        survey = self.survey(inputs)
        found: Mapping[int, LookedUpStrings] = self._shapes.remembered(
            self._inspected,
            "strings",
            inputs,
            lambda spec: looked_up_strings(
                self._model, survey.layers, survey.sites, survey.names, self._wanted, spec
            ),
        )
        return found

    def program(
        self,
        build: Build,
        rows: Rows,
        arguments: Mapping[str, Any] | None = None,
        options: tuple[Hashable, ...] = (),
        *,
        runs_often: bool = True,
    ) -> Any:
        """Run graph code on the rows, see `GraphCall` and `Programs.run`."""
        survey = self.known(rows.inputs)
        return self._programs.run(
            GraphCall.of(survey, build, rows, arguments, options, runs_often=runs_often)
        )

    def prepare(
        self,
        build: Build,
        rows: Rows,
        arguments: Mapping[str, Any] | None = None,
        options: tuple[Hashable, ...] = (),
    ) -> Program:
        """Trace what `program` runs for the same arguments, and keep it; `build` may refuse the graph that it meets."""
        return self._programs.prepare(GraphCall.of(self.known(rows.inputs), build, rows, arguments, options))

    def run_once(self, build: Build, rows: Rows, arguments: Mapping[str, Any] | None = None) -> Any:
        """As `program`, of any function, which is not remembered: what will not be needed again."""
        return self._programs.run_once(GraphCall.of(self.known(rows.inputs), build, rows, arguments))

    def answer(self, inputs: Any) -> Any:
        """What the model itself returns for some arrays, see `answer`.

        Raises:
            DocumentError: where it does not run on them.
        """
        require_no_trace()
        with says_what_runs(self._model, inputs):
            return answer(self.model, inputs)

    def trace_each_length(self) -> bool:
        """Trace for each length of the inputs from now on; False where that is done already."""
        return self._shapes.fix_lengths()

    def inspect(self, code: Callable[[Cut], Any], rows: Rows) -> Any:
        """What `code` finds in one trace of the model; remembered until a layer is replaced.

        Args:
            code: a function of a module, which takes the cut model and returns what it learned, but no tensors.
            rows: rows of the kind that is to be explained; their numbers do not count.
        """
        require_plain(code)
        survey = self.known(rows.inputs)  # before anything is traced, where none may be made

        def learn(spec: Any) -> Any:
            tf = tensorflow()
            cut_of = self._compiler.cutter(survey, rows)
            outcome: list[Any] = []

            def traced(*flat: Any) -> None:
                cut = cut_of(tf.nest.pack_sequence_as(spec, flat))
                with held(cut.layers):
                    outcome.append(code(cut))

            tf.function(traced, autograph=False).get_concrete_function(*tf.nest.flatten(spec))
            return outcome[-1]

        return self._shapes.remembered(self._inspected, (code, rows.head), rows.inputs, learn)


_SPLITS: weakref.WeakKeyDictionary[Any, dict[Any, SplitModel]] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()


def split_model(model: Any, embedding_layer: Any = None, features: tuple[str, ...] = ()) -> SplitModel:
    """The split model of `model`, made once for each choice of the others and kept as long as the model lives."""
    require_keras_model(model)
    path = None if embedding_layer is None else find_layer(model, embedding_layer)[0]
    with _LOCK:
        kept = _SPLITS.get(model)
        if kept is None:
            LEFTOVERS.clear_after(model)
            kept = _SPLITS[model] = {}
        if (path, features) not in kept:
            kept[path, features] = SplitModel(model, embedding_layer=path, features=features)
        return kept[path, features]
