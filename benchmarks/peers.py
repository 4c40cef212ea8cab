"""textattr beside other programs: one trained network and its documents, each program in an environment of its own.

    python benchmarks/peers.py                                the tables, printed
    python benchmarks/peers.py --into benchmarks/RESULTS.md   into the section "Beside other programs" there
    python benchmarks/peers.py --only alibi,shap --keep DIR   of these alone; environments stay in DIR for the next run

It runs in textattr's own environment, under Linux, and needs a package index. The network is the convolution that ships
with textattr, whose weights are copied; what runs elsewhere is in `peer_workers/`. What cannot be installed, cannot be
imported or fails is a line of the result. PyTorch is installed by pip, so that pip's own settings choose its build:
uv takes the one with CUDA.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from peers_table import OURS, Measured, Peer, put_into, section

WORKERS = Path(__file__).parent / "peer_workers"
TORCH = "torch==2.13.0"
DOCUMENTS, LENGTH = 100, 40
LONGEST = 900  # seconds that a process may take
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1"
)


@dataclass(frozen=True)
class Recipe:
    """A peer's worker, and what is installed for it; nothing for textattr, which is there."""

    title: str
    worker: str
    requirements: tuple[str, ...] = ()
    by_pip: bool = False


def tensorflow() -> tuple[str, str]:
    """The TensorFlow that textattr runs on: its package and version."""
    for name in ("tensorflow-cpu", "tensorflow"):
        try:
            return name, version(name)
        except PackageNotFoundError:
            continue
    sys.exit("expected TensorFlow in this environment: run ./dev setup, and this with its Python")


def recipes(torch: str) -> dict[str, Recipe]:
    name, number = tensorflow()
    own, by_its_name = f"{name}=={number}", f"tensorflow=={number}"
    return {
        "textattr": Recipe("textattr", "with_textattr.py"),
        # as it installs, and with what spaCy, which it imports, asks for
        "alibi": Recipe("alibi", "with_alibi.py", ("alibi", own)),
        "alibi-click": Recipe("alibi, click beside it", "with_alibi.py", ("alibi", own, "click")),
        "shap": Recipe("SHAP", "with_shap.py", ("shap", own)),
        "captum": Recipe("Captum", "with_captum.py", ("captum", torch), by_pip=True),
        # with the TensorFlow that it asks for, and with textattr's
        "innvestigate": Recipe("iNNvestigate", "with_innvestigate.py", ("innvestigate",)),
        "innvestigate-keras-3": Recipe(
            "iNNvestigate, textattr's TensorFlow", "with_innvestigate.py", ("innvestigate", by_its_name)
        ),
    }


def write_case(path: Path) -> Any:
    """The network's weights and the documents; returns the logits that the network has to give, float (N,)."""
    import keras

    from textattr import demo

    shipped = demo.load("sentiment")
    texts = [example.text for example in shipped.examples]
    orders = list(permutations(texts, 5))
    Random(0).shuffle(orders)
    read = (tuple(shipped.tokenizer(" ".join(order)).ids[:LENGTH]) for order in orders)
    ids = np.array(list(dict.fromkeys(read))[:DOCUMENTS], "int32")
    weights = {weight.path: weight.numpy() for weight in shipped.model.weights}
    table = weights["words/embeddings"]
    arrays = {"table": np.vstack([table, np.zeros_like(table[:1])])}  # one more row, of the baseline
    for name, array in weights.items():
        layer, kind = name.split("/")
        if kind in ("kernel", "bias"):
            arrays[f"{kind}_{layer.removeprefix('windows_')}" if layer != "score" else f"score_{kind}"] = (
                array
            )
    np.savez(path, ids=ids, nothing=len(table), **arrays)
    shipped.model.get_layer("score").activation = keras.activations.linear
    return np.ravel(shipped.model.predict(ids, verbose=0))


