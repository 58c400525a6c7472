"""How strings are spelled, which are parts of one another, and how varied their neighbours are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from provender.detect.own_words.owners import common_text
from provender.detect.repeated_strings.runs import RUN
from provender.detect.repeated_strings.texts import REACH

#: Words that so many of a string's texts share around it belong to it.
_AGREE = 0.7


def spelled(seen: pa.Table, count: int) -> tuple[list[str], np.ndarray]:
    """Return the words of each string, with those around that most of its texts share; and variety.

    Variety, float64 (n,), is the share of the texts seen that have a word of their own before the
    string, times that after it. A form stands between the same lines of its template; what was
    put into running text may stand between any two words (the branching of edges by which words
    are cut out of unspaced text: Jin and Tanaka-Ishii 2006, COLING-ACL). It orders leads; it has no
    null, and 1 on a side that is longer than the words that are read.

    Args:
        seen: some texts of each string, ascending (`Around.seen`).
        count: how many strings there are.
    """
    edges = np.searchsorted(seen["suspect"].to_numpy(), np.arange(count + 1))
    strings, varied = [], np.ones(count)
    for i in range(count):
        part = seen.slice(edges[i], edges[i + 1] - edges[i])
        string = common_text(part, i, _AGREE)
        for side in ("before", "after"):
            varied[i] *= _variety([line.split() for line in part[side].to_pylist()])
        strings.append(string)
    return strings, varied


def _variety(sides: Sequence[Sequence[str]]) -> float:
    """Return the share of different words where most texts first differ; '' is a text's end."""
    for distance in range(REACH):
        words = Counter(side[distance] if distance < len(side) else "" for side in sides)
        usual, often = words.most_common(1)[0]
        if not usual or often < _AGREE * len(sides):
            return len(words) / len(sides)
    return 1.0


def wholes(strings: Sequence[str]) -> list[int]:
    """Number the strings; one that shares a run with an earlier one has its number."""
    number: dict[tuple[str, ...], int] = {}
    numbers: list[int] = []
    for string in strings:
        words = string.split()
        shared = [tuple(words[i : i + RUN]) for i in range(max(len(words) - RUN + 1, 1))]
        mine = min((number[run] for run in shared if run in number), default=None)
        numbers.append(max(numbers, default=-1) + 1 if mine is None else mine)
        number |= {run: numbers[-1] for run in shared if run not in number}
    return numbers
