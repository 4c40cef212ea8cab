"""What it costs to compare what is explained with the model's own answer: methods with and without that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from bench_models import MODELS
from measuring import METHODS, documents, explain, in_turns, methods_of

from textattr.comparison import Comparison
from textattr.methods.path_integral import path_integral
from textattr.proof.proof import Proof

COMPARED = ("gradient_x_input", "deeplift", "lrp", "attnlrp", "integrated_gradients (50)")


def _without_its_last_node(cut: Any, targets: Any, given: dict[str, Any], *options: Any) -> dict[str, Any]:
    """Integrated gradients as they would be without the untouched copy, which is the last node."""
    shorter = {name: given[name][:-1] for name in ("nodes", "weights")}
    return path_integral(cut, targets, {**given, **shorter}, *options)


@contextmanager
def uncompared() -> Iterator[None]:
    """Methods that compare nothing with the model's own answer, neither among copies nor at the first use."""
    nothing = Comparison("nothing", 0.0, 1.0)
    package = "textattr.methods"
    with (
        patch(f"{package}.method.proof_of", lambda *_: Proof((), True)),
        patch(f"{package}.integrated_gradients.path_integral", _without_its_last_node),
        patch(f"{package}.integrated_gradients.require_untouched", lambda *_, **__: nothing),
        patch(f"{package}.lrp.both", lambda *_: ()),
        patch(f"{package}.lrp.require_alike", lambda _: nothing),
        patch(f"{package}.deeplift.both", lambda *_: ()),
        patch(f"{package}.deeplift.require_alike", lambda _: nothing),
    ):
        yield


def comparing(rounds: int) -> None:
    """What it costs, after the first use, to compare what is explained with the model's own answer."""
    print("\n## The comparisons with the model's own answer: a method to itself without them\n")
    print("| model | method | 1 document | 10 | 100 |\n|---|---|---|---|---|")
    for kind, build in MODELS.items():
        names = [name for name in COMPARED if name in methods_of(kind)]
        for name in names:
            cells = []
            for count, often in ((1, 5 * rounds), (10, 5 * rounds), (100, rounds)):
                compared, plain = build(), build()
                method, ids = METHODS[name][0], documents(count)

                def ours(method: Any = method, model: Any = compared, ids: Any = ids) -> None:
                    explain(method, model, ids)

                def without(method: Any = method, model: Any = plain, ids: Any = ids) -> None:
                    with uncompared():
                        explain(method, model, ids)

                ours(), without()
                mine, limit = in_turns(ours, without, often)
                cells.append(f"{mine / limit:.3f}")
            print(f"| {kind} | {name} | {' | '.join(cells)} |", flush=True)
