"""`wrap` is the one door: what it takes as it is, and what it refuses, each with the line to write instead."""

import subprocess
import sys
from pathlib import Path

import pytest

import textattr
from textattr.errors import OptionError, TokenizerError
from textattr.tokenizers.call import encode, encode_all, pack
from textattr.tokenizers.characters import Characters
from textattr.tokenizers.choose import KINDS, wrap
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.words import Words


def test_a_tokenizer_of_ours_passes():
    words = Words({"so": 2}, unknown=1, splitting="words")
    assert wrap(words) is words
    assert wrap(wrap(words, length=3), padding="pre")("so").ids.tolist() == [0, 0, 2]
    with pytest.raises(OptionError, match="Words takes no such options.*width"):
        wrap(words, width=3)


def test_it_has_its_name_where_its_folder_has_no_file():
    assert textattr.tokenizers.wrap is wrap
    from textattr.tokenizers import wrap as imported

    assert imported is wrap
    with pytest.raises(AttributeError, match="no attribute 'unwrap'"):
        _ = textattr.tokenizers.unwrap
    code = "from textattr.tokenizers import wrap; print(wrap(str.split, vocabulary=['a'], unknown=None)('a').ids)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[0]\n", "")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"so": 2},
            (
                r"a dict of 1 entries.*textattr\.Words\(vocabulary, unknown=<id>, splitting=<rule>\), where splitting= "
                r"is .*: 'words', 'keras_tokenizer', 'text_vectorization' or a pattern$"
            ),
        ),
        ({"the": 1, "and": 2, "a": 3, "of": 4, "to": 5}, r"write textattr\.Words\.keras_imdb\(vocabulary\)"),
        (["so", "good"], r"a list of 2 entries.*Words\(vocabulary, unknown=<id>, splitting=.*tokens="),
        (("so",), "a tuple of 1 entries"),
        ("words.txt", r"'words.txt'.*read_vocabulary\(path\)"),
        (Path("words.txt"), r"read_tokenizer\(path\)"),
        (Words, r"the class Words: write Words\(\.\.\.\) with its arguments"),
        (Characters, "the class Characters"),
        (str, "the class str"),
        (None, "NoneType, which cannot be called"),
        (3, "int, which cannot be called: pass " + ", ".join(kind.what for kind in KINDS)),
        (Encoding("a", [1], ["a"], [(0, 1)]), "Encoding, which cannot be called"),
    ],
)
def test_everything_else_is_refused(given, message):
    with pytest.raises(TokenizerError, match=message):
        wrap(given)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"widht": 3}, "wrap does not take widht for a callable; it takes vocabulary, unknown"),
        ({"vocabulary": ["a"]}, "a vocabulary= needs unknown="),
        ({"vocabulary": ["a"], "unknown": 0, "length": 0}, "length= is None or a positive whole number"),
        ({"vocabulary": ["a"], "unknown": 0, "padding": "left"}, "padding="),
    ],
)
def test_options_that_are_refused(options, message):
    with pytest.raises(OptionError, match=message):
        wrap(str.split, **options)


@pytest.mark.parametrize("family", ["keras", "tf_keras"])
def test_layers_that_do_not_cut_are_refused(family):
    layers = pytest.importorskip(family).layers
    for layer in (layers.StringLookup(vocabulary=["so"]), layers.Hashing(3), layers.Embedding(3, 2)):
        with pytest.raises(TokenizerError, match=f"the layer {type(layer).__name__}, which does not cut"):
            wrap(layer)


def raises(text):
    raise KeyError(text)


@pytest.mark.parametrize(
    ("tokenizer", "message"),
    [
        (raises, r"raises.* could not read the text: it raised KeyError: .*so"),
        (lambda text: [text[99]], "IndexError"),
        (wrap(lambda text: ["\ud800"], vocabulary=["so"], unknown=0), "UnicodeEncodeError"),
    ],
)
def test_errors_of_a_tokenizer_name_it(tokenizer, message):
    with pytest.raises(TokenizerError, match=message):
        encode(tokenizer, "so", length=None)
    with pytest.raises(TokenizerError, match=message):
        encode_all(tokenizer, ["so"], length=None)


def test_errors_of_a_library_name_its_tokenizer():
    models = pytest.importorskip("tokenizers.models")
    from tokenizers import Tokenizer

    tokenizer = Tokenizer(models.WordLevel({"good": 0}, unk_token="[UNK]"))
    with pytest.raises(TokenizerError, match=r"FromHuggingFace.*Missing \[UNK\] token"):
        encode(tokenizer, "so", length=None)
    with pytest.raises(TokenizerError, match=r"FromHuggingFace.*Missing \[UNK\] token"):
        pack(wrap(tokenizer), {"a": "so", "b": "good"}, length=None)


def test_what_gives_no_encoding_is_named():
    with pytest.raises(TokenizerError, match=r"expected an Encoding.* got int: 3"):
        encode(lambda text: 3, "so", length=None)


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
    words = Words({"so": 1, "good": 2}, unknown=3, splitting="words")
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
