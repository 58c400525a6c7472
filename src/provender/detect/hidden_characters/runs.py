"""Runs of characters that leave nothing on the screen, and which of them are at home there."""

from __future__ import annotations

import numpy as np

from provender.detect.hidden_characters.classes import Shape, Unseen
from provender.detect.hidden_characters.kinds import PLACE
from provender.detect.hidden_characters.text import Text

_CODE_LENGTH = 8  # invisible characters in a row that can hold a byte
_AROUND = 16
_BEHIND = 64
_JOINER, _BLACK_FLAG, _CANCEL_TAG = 0x200D, 0x1F3F4, 0xE007F
_FLAG_TAGS = (4, 8)  # of a region, such as gbeng, with the cancel tag


def _bit(*sorts: Unseen) -> int:
    return sum(1 << sort for sort in sorts)


_SCRIPT_AIDS = _bit(Unseen.ZERO_WIDTH, Unseen.SELECTOR, Unseen.FILLER, Unseen.BIDI)
_DIRECTION = _bit(Unseen.BIDI, Unseen.RIGHT_TO_LEFT)
_SPLITTING = _bit(
    Unseen.ZERO_WIDTH, Unseen.BYTE_ORDER_MARK, Unseen.SELECTOR, Unseen.FILLER, Unseen.BIDI
)


def unseen_runs(text: Text) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return int64 (n,): kind, start and stop (of what names the pattern) of runs out of place."""
    starts, stops = text.runs(text.unseen != 0)
    if not len(starts):
        return starts, starts, stops
    runs = _Runs(text, starts, stops)
    kept = ~runs.at_home()
    kind, starts, stops = runs.kinds()[kept], starts[kept], stops[kept]
    low, high = text.tokens(starts, stops, _AROUND)
    alone = kind <= PLACE["zero-width-code"]
    alone &= kind != PLACE["bidi-override"]
    return kind, np.where(alone, starts, low), np.where(alone, stops, high)


class _Runs:
    """What is known of each run: its sorts as bits, length, neighbours, direction of its row."""

    def __init__(self, text: Text, starts: np.ndarray, stops: np.ndarray) -> None:
        self.text, self.starts, self.stops = text, starts, stops
        inside = np.flatnonzero(text.unseen)
        self.length = stops - starts
        self.heads = np.cumsum(self.length) - self.length
        self.points = text.points[inside]
        sorts = np.left_shift(1, text.unseen[inside].astype(np.int64))
        self.bits = np.bitwise_or.reduceat(sorts, self.heads)
        selectors = text.unseen[inside] == Unseen.SELECTOR
        self.selectors = np.add.reduceat(selectors.astype(np.int64), self.heads)
        self.least = np.minimum.reduceat(self.points, self.heads)
        self.varied = self.least != np.maximum.reduceat(self.points, self.heads)
        self.before, self.after = text.beside(starts, stops)
        right_to_left = (text.shape & Shape.RIGHT_TO_LEFT) != 0
        self.in_right_to_left = text.rows_with(right_to_left, starts)

    def only(self, sorts: int) -> np.ndarray:
        return np.asarray((self.bits & ~sorts) == 0)

    def any(self, *sorts: Unseen) -> np.ndarray:
        return np.asarray((self.bits & _bit(*sorts)) != 0)

    def at_home(self) -> np.ndarray:
        """Tell which runs do what Unicode made them for: in flags, emoji, scripts that need it."""
        beside = self.before | self.after
        complex_script = (beside & Shape.COMPLEX) != 0
        short = self.length <= 2
        single = self.length == 1
        last = self.points[self.heads + self.length - 1]
        base = self.text.points[np.maximum(self.starts - 1, 0)]
        flag = (
            self.only(_bit(Unseen.TAG))
            & (self.before != 0)
            & (base == _BLACK_FLAG)
            & (last == _CANCEL_TAG)
            & (self.least >= 0xE0030)
            & (self.length >= _FLAG_TAGS[0])
            & (self.length <= _FLAG_TAGS[1])
        )
        varied_base = (self.before & (Shape.BASE | Shape.COMPLEX)) != 0
        selector = single & self.only(_bit(Unseen.SELECTOR)) & varied_base
        ideograph = single & self.any(Unseen.SUPPLEMENTARY_SELECTOR)
        ideograph &= (self.before & Shape.COMPLEX) != 0
        joined = (self.before & self.after & Shape.PICTURE) != 0
        joined &= short & (last == _JOINER)
        joined &= self.only(_bit(Unseen.ZERO_WIDTH, Unseen.SELECTOR))
        script = complex_script & short & self.only(_SCRIPT_AIDS)
        direction = self.in_right_to_left & self.only(_DIRECTION)
        return np.asarray(flag | selector | ideograph | joined | script | direction)

    def behind(self) -> tuple[np.ndarray, np.ndarray]:
        """Return int64 (n,): letters, and words that begin, behind each run in its row."""
        row = self.text.row
        end = np.searchsorted(row, row[self.starts], side="right")
        end = np.minimum(end, self.stops + _BEHIND)
        letter = (self.text.shape & Shape.LETTER) != 0
        letters = np.concatenate(([0], np.cumsum(letter)))
        begins = letter.copy()
        begins[1:] &= ~letter[:-1]
        words = np.concatenate(([0], np.cumsum(begins)))
        return letters[end] - letters[self.stops], words[end] - words[self.stops]

    def kinds(self) -> np.ndarray:
        """Return int64 (n,): the gravest kind that each run is of."""
        letters, words = self.behind()
        turned = self.any(Unseen.OVERRIDE) & (letters > 1)
        turned |= self.any(Unseen.RIGHT_TO_LEFT) & ~self.in_right_to_left & (words > 1)
        bytes_ = self.any(Unseen.SUPPLEMENTARY_SELECTOR) | ((self.selectors > 2) & self.varied)
        code = (self.length >= _CODE_LENGTH) & self.varied & ~self.any(Unseen.CONTROL)
        split = self.only(_SPLITTING) & ((self.before & self.after & Shape.ALPHABETIC) != 0)
        cases = {
            "tag-characters": self.any(Unseen.TAG),
            "variation-selector-bytes": bytes_,
            "bidi-override": turned,
            "zero-width-code": code,
            "split-word": split,
            "soft-hyphen": self.any(Unseen.SOFT_HYPHEN),
            "byte-order-mark": self.any(Unseen.BYTE_ORDER_MARK),
            "control-character": self.any(Unseen.CONTROL),
            "invisible-filler": self.any(Unseen.FILLER),
            "variation-selector": self.any(Unseen.SELECTOR),
            "bidi-control": self.any(Unseen.OVERRIDE, Unseen.RIGHT_TO_LEFT, Unseen.BIDI),
        }
        places = [np.int64(PLACE[name]) for name in cases]
        return np.asarray(np.select(list(cases.values()), places, np.int64(PLACE["zero-width"])))
