"""Long runs of base64 or hexadecimal: text for a decoder, not for a reader."""

from __future__ import annotations

import numpy as np

from provender.detect.hidden_characters.classes import Shape
from provender.detect.hidden_characters.kinds import PLACE
from provender.detect.hidden_characters.text import Text

_LINE = 60  # characters: encoders break lines at 60, 64, 70 or 76
_LEAST = 120
_NAMED = 32
_DIGIT, _LOWER, _UPPER, _BEYOND_HEX = 1, 2, 4, 8


def payloads(text: Text) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return int64 (n,): kind, start and stop (of the first characters) of encoded runs.

    Lines that follow each other are one run. Base64 must have capitals, small letters and
    digits; hexadecimal letters and digits.
    """
    starts, stops = text.runs((text.shape & Shape.CODE) != 0)
    long_enough = stops - starts >= _LINE
    starts, stops = starts[long_enough], stops[long_enough]
    if not len(starts):
        return starts, starts, stops
    traits = _traits()[np.minimum(text.points, 127)]
    edges = np.stack([starts, stops], axis=1).reshape(-1)
    bits = np.bitwise_or.reduceat(np.append(traits, np.uint8(0)), edges)[::2]

    gap = starts[1:] - stops[:-1]
    next_line = (gap <= 2) & (text.points[starts[1:] - 1] == 0x0A)
    next_line &= text.row[starts[1:]] == text.row[starts[:-1]]
    head = np.concatenate(([True], ~next_line))
    first = np.flatnonzero(head)
    total = np.add.reduceat(stops - starts, first)
    bits = np.bitwise_or.reduceat(bits, first)
    hexadecimal = ((bits & _BEYOND_HEX) == 0) & ((bits & _DIGIT) != 0)
    hexadecimal &= (bits & (_LOWER | _UPPER)) != 0
    everything = _DIGIT | _LOWER | _UPPER
    base64 = ~hexadecimal & ((bits & everything) == everything)
    hit = (total >= _LEAST) & (hexadecimal | base64)
    kind = np.where(hexadecimal, PLACE["hex-run"], PLACE["base64-run"])[hit]
    begin = starts[first][hit]
    return kind, begin, begin + _NAMED


def _traits() -> np.ndarray:
    """Return uint8 (128,): what a character adds to a run."""
    table = np.zeros(128, np.uint8)
    for characters, trait in (
        (b"0123456789", _DIGIT),
        (b"abcdef", _LOWER),
        (b"ABCDEF", _UPPER),
        (b"ghijklmnopqrstuvwxyz", _LOWER | _BEYOND_HEX),
        (b"GHIJKLMNOPQRSTUVWXYZ", _UPPER | _BEYOND_HEX),
        (b"+/=-_", _BEYOND_HEX),
    ):
        table[list(characters)] = trait
    return table
