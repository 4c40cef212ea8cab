"""`require_tokenizer` refuses what is no tokenizer, each with the line to write instead."""

from pathlib import Path

import pytest

from textattr.errors import TokenizerError
from textattr.tokenizers.characters import Characters
from textattr.tokenizers.choose import require_tokenizer
from textattr.tokenizers.words import Words


def test_a_tokenizer_passes():
    words = Words({"so": 2}, unknown=1)
    assert require_tokenizer(words) is words

    def function(text, *, length=None):
        return words(text, length=length)

    assert require_tokenizer(function) is function


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"so": 2}, r"a dict of 1 entries.*write textattr\.Words\(vocabulary, unknown=<id>\)$"),
        (
            {"the": 1, "and": 2, "a": 3, "of": 4, "to": 5},
            r"write textattr\.Words\(vocabulary, unknown=<id>\), or textattr\.Words\.keras_imdb\(vocabulary\)",
        ),
        (["so", "good"], r"a list of 2 entries.*Words\(vocabulary, unknown=<id>\).*tokens="),
        (("so",), "a tuple of 1 entries"),
        ("words.txt", r"'words.txt'.*read_vocabulary\(path\)"),
        (Path("words.txt"), r"read_vocabulary\(path\)"),
        (Words, r"the class Words: write Words\(\.\.\.\) with its arguments"),
        (Characters, "the class Characters"),
        (None, "NoneType, which cannot be called"),
        (3, r"int, which cannot be called: write a function f\(text, \*, length=None\)"),
    ],
)
def test_everything_else_is_refused(given, message):
    with pytest.raises(TokenizerError, match=message):
        require_tokenizer(given)
