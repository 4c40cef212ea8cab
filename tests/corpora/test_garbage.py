"""A run leaves the garbage collector of the user's process as it was."""

from __future__ import annotations

import subprocess
import sys

import pytest

LEAVES_AND_GIVES_BACK = """
import gc
from textattr.corpora.garbage import old_objects_left_alone
try:
    with old_objects_left_alone():
        assert gc.get_freeze_count() > 1000
        raise KeyError
except KeyError:
    pass
assert gc.get_freeze_count() == 0
"""
KEEPS_WHAT_THE_USER_DID = """
import gc
from textattr.corpora.garbage import old_objects_left_alone
gc.freeze()
count = gc.get_freeze_count()
with old_objects_left_alone():
    assert gc.get_freeze_count() == count
assert gc.get_freeze_count() == count
"""


@pytest.mark.parametrize("code", [LEAVES_AND_GIVES_BACK, KEEPS_WHAT_THE_USER_DID])
def test_the_collector_is_given_back(code):
    """In a process of its own: the tests' own has set objects apart."""
    subprocess.run([sys.executable, "-c", code], check=True)
