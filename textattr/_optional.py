"""Optional libraries: imported when first needed, with an error that names the extra."""

from __future__ import annotations

import importlib
from types import ModuleType

from textattr.errors import MissingExtraError


def require(module: str, extra: str) -> ModuleType:
    """Import `module`, or say which extra brings it.

    Raises:
        MissingExtraError: when the module, or one that it needs, is not installed.

    Example:
        >>> require("tenserflow", extra="tensorflow")
        Traceback (most recent call last):
        ...
        textattr.errors.MissingExtraError: tenserflow is not installed: pip install 'textattr[tensorflow]'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == module.partition(".")[0]:
            problem = f"{module} is not installed"
        else:
            problem = f"{module} cannot be imported, since {error.name} is not installed"
        raise MissingExtraError(f"{problem}: pip install 'textattr[{extra}]'") from error
