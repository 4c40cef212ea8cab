"""What all tests share: a quiet TensorFlow, and a collector that leaves alone what stays."""

from __future__ import annotations

import gc
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def pytest_collection_finish(session):
    """Modules and tests live on: the collector need not walk over them again and again while graphs are traced."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
