import pytest

from textattr.units.boundaries import grapheme_cuts


@pytest.mark.parametrize(
    "whole",
    [
        "\U0001f44d\U0001f3fd",  # thumbs up, skin tone
        "\U0001f469\u200d\U0001f469\u200d\U0001f467",  # a family
        "\u2764\ufe0f",  # a red heart
        "\U0001f1e9\U0001f1ea",  # a flag
        "e\u0301",
        "कि",
        "\u1112\u1161\u11ab",  # a Hangul syllable in jamo
        "\r\n",
        "1\ufe0f\u20e3",  # a keycap
        "\U0001f3f4\U000e0067\U000e0062\U000e007f",
        "\U0001f642\u200d\u2194\ufe0f",  # a head that shakes, joined to an arrow
        "\U0001f3c3\U0001f3fd\u200d\u2640\ufe0f",  # a woman running
        "น้ำ",  # Thai, with a vowel that is a letter to Unicode
        "क्ष",  # a conjunct
        "ｶﾞ",  # halfwidth Katakana
        "\u0600\u0661",  # an Arabic sign before its number
    ],
)
def test_one_visible_character_is_not_cut(whole):
    assert grapheme_cuts(whole) == [0, len(whole)]
    assert grapheme_cuts(f"a{whole}b") == [0, 1, 1 + len(whole), 2 + len(whole)]


def test_flags_are_cut_from_each_other():
    assert grapheme_cuts("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7\U0001f1eb") == [0, 2, 4, 5]


def test_letters_lines_and_nothing():
    assert grapheme_cuts("ab\n\nc") == [0, 1, 2, 3, 4, 5]
    assert grapheme_cuts("你好") == [0, 1, 2]
    assert grapheme_cuts("") == [0]
