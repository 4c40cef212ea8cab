"""`FromGraph`: the strings that a model's own graph looks up, as the tokens of a text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from textattr.split.strings import LookedUpStrings
from textattr.tokenizers.encoding import Encoding
from textattr.tokenizers.fitting import PAD_TOKEN
from textattr.tokenizers.placed import outside
from textattr.tokenizers.placing import Offsets, joined, place, place_in_part


@dataclass(frozen=True, eq=False)
class FromGraph:
    """The strings that a model looks up for an input, as the tokenizer of its texts.

    Each is placed on the characters of the text that it comes from, by running the model's own graph on parts of the
    text where it does not stand there as it is. Where that cannot tell them apart, as words that are put in another
    order, the `text` of the encoding is the strings, joined, and the text that was given its `original`.

    Args:
        strings: the way from the input to the ids.
    """

    strings: LookedUpStrings

    def __call__(self, text: str, *, length: int | None = None) -> Encoding:  # noqa: ARG002  (the model has its own)
        """Encode one text: one token for each id that the model looks up.

        Raises:
            TokenizerError: where it cannot be told which string stands at which position.
        """
        read = self.strings(text)
        words = [i for i, string in enumerate(read.strings) if string]
        is_filling = [at < 0 or not read.strings[at] for at in read.string_at.tolist()]
        shown = [at for at, fills in zip(read.string_at.tolist(), is_filling, strict=True) if not fills]
        document, of_word, count = self._placed(text, [read.strings[i] for i in words])
        places = dict(zip(words, of_word, strict=True))
        if any(before >= behind for before, behind in pairwise(shown)):
            document, places_in_order = joined([read.strings[i].decode(errors="replace") for i in shown])
        else:
            places_in_order = [places[i] for i in shown]
        where = iter(places_in_order)
        offsets = [(0, 0) if fills else next(where) for fills in is_filling]
        fillings = {int(number) for number, fills in zip(read.ids, is_filling, strict=True) if fills}
        special = {name: number + read.shift for name, number in self._special_numbers.items()}
        first = words.index(shown[0]) if shown else 0
        is_cut = len(shown) < len(words) and shown == words[first : first + len(shown)]
        whole = len(words) if is_cut else count
        encoding = Encoding(
            document,
            read.ids,
            [PAD_TOKEN if start == end else document[start:end] for start, end in offsets],
            offsets,
            special=is_filling,
            pad_id=next(iter(fillings)) if len(fillings) == 1 else special.get("pad"),
            unknown_id=special.get("unknown"),
            untruncated_length=whole,
            unread={} if whole is None or document != text else {None: outside(places_in_order, document)},
        )
        return encoding if document == text else replace(encoding, original=text)

    @cached_property
    def _special_numbers(self) -> dict[str, int]:
        return self.strings.special_numbers()

    def _placed(self, text: str, words: list[bytes]) -> tuple[str, list[Offsets], int | None]:
        """The document, the place of each string, and of how many it has the first or last; None where it has all.

        Strings that overlap, as n-grams do, share no place.
        """
        document, places = place(text, words, self.strings.strings, may_share=True)
        if document != text:
            within = place_in_part(text, words, self.strings.strings)
            if within is not None:
                outside = f"{text[: within[0][0]]} {text[within[-1][1] :]}".split()
                return text, within, len(words) + self._count(outside)
        shared, length = Counter(places), Counter[Offsets]()
        for word, where in zip(words, places, strict=True):
            length[where] += len(word.decode(errors="replace"))
        overlap = any(count > 1 and length[at] > at[1] - at[0] for at, count in shared.items())
        if overlap:
            document, places = joined([word.decode(errors="replace") for word in words])
        return document, places, None

    def _count(self, pieces: list[str]) -> int:
        """How many strings the model looks up for some pieces of a text, each alone."""
        times = Counter(pieces)
        rows = self.strings.strings(list(times)) if times else []
        return sum(many * sum(map(bool, row)) for many, row in zip(times.values(), rows, strict=True))
