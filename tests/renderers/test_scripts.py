"""No character of a document is lost, doubled, moved or torn in what is shown, whatever the script and the marks."""

import re
from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from scripts import SAMPLES, explained, without_marks

from textattr.explanation import Token
from textattr.renderers.example import EXAMPLE
from textattr.renderers.html import format_as_html
from textattr.renderers.report.write import write_report
from textattr.renderers.segments import pieces_of
from textattr.renderers.text import format_as_text
from textattr.spans import weighted_spans
from textattr.tokenizers.characters import Characters
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.text_vectorization import FromTextVectorization
from textattr.tokenizers.words import Words
from textattr.units.boundaries import grapheme_cuts
from textattr.visible import visible_text

NOT_IN_HTML = re.compile("[\0\ud800-\udfff]")
COLOURS = re.compile(r"\x1b\[[\d;]*m")
TEXT_MARKS = re.compile(r"\[✂notread:|[\[\]{}<>]|[-+]\d\]")

awkward = st.text(st.sampled_from("".join(SAMPLES.values())) | st.characters(), max_size=40)


@st.composite
def explanations(draw, without=""):
    """Any text, with tokens, unknown words, what was not read, and tokens that are explained anywhere in it."""
    document = "".join(character for character in draw(awkward) if character not in without)
    places = sorted(draw(st.lists(st.integers(0, len(document)), max_size=8)))
    tokens = [
        Token(document[start:end], start, end, is_unknown=draw(st.booleans()))
        for start, end in list(pairwise(places))[:: draw(st.sampled_from((1, 2)))]
    ]
    weights = draw(st.lists(st.floats(-1, 1), min_size=len(tokens), max_size=len(tokens)))
    target = replace(
        EXAMPLE.targets[0],
        heatmap=weights,
        spans=weighted_spans(document, tokens, weights),
        positions=tuple(i for i in range(len(tokens)) if draw(st.booleans())),
    )
    ends = draw(st.lists(st.tuples(*[st.integers(0, len(document))] * 2), max_size=2))
    unread = tuple((min(pair), max(pair)) for pair in ends)
    return replace(EXAMPLE, document=document, tokens=tuple(tokens), targets=(target,), unread=unread)


def in_html(document):
    return NOT_IN_HTML.sub("\ufffd", document)


def bare(text):
    """Without blanks, for lines break there, and then without the marks of tokens."""
    return TEXT_MARKS.sub("", without_blanks(text))


def without_blanks(text):
    return re.sub(r"\s", "", text)


@settings(deadline=None)
@given(explanations(), st.sampled_from(["puor", "greys"]))
def test_the_box_of_a_fragment_holds_the_document(explanation, palette):
    html = format_as_html(explanation, palette=palette, show="document")
    assert without_marks(html) == [in_html(explanation.document)] * bool(explanation.document)


@settings(deadline=None, max_examples=50)
@given(explanations())
def test_the_box_of_a_report_holds_the_document(tmp_path_factory, explanation):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(explanation, path)
    html = path.read_bytes().decode()
    assert without_marks(html) == [in_html(explanation.document)] * bool(explanation.document)


@settings(deadline=None)
@given(explanations(without="[]{}<>+-✂"), st.booleans(), st.sampled_from([20, 37, 100, 10_000]))
def test_the_text_holds_the_document(explanation, colour, width):
    text = format_as_text(explanation, colour=colour, width=width, show="document", top=0)
    assert bare(COLOURS.sub("", text)) == bare(visible_text(explanation.document))


@given(explanations())
def test_no_visible_character_is_torn(explanation):
    target, unknown = explanation.targets[0], [(t.start, t.end) for t in explanation.tokens if t.is_unknown]
    pieces = pieces_of(explanation.document, target.spans, 1.0, (), (), unknown, explanation.unread)
    assert "".join(piece.text for piece in pieces) == explanation.document
    cuts, end = set(grapheme_cuts(explanation.document)), 0
    for piece in pieces:
        end += len(piece.text)
        assert end in cuts
        assert not (piece.is_unread and piece.weight is not None)


