"""Round 1 of sources/own-words: whose the suspect grams are, and the text around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.detect.own_words.counts import LONGEST, Said, SourceColumns, words_in
from provender.detect.own_words.suspects import Suspects
from provender.stats.grams import Words
from provender.stats.packing import pack, unpack

#: A gram's text is looked for this many words to either side.
REACH = 8
#: Rows kept of each suspect to name it by.
KEPT = 32
_SHORT = np.uint64(44)
_HELD = pa.schema([("suspect", pa.int64()), ("source", pa.large_string()), ("rows", pa.int64())])
_SEEN = pa.schema(
    [
        ("suspect", pa.int64()),
        ("identity", pa.uint64()),
        ("before", pa.large_string()),
        ("inside", pa.large_string()),
        ("after", pa.large_string()),
    ]
)


@dataclass
class Owners:
    """What round 1 gathers; ``suspects`` is the analysis's own and is not packed.

    Attributes:
        held: (suspect, source, rows).
        seen: of the rows with the smallest identities, the gram and the words around it, the
            nearest first, words parted by blanks.
    """

    suspects: Suspects
    held: pa.Table
    seen: pa.Table

    def rows_of(self, suspect: int) -> np.ndarray:
        """Return uint64 (n,): the smallest identities of the rows that hold a suspect."""
        mine = self.seen["suspect"].to_numpy() == suspect
        return np.asarray(self.seen["identity"].to_numpy()[mine])


@dataclass(frozen=True)
class FindOwners:
    """Round 1: counts rows by suspect and source."""

    columns_read: SourceColumns
    suspects: Suspects
    made_from: str
    id: str = "sources/own-words#1"
    version: int = 2

    def parameters(self) -> dict[str, Any]:
        read = {"texts": list(self.columns_read.texts), "source": self.columns_read.source}
        return {**read, "profile": self.made_from}

    def columns(self) -> tuple[str, ...]:
        return self.columns_read.names()

    def empty(self, first_row: int = 0) -> Owners:  # noqa: ARG002
        return Owners(self.suspects, _HELD.empty_table(), _SEEN.empty_table())

    def add(self, state: Owners, batch: pa.RecordBatch) -> Owners:
        if not len(self.suspects.keys):
            return state
        pieces = [self._count(said) for _, said in self.columns_read.slices(batch)]
        return self.merge([state, *pieces])

    def _count(self, said: Said) -> Owners:
        finder = Finder(self.suspects.keys)
        held, seen, identity = [], [], said.identity
        for column, words in enumerate(said.texts):
            suspect, row, first = finder.find(said, column)
            source = said.source.take(pa.array(row))
            held.append(pa.table([suspect, source, np.ones(len(row), np.int64)], schema=_HELD))
            kept = _smallest(suspect, identity[row])
            lengths = words_in(self.suspects.keys[suspect[kept]])
            around = _around(words, first[kept], lengths)
            columns = [suspect[kept], identity[row[kept]], *around]
            seen.append(pa.table(columns, schema=_SEEN))
        return Owners(self.suspects, pa.concat_tables(held), pa.concat_tables(seen))

    def merge(self, states: Sequence[Owners]) -> Owners:
        held = pa.concat_tables([s.held for s in states])
        held = held.group_by(["suspect", "source"], use_threads=False).aggregate([("rows", "sum")])
        held = held.rename_columns(_HELD.names).cast(_HELD)
        seen = pa.concat_tables([s.seen for s in states])
        kept = _smallest(seen["suspect"].to_numpy(), seen["identity"].to_numpy())
        order = [("suspect", "ascending"), ("source", "ascending")]
        return Owners(self.suspects, held.sort_by(order), seen.take(pa.array(kept)))

    def pack(self, state: Owners) -> bytes:
        held = {f"held_{name}": state.held[name] for name in _HELD.names}
        seen = {f"seen_{name}": state.seen[name] for name in _SEEN.names}
        return pack(self.id, {}, {**held, **seen})

    def unpack(self, data: bytes) -> Owners:
        _, arrays = unpack(self.id, data)
        held = pa.table([arrays[f"held_{name}"] for name in _HELD.names], schema=_HELD)
        seen = pa.table([arrays[f"seen_{name}"] for name in _SEEN.names], schema=_SEEN)
        return Owners(self.suspects, held, seen)


@dataclass(frozen=True)
class Finder:
    """Finds a few grams in many texts.

    Attributes:
        keys: uint64 (grams,), ascending.
    """

    keys: np.ndarray

    @cached_property
    def _maybe(self) -> np.ndarray:
        """bool (2**20,): some key starts with these bits; spares most searches."""
        table = np.zeros(1 << 20, bool)
        table[(self.keys >> _SHORT).astype(np.int64)] = True
        return table

    def find(self, said: Said, column: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (place in ``keys``, row, first word) of each gram in each row, once a row."""
        parts = []
        for n in range(1, LONGEST + 1):
            key, row, first = said.grams(column, n)
            maybe = np.flatnonzero(self._maybe[(key >> _SHORT).astype(np.int64)])
            key, row, first = key[maybe], row[maybe], first[maybe]
            at = np.minimum(np.searchsorted(self.keys, key), max(len(self.keys) - 1, 0))
            hit = self.keys[at] == key if len(self.keys) else np.zeros(len(key), bool)
            parts.append((at[hit], row[hit], first[hit]))
        place, row, first = (np.concatenate(part) for part in zip(*parts, strict=True))
        _, once = np.unique(place * max(len(said.source), 1) + row, return_index=True)
        return place[once], row[once], first[once]


