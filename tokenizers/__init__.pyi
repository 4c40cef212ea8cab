# For type checkers alone: Python finds no `__init__.py` here, and gets `wrap` from `textattr/__init__.py`.
from textattr.tokenizers.choose import wrap as wrap
