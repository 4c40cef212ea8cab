"""Functions of texts that end the process they run in, for the tests of workers."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import corpora_small as small


def dies_once(texts):
    """Kills its process the first time that one gets here with the mark not set."""
    mark = Path(os.environ["TEXTATTR_TEST_MARK"])
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return small.margins(texts)


def dies_over_w3(texts):
    if any("w3" in text for text in texts):
        os.kill(os.getpid(), signal.SIGKILL)
    return small.margins(texts)
