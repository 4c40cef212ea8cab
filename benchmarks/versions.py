"""Two versions of textattr side by side: what each method costs in either, by `./dev bench` of that version.

    git worktree add ../before c50b97a
    python benchmarks/versions.py ../before . --core 0

Prints a Markdown table of ratios to the passes there and back that the formula asks for, before → after. For each
model and number of documents the versions run one after the other, each in a process of its own, as often as
`--rounds` says; the median counts.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median

COUNTS = (1, 10, 100)

# runs in a process that has a version's own modules before all others
WORKER = """
import sys, bench
kind, count = sys.argv[1], int(sys.argv[2])
for other in set(bench.MODELS) - {kind}:
    del bench.MODELS[other]
getattr(bench, "times_of", bench.times)(count, 3)
"""


def ratios(root: Path, kind: str, count: int, core: int | None) -> dict[str, float]:
    """By method: its ratio, as the version under `root` prints it."""
    paths = os.pathsep.join(str(root / folder) for folder in ("benchmarks", "."))
    command = [sys.executable, "-c", WORKER, kind, str(count)]
    pinned = command if core is None else ["taskset", "-c", str(core), *command]
    environment = {**os.environ, "PYTHONPATH": paths, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(pinned, env=environment, cwd=root, capture_output=True, text=True, check=True)
    lines = [
        line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith(f"| {kind} |")
    ]
    return {method: float(ratio) for _, method, *_, ratio in lines}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("before", type=lambda path: Path(path).resolve())
    parser.add_argument("after", type=lambda path: Path(path).resolve())
    parser.add_argument("--rounds", type=int, default=3, help="how often either is run")
    parser.add_argument("--core", type=int, help="the core to run on, where there is taskset")
    parser.add_argument("--models", nargs="+", default=["convolution", "lstm", "transformer"])
    chosen = parser.parse_args()
    print("| model | method | 1 document | 10 | 100 |\n|---|---|---|---|---|")
    for kind in chosen.models:
        found: dict[str, dict[int, tuple[list[float], list[float]]]] = defaultdict(dict)
        for count in COUNTS:
            for _ in range(chosen.rounds):
                for at, root in enumerate((chosen.before, chosen.after)):
                    for method, ratio in ratios(root, kind, count, chosen.core).items():
                        found[method].setdefault(count, ([], []))[at].append(ratio)
        for method, by_count in found.items():
            cells = [f"{median(mine):.2f} → {median(ours):.2f}" for mine, ours in by_count.values()]
            print(f"| {kind} | {method} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
