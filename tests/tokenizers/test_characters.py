"""`Characters`: one id per code point."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textattr.errors import DocumentError, OptionError, TokenizerError
from textattr.tokenizers.characters import Characters
from textattr.tokenizers.encoding import Tokenizer


def make(**options):
    return Characters(["<PAD>", "<UNK>", "a", "b", " "], **{"unknown": 1, **options})


@given(st.text(), st.booleans())
def test_one_token_per_character(text, lowercase):
    encoding = make(lowercase=lowercase)(text)
    assert encoding.tokens == tuple(text)
    assert encoding.offsets == tuple((i, i + 1) for i in range(len(text)))


def test_ids():
    assert make()("ab Ax").ids.tolist() == [2, 3, 4, 1, 1]
    assert make(lowercase=True)("ab Ax").ids.tolist() == [2, 3, 4, 2, 1]
    assert make(unknown=None)("axb").offsets == ((0, 1), (2, 3))


def test_lower_case_of_two_characters_is_unknown():
    encoding = make(lowercase=True)("aİb")
    assert encoding.ids.tolist() == [2, 1, 3]
    assert encoding.offsets == ((0, 1), (1, 2), (2, 3))


def test_length():
    assert make(length=4)("ab").ids.tolist() == [2, 3, 0, 0]
    assert make(length=4, padding="pre")("ab").ids.tolist() == [0, 0, 2, 3]
    assert make(padding="pre")("abb", length=2).ids.tolist() == [3, 3]
    assert make(length=1)("abb", length=2).untruncated_length == 3


def test_a_string_is_a_vocabulary():
    assert Characters("ab", unknown=7, pad=None)("ba").ids.tolist() == [1, 0]


def test_errors():
    with pytest.raises(TokenizerError, match="pad=0 is also the id of the word 'a'"):
        Characters("ab", unknown=7)
    with pytest.raises(TokenizerError, match="unknown=1 is also"):
        Characters({"a": 1}, unknown=1)
    with pytest.raises(OptionError, match="length="):
        make(length=0)
    with pytest.raises(OptionError, match="padding="):
        make(padding="both")
    with pytest.raises(DocumentError, match="got NoneType"):
        make()(None)


def test_value_semantics():
    assert pickle.loads(pickle.dumps(make())) == make()
    assert hash(make()) == hash(make())
    assert make() != make(lowercase=True)
    assert repr(make(length=9)) == "Characters(5 characters, unknown=1, length=9)"
    assert isinstance(make(), Tokenizer)
