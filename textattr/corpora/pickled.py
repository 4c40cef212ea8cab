"""The explainer with its model, and what it has to do, as bytes that travel to workers."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

from textattr.checks import shown
from textattr.corpora.errors import RunError
from textattr.corpora.explain_shard import ShardJob
from textattr.explainer import Explainer


def pickled(explainer: Explainer, job: ShardJob, dumps: Callable[[Any], bytes] = pickle.dumps) -> bytes:
    """The explainer with its model and the job, as each worker loads them: a pair.

    Args:
        explainer: with every setting.
        job: what is to be done with each shard.
        dumps: makes bytes that `pickle.loads` reads.

    Raises:
        RunError: where the model, the tokenizer or a function of the user's cannot be sent.
    """
    try:
        return dumps((explainer, job))
    except Exception as error:  # whatever a model or a tokenizer of the user's raises
        raise RunError(
            f"this explainer cannot be sent to workers ({shown(str(error))}): a function has to stand in a module, not "
            'in another function or a notebook; or leave workers= at 1 and engine= at "local"'
        ) from error
