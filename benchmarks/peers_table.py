"""What the workers of `peers.py` print, as the section "Beside other programs" of a Markdown file."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

HEADING = "## Beside other programs"
OURS = "textattr"
COUNTS = ("1", "10", "100")
AGREES = 1e-4  # logits of the networks
# textattr's methods -> what is computed, and whether the weights are to sum to f(x) - f(baseline)
QUANTITIES = {
    "gradient_x_input": ("gradient x input", False),
    "integrated_gradients": ("integrated gradients, 50 steps", True),
    "deeplift": ("DeepLIFT, the Rescale rule", True),
    "lrp": ("LRP, the epsilon rule", False),
    "shapley_sampling": ("Shapley values, 10 permutations there and back", True),
}
CONDITIONS = """\
The network is the convolution that ships with textattr, trained on sentences about films: three widths side by side,
maxima over the text, one logit. Its weights are copied into Keras or PyTorch, and a method counts only where the logits
of its network are those of the model that ships, within 1e-4. The 100 documents are example sentences of that model,
strung together and cut to 40 tokens. All explain the logit; the baseline has a vector of zeros at each token. Programs
that can be told how many rows to run at once run 64, or the documents given where they take no fewer; others run all.

Each method has a process of its own, with one thread on one core, which explains 1, 10 and 100 documents. Seconds are
of processor time, which with one thread are those of an idle machine. The first call includes making the explainer and
whatever is traced or compiled then; milliseconds are of later calls. Memory is how far the peak of the process has
risen, by then, over what it held with the network loaded. The error of the sum is the mean of
|sum of R - (f(x) - f(baseline))| to the mean of |f(x) - f(baseline)|. The difference is the largest one between the
weight of a token and that which textattr gives it, to textattr's largest weight.

SHAP's GradientExplainer takes 50 random points of the path, iNNvestigate 50 that are evenly spaced, the others the
nodes of a Gauss-Legendre quadrature. Shapley values are means over random permutations, other ones in each program;
those of textattr come with complete explanations.
"""


@dataclass(frozen=True)
class Peer:
    """A program as it presents itself: versions of packages, methods with those of textattr that compute the same."""

    title: str
    versions: dict[str, str]
    methods: tuple[tuple[str, str], ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class Measured:
    """A method of a peer, measured in as many processes as there are rounds."""

    title: str
    name: str
    like: str
    rounds: tuple[dict[str, Any], ...] = ()
    relevance: Any = field(default=None, compare=False)  # float (N, T)
    error: str | None = None

    def with_round(self, told: dict[str, Any], relevance: Any, logits: Any) -> Measured:
        """One more; an error instead where it failed, or explained another network."""
        if "error" in told:
            return replace(self, error=told["error"])
        apart = float(np.abs(np.array(told["logits"]) - logits).max())
        if not apart <= AGREES:
            return replace(self, error=f"its network is another one: logits differ by {apart:.2g}")
        if not np.isfinite(relevance).all():
            return replace(self, error="gives weights that are not finite")
        return replace(self, rounds=(*self.rounds, told), relevance=relevance)

    def middle(self, *keys: str) -> float:
        """The median over the rounds of a number."""
        found = []
        for told in self.rounds:
            value: Any = told
            for key in keys:
                value = value[key]
            found.append(value)
        return float(median(found))

    def per_document(self, count: str) -> float:
        """Milliseconds, of so many documents."""
        return 1000 * self.middle("seconds", count) / int(count)

    def error_of_sum(self) -> float:
        told = self.rounds[-1]
        gained = np.array(told["logits"]) - told["baseline"]
        return float(np.abs(self.relevance.sum(1) - gained).mean() / np.abs(gained).mean())

    def difference(self, ours: Measured) -> float:
        """The largest one of two weights of a token, to the largest weight."""
        return float(np.abs(self.relevance - ours.relevance).max() / np.abs(ours.relevance).max())


def section(peers: Sequence[Peer], measured: Sequence[Measured], command: str) -> str:
    """Everything, from the heading on."""
    rounds = max((len(one.rounds) for one in measured), default=0)
    date = time.strftime("%Y-%m-%d")
    return "\n".join(
        [
            f"{HEADING}\n",
            f"`{command}`, {date}; medians of {rounds} rounds, in which all take turns.\n",
            CONDITIONS,
            *versions_of(peers),
            "",
            *numbers_of(measured),
            "",
            faster_than_ours(measured),
            "",
            *failures_of(peers, measured),
            "",
        ]
    )


def versions_of(peers: Sequence[Peer]) -> list[str]:
    rows = [
        f"| {peer.title} | {', '.join(f'{name} {number}' for name, number in peer.versions.items())} |"
        for peer in peers
    ]
    return ["| program | versions |", "|---|---|", *rows]


def numbers_of(measured: Sequence[Measured]) -> list[str]:
    """A row for each method that works, those that compute the same one below the other, textattr's first."""
    head = [
        "computes",
        "program",
        "its name there",
        "first call, s",
        "ms per document, of 1",
        "of 10",
        "of 100",
    ]
    head += ["memory, MB, 1", "10", "100", "error of the sum", "difference"]
    rows = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for computes, is_complete, ours, alike in groups_of(measured):
        for one in [*([ours] if ours else []), *alike]:
            cells = [computes, one.title, one.name, f"{one.middle('first'):.2f}"]
            cells += [f"{one.per_document(count):.2f}" for count in COUNTS]
            cells += [f"{one.middle('memory', count):.0f}" for count in COUNTS]
            cells += [f"{one.error_of_sum():.1g}" if is_complete else ""]
            cells += ["" if ours is None or one is ours else f"{one.difference(ours):.1g}"]
            rows.append(f"| {' | '.join(cells)} |")
    return rows


