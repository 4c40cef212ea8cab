r"""An explanation as LaTeX: coloured words for a paper, with the packages xcolor and ulem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textattr.explanation import AnyExplanation
from textattr.renderers.excerpt import Fold
from textattr.renderers.palette import palette_named
from textattr.renderers.segments import Piece
from textattr.renderers.shown import COMMON, MOST_TOKENS, THRESHOLD, Scale, checked
from textattr.renderers.strongest import Strong
from textattr.renderers.view_model import TargetParts, parts_of
from textattr.units.merge import AUTO, Merge
from textattr.visible import visible_text

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "−": r"\ensuremath{-}",
}
_NEEDS = r"% needs \usepackage{xcolor} and \usepackage[normalem]{ulem}"


def format_as_latex(
    explanation: AnyExplanation,
    *,
    palette: str = "puor",
    merge: Merge = AUTO,
    highlight_threshold: float = THRESHOLD,
    max_tokens: int | None = MOST_TOKENS,
    scale: Scale = COMMON,
) -> str:
    r"""The explanation as LaTeX: the verdict, what the score is made of, and the coloured text of each target.

    Words for have a solid line, words against a dotted one, unknown ones without colour a dashed one; a token that is
    explained is framed, and what was not read is grey. `\usepackage{xcolor}` and `\usepackage[normalem]{ulem}` are
    needed. Options are those of [format_as_html][]; "auto" is no palette for paper.

    Raises:
        OptionError: for an unknown option value, and what is not one explanation.

    Example:
        >>> from textattr.renderers.example import EXAMPLE
        >>> format_as_latex(EXAMPLE).splitlines()[1]
        '\\textbf{positive} $p = 0.83$'
    """
    options = checked(highlight_threshold=highlight_threshold, max_tokens=max_tokens, scale=scale)
    parts = parts_of(explanation, options, merge)
    colours = palette_named("puor" if palette == "auto" else palette).backgrounds
    lines = [_NEEDS]
    for said in parts.verdicts[:1]:
        label = said.label if said.value is None else f"{said.label} {said.value}"
        p = "" if said.probability is None else f" $p = {said.probability:.2f}$"
        mark = r"$\times$ " if said.is_wrong else ""
        truth = "" if said.truth is None else f" {mark}truth: {escaped(said.truth)}"
        lines.append(rf"\textbf{{{escaped(label)}}}{p}{truth}")
    for target in parts.targets:
        lines += ["", rf"\textit{{why {escaped(target.label)}}}: {_equation(target)}", ""]
        for text in target.texts:
            name = "" if text.name is None else rf"\textbf{{{escaped(text.name)}}} "
            pieces = text.excerpt or text.pieces
            coloured = "".join(_piece(piece, target, colours) for piece in pieces)
            lines.append(name + (_listed(text.strongest) if text.noun == "feature" else coloured))
        if target.features:
            lines += ["", f"beside the text: {_listed(target.features)}"]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    r"""Text such that LaTeX sets these very characters.

    Example:
        >>> print(escaped(r"50 % of \input{x}"))
        50 \% of \textbackslash{}input\{x\}
    """
    return "".join(_SPECIAL.get(character, character) for character in visible_text(text))


def _equation(target: TargetParts) -> str:
    return escaped("".join(term.text for term in target.equation))


def _listed(rows: Sequence[Strong]) -> str:
    return escaped(", ".join(f"{row.name} {row.weight}" for row in rows))


def _piece(piece: Piece | Fold, target: TargetParts, colours: Mapping[int, str]) -> str:
    if isinstance(piece, Fold):
        sums = [target.digits.signed(weight) for weight in (piece.gain, -piece.loss) if weight]
        return escaped(f" [… {piece.tokens} more {' '.join(sums)} …] ")
    text = escaped(piece.text).replace("\n", r"\\ ")
    if piece.is_unread or piece.is_unseen:
        text = rf"\textcolor{{gray}}{{{text}}}"
    if piece.level:
        line = r"\uline" if piece.level > 0 else r"\dotuline"
        colour = colours[piece.level][1:].upper()
        text = rf"{{\setlength{{\fboxsep}}{{1pt}}\colorbox[HTML]{{{colour}}}{{\strut{line}{{{text}}}}}}}"
    elif piece.is_unknown:
        text = rf"\dashuline{{{text}}}"
    return rf"{{\setlength{{\fboxsep}}{{1pt}}\fbox{{{text}}}}}" if piece.is_explained else text
