"""Runs of the model along its affine frontier: one that finds it, and others that begin there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from textattr.graph.frontier import Frontier
from textattr.graph.row_axis import RowAxis
from textattr.keras_private import shows_new_ops
from textattr.proof.copies import run_on_truth
from textattr.split.cut import Cut, Run, Tensors
from textattr.split.family import tensorflow
from textattr.split.sites import Site
from textattr.targets.target import TargetTensors


def followed_run(cut: Cut, is_followed: bool) -> tuple[Run, float, Frontier | None]:
    """Graph code: the run on the true vectors, its rounding, and its frontier, if it is to be known and can be.

    Vectors behind a `Masking` layer enter elsewhere when they are put in: there, and beside them, nothing is followed.
    """
    graph = tensorflow().compat.v1.get_default_graph()
    is_masked = any(site.masking is not None for site in cut.sites.texts)
    if not is_followed or is_masked or not shows_new_ops(graph):
        return *run_on_truth(cut), None
    frontier = Frontier()
    with frontier.followed(graph):
        run, epsilon = run_on_truth(cut, _followed_by(frontier, cut))
    return run, epsilon, frontier


def score_of(cut: Cut, run: Run, targets: TargetTensors, frontier: Frontier | None) -> Any:
    """Graph code: what is attributed, (R,), which completes the frontier."""
    if frontier is None:
        return cut.value(run, targets)
    with frontier.followed(tensorflow().compat.v1.get_default_graph()):
        return frontier.complete(cut.value(run, targets))


@contextmanager
def begun_at(
    points: Sequence[Any], cut: Cut, targets: TargetTensors, rows: Any, vectors: Tensors
) -> Iterator[tuple[Run, Any]]:
    """Graph code: the run of some rows that begins at the frontier, and its score, (R',). Gradients are made inside.

    Args:
        points: what stands in place of each piece of the frontier.
        cut: the model.
        targets: one for each row of the run.
        rows: int (R',): which rows of the inputs.
        vectors: float (R', P, D) for each site of text, of which the shapes alone count: none of them is computed.

    Raises:
        FrontierError: where the model has not as many pieces as there are points.
    """
    frontier = Frontier(points)
    with frontier.followed(tensorflow().compat.v1.get_default_graph()):
        run = cut.run(rows, vectors, entered=_followed_by(frontier, cut))
        yield run, frontier.complete(cut.value(run, targets))


def _followed_by(frontier: Frontier, cut: Cut) -> Callable[[Site, Any], None]:
    """Follow what enters as text; what enters beside it has a share of its own, which lies on no line."""

    def entered(site: Site, numbers: Any) -> None:
        if site in cut.sites.texts:
            frontier.start(numbers, RowAxis.OUTER if cut.is_folded(site, numbers) else RowAxis.FIRST)
        else:
            frontier.block(numbers)

    return entered
