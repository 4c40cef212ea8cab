"""What the tests of several tokenizers share: awkward texts, and what has to hold for each token of any text."""

from __future__ import annotations

from hypothesis import strategies as st

AWKWARD = st.text(
    st.sampled_from(
        "aAİẞßéÉΑΣσς.,'’!-_19²\t\r\n\x0b\x1c\x85\u00a0\u2009\u3000\u0301\u0323電影这👍🏽👩\u200d\u200b\xadﬁǅ가\u1100\u1161ไท"
    )
    | st.characters(exclude_categories=("Cs",)),
    max_size=20,
)


def assert_placed(encoding, text):
    """Tokens stand in the text, in order: what is between them and they themselves join to the text."""
    assert encoding.original is None
    assert encoding.text == text
    assert encoding.warnings == ()
    end, joined = 0, ""
    spans = sorted({place for place in encoding.offsets if place[0] < place[1]})
    for start, stop in spans:
        joined += text[end:start] + text[max(start, end) : stop]
        end = max(end, stop)
    assert joined + text[end:] == text
    for token, (start, stop), special in zip(
        encoding.tokens, encoding.offsets, encoding.special, strict=True
    ):
        assert not special or start == stop == 0
        assert start == stop or token == text[start:stop]