def groups_of(measured: Sequence[Measured]) -> Iterator[tuple[str, bool, Measured | None, list[Measured]]]:
    """Of each quantity its name, whether it is to add up, textattr's method, and those of others, where they work."""
    working = [one for one in measured if not one.error and one.rounds]
    for like, (computes, is_complete) in QUANTITIES.items():
        alike = [one for one in working if one.like == like]
        ours = next((one for one in alike if one.title == OURS), None)
        yield computes, is_complete, ours, [one for one in alike if one is not ours]


def faster_than_ours(measured: Sequence[Measured]) -> str:
    """A sentence that names where another program takes less time for many documents."""
    most = COUNTS[-1]
    found = [
        f"{one.title} ({computes}, {one.per_document(most):.2f} ms to {ours.per_document(most):.2f})"
        for computes, _, ours, alike in groups_of(measured)
        for one in alike
        if ours and one.per_document(most) < ours.per_document(most)
    ]
    return f"Faster than textattr, of {most} documents: {'; '.join(found) or 'none'}."


def failures_of(peers: Sequence[Peer], measured: Sequence[Measured]) -> list[str]:
    """What could not be reached, and why."""
    failed = [(peer.title, "", peer.error) for peer in peers if peer.error]
    failed += [(one.title, one.name, one.error) for one in measured if one.error]
    if not failed:
        return ["Nothing failed."]
    rows = [f"| {title} | {name or 'all'} | {in_a_cell(error)} |" for title, name, error in failed]
    return ["What could not be reached:\n", "| program | method | because |", "|---|---|---|", *rows]


def in_a_cell(text: str, longest: int = 240) -> str:
    """Code that neither ends a cell nor fills a page."""
    text = text.replace("|", "/").replace("`", "'")
    return f"`{text if len(text) <= longest else text[:longest].rstrip() + ' ...'}`"


def put_into(path: Path, text: str) -> None:
    """Replace the section, up to the next heading of its rank, or add it at the end."""
    before = path.read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(HEADING)}$.*?(?=^## |\Z)", before, re.MULTILINE | re.DOTALL)
    if found is None:
        after = f"{before.rstrip()}\n\n{text.rstrip()}\n"
    else:
        rest = before[found.end() :]
        after = before[: found.start()] + text.rstrip() + ("\n\n" + rest if rest else "\n")
    path.write_text(after, encoding="utf-8")