def environment(name: str, recipe: Recipe, folder: Path) -> Path:
    """The Python of the peer's environment, made unless it is there; RuntimeError tells why that fails."""
    if not recipe.requirements:
        return Path(sys.executable)
    place, stamp = folder / name, folder / name / "requirements"
    python, wanted = place / "bin" / "python", "\n".join(recipe.requirements)
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"installing {', '.join(recipe.requirements)}", file=sys.stderr, flush=True)
    if shutil.which("uv") and not recipe.by_pip:
        make = ["uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(place)]
        install = ["uv", "pip", "install", "--quiet", "--python", str(python)]
    else:
        make = [sys.executable, "-m", "venv", "--clear", str(place)]
        install = [str(python), "-m", "pip", "install", "-qq"]
    for command in (make, [*install, *recipe.requirements]):
        done = subprocess.run(command, capture_output=True, text=True, env=surroundings(), check=False)
        if done.returncode:
            raise RuntimeError(f"cannot be installed: {plain(done.stderr, folder)}")
    stamp.write_text(wanted)
    return python


def surroundings(*, own: bool = False) -> dict[str, str]:
    """One thread, no GPU, and for other programs nothing that leads to textattr's packages."""
    ours = () if own else ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | ONE_THREAD | {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}


def plain(text: str, folder: Path) -> str:
    """On one line, without the address of an index and the folder of this run."""
    text = re.sub(r"\S*://\S+", "(address)", text.replace(str(folder), "DIR"))
    words = re.sub(r"[╰─▶×│]", "", text).split()
    return " ".join(words)


def ask(python: Path, recipe: Recipe, folder: Path, *method: str) -> dict[str, Any]:
    """What a worker prints; where it prints nothing, how it ended stands under "error"."""
    command = [str(python), str(WORKERS / recipe.worker), str(folder), *method]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            env=surroundings(own=not recipe.requirements),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {LONGEST} seconds"}
    printed = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if printed:
        told: dict[str, Any] = json.loads(printed[-1])
        return told | ({"error": plain(told["error"], folder)} if "error" in told else {})
    last = (done.stderr.strip().splitlines() or [""])[-1]
    return {"error": plain(f"ended with code {done.returncode}: {last}", folder)}


def prepared(chosen: dict[str, Recipe], made: Path, folder: Path) -> Iterator[tuple[Recipe, Path, Peer]]:
    """The Python of each peer, and the peer as it presents itself."""
    for name, recipe in chosen.items():
        try:
            python = environment(name, recipe, made)
            told = ask(python, recipe, folder)
        except RuntimeError as error:
            python, told = Path(), {"error": str(error)}
        methods = tuple((name, like) for name, like in told.get("methods", ()))
        yield recipe, python, Peer(recipe.title, told.get("versions", {}), methods, told.get("error"))


def measure(peers: list[tuple[Recipe, Path, Peer]], folder: Path, logits: Any, rounds: int) -> list[Measured]:
    """Each method of each peer, all in turns, so that a busy machine slows them alike."""
    found = {
        (peer.title, method): Measured(peer.title, method, like)
        for _, _, peer in peers
        for method, like in peer.methods
    }
    for turn in range(rounds):
        for recipe, python, peer in peers:
            for method, _ in peer.methods:
                one, out = found[peer.title, method], folder / "relevance.npy"
                if one.error:
                    continue
                print(f"round {turn + 1}: {peer.title}, {method}", file=sys.stderr, flush=True)
                told = ask(python, recipe, folder, method, str(out))
                relevance = None if "error" in told else np.load(out)
                found[peer.title, method] = one.with_round(told, relevance, logits)
    return list(found.values())


def is_meant(name: str, asked: str) -> bool:
    """Whether "alibi" stands for "alibi-click", as it does."""
    return f"{name}-".startswith(f"{asked}-")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help="peers, with commas between")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured, all in turns")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where environments are made and stay")
    parser.add_argument("--torch", default=TORCH, help="what pip installs as PyTorch")
    parser.add_argument("--into", type=Path, metavar="FILE", help="a Markdown file whose section is replaced")
    given = parser.parse_args()
    known = recipes(given.torch)
    names = given.only.split(",") if given.only else list(known)
    chosen = {
        name: known[name] for name in known if name == OURS or any(is_meant(name, one) for one in names)
    }
    if unknown := [one for one in names if not any(is_meant(name, one) for name in known)]:
        parser.error(f"unknown peers {', '.join(unknown)}: there are {', '.join(known)}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        logits = write_case(folder / "case.npz")
        peers = list(prepared(chosen, (given.keep or folder).absolute(), folder))
        measured = measure(peers, folder, logits, given.rounds)
    only = f" --only {given.only}" if given.only else ""
    command = f"python benchmarks/peers.py --rounds {given.rounds}{only}"
    text = section([peer for _, _, peer in peers], measured, command)
    if given.into:
        put_into(given.into, text)
    else:
        print(text)


if __name__ == "__main__":
    main()
