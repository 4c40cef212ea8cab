"""Keras 2's `Tokenizer`: its own ids for all of its settings and any text, each at its characters."""

import keras
import pytest
import tensorflow as tf
from awkward import AWKWARD, assert_placed
from hypothesis import given, settings

import textattr
from textattr.errors import DocumentError, OptionError, TokenizerError
from textattr.tokenizers.choose import wrap

KINDS = [tf.keras.preprocessing.text.Tokenizer]
try:
    import tf_keras
except ImportError:
    pass
else:
    KINDS.append(tf_keras.preprocessing.text.Tokenizer)

SETTINGS = [
    {},
    {"oov_token": "<OOV>"},
    {"num_words": 5, "oov_token": "<OOV>"},
    {"num_words": 5},
    {"char_level": True, "oov_token": "x"},
    {"char_level": True, "lower": False},
    {"lower": False, "split": "a"},
    {"filters": "", "split": "--"},
    {"filters": "aé\u0307", "split": "ab"},
]


def fitted(kind=KINDS[0], **settings):
    tokenizer = kind(**settings)
    tokenizer.fit_on_texts(["so good film, don't", "ΑΣ σας İ ẞ straße  a\u00a0b"])
    return tokenizer


@pytest.fixture(scope="module", params=[(kind, each) for kind in KINDS for each in SETTINGS], ids=str)
def tokenizer(request):
    kind, settings = request.param
    return fitted(kind, **settings)


@settings(deadline=None)
@given(text=AWKWARD)
def test_its_own_ids_at_their_characters(tokenizer, text):
    encoding = wrap(tokenizer)(text)
    assert encoding.ids.tolist() == tokenizer.texts_to_sequences([text])[0]
    assert_placed(encoding, text)


def test_what_stands_between_the_words():
    encoding = wrap(fitted(oov_token="<OOV>"))("So, GOOD\u00a0film!\tDon't")
    assert encoding.tokens == ("So", "GOOD\u00a0film", "Don't")
    assert encoding.ids.tolist() == [2, 1, 5]
    assert encoding.unknown_id == 1
    assert wrap(fitted())("so zzz good").tokens == ("so", "good")


def test_an_analyzer_is_asked():
    tokenizer = fitted()
    tokenizer.analyzer = lambda text: [word for word in text.lower().split() if len(word) > 2]
    encoding = wrap(tokenizer)("So a GOOD of film")
    assert encoding.ids.tolist() == tokenizer.texts_to_sequences(["So a GOOD of film"])[0]
    assert encoding.offsets == ((5, 9), (13, 17))


def test_filling_up_and_cutting_as_pad_sequences():
    tokenizer = fitted()
    texts = ["so good", "so good film don't"]
    for padding in ("pre", "post"):
        for truncating in ("pre", "post"):
            own = keras.utils.pad_sequences(
                tokenizer.texts_to_sequences(texts), maxlen=3, padding=padding, truncating=truncating
            )
            found = wrap(tokenizer, length=3, padding=padding, truncating=truncating).encode_many(texts)
            assert [each.ids.tolist() for each in found] == own.tolist()
            assert found[0].warnings == ()
            assert found[1].unread == {None: ((12, 18),) if truncating == "post" else ((0, 3),)}


def test_a_side_that_nobody_chose_is_said_where_it_matters():
    wrapped = wrap(fitted())
    assert wrapped("so good", length=2).warnings == ()
    assert "filled up on the side where pad_sequences does so" in wrapped("so", length=2).warnings[0]
    assert "cut on the side" in wrapped("so good film", length=2).warnings[0]
    assert wrapped("so good film", length=2).ids.tolist() == [2, 3]


def test_another_answer_of_its_own_is_what_counts():
    tokenizer = fitted()
    tokenizer.texts_to_sequences = lambda texts: [[7, 1] for _ in texts]
    encoding = wrap(tokenizer)("so good")
    assert encoding.ids.tolist() == [7, 1]
    assert encoding.original == "so good"
    assert encoding.text == " ".join(tokenizer.index_word[i] for i in (7, 1))
    assert "at token 0 it gives the id 7" in encoding.warnings[0]


def test_bad_input():
    with pytest.raises(TokenizerError, match="fit_on_texts"):
        wrap(KINDS[0]())
    made = fitted(oov_token="<OOV>")
    del made.word_index["<OOV>"]
    with pytest.raises(TokenizerError, match="its word_index lacks its oov_token, '<OOV>'"):
        wrap(made)("so unseen")
    with pytest.raises(OptionError, match="padding="):
        wrap(fitted(), padding="left")
    with pytest.raises(OptionError, match="does not take pad for Keras 2's Tokenizer; it takes length"):
        wrap(fitted(), pad=3)
    with pytest.raises(DocumentError, match="one text"):
        wrap(fitted())(3)
    assert len(wrap(fitted())("")) == 0
    assert wrap(fitted(oov_token="x"))("so \ud800\0 good").offsets == ((0, 2), (3, 5), (6, 10))
    assert len(wrap(fitted())("so good " * 125_000)) == 250_000


def test_an_explanation_shows_characters():
    model = keras.Sequential([keras.Input((None,), dtype="int32"), keras.layers.Embedding(20, 3)])
    model.add(keras.layers.GlobalAveragePooling1D())
    model.add(keras.layers.Dense(2, activation="softmax"))
    explanation = textattr.explain_prediction(
        model, "So, good!", tokenizer=fitted(oov_token="x"), method="gradient_x_input"
    )
    assert explanation.document == "So, good!"
    assert [(span.text, span.start) for span in explanation.targets[0].spans] == [("So", 0), ("good", 4)]
