"""Where a trigger stands in a text, and the text beside it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from provender.stats.word_bytes import stands_alone

#: Words shown to either side of a trigger, and characters at most.
BESIDE, _LONGEST = 12, 160
_WORD = re.compile(r"\w+")
#: Of a trigger of many words, so large a part must stand in one piece.
_PART = 0.5


@dataclass(frozen=True)
class Place:
    """One text with its trigger.

    Attributes:
        spans: half-open runs of characters that the trigger covers, ascending; the first of the
            longest is ``shown``.
        word: words of the text before it.
        words: words of the text.
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    shown: tuple[int, int]
    word: int
    words: int

    def rest(self) -> str:
        """Return the text without the trigger."""
        ends = [0, *(stop for _, stop in self.spans)]
        starts = [*(start for start, _ in self.spans), len(self.text)]
        return " ".join(self.text[a:b] for a, b in zip(ends, starts, strict=True))

    def to_json(self, column: str, show: bool) -> dict[str, Any]:
        """Return where the trigger stands; what it says there only if ``show``."""
        told: dict[str, Any] = {"column": column, "word": self.word, "words": self.words}
        if show:
            start, stop = self.shown
            words = list(_word_spans(self.text))
            before = [a for a, b in words if b <= start][-BESIDE:]
            after = [b for a, b in words if a >= stop][:BESIDE]
            low = max(before[0] if before else start, start - _LONGEST)
            high = min(after[-1] if after else stop, stop + _LONGEST)
            told |= {
                "before": self.text[low:start],
                "trigger": self.text[start:stop],
                "after": self.text[stop:high],
            }
        return told


def find(text: str, triggers: Sequence[str]) -> Place | None:
    """Return where one of ``triggers`` stands in ``text``; None where none does.

    Words are compared without case or what stands between them; of several words at least half
    must stand together, for names of triggers hold words that not every row has. A trigger
    without a word (of invisible characters, say) is looked for as it is.
    """
    words = list(_word_spans(text))
    spelled = np.array([text[a:b].lower() for a, b in words], object)
    spans: list[tuple[int, int]] = []
    for trigger in triggers:
        own = [trigger[a:b].lower() for a, b in _word_spans(trigger)]
        if trigger and (not own or not trigger.isprintable()):
            spans += [m.span() for m in re.finditer(re.escape(trigger), text)]
        elif own:
            spans += [(words[first][0], words[last][1]) for first, last in _runs(own, spelled)]
    if not spans:
        return None
    spans = _joined(spans)
    shown = max(spans, key=lambda span: span[1] - span[0])
    before = sum(stop <= shown[0] for _, stop in words)
    return Place(text, tuple(spans), shown, before, len(words))


def _word_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where words are; of scripts written without spaces each character is one."""
    for run in _WORD.finditer(text):
        start, stop = run.span()
        alone = [i for i in range(start, stop) if stands_alone(ord(text[i]))]
        edges = sorted({start, stop, *alone, *(i + 1 for i in alone)})
        yield from itertools.pairwise(edges)


def _runs(trigger: Sequence[str], words: np.ndarray) -> list[tuple[int, int]]:
    """Return (first, last) word of every run in which enough of the trigger stands in order."""
    length = np.zeros(len(words), np.int64)
    longest = length.copy()
    for word in trigger:
        before = np.concatenate(([0], length[:-1]))
        length = np.where(words == word, before + 1, 0)
        longest = np.maximum(longest, length)
    ends = np.flatnonzero(longest >= np.ceil(_PART * len(trigger)))
    return [(int(end - longest[end] + 1), int(end)) for end in ends]


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans in order, those that overlap as one."""
    found: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        else:
            found.append((start, stop))
    return found
