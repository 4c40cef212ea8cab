"""Callables as tokenizers: encodings, places, spaCy's tokens, plain tokens; and each way in which they are wrong."""

from types import SimpleNamespace

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

import textattr
from textattr.errors import DocumentError, TokenizerError
from textattr.tokenizers.call import encode
from textattr.tokenizers.choose import wrap
from textattr.tokenizers.encoding import Encoding

VOCABULARY = {"so": 2, "good": 3, "film": 4}


def places(text):
    found, end = [], 0
    for token in text.split():
        start = text.index(token, end)
        end = start + len(token)
        found.append((token, start, end))
    return found


def spacy_tokens(text):
    return [SimpleNamespace(text=token, idx=start) for token, start, _ in places(text)]


def encoding(text, length=None):
    found = places(text)
    return Encoding(
        text, [VOCABULARY.get(t, 1) for t, _, _ in found], [t for t, _, _ in found], [s[1:] for s in found]
    )


as_lambda = lambda text: encoding(text)  # noqa: E731  (a lambda is what is tested)


@pytest.mark.parametrize("function", [str.split, places, spacy_tokens, encoding, as_lambda])
def test_each_kind_of_answer(function):
    options = {} if function in (encoding, as_lambda) else {"unknown": 1, "vocabulary": VOCABULARY}
    found = wrap(function, **options)("so  good\tunseen")
    assert found.ids.tolist() == [2, 3, 1]
    assert found.tokens == ("so", "good", "unseen")
    assert found.offsets == ((0, 2), (4, 8), (9, 15))
    assert found.original is None
    assert found.warnings == ()


def test_a_length_does_not_reach_those_that_take_any_options():
    def tokenizer(text, **options):
        places(text, **options)
        return encoding(text)

    assert len(encode(tokenizer, "so good", length=7)) == 2


def test_the_length_of_the_model_reaches_those_that_take_it():
    asked = []

    def tokenizer(text, *, length=None):
        asked.append(length)
        return encoding(text)

    encode(tokenizer, "so good", length=7)
    assert asked == [7]
    assert encode(str.split, "so good", length=None, needs_ids=False).ids.tolist() == [0, 1]
    wrapped = wrap(str.split, vocabulary=VOCABULARY, unknown=1, start=9, offset=10, padding="pre")
    assert wrapped("so good", length=4).ids.tolist() == [0, 9, 12, 13]
    assert wrap(str.split, vocabulary=VOCABULARY, unknown=None)("so unseen").tokens == ("so",)


@given(
    st.text(st.sampled_from("aİẞΣ.' \t\u3000\u00a0👍🏽é\u0301") | st.characters(exclude_categories=("Cs",)))
)
def test_words_of_any_text_are_found(text):
    found = wrap(str.split, vocabulary=VOCABULARY, unknown=1)(text)
    assert [text[a:b] for a, b in found.offsets] == text.split()
    lowered = wrap(lambda given: given.lower().split(), vocabulary=VOCABULARY, unknown=1)(text)
    if lowered.original is None:
        assert len(lowered) == len(text.split())
    else:
        assert lowered.original == text
        assert lowered.warnings


def test_what_is_dropped_does_not_move_the_others():
    def without_short(text):
        return [word for word in text.split() if len(word) > 2]

    found = wrap(without_short, vocabulary=VOCABULARY, unknown=1)("a filmy so film of films")
    assert found.offsets == ((2, 7), (11, 15), (19, 24))


def test_tokens_that_do_not_stand_in_the_text_are_shown_themselves():
    found = encode(
        wrap(lambda text: ["sogood", "x"], vocabulary=VOCABULARY, unknown=1), "something else", length=None
    )
    assert (found.text, found.original) == ("sogood x", "something else")
    assert "do not stand in the text" in found.warnings[0]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (3, "got int: 3"),
        ("so", "got str"),
        ({"so": 1}, "got dict"),
        ([1, 2], "got list"),
        ([("so", 0)], "got list"),
        (["so", ("good", 3, 7)], "got list"),
        ([("so", 0, 99)], r"0 <= start <= end <= 7.*got \('so', 0, 99\)"),
        ([("so", 2, 0)], "0 <= start <= end"),
        ([("so", 0.5, 2.5)], "got list"),
        ([("so", False, 2)], "got list"),
        ([("good", 3, 7), ("so", 0, 2)], "offsets follow the order of the text"),
    ],
)
def test_answers_that_are_refused(answer, message):
    with pytest.raises(TokenizerError, match=message):
        wrap(lambda text: answer, vocabulary=VOCABULARY, unknown=1)("so good")


def test_texts_that_are_refused():
    tokenizer = wrap(str.split, vocabulary=VOCABULARY, unknown=1)
    with pytest.raises(DocumentError, match="half of a character"):
        tokenizer("so \ud800")
    with pytest.raises(DocumentError, match="one text"):
        tokenizer(["so"])
    assert len(tokenizer("")) == 0
    assert tokenizer("so\0good").tokens == ("so\0good",)


def test_what_takes_no_text_is_refused():
    with pytest.raises(TokenizerError, match="one text is all it is called with"):
        wrap(lambda text, vocabulary: None)


def test_a_model_of_ids_needs_a_vocabulary_and_a_black_box_none():
    model = keras.Sequential([keras.Input((None,), dtype="int32"), keras.layers.Embedding(5, 2)])
    model.add(keras.layers.GlobalAveragePooling1D())
    model.add(keras.layers.Dense(2, activation="softmax"))
    with pytest.raises(TokenizerError, match=r"wrap\(function, vocabulary="):
        textattr.explain_prediction(model, "so good", tokenizer=str.split)
    tokenizer = wrap(str.split, vocabulary=VOCABULARY, unknown=1)
    explanation = textattr.explain_prediction(model, "so good", tokenizer=tokenizer)
    assert [span.text for span in explanation.targets[0].spans] == ["so", "good"]
    explanation = textattr.explain_prediction(
        lambda texts: [text.count("good") for text in texts],
        "so good",
        tokenizer=str.split,
        method="occlusion",
    )
    assert explanation.targets[0].heatmap.tolist() == [0.0, 1.0]
