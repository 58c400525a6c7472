"""Where hidden text lies in a column: candidate rows by one regular expression, then closely."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.detect.hidden_characters.classes import unseen_pattern
from provender.detect.hidden_characters.payloads import payloads
from provender.detect.hidden_characters.runs import unseen_runs
from provender.detect.hidden_characters.text import Text
from provender.detect.hidden_characters.words import disguised_words
from provender.stats.cell_hash import fold, mix, segments

_BYTES = 1 << 22  # decoded at a time
_LONGEST = 64  # code points of a pattern
_UNSEEN = f"[{unseen_pattern()}]"
_FOREIGN = r"[\p{Cyrillic}\p{Greek}\p{Armenian}\p{Cherokee}\p{Coptic}\p{Lisu}\x{1D400}-\x{1D7FF}]"
_CODE = r"[A-Za-z0-9+/]{16}[A-Za-z0-9+/_-]{44}"
#: What a row must hold (RE2) for a closer look, and the look.
_LOOKS = ((_UNSEEN, unseen_runs), (_FOREIGN, disguised_words), (_CODE, payloads))
_CANDIDATE = "|".join(pattern for pattern, _ in _LOOKS)


@dataclass(frozen=True)
class Hits:
    """What was found, in order of rows.

    Attributes:
        row: int64 (n,), within the array searched.
        kind: int64 (n,), index into `hidden_kinds.KINDS`.
        pattern: uint64 (n,), equal for equal texts of one kind.
        text: large_string (n,), the pattern: what was found and, where that alone says
            nothing, the word it stands in; at most 64 code points.
    """

    row: np.ndarray
    kind: np.ndarray
    pattern: np.ndarray
    text: pa.Array

    def take(self, places: np.ndarray) -> Hits:
        """Return the hits at ``places``."""
        return Hits(
            self.row[places],
            self.kind[places],
            self.pattern[places],
            self.text.take(pa.array(places)),
        )


def search(column: pa.Array) -> Hits:
    """Return all hidden text in a column of strings; nulls hold none."""
    cells = pc.cast(column, pa.large_string())
    rows = _matching(cells, _CANDIDATE)
    cells = cells.take(pa.array(rows))
    found = []
    for pattern, look in _LOOKS:
        own = _matching(cells, pattern)
        texts = cells.take(pa.array(own))
        sizes = np.asarray(pc.binary_length(texts)).astype(np.int64)
        for part, _ in segments(sizes, _BYTES):
            text = Text.of(texts[part], rows[own[part]])
            found.append(_hits(text, *look(text)))
    hits = _joined(found)
    return hits.take(np.argsort(hits.row, kind="stable"))


def _matching(cells: pa.Array, pattern: str) -> np.ndarray:
    matched = pc.fill_null(pc.match_substring_regex(cells, pattern), False)
    return np.flatnonzero(np.asarray(matched))


def _joined(found: list[Hits]) -> Hits:
    if not found:
        none = np.zeros(0, np.int64)
        return Hits(none, none, none.astype(np.uint64), pa.array([], pa.large_string()))
    return Hits(
        np.concatenate([hits.row for hits in found]),
        np.concatenate([hits.kind for hits in found]),
        np.concatenate([hits.pattern for hits in found]),
        pa.concat_arrays([hits.text for hits in found]),
    )


def _hits(text: Text, kind: np.ndarray, start: np.ndarray, stop: np.ndarray) -> Hits:
    sizes = np.minimum(stop - start, _LONGEST)
    place = np.repeat(start - (np.cumsum(sizes) - sizes), sizes) + np.arange(int(sizes.sum()))
    points = text.points[place]
    pattern = mix(fold(points, sizes) + kind.astype(np.uint64))
    return Hits(text.row[start], kind, pattern, _strings(points, sizes))


def _strings(points: np.ndarray, sizes: np.ndarray) -> pa.Array:
    """Return large_string (len(sizes),) of code points lying end to end."""
    data = points.astype("<u4").tobytes().decode("utf-32-le").encode("utf-8")
    width = 1 + (points > 0x7F) + (points > 0x7FF) + (points > 0xFFFF).astype(np.int64)
    ends = np.concatenate(([0], np.cumsum(width)))[np.concatenate(([0], np.cumsum(sizes)))]
    buffers = [None, pa.py_buffer(ends.astype(np.int64).tobytes()), pa.py_buffer(data)]
    return pa.LargeStringArray.from_buffers(len(sizes), buffers[1], buffers[2])
