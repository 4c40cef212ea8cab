"""What all tests share: a quiet TensorFlow, a collector that leaves alone what stays, and which cases run."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import pytest
from products import part_of, split

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault(
    "TF_NUM_INTRAOP_THREADS", "1"
)  # the models are tiny, and each core has a worker of its own

LEFT_OUT = pytest.StashKey[set[str]]()  # the cases that run with --all and --rest alone


def pytest_addoption(parser):
    group = parser.getgroup("cases of tests whose parameters are a product")
    group.addoption(
        "--all", action="store_true", help="run all of them, not only those that show every value"
    )
    group.addoption("--rest", action="store_true", help="run those alone that are left out without --all")
    group.addoption(
        "--and-rest",
        default=None,
        metavar="K/N",
        help="run each Nth of those that are left out as well, from the Kth",
    )


@pytest.fixture
def without_proof(request, monkeypatch):
    """Methods take the cut model for the model, without comparing the two at first use; not in cases left to `--rest`.

    For tests that say in double precision, or by recorded numbers, what the whole model must give: they see any
    difference by themselves. That the comparison raises no false alarm is shown in `test_proof.py` of every kind, and
    of every layer in `lrp/test_layers.py`.
    """
    from textattr.proof.proof import Proof

    if request.node.nodeid not in request.config.stash[LEFT_OUT]:
        monkeypatch.setattr("textattr.methods.method.proof_of", lambda *_: Proof((), True))


@pytest.hookimpl(trylast=True)  # of what `-k` and `-m` leave
def pytest_collection_modifyitems(config, items):
    """Without `--all`, of a test marked `product` such cases run as show every value of every parameter."""
    share, rest = split(items, named_in(config))
    config.stash[LEFT_OUT] = {item.nodeid for item in rest}
    kept = set(rest if config.option.rest else items if config.option.all else share)
    if config.option.and_rest:
        kept.update(part_of(rest, config.option.and_rest))
    if len(kept) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    # what takes long comes first, so that no worker waits at the end for the one that has it
    items[:] = sorted(
        filter(kept.__contains__, items), key=lambda item: item.get_closest_marker("slow") is None
    )


def named_in(config):
    """The ids of single cases that stand on the command line."""
    found = set()
    for argument in config.args:
        path, colons, case = argument.partition("::")
        if "[" in case:
            path = Path(config.invocation_params.dir, path).resolve().relative_to(config.rootpath.resolve())
            found.add(path.as_posix() + colons + case)
    return found


def pytest_collection_finish(session):
    """Quicker traces, which most of the time goes into.

    Modules and tests live on: the collector need not walk over them again and again. And TensorFlow notes for each op
    from where it was made, for the messages of its errors: a hundred frames deep in a test, an eighth of its time.
    """
    if "tensorflow" in sys.modules:
        from tensorflow.python.util import tf_stack

        somewhere = tf_stack.extract_stack()
        tf_stack.extract_stack = lambda stacklevel=1: somewhere
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
