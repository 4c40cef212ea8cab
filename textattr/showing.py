"""What an explanation does by itself: show in Jupyter and in a terminal, go to a file and come back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from textattr.errors import OptionError
from textattr.notebook import was_just_shown

if TYPE_CHECKING:
    from textattr.explanation import AnyExplanation, Explanation
    from textattr.units.tokens import Units

AUTO = "auto"  # units as suit the tokenizer


class Shown:
    """The part of `Explanation` and `MultiTextExplanation` that hands them to renderers."""

    @property
    def _this(self) -> Any:
        """Either of the two, which are all that derive from this class."""
        return self

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> AnyExplanation:
        """The explanation that `format_as_dict` made this dict of.

        What comes back is consistent: a weight per token, spans that follow from them, labels and targets of the
        prediction.

        Raises:
            TextAttrError: when it is not such a dict; it names the place, such as `targets[0].spans[3].weight`.
        """
        from textattr.renderers.from_dict import explanation_from_dict

        return explanation_from_dict(data)

    @classmethod
    def from_json(cls, path: str | os.PathLike[str]) -> AnyExplanation:
        """The explanation in a .json file that `save` wrote.

        Raises:
            TextAttrError: when the file cannot be read, or holds none.

        Example:
            >>> import tempfile
            >>> from pathlib import Path
            >>> from textattr.explanation import Explanation
            >>> from textattr.renderers.example import EXAMPLE
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     EXAMPLE.save(Path(folder, "review.json"))
            ...     Explanation.from_json(Path(folder, "review.json")) == EXAMPLE
            True
        """
        from textattr.renderers.files import read_file
        from textattr.renderers.from_dict import explanation_from_json

        return explanation_from_json(read_file(path))

    @classmethod
    def from_weights(
        cls,
        text_or_tokens: str | Sequence[str],
        weights: Any,
        *,
        tokens: Sequence[str] | None = None,
        label: str | None = None,
        title: str | None = None,
        probability: float | None = None,
        score: float | None = None,
        baseline_score: float | None = None,
        truth: str | None = None,
        model: str | None = None,
    ) -> Explanation:
        """Weights of your own as an explanation: attention, another program's attribution, marks that people made.

        It shows, saves and compares itself as any other, and stands in the same report.

        Args:
            text_or_tokens: a text, or tokens, which are joined as their markers say ("un", "##known").
            weights: one number for each token; true or false counts as 1 or 0; or {label: numbers} of several labels.
            tokens: the tokens of a text, each as it stands there; None: what stands between blanks.
            label: what positive weights speak for.
            title: what the weights are called, as a method is.
            probability: of the label, from 0 to 1.
            score: of the label; None: the sum of the weights.
            baseline_score: what the weights start from, where they sum to `score - baseline_score`.
            truth: the label that is right.
            model: the model's name.

        Raises:
            TokensError: when a token does not stand in the text, or there are more or fewer weights than tokens.
            OptionError: for weights that are no finite numbers, and other values of a wrong type.

        Example:
            >>> from textattr.explanation import Explanation
            >>> attention = Explanation.from_weights("not a bad film", [0.5, 0.0, 0.4, 0.1], label="positive")
            >>> attention.targets[0].spans[2]
            Span(text='bad', start=6, end=9, weight=0.4)
        """
        from textattr.own_weights import explanation_from_weights

        return explanation_from_weights(
            text_or_tokens,
            weights,
            tokens=tokens,
            label=label,
            title=title,
            probability=probability,
            score=score,
            baseline_score=baseline_score,
            truth=truth,
            model=model,
        )

    def merge(self, units: Units) -> Self:
        """The same explanation in words, sentences or other units instead of tokens.

        The weights of a unit's tokens are added up, so that all sums stay as they are. Its span reaches from the first
        token's characters to the last one's, without the blanks around it; what lies between units belongs to none, as
        before. No unit cuts a character that readers see as one, and the byte pieces of one are never told apart.

        * "words": tokens to which the tokenizer gives one number of a word (`Token.word`), else those that lie in one
          word of Unicode; punctuation marks are words of their own. Chinese, Japanese, Thai, Lao, Khmer and Burmese
          words need the extra `textattr[words]`; without it, each of their characters is a word, and a warning says so.
        * "sentences": tokens of one sentence.
        * stretches of the document, [(start, end), ...], or a function of it that gives such stretches: tokens of one
          stretch; those that lie in none stay as they are.

        Special tokens stay as they are. A unit is unknown where one of its tokens is, and unseen where all are. Where
        each token has scores of its own, a unit has those of its first token; the unit that holds the token that is
        explained is marked. Of the numbers that a method gives of each token, standard errors become
        `diagnostics["standard_error_at_most"]`, the sum of those of a unit's tokens; others are left out.

        Returns:
            An `Explanation`, or of several texts a `MultiTextExplanation`.

        Raises:
            OptionError: for what is no rule, and for stretches that overlap, lie outside the document or cut a token.

        Example:
            >>> from textattr.renderers.example import EXAMPLE
            >>> [(token.text, weight) for token, weight in zip(
            ...     EXAMPLE.merge("sentences").tokens, EXAMPLE.merge("sentences").targets[0].heatmap.round(2).tolist()
            ... )]
            [('The plot was awful, but the acting was great', 0.1)]
        """
        from textattr.units.merge import merge

        merged: Self = merge(self._this, units)  # type: ignore[assignment]  # of the same kind
        return merged

    def save(self, path: str | os.PathLike[str], *, merge: Any = AUTO) -> None:
        """Write the explanation to a file: by its suffix a report, data, a table or a figure.

        .html is a report of this one; .json has all of it, .csv a row per token; .svg, .pdf and .png are figures of 6.5
        inches, of which the latter two need `pip install 'textattr[plot]'`; .tex is LaTeX.

        With `merge="auto"`, the default, reports, tables and figures are of words where the tokenizer makes several
        pieces of one, and a .json is of tokens, as from_json needs it; None: tokens. Else it is what [merge][] takes.

        A file of that name is replaced in one step and keeps its mode; a symbolic link is followed.
        `Explanation.from_json` reads the .json, `textattr.read_csv` the .csv.

        Raises:
            OptionError: for another suffix, or what is no path.
            FolderError: when the folder does not exist.
            FileError: when the file cannot be written for another reason.
            MissingExtraError: for .pdf and .png without matplotlib.
        """
        from textattr.renderers.files import as_path, replace_file

        path = as_path(path)
        match path.suffix.lower():
            case ".html":
                from textattr.renderers.report.write import write_report

                write_report(self._this, path, title=path.stem, merge=merge)
            case ".json":
                from textattr.renderers.dictionary import format_as_dict

                data = format_as_dict(self._this, merge=None if merge == AUTO else merge)
                replace_file(path, json.dumps(data, allow_nan=False) + "\n")
            case ".csv":
                from textattr.renderers.csv_table import format_as_csv

                replace_file(path, format_as_csv(self._this, merge=merge))
            case ".svg":
                from textattr.renderers.svg import format_as_svg

                replace_file(path, format_as_svg(self._this, merge=merge))
            case ".pdf" | ".png" as suffix:
                from textattr.renderers.plot import draw
                from textattr.renderers.svg import laid_out

                replace_file(path, draw(laid_out(self._this, merge=merge), suffix[1:]))
            case ".tex":
                from textattr.renderers.latex import format_as_latex

                replace_file(path, format_as_latex(self._this, merge=merge))
            case other:
                raise OptionError(
                    "save: expected a path that ends in .html, .json, .csv, .svg, .pdf, .png or .tex; "
                    f"got {other or str(path)!r}"
                )

    def __str__(self) -> str:
        from textattr.renderers.terminal import format_for_stdout

        return format_for_stdout(self._this)

    def _ipython_display_(self) -> None:
        """Nothing, where `show_prediction` has just shown it in this cell; else IPython asks for the forms below."""
        if not was_just_shown(self):
            raise NotImplementedError

    def _repr_html_(self) -> str:
        from textattr.renderers.html import format_as_html

        return format_as_html(self._this)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """What Jupyter shows; `include` and `exclude` say which mime types it wants."""
        from textattr.renderers.html import format_as_html

        forms: dict[str, Callable[[Any], str]] = {"text/plain": str, "text/html": format_as_html}
        return {
            mime: form(self)
            for mime, form in forms.items()
            if (not include or mime in include) and mime not in (exclude or ())
        }
