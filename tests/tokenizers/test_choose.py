"""`require_tokenizer` refuses what is no tokenizer, each with the line to write instead."""

from pathlib import Path

import pytest

from textattr.errors import TokenizerError
from textattr.tokenizers.characters import Characters
from textattr.tokenizers.choose import encode, encode_all, require_tokenizer
from textattr.tokenizers.encoding import Encoding
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


class Together:
    """A tokenizer that reads several texts in one call, and counts its calls."""

    def __init__(self, left_out=0):
        self.calls, self.left_out = [], left_out

    def __call__(self, text, *, length=None):
        self.calls.append((text, length))
        return Encoding(text.lower(), [1], [text.lower()], [(0, len(text))])

    def encode_many(self, texts, *, length=None):
        self.calls.append((tuple(texts), length))
        return [Encoding(t.lower(), [1], [t.lower()], [(0, len(t))]) for t in texts][self.left_out :]


def test_several_texts_are_read_in_one_call_where_the_tokenizer_has_one():
    tokenizer = Together()
    found = encode_all(tokenizer, ["So", "good"], length=1)
    assert tokenizer.calls == [(("So", "good"), 1)]
    assert [each.text for each in found] == ["so", "good"]
    assert [each.original for each in found] == ["So", None]


def test_several_texts_are_read_one_by_one_by_other_tokenizers():
    words = Words({"so": 1, "good": 2}, unknown=3)
    found = encode_all(words, ["So", "so good"], length=2)
    for one, text in zip(found, ["So", "so good"], strict=True):
        alone = encode(words, text, length=2)
        assert (one.tokens, one.offsets, one.ids.tolist()) == (
            alone.tokens,
            alone.offsets,
            alone.ids.tolist(),
        )


def test_fewer_encodings_than_texts_are_refused():
    with pytest.raises(TokenizerError, match="expected 2 encodings from encode_many .* got 1"):
        encode_all(Together(left_out=1), ["So", "good"], length=None)
