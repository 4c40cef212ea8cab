"""Tokenizers that tell offsets in bytes, as tensorflow_text's do."""

import unicodedata

import pytest
import tensorflow as tf
from awkward import AWKWARD, assert_placed
from hypothesis import given, settings

from textattr.errors import DocumentError, OptionError, TokenizerError
from textattr.tokenizers.choose import wrap


class Whitespace:
    """Words between white space, as bytes, with their places in the UTF-8 of each text."""

    def __init__(self, as_tokens=lambda word: word):
        self.as_tokens = as_tokens

    def tokenize_with_offsets(self, texts):
        tokens, starts, ends = [], [], []
        for text in texts:
            found, end = [], 0
            for word in text.split():
                start = text.index(word, end)
                end = start + len(word)
                found.append((word, len(text[:start].encode()), len(text[:end].encode())))
            tokens.append([self.as_tokens(word.encode()) for word, _, _ in found])
            starts.append([start for _, start, _ in found])
            ends.append([end for _, _, end in found])
        return tuple(tf.ragged.constant(each, ragged_rank=1) for each in (tokens, starts, ends))


@settings(deadline=None)
@given(text=AWKWARD)
def test_bytes_become_characters(text):
    if not text.strip():
        return
    encoding = wrap(Whitespace(), vocabulary={"so": 2}, unknown=1)(text)
    assert encoding.tokens == tuple(text.split())
    assert_placed(encoding, text)


def test_ids_and_pieces_of_words():
    assert wrap(Whitespace(len))("é film").ids.tolist() == [2, 4]

    class Pieces:
        def tokenize_with_offsets(self, texts):
            return (
                tf.ragged.constant([[[5, 6], [7]]] * len(texts)),
                tf.ragged.constant([[[0, 2], [5]]] * len(texts)),
                tf.ragged.constant([[[2, 4], [6]]] * len(texts)),
            )

    encoding = wrap(Pieces())("éab c")
    assert encoding.ids.tolist() == [5, 6, 7]
    assert encoding.tokens == ("é", "ab", "c")
    assert encoding.words == (0, 0, 1)
    assert len(wrap(Pieces()).encode_many(["éab c", "éxy d"], length=4)[1]) == 4


class Basic:
    """As the first step of BERT's tokenizer: places are those in what it made of the text."""

    _lower_case, _normalization_form = True, None

    def lower_case(self, texts):
        lowered = [unicodedata.normalize("NFD", each.decode().casefold()) for each in texts.numpy()]
        return tf.constant(["".join(c for c in each if unicodedata.category(c) != "Mn") for each in lowered])


class Bert(Whitespace):
    def __init__(self):
        super().__init__(len)
        self._basic_tokenizer = Basic()

    def tokenize_with_offsets(self, texts):
        read = self._basic_tokenizer.lower_case(tf.constant(texts)).numpy()
        return super().tokenize_with_offsets([each.decode() for each in read])


@pytest.mark.parametrize("text", ["É Straße ﬁlm cafe\u0301 x", "plain Words", "電影 İ a"])
def test_places_in_the_lower_cased_text_of_bert(text):
    assert wrap(Bert())(text).tokens == tuple(text.split())


def test_bad_input():
    with pytest.raises(TokenizerError, match=r"vocabulary=\{token: id\}"):
        wrap(Whitespace())("so good")
    with pytest.raises(OptionError, match="needs unknown="):
        wrap(Whitespace(), vocabulary=["a"])
    with pytest.raises(DocumentError, match="half of a character"):
        wrap(Whitespace(len))("\ud800")

    class Within:
        def tokenize_with_offsets(self, texts):
            return tuple(tf.ragged.constant([[each]]) for each in (1, 0, 1))

    with pytest.raises(TokenizerError, match="between two characters, got 1"):
        wrap(Within())("é")
