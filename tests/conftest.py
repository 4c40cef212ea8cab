"""What all tests share: a quiet TensorFlow, a collector that leaves alone what stays, and which cases run."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from products import split

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def pytest_addoption(parser):
    group = parser.getgroup("cases of tests whose parameters are a product")
    group.addoption(
        "--all", action="store_true", help="run all of them, not only those that show every value"
    )
    group.addoption("--rest", action="store_true", help="run those alone that are left out without --all")
    group.addoption("--part", default="0/1", metavar="K/N", help="run each Nth test alone, from the Kth on")


@pytest.hookimpl(trylast=True)  # of what `-k` and `-m` leave
def pytest_collection_modifyitems(config, items):
    """Without `--all`, of a test marked `product` such cases run as show every value of every parameter."""
    run = list(items)
    if not config.option.all:
        share, rest = split(items, named_in(config))
        run = rest if config.option.rest else share
    which, parts = map(int, config.option.part.split("/"))
    run = run[which::parts]
    if len(run) < len(items):
        kept = set(run)
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = run


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
    """Modules and tests live on: the collector need not walk over them again and again while graphs are traced."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