def _around(words: Words, first: np.ndarray, length: np.ndarray) -> list[pa.Array]:
    """Return the words before (nearest first), of, and after grams: large_string (grams,) each."""
    row = words.text[first] if len(first) else first
    after = first + length
    before = np.minimum(first - words.starts[row], REACH)
    return [
        _spelled(words, first - 1, before, -1),
        _spelled(words, first, length, 1),
        _spelled(words, after, np.minimum(words.starts[row + 1] - after, REACH), 1),
    ]


def _spelled(words: Words, first: np.ndarray, many: np.ndarray, step: int) -> pa.Array:
    """Return so many words each, from the first one on or back, parted by blanks."""
    ends = np.cumsum(many)
    along = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - many, many)
    codes = words.codes[np.repeat(first, many) + step * along]
    spelled = words.vocabulary.cast(pa.large_string()).take(pa.array(codes))
    offsets = pa.array(np.concatenate(([0], ends)), pa.int32())
    joined = pa.ListArray.from_arrays(offsets, spelled)
    return pc.binary_join(joined, pa.scalar(" ", pa.large_string()))


def _smallest(suspect: np.ndarray, identity: np.ndarray) -> np.ndarray:
    """Return the places of the rows to keep: of every suspect the smallest, each text once."""
    order = np.lexsort((identity, suspect))
    one, text = suspect[order], identity[order]
    new = np.ones(len(one), bool)
    new[1:] = (one[1:] != one[:-1]) | (text[1:] != text[:-1])
    order, one = order[new], one[new]
    return np.asarray(order[np.arange(len(one)) - np.searchsorted(one, one) < KEPT])


def common_text(seen: pa.Table, suspect: int, agree: float) -> str:
    """Return a suspect's text with the words that a share ``agree`` of its rows have around it."""
    lines = seen.filter(pc.equal(seen["suspect"], suspect)).to_pylist()
    text = lines[0]["inside"]
    before = list(_agreed([line["before"].split() for line in lines], agree))
    after = list(_agreed([line["after"].split() for line in lines], agree))
    return " ".join([*before[::-1], text, *after])


def _agreed(sides: list[list[str]], agree: float) -> Iterator[str]:
    for distance in range(REACH):
        there = sorted(side[distance] for side in sides if len(side) > distance)
        usual = max(dict.fromkeys(there), key=there.count, default="")
        if not usual or there.count(usual) < agree * len(sides):
            return
        yield usual