@pytest.fixture(scope="module")
def tokenizers():
    """Each tokenizer, with a vocabulary that knows half of what the samples hold, in lower case."""
    keras = pytest.importorskip("keras")
    half = sorted(
        {
            w.lower()
            for text in SAMPLES.values()
            for w in Words(["", "[UNK]", "zz"], unknown=1, splitting="words")(text).tokens
        }
    )[::2]
    letters = sorted(set("".join(SAMPLES.values()).lower()))[::2]
    layers = {
        f"TextVectorization {split}": keras.layers.TextVectorization(
            vocabulary=[w for w in (letters if split == "character" else half) if w not in ("", "[UNK]")],
            split=split,
            standardize=standardize,
        )
        for split, standardize in (("whitespace", "lower_and_strip_punctuation"), ("character", "lower"))
    }
    return {
        "Words": Words(["<PAD>", "<UNK>", *half], unknown=1, splitting="words"),
        "Words of Keras": Words(["<PAD>", "<UNK>", *half], unknown=1, splitting="keras_tokenizer"),
        "Characters": Characters(["<PAD>", "<UNK>", *letters], unknown=1, lowercase=True),
        **{name: FromTextVectorization(layer) for name, layer in layers.items()},
    }


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("length", [None, 3])
@pytest.mark.parametrize(
    "kind",
    ["Words", "Words of Keras", "Characters", "TextVectorization whitespace", "TextVectorization character"],
)
def test_every_tokenizer_shows_every_script_as_it_is(tokenizers, kind, length, name):
    text = SAMPLES[name]
    encoding = tokenizers[kind](text, length=length)
    assert encoding.text == text
    explanation = explained(encoding)
    assert without_marks(format_as_html(explanation, show="document")) == [text]
    plain = format_as_text(explanation, colour=True, width=1000, show="document", top=0)
    shown = re.sub(r"\[✂ not read: |\]$|[{}]", "", COLOURS.sub("", plain).rstrip())
    assert without_blanks(shown) == without_blanks(visible_text(text))


def test_what_a_tokenizer_normalises_is_shown_as_it_was():
    """Accents stripped, letters in lower case, a ligature taken apart, a half-width sign made whole."""
    text = "CAFÉ cafe\u0301 ﬁn ｶﾞ"
    offsets = [(0, 4), (5, 10), (11, 13), (14, 16)]
    encoding = Encoding(text, [1, 1, 2, 3], ["cafe", "cafe", "fin", "ガ"], offsets, unknown_id=3)
    explanation = explained(encoding, [1.0])
    html = format_as_html(explanation, top=9)
    assert without_marks(html) == [text]
    for start, end in offsets:
        assert html.count(f">{text[start:end]}<") == 2, "in the document and in the table"
    plain = format_as_text(explanation, show="document", top=0)
    assert plain == "\n  [CAFÉ +4] [cafe\u0301 +4] [ﬁn +4] [{ｶﾞ} +4]"


@pytest.mark.parametrize("name", SAMPLES)
def test_lines_break_between_visible_characters(name):
    """Also where a text has no blanks, as in Thai, or in a row of flags."""
    text = "".join(visible_text(SAMPLES[name]).split()) * 4
    cuts = set(grapheme_cuts(text))
    for width in range(20, 32):
        lines = lines_of(text, width)
        assert "".join(lines) == text
        assert set(accumulate(map(len, lines))) <= cuts
        assert max(map(cell_len, lines)) <= width - 2


def test_no_break_spaces_keep_words_together():
    assert lines_of("aaaaa bbbbb 100\u00a0km/h cccc", 20) == ["aaaaa bbbbb", "100\u00a0km/h cccc"]


def lines_of(document, width):
    """How a document without any token is broken into lines."""
    target = replace(EXAMPLE.targets[0], heatmap=[], spans=())
    explanation = replace(EXAMPLE, document=document, tokens=(), targets=(target,))
    text = format_as_text(explanation, width=width, show="document", top=0)
    return [line[2:] for line in text.removeprefix("\n").split("\n")]
