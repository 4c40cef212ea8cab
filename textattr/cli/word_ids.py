"""How the words of a text became ids, as the options of the command line say, and the document that follows from it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from textattr.cli.errors import WrongArguments
from textattr.cli.group import import_tensorflow
from textattr.cli.inputs import read_ids, read_text, read_words, tokens_of
from textattr.tokenizers.characters import Characters
from textattr.tokenizers.encoding import Tokenizer
from textattr.tokenizers.files import read_tokenizer
from textattr.tokenizers.words import Words


@dataclass(frozen=True)
class WordIds:
    """The options of the panel "From words to ids".

    Args:
        tokenizer: the file or folder of a tokenizer; None: there is none.
        vocabulary: the file; None: there is none.
        unknown: the id of all other words, or "none"; None: it is not given.
        splitting: the rule that cuts a text into words; None: it is not given.
        start: the id that every text begins with, or None.
        offset: what is added to the vocabulary's ids.
        pad: the id that fills up short texts.
        padding: "post" or "pre".
        lowercase: whether to look up in lower case; None: as the tokenizer does.
        characters: whether the vocabulary is one of characters.
    """

    tokenizer: Path | None
    vocabulary: Path | None
    unknown: str | None
    splitting: str | None
    start: int | None
    offset: int
    pad: int
    padding: str
    lowercase: bool | None
    characters: bool

    def document(self, ctx: Any, text: str | None, ids: str | None) -> dict[str, Any]:
        """The document and its tokens or tokenizer, as `explain_prediction` takes them.

        Raises:
            WrongArguments: for what does not go together.
            TextAttrError: for a file that cannot be read.
        """
        if self.tokenizer is not None and ids is not None:
            raise WrongArguments(
                "--tokenizer goes with a text; the tokens of --ids come from --vocabulary", ctx=ctx
            )
        if ids is None:
            return {**self.of_texts(ctx), "doc": read_text(text or "")}
        numbers = read_ids(ids)
        return {"doc": numbers, "tokens": tokens_of(numbers, self._words or {}, offset=self.offset)}

    def of_texts(self, ctx: Any) -> dict[str, Any]:
        """The tokenizer of texts, as an `Explainer` takes it; empty where the options name none.

        Raises:
            WrongArguments: for what does not go together.
            TextAttrError: for a file that cannot be read.
        """
        if self.tokenizer is not None and self.vocabulary is not None:
            raise WrongArguments("expected either --tokenizer or --vocabulary", ctx=ctx)
        if self.vocabulary is not None and self.unknown is None:
            raise WrongArguments(
                'a TEXT and --vocabulary need --unknown N, the id of words that are not in it, or "none"',
                ctx=ctx,
            )
        if self.tokenizer is not None:
            import_tensorflow(ctx)  # those of Keras and of keras-hub need it
            return {"tokenizer": read_tokenizer(self.tokenizer)}
        return {} if self._words is None else {"tokenizer": self._tokenizer()}

    def require_fit(self, ctx: Any, model: Any, path: Path) -> None:
        """Refuse a text for a model of ids where nothing tells how they are made.

        Raises:
            WrongArguments: which names the options.
        """
        if self.vocabulary is None and self.tokenizer is None and not _takes_strings(model):
            raise WrongArguments(
                f"{path} reads token ids: --tokenizer FILE says how it was trained to make them, or --vocabulary FILE "
                "and --unknown N",
                ctx=ctx,
            )

    @cached_property
    def _words(self) -> dict[str, int] | None:
        return None if self.vocabulary is None else read_words(self.vocabulary)

    def _tokenizer(self) -> Tokenizer:
        if self.unknown != "none" and not str(self.unknown).isdecimal():
            raise WrongArguments(f'--unknown expects an id or "none", got {self.unknown!r}')
        settings: dict[str, Any] = {
            "unknown": None if self.unknown == "none" else int(str(self.unknown)),
            "pad": self.pad,
            "padding": self.padding,
        }
        if self.lowercase is not None:
            settings["lowercase"] = self.lowercase
        words = self._words or {}
        if not self.characters:
            with warnings.catch_warnings():  # the explanation says the same
                warnings.simplefilter("ignore", FutureWarning)
                return Words(
                    words, splitting=self.splitting, start=self.start, offset=self.offset, **settings
                )
        if self.start is not None or self.offset or self.splitting is not None:
            raise WrongArguments("--splitting, --start and --offset go with words, not with --characters")
        return Characters(words, **settings)


def _takes_strings(model: Any) -> bool:
    return any(getattr(tensor, "dtype", None) == "string" for tensor in getattr(model, "inputs", None) or ())
