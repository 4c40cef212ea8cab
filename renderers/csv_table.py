r"""The data frame of explanations as a CSV file and back: without loss, and harmless in a spreadsheet.

How a cell is written:

* Every string stands in quotes, a quote in it twice; None, NA and NaN are nothing at all, the empty string is `""`.
* The text of a document stands in the first of its rows, of each of its inputs: once for each token, a long one
  would fill a disk. Where it is nothing at all, it is that of the row before of the same document and input.
* NUL is `\u0000`, half a surrogate pair such as `\ud83d`. A backslash that would read as the start of one of these is
  `\u005c`; every other backslash is itself.
* A string that begins with `=`, `+`, `-`, `@` (or their full-width forms), a tab, CR, LF or `'` gets a `'` before it,
  so that no spreadsheet takes it for a formula.
* Numbers are written such that they come back exactly.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from textattr.errors import TextAttrError
from textattr.explanation import AnyExplanation
from textattr.renderers.dataframe import DTYPES, frame_of, rows_of
from textattr.renderers.files import read_file
from textattr.units.merge import AUTO, Merge

if TYPE_CHECKING:
    import pandas as pd

_CODE = "u(?:0000|005c|d[89a-f][0-9a-f]{2})"
_TO_ESCAPE = re.compile(rf"[\x00\ud800-\udfff]|\\(?={_CODE})")
_ESCAPED = re.compile(rf"\\{_CODE}")
_GUARDED = tuple("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n'")
_CELL = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r?\n|\Z)')
_INT64 = range(-(2**63), 2**63)
# The columns of files that an older textattr wrote; what they call `text` is the name of one, now `input`.
_OLDER = [name for name in DTYPES if name not in ("input", "is_unknown")]
_OLDEST = _OLDER[: _OLDER.index("weight") + 1]
_DOCUMENT, _INPUT, _TEXT = map(list(DTYPES).index, ("document", "input", "text"))


def format_as_csv(explanations: AnyExplanation | Iterable[AnyExplanation], *, merge: Merge = AUTO) -> str:
    """One explanation or many as CSV, with the columns and rows of [format_as_dataframe][]; [read_csv][] reads it.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> format_as_csv(EXAMPLE).splitlines()[1].split(',"token",')[0]
        '0,,"The plot was awful, but the acting was great.",,"positive",,1,,"positive",0,"The",0,3,False,0.01'
    """
    lines = [tuple(DTYPES), *_without_repeated_texts(rows_of(explanations, merge))]
    return "".join(",".join(map(_write, line)) + "\n" for line in lines)


def read_csv(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""The data frame in a CSV file that `explanation.save` wrote, exactly as [format_as_dataframe][] gives it.

    Every string is what it was: "NA", "1e5", " x", `\r` and half an emoji as well. What `save` puts before cells that a
    spreadsheet would take for formulas, a `'`, is taken off again.

    pandas alone comes close where it is told to leave strings as they are; what it cannot tell is None from "", it
    keeps the `'` of such cells and the escapes (`\u0000`, `\ud83d`, `\u005c`) of what no file holds, and has the `text`
    of a document in the first of its rows alone:

        pandas.read_csv(path, keep_default_na=False,
            na_values=dict.fromkeys(("target", "against", "weight", "value", "score", "probability",
                "baseline_score", "position"), ""),
            dtype=dict.fromkeys(("input", "text", "output", "prediction", "truth", "label", "token", "kind", "method",
                "model"), str) | dict.fromkeys(("target", "against", "position"), "Int64"))

    Raises:
        TextAttrError: when the file cannot be read, or is not as `save` writes it.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from textattr.renderers.dataframe import format_as_dataframe
        >>> from textattr.renderers.example import EXAMPLE
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     EXAMPLE.save(Path(folder, "review.csv"))
        ...     read_csv(Path(folder, "review.csv")).equals(format_as_dataframe(EXAMPLE))
        True
    """
    lines = enumerate(_lines(read_file(path), str(path)), start=1)
    _, header = next(lines, (1, []))
    names = next(
        (each for each in (list(DTYPES), _OLDER, _OLDEST) if header == [f'"{n}"' for n in each]), None
    )
    if names is None:
        raise TextAttrError(
            f"{path}: expected a file that explanation.save wrote, with the columns {', '.join(DTYPES)}; "
            f"got {','.join(header)[:200] or 'an empty file'}"
        )
    if names != list(DTYPES):
        names = ["input" if name == "text" else name for name in names]
    rows = (_row(names, cells, f"{path}, row {number}") for number, cells in lines)
    return frame_of(_with_repeated_texts(rows))


