"""TensorFlow without its chatter, for the command line, where stderr belongs to errors."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


def import_tensorflow_quietly() -> None:
    """Import TensorFlow and Keras so that nothing but errors is written to stderr, now and later.

    Raises:
        MissingExtraError: when TensorFlow is not installed.
    """
    from textattr._optional import require

    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    warnings.simplefilter("ignore")
    with stderr_kept_back():
        tensorflow = require("tensorflow", extra="tensorflow")
        tensorflow.config.list_physical_devices()  # says on stderr what it finds, or does not
        require("keras", extra="tensorflow")
    for name in ("absl", "tensorflow"):
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def stderr_kept_back() -> Iterator[None]:
    """Keep back what is written to stderr, also by libraries in C++; pass it on where the body raises.

    TensorFlow's first lines, while it is imported, obey none of its settings.
    """
    sys.stderr.flush()
    try:
        stderr = os.dup(2)
    except OSError:  # the program was started without one
        yield
        return
    try:
        with tempfile.TemporaryFile() as kept:
            os.dup2(kept.fileno(), 2)
            try:
                yield
            except BaseException:
                sys.stderr.flush()
                kept.seek(0)
                os.write(stderr, kept.read())
                raise
            finally:
                sys.stderr.flush()
                os.dup2(stderr, 2)
    finally:
        os.close(stderr)
