"""The explainer with its model as bytes, as it travels to workers."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from textattr.checks import shown
from textattr.corpora.errors import RunError
from textattr.explainer import Explainer


def pickled(explainer: Explainer, dumps: Callable[[Any], bytes] = pickle.dumps) -> bytes:
    """The explainer with its model, as each worker loads it.

    Args:
        explainer: with every setting.
        dumps: makes bytes that `pickle.loads` reads.

    Raises:
        RunError: where the model, the tokenizer or a function of the user's cannot be sent.
    """
    try:
        return dumps(explainer)
    except Exception as error:  # whatever a model or a tokenizer of the user's raises
        raise RunError(
            f"this explainer cannot be sent to workers ({shown(str(error))}): a function has to stand in a module, not "
            'in another function or a notebook; or leave workers= at 1 and engine= at "local"'
        ) from error