def _without_repeated_texts(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The rows with the text of each document and input in the first of them alone."""
    known: dict[Any, Any] = {}
    for row in rows:
        key, text = (row[_DOCUMENT], row[_INPUT]), row[_TEXT]
        yield _with_text(row, None if known.get(key) == text else text)
        known[key] = text


def _with_repeated_texts(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The rows with the text of each document and input in all of them."""
    known: dict[Any, Any] = {}
    for row in rows:
        key = row[_DOCUMENT], row[_INPUT]
        known[key] = known.get(key) if row[_TEXT] is None else row[_TEXT]
        yield _with_text(row, known[key])


def _with_text(row: tuple[Any, ...], text: str | None) -> tuple[Any, ...]:
    return (*row[:_TEXT], text, *row[_TEXT + 1 :])


def _write(value: Any) -> str:
    if value is None or isinstance(value, float) and math.isnan(value):
        return ""
    if not isinstance(value, str):
        return repr(value)
    guard = "'" if value.startswith(_GUARDED) else ""
    escaped = _TO_ESCAPE.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    return '"' + guard + escaped.replace('"', '""') + '"'


def _lines(text: str, name: str) -> Iterator[list[str]]:
    """The cells of each row as they are written, in quotes where they are."""
    cells: list[str] = []
    start = number = 0
    while start < len(text):
        found = _CELL.match(text, start)
        if found is None:
            raise TextAttrError(
                f"{name}, row {number + 1}: expected cells between commas, strings in quotes; "
                f"got {text[start : start + 40]!r}"
            )
        cells.append(found[0][: len(found[0]) - len(found[3])])
        start = found.end()
        if found[3] != ",":
            yield cells
            cells, number = [], number + 1
    if cells:
        yield cells


def _row(names: Sequence[str], cells: Sequence[str], where: str) -> tuple[Any, ...]:
    """The values of a row; those that a file of an older textattr does not have are unknown."""
    if len(cells) != len(names):
        raise TextAttrError(f"{where}: expected {len(names)} cells, got {len(cells)}")
    of = {"kind": '"token"', "is_unknown": "False", **dict(zip(names, cells, strict=True))}
    return tuple(
        _READERS[dtype](of.get(column, ""), f"{where}, column {column!r}") for column, dtype in DTYPES.items()
    )


def _string(cell: str, where: str) -> str | None:
    if not cell:
        return None
    if not cell.startswith('"'):
        raise TextAttrError(
            f"{where}: expected a string in quotes, got {cell!r}; was it saved by another program?"
        )
    text = cell[1:-1].replace('""', '"').removeprefix("'")
    return _ESCAPED.sub(lambda found: chr(int(found[0][2:], 16)), text)


def _whole(cell: str, where: str) -> int:
    if re.fullmatch("-?[0-9]{1,19}", cell) and (number := int(cell)) in _INT64:
        return number
    raise TextAttrError(f"{where}: expected a whole number, got {cell[:40]!r}")


def _whole_or_none(cell: str, where: str) -> int | None:
    return _whole(cell, where) if cell else None


def _flag(cell: str, where: str) -> bool:
    if cell in ("True", "False"):
        return cell == "True"
    raise TextAttrError(f"{where}: expected True or False, got {cell[:40]!r}")


def _number(cell: str, where: str) -> float:
    if re.fullmatch(r"-?(?:[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?|inf)", cell, re.IGNORECASE):
        return float(cell)
    if not cell:
        return math.nan
    raise TextAttrError(f"{where}: expected a number, got {cell[:40]!r}")


_READERS: dict[str, Callable[[str, str], Any]] = {
    "object": _string,
    "int64": _whole,
    "Int64": _whole_or_none,
    "bool": _flag,
    "float64": _number,
}
