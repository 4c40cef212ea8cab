"""A text in each script and with each kind of character that is easy to tear, lose or move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from itertools import cycle, islice

from textattr.explanation import Explanation
from textattr.renderers.example import EXAMPLE
from textattr.spans import placed_tokens, weighted_spans
from textattr.tokenizers.encoding import Encoding

SAMPLES = {
    "chinese": "这部电影的故事很简单，但是演员非常出色。",
    "japanese": "映画は退屈だったが、ラストは最高だった。ｶﾞｯｶﾘ!",
    "thai": "หนังเรื่องนี้น่าเบื่อ แต่ตอนจบทำให้ฉันน้ำตาไหล",
    "arabic": "الفيلم جيِّد جداً، لكنّه طويل (١٢٠ دقيقة).",
    "hebrew": "הסרט היה מְשַׁעֲמֵם, אבל הסוף נפלא: 10/10!",
    "persian": "می‌خواهم این نامه‌ها را بخوانم.",
    "mixed_directions": "He said: واحد، اثنان 12 and left. ואז חזר OK?",
    "hindi": "क्षत्रिय की कहानी हिन्दी में अच्छी है।",
    "tamil": "படம் மிகவும் நிறைவாக இருந்தது.",
    "korean": "영화는 \u110b\u1167\u11bc\u1112\u116a 정말 좋았다.",
    "greek": "Ο ΚΌΣΜΟΣ της οδός.",
    "emoji": "👩‍👩‍👧‍👦 loved it 👍🏽❤️‍🔥 🏃🏽‍♀️ 🙂‍↔️ 1️⃣ 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "flags": "🇩🇪🇫🇷🇯🇵 won",
    "accents": "cafe\u0301 nai\u0308ve Z\u0351\u036b\u0343alg\u0328\u031bo I\u0307stanbul İstanbul ß ﬁn Ǆ",
    "zero_width": "so\u200bgood pass\u200dword \ufeffre\u00adlease \u2060end",
    "line_ends": "one\r\ntwo\r\n\r\nthree\rfour\nfive\u2028six",
    "blanks": "\ta\u00a0b\u3000c\td\u2009e\u202ff  g\u00a0",
    "controls": "bell\x07 form\x0cfeed del\x7f next\x85line",
    "turned": "a \u202egnp.exe\u202c b \u2067c\u2069 d\u200f!",
}


def explained(encoding: Encoding, weights: Sequence[float] = ()) -> Explanation:
    """An explanation of a text as a tokenizer reads it, with these weights again and again."""
    kept = [i for i, special in enumerate(encoding.special) if not special]
    tokens = placed_tokens(encoding, kept)
    heatmap = list(islice(cycle(weights or (0.5, -1.0, 0.0, 1.0, -0.25)), len(kept)))
    spans = weighted_spans(encoding.text, tokens, heatmap)
    target = replace(EXAMPLE.targets[0], heatmap=heatmap, spans=spans, shares={})
    unread = encoding.unread.get(None, ())
    return replace(EXAMPLE, document=encoding.text, tokens=tokens, targets=(target,), unread=unread)


def without_marks(html: str) -> list[str]:
    """The text of each document's box as a browser has it, without the marks beside what was not read."""
    boxes = _Boxes()
    boxes.feed(html)
    boxes.close()
    return boxes.texts


class _Boxes(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self._open.append(dict(attrs))
        if ("lang", "") in attrs:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        languages = [attrs["lang"] for attrs in self._open if "lang" in attrs]
        if languages and languages[-1] == "":
            self.texts[-1] += data
