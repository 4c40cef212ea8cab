"""SentencePiece, trained here: its own ids, at the characters of any text, whatever unit it counts places in."""

import io
from types import SimpleNamespace

import pytest
from awkward import AWKWARD, assert_placed
from hypothesis import given, settings

from textattr.errors import DocumentError, OptionError
from textattr.tokenizers.choose import wrap

sentencepiece = pytest.importorskip("sentencepiece")

TEXTS = [
    "A warm and funny film, though the ending is a little too neat.",
    "unbelievable films are heartwarming 👍🏽 这部电影 café naïve",
] * 10


def model(**settings):
    out = io.BytesIO()
    settings = {"vocab_size": 90, "hard_vocab_limit": False, "minloglevel": 2, **settings}
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(TEXTS), model_writer=out, **settings)
    return out.getvalue()


SETTINGS = [
    {},
    {"byte_fallback": True, "vocab_size": 340, "character_coverage": 0.98},
    {"model_type": "bpe"},
    {"normalization_rule_name": "identity", "remove_extra_whitespaces": False, "add_dummy_prefix": False},
    {"normalization_rule_name": "nmt_nfkc_cf"},
]


@pytest.fixture(scope="module", params=SETTINGS, ids=str)
def processor(request):
    return sentencepiece.SentencePieceProcessor(model_proto=model(**request.param))


@settings(deadline=None)
@given(text=AWKWARD)
def test_its_own_ids_at_their_characters(processor, text):
    encoding = wrap(processor)(text)
    assert encoding.ids.tolist() == processor.encode(text)
    assert_placed(encoding, text)


def test_pieces_words_and_special_tokens():
    processor = sentencepiece.SentencePieceProcessor(model_proto=model(), add_bos=True, add_eos=True)
    text = "  A film 👍🏽 ﬁlms zz  "
    encoding = wrap(processor)(text)
    assert encoding.ids.tolist() == processor.encode(text)
    assert [i for i, special in enumerate(encoding.special) if special] == [0, len(encoding) - 1]
    named = {}
    for word, (start, end) in zip(encoding.words, encoding.offsets, strict=True):
        if word is not None and text[start:end].strip():
            named.setdefault(word, []).append((start, end))
    assert {word: text[places[0][0] : places[-1][1]] for word, places in named.items()} == dict(
        enumerate(text.split())
    )
    assert encoding.unknown_id == processor.unk_id()
    cut = wrap(processor)(text, length=5)
    assert cut.special == (True, False, False, False, True)
    assert cut.untruncated_length == len(encoding)


def test_older_versions_count_characters():
    text = "é film"
    pieces = [
        SimpleNamespace(piece="▁é", id=5, surface="é", begin=0, end=1),
        SimpleNamespace(piece="▁film", id=6, surface=" film", begin=1, end=6),
    ]

    class SentencePieceProcessor:
        def encode(self, texts, **_):
            return [[5, 6] for _ in texts]

        def EncodeAsImmutableProto(self, text, **_):
            return SimpleNamespace(pieces=pieces)

        def id_to_piece(self, number):
            return "?"

        bos_id = eos_id = pad_id = unk_id = lambda self: -1

    from textattr.tokenizers.sentence_piece import FromSentencePiece

    encoding = FromSentencePiece(SentencePieceProcessor())(text)
    assert encoding.offsets == ((0, 1), (2, 6))


def test_reversed_pieces_are_shown_themselves():
    processor = sentencepiece.SentencePieceProcessor(model_proto=model(), reverse=True)
    encoding = wrap(processor)("A film")
    assert encoding.ids.tolist() == processor.encode("A film")
    assert encoding.original == "A film"
    assert "other ids" in encoding.warnings[0]


def test_sampling_is_left_out():
    processor = sentencepiece.SentencePieceProcessor(
        model_proto=model(), enable_sampling=True, nbest_size=-1, alpha=0.1
    )
    found = [wrap(processor)("unbelievable films").ids.tolist() for _ in range(5)]
    assert found == [processor.encode("unbelievable films", enable_sampling=False)] * 5


def test_bad_input():
    wrapped = wrap(sentencepiece.SentencePieceProcessor(model_proto=model()))
    with pytest.raises(DocumentError, match="half of a character"):
        wrapped("so \ud800")
    assert len(wrapped("")) == 0
    assert wrapped("a\0b").original is None
    with pytest.raises(OptionError, match="there is no pad id"):
        wrapped("A", length=9)
    assert wrap(wrapped, pad=7)("A", length=9).ids.tolist()[-1] == 7
    assert len(wrapped("so good " * 25_000)) > 50_000
