"""What the workers of `benchmarks/peers.py` share. It runs in the environment of another program: NumPy, no textattr.

    python with_captum.py FOLDER                 the names of its methods, and versions
    python with_captum.py FOLDER METHOD OUT.npy  one method, measured; its relevance, float (N, T), goes to OUT.npy

Either prints one line of JSON, and what goes wrong, on import too, stands there under "error".
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

STEPS, CHUNK, PERMUTATIONS = 50, 64, 10  # permutations go with their reverse
CALLS = {1: 15, 10: 7, 100: 3}  # documents -> how often they are explained again, after the first time,
LONG_ENOUGH = 5.0  # or until so many seconds have passed
Array = Any  # np.ndarray


@dataclass(frozen=True)
class Case:
    """The documents, int (N, T), the id whose vector is zero, and the weights of the network."""

    ids: Array
    nothing: int
    weights: dict[str, Array]

    @property
    def widths(self) -> list[int]:
        """Of the convolutions, which stand side by side."""
        return sorted(
            int(name.removeprefix("kernel_")) for name in self.weights if name.startswith("kernel_")
        )


@dataclass(frozen=True)
class Method:
    """What the program calls it, which of textattr's methods computes the same, and what makes the explainer.

    `make()` returns a function from ids, int (B, T), to relevance, float (B, T).
    """

    name: str
    like: str
    make: Callable[[], Callable[[Array], Array]]


@dataclass(frozen=True)
class Loaded:
    """The network in the program's framework, as a function from ids to logits, float (B,); and what explains it."""

    scores: Callable[[Array], Array]
    methods: tuple[Method, ...]


def read(folder: Path) -> Case:
    with np.load(folder / "case.npz") as file:
        weights = {name: file[name] for name in file if name not in ("ids", "nothing")}
        return Case(file["ids"], int(file["nothing"]), weights)


def run(load: Callable[[Case], Loaded], packages: Iterable[str]) -> None:
    """What a worker does when it is started."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    told: dict[str, Any] = {"versions": dict(versions(packages))}
    folder, *rest = sys.argv[1:]
    try:
        case = read(Path(folder))
        loaded = load(case)
        told["methods"] = [[method.name, method.like] for method in loaded.methods]
        if rest:
            told |= one(loaded, case, *rest)
    except Exception as error:  # noqa: BLE001  (whatever it is, it is the result)
        kind = f"{type(error).__name__}: "
        told["error"] = kind + main_line(str(error)).removeprefix(kind)
    print(json.dumps(told), flush=True)


def versions(packages: Iterable[str]) -> Iterable[tuple[str, str]]:
    yield "Python", ".".join(map(str, sys.version_info[:3]))
    for name in packages:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def main_line(text: str) -> str:
    """The first line that says something; TensorFlow puts a header and a traceback before it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    return lines[-1] if lines[0] == "in user code:" else lines[0]


def one(loaded: Loaded, case: Case, name: str, out: str) -> dict[str, Any]:
    """Logits, seconds of the first call and of later ones, and how far the memory rises, in MB.

    Seconds are of processor time: with one thread they are those of an idle machine, whatever else runs.
    """
    method = next(method for method in loaded.methods if method.name == name)
    told: dict[str, Any] = {"logits": np.ravel(loaded.scores(case.ids)).tolist()}
    nothing = np.full_like(case.ids[:1], case.nothing)
    told["baseline"] = float(np.ravel(loaded.scores(nothing))[0])
    forget_peak()
    before, start = resident("VmRSS"), time.process_time()
    explain = method.make()
    explain(case.ids[:1])
    told |= {"first": time.process_time() - start, "seconds": {}, "memory": {}}
    for count, calls in CALLS.items():
        ids = case.ids[:count]
        found = np.asarray(explain(ids))  # what is compiled for so many documents is compiled now
        told["seconds"][count] = median(again(lambda ids=ids: explain(ids), calls))
        told["memory"][count] = (resident("VmHWM") - before) / 1024
    np.save(out, found)
    return told


def again(call: Callable[[], object], calls: int) -> list[float]:
    """The processor seconds of each call."""
    found: list[float] = []
    while len(found) < calls and sum(found) < LONG_ENOUGH:
        start = time.process_time()
        call()
        found.append(time.process_time() - start)
    return found


def forget_peak() -> None:
    """Linux only, as `resident`."""
    Path("/proc/self/clear_refs").write_text("5")


def resident(field: str) -> int:
    """A line of the kernel's account of this process, in kB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))
