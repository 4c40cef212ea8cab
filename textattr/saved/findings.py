"""What is wrong with a file: a finding is one sentence on what was refused, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Finding:
    """Something in a model's config that must not be loaded.

    Attributes:
        what: what it is, as part of a sentence.
        unknown: the name of a class or function that is somebody's own; None where the thing is Keras' or Python's.
    """

    what: str
    unknown: str | None = None


class TooLargeError(Exception):
    """The file unpacks to more than it may; the message says what does."""


class ForbiddenError(Exception):
    """The file reaches beyond itself, or holds what no model's file holds; the message says what."""


class Policy(Protocol):
    """Which objects one of the loaders may make."""

    def judge(self, part: dict[str, object]) -> Finding | None:
        """What is wrong with an object of the config, a dict that has a class_name; None when it may be made."""
        ...
