"""`python -m textattr` is the command `textattr`."""

from __future__ import annotations

from textattr.cli import main

if __name__ == "__main__":
    main()
