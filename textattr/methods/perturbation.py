"""What the methods have in common that leave parts of a document out and watch the score."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from textattr.checks import whole_number
from textattr.errors import OptionError
from textattr.followed import followed_run, score_of
from textattr.methods.baseline import baseline_vectors
from textattr.methods.method import VectorMethod
from textattr.origin import Visit
from textattr.perturbation.coalition_plan import Plan, PlanResult
from textattr.perturbation.maxima import all_convolved, widest
from textattr.perturbation.perturbed_document import PerturbedDocument, PerturbedText
from textattr.perturbation.players import Players
from textattr.perturbation.run_plans import Game, run_plans
from textattr.perturbation.tokens import TokenGame, require_tokens
from textattr.perturbation.unit_map import UnitMap
from textattr.perturbation.vectors import VectorGame
from textattr.progress import bar
from textattr.split.cut import Cut
from textattr.split.family import tensorflow
from textattr.split.model import SplitModel
from textattr.split.nests import leaves_of
from textattr.split.rows import Attribution, Rows
from textattr.suspicions import THE_TEXT, require_output
from textattr.targets.target import TargetTensors

Array = npt.NDArray[Any]

REMOVE = "remove"


class PerturbationMethod(VectorMethod):
    """A method that asks for the scores of coalitions, and nothing else of the model.

    A frozen dataclass of this kind has the fields `replacement` and `max_evaluations`.
    """

    without_xla: ClassVar[str] = "it never goes back through the model"

    replacement: Any
    max_evaluations: int | None
    per_player: ClassVar[tuple[str, ...]] = ()  # what it says of each token, beside the weight

    @abstractmethod
    def arrange(self, document: PerturbedDocument) -> Players:
        """Who plays."""

    @abstractmethod
    def plan(self, document: PerturbedDocument, players: Players) -> tuple[Plan, int]:
        """What to ask, and how many coalitions that will be at most."""

    def counts_numbers(self, tokens: int, numbers: int) -> bool:  # noqa: ARG002  (methods that can override this)
        """Whether the numbers of the vectors play, rather than the tokens; of both there are that many."""
        return False

    def run(
        self, game: Game, perturbed: Sequence[PerturbedDocument], *, progress: bool
    ) -> list[tuple[Players, PlanResult, int]]:
        """For each document its players, what was found, and how many evaluations that took."""
        players = [self.arrange(document) for document in perturbed]
        planned = [self.plan(document, who) for document, who in zip(perturbed, players, strict=True)]
        total = sum(most for _, most in planned)
        with bar("Evaluating", total, progress) as advance:
            found = run_plans(game, players, [plan for plan, _ in planned], advance)
        return [(who, result, count) for who, (result, count) in zip(players, found, strict=True)]

    def explain_group(self, split: SplitModel, rows: Rows) -> Attribution:
        """Ask the model once for its prediction, then for the scores of coalitions."""
        seen = split.program(_look, rows)
        require_output(split, rows, seen["logits"])
        rows = rows.with_classes(seen["target"])
        shapes = [(int(p), int(d)) for p, d in seen["shapes"]]
        widths = [d for _, d in shapes]
        unit_map = UnitMap.of_tokens(split, rows, shapes)
        numbers = UnitMap.of_numbers(split, rows, shapes)
        if self.counts_numbers(unit_map.count, numbers.count):
            unit_map = numbers
        pads = [unit_map.pads(rows, seen["masks"], row) for row in range(len(rows))]
        perturbed = [_perturbed(split, rows, unit_map, row, pads[row]) for row in range(len(rows))]
        game = self._game(split, rows, unit_map, pads, seen["width"])
        results = self.run(game, perturbed, progress=rows.progress)
        weights = np.stack([players.spread(found.weights) for players, found, _ in results])
        per_token = {
            name: unit_map.at_first_sites(np.stack([who.spread(f.per_player[name]) for who, f, _ in results]))
            for name in self.per_player
            if unit_map is not numbers
        }
        diagnostics = {
            name: np.array([found.diagnostics[name] for _, found, _ in results])
            for name in results[0][1].diagnostics
        }
        return Attribution(
            relevance=unit_map.at_vectors(weights, widths),
            masks=seen["masks"],
            others=seen["others"],
            target=seen["target"],
            value=seen["value"],
            logits=seen["logits"],
            probabilities=seen["probabilities"],
            diagnostics={**diagnostics, "evaluations": np.array([count for _, _, count in results])},
            warnings=tuple(found.warnings for _, found, _ in results),
            per_token=per_token,
            checks=tuple(game.checks) if isinstance(game, VectorGame | TokenGame) else (),
            numbers=unit_map.at_numbers(weights, widths) if rows.per_number else (),
        )

    def visits(self, split: SplitModel, row: Rows) -> Iterator[Visit]:  # noqa: ARG002  (the same for each)
        """The text, and the text with what is no text at 0: the game looks after all others itself."""
        yield THE_TEXT
        advice = "0 is no value that they can be compared with"
        yield Visit("the text with all other inputs at 0", advice, zeroes_others=True)

    def _game(
        self,
        split: SplitModel,
        rows: Rows,
        unit_map: UnitMap,
        pads: Sequence[tuple[Array, ...]],
        width: int,
    ) -> Game:
        if callable(self.replacement) or isinstance(self.replacement, str) and self.replacement == REMOVE:
            require_tokens(
                split, rows, "replacement='remove'" if self.replacement == REMOVE else "a function"
            )
            if any(place.shape[1] > 1 for place in unit_map.places):
                raise OptionError(
                    "tokens can be taken out or exchanged only as a whole: choose another replacement="
                )
            return TokenGame(
                split, rows, unit_map, pads, None if self.replacement == REMOVE else self.replacement
            )
        vectors, _ = baseline_vectors(self.replacement, split, rows, "replacement")
        if any(len(each) > 1 for each in vectors):
            raise OptionError("expected one replacement, got several: explain once for each")
        return VectorGame(split, rows, unit_map, tuple(vectors), width)


def check_limit(value: Any) -> None:
    """Refuse a `max_evaluations` that is neither None nor at least 2."""
    if value is not None:
        whole_number("max_evaluations", value, 2, sys.maxsize)


def _perturbed(
    split: SplitModel, rows: Rows, unit_map: UnitMap, row: int, pads: Sequence[Array]
) -> PerturbedDocument:
    leaves = leaves_of(rows.inputs)
    playing = [np.flatnonzero(~pad) for pad in pads]
    texts = []
    for text, tokens in zip(split.known(rows.inputs).texts, playing, strict=True):
        leaf = leaves[text.source]
        ids = leaf[row].reshape(-1) if leaf.dtype.kind in "iu" else None
        part = rows.parts[row][text.entries[0]] if rows.parts else None
        texts.append(PerturbedText(part, tokens, ids, text.is_beside))
    grids = [grid[tokens] for grid, tokens in zip(unit_map.grids, playing, strict=True)]
    return PerturbedDocument(Players.each_alone(unit_map.count, grids), tuple(texts))


def _look(cut: Cut, targets: TargetTensors, _given: dict[str, Any]) -> dict[str, Any]:
    """Graph code: what the model says of the whole documents, how large their vectors are, and how it reads them.

    What is no text stays as it is in every coalition; its share is what the score loses when all of it becomes 0.
    """
    tf = tensorflow()
    run, _, frontier = followed_run(cut, is_followed=True)
    targets = cut.fixed(run, targets)
    value = score_of(cut, run, targets, frontier)
    width = widest(all_convolved(run, frontier))
    others = [tf.zeros_like(value) for _ in cut.sites.others]
    if others:
        without = cut.run(others=tuple(map(tf.zeros_like, run.others)))
        others[0] = value - cut.value(without, targets)
    return {
        "shapes": tuple(tf.shape(vectors)[1:] for vectors in run.vectors),
        "width": width,
        "masks": run.masks,
        "others": tuple(others),
        "target": cut.classes(run, targets),
        "value": value,
        "logits": run.logits,
        "probabilities": run.probabilities,
    }
