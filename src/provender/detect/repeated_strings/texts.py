"""Round 1 of corpus/repeated-strings: the texts around each string, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from provender.detect.repeated_strings.rest import WIDTH, Rest
from provender.detect.repeated_strings.runs import RUN, TextColumns, runs
from provender.detect.repeated_strings.suspects import Suspects
from provender.stats.gram_table import Counts, Growing
from provender.stats.grams import Words, text_hashes
from provender.stats.packing import pack, unpack

#: Texts that are kept to tell how much texts have in common by chance.
KEPT_TEXTS = 1024
#: Texts of each string to name it by, and words to either side.
_KEPT, REACH = 8, 16
_SHORT = np.uint64(44)
_LARGEST = np.uint64(2**64 - 1)
_SEEN = pa.schema(
    [
        ("suspect", pa.int64()),
        ("identity", pa.uint64()),
        ("before", pa.large_string()),
        ("inside", pa.large_string()),
        ("after", pa.large_string()),
    ]
)
_HELD = pa.schema([("string", pa.int64()), ("source", pa.large_string()), ("rows", pa.int64())])
_SOURCES = pa.schema([("source", pa.large_string()), ("rows", pa.int64())])


@dataclass
class Around:
    """What round 1 gathers; ``suspects`` is the analysis's own and is not packed.

    Attributes:
        sums: by string: texts with enough words beside it, and the sum of what these say.
        held: (string, source, rows).
        sources: (source, rows) of all texts.
        kept: some texts, by hash: what they say.
        seen: some texts of each string: the words around it.
        rows: number of texts.
        probes: int64 (n, 2): string of two texts, row number of one of them.
    """

    suspects: Suspects
    sums: Growing
    held: pa.Table
    sources: pa.Table
    kept: Counts
    seen: pa.Table
    rows: int
    probes: np.ndarray


@dataclass(frozen=True)
class ReadAround:
    """Round 1."""

    columns_read: TextColumns
    suspects: Suspects
    made_from: str
    id: str = "corpus/repeated-strings#1"
    version: int = 2

    def parameters(self) -> dict[str, Any]:
        read = {"text": self.columns_read.text, "source": self.columns_read.source}
        return {**read, "profile": self.made_from}

    def columns(self) -> tuple[str, ...]:
        return self.columns_read.names()

    def empty(self, first_row: int = 0) -> Around:  # noqa: ARG002
        return Around(
            self.suspects,
            Growing(Counts.none(1 + WIDTH)),
            _HELD.empty_table(),
            _SOURCES.empty_table(),
            Counts.none(WIDTH),
            _SEEN.empty_table(),
            0,
            np.zeros((0, 2), np.int64),
        )

    def add(self, state: Around, batch: pa.RecordBatch) -> Around:
        full = len(state.kept.keys) == KEPT_TEXTS
        below = state.kept.keys[-1] if full else _LARGEST
        pieces = [self._read(*s[1:], below) for s in self.columns_read.slices(batch)]
        return self.merge([state, *pieces])

    def _read(self, words: Words, source: pa.Array | None, below: np.uint64) -> Around:
        """Read a slice; of its texts none beyond ``below`` is kept any more."""
        found, finder, rest = (
            self.empty(),
            Finder(self.suspects),
            Rest(words, self.suspects.weights),
        )
        string, text, first = finder.find(words)
        identity = text_hashes(words)
        pair, at = np.unique(string * words.rows + text, return_index=True)
        which, row = pair // words.rows, pair % words.rows
        tested = which < self.suspects.suspects
        found.rows, found.probes = words.rows, np.stack([which, row], axis=1)[~tested]
        hits = np.searchsorted(pair, string * words.rows + text)
        for said, places in rest.beside(row, hits, first, np.flatnonzero(tested)):
            values = np.concatenate([np.ones((len(places), 1), np.int64), said], axis=1)
            found.sums.add(Counts.of(which[places].astype(np.uint64), values))
        if source is not None:
            held = [which, source.take(pa.array(row)), np.ones(len(row), np.int64)]
            found.held = _added(pa.table(held, schema=_HELD).drop_null())
            whose = pa.table([source, np.ones(len(source), np.int64)], schema=_SOURCES)
            found.sources = _added(whose.drop_null())
        least = np.flatnonzero(identity <= below)
        for said, places in rest.whole(least):
            found.kept = _smallest(found.kept, Counts(identity[least[places]], said))
        lines = [
            (int(which[i]), int(identity[row[i]]), *_around(words, int(first[at[i]])))
            for i in _first_texts(which[tested], identity[row[tested]])
        ]
        columns = list(zip(*lines, strict=True)) or [()] * len(_SEEN)
        found.seen = pa.table([list(c) for c in columns], schema=_SEEN)
        return found

    def merge(self, states: Sequence[Around]) -> Around:
        whole = self.empty()
        for state in states:
            whole.sums.add(state.sums.total())
        whole.held = _added(pa.concat_tables([s.held for s in states]))
        whole.sources = _added(pa.concat_tables([s.sources for s in states]))
        starts = np.cumsum([0, *(s.rows for s in states)])
        whole.rows = int(starts[-1])
        moved = [
            s.probes + np.array([0, start]) for s, start in zip(states, starts[:-1], strict=True)
        ]
        probes = np.concatenate([whole.probes, *moved])
        whole.probes = probes[np.lexsort((probes[:, 0], probes[:, 1]))]
        whole.kept = _smallest(*(s.kept for s in states))
        seen = pa.concat_tables([s.seen for s in states])
        kept = _first_texts(seen["suspect"].to_numpy(), seen["identity"].to_numpy())
        whole.seen = seen.take(pa.array(kept))
        return whole

    def pack(self, state: Around) -> bytes:
        sums = state.sums.total()
        arrays: dict[str, Any] = {
            "probes": state.probes,
            "sums": sums.values.astype(np.int32),
            "sum_keys": sums.keys,
            "kept": state.kept.values.astype(np.int16),
            "kept_keys": state.kept.keys,
        }
        for name, table in (("held", state.held), ("sources", state.sources), ("seen", state.seen)):
            arrays |= {f"{name}_{column}": table[column] for column in table.column_names}
        return pack(self.id, {"rows": state.rows}, arrays)

    def unpack(self, data: bytes) -> Around:
        meta, arrays = unpack(self.id, data)
        state = self.empty()
        state.rows, state.probes = meta["rows"], arrays["probes"]
        state.sums.add(Counts(arrays["sum_keys"], arrays["sums"].astype(np.int64)))
        state.kept = Counts(arrays["kept_keys"], arrays["kept"].astype(np.int64))
        for name, schema in (("held", _HELD), ("sources", _SOURCES), ("seen", _SEEN)):
            columns = [arrays[f"{name}_{column}"] for column in schema.names]
            setattr(state, name, pa.table(columns, schema=schema))
        return state


@dataclass(frozen=True)
class Finder:
    """Finds the runs of known strings."""

    suspects: Suspects

    @cached_property
    def _maybe(self) -> np.ndarray:
        """bool (2**20,): some key starts with these bits; spares most searches."""
        table = np.zeros(1 << 20, bool)
        table[(self.suspects.keys >> _SHORT).astype(np.int64)] = True
        return table

    def find(self, words: Words) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (string, text, first word) of each run, in reading order."""
        keys = self.suspects.keys
        key, first = runs(words)
        maybe = np.flatnonzero(self._maybe[(key >> _SHORT).astype(np.int64)])
        key, first = key[maybe], first[maybe]
        at = np.minimum(np.searchsorted(keys, key), max(len(keys) - 1, 0))
        hit = keys[at] == key if len(keys) else np.zeros(len(key), bool)
        return self.suspects.group[at[hit]], words.text[first[hit]], first[hit]


def _around(words: Words, first: int) -> tuple[str, str, str]:
    """Return the words before (nearest first), of, and after a run."""
    row = int(words.text[first])
    low, high = int(words.starts[row]), int(words.starts[row + 1])
    low, high = max(low, first - REACH), min(high, first + RUN + REACH)
    spelled = words.vocabulary.take(pa.array(words.codes[low:high])).to_pylist()
    at = first - low
    after = at + RUN
    return " ".join(spelled[:at][::-1]), " ".join(spelled[at:after]), " ".join(spelled[after:])


def _added(table: pa.Table) -> pa.Table:
    by = table.column_names[:-1]
    total = table.group_by(by, use_threads=False).aggregate([("rows", "sum")])
    total = total.rename_columns(table.column_names).cast(table.schema)
    return total.sort_by([(name, "ascending") for name in by])


def _smallest(*tables: Counts) -> Counts:
    """Return the texts with the least hashes, each once."""
    keys, first = np.unique(np.concatenate([t.keys for t in tables]), return_index=True)
    values = np.concatenate([t.values for t in tables])
    return Counts(keys[:KEPT_TEXTS], values[first[:KEPT_TEXTS]])


def _first_texts(string: np.ndarray, identity: np.ndarray) -> np.ndarray:
    """Return the places of the texts to keep: of every string those with the least hashes."""
    order = np.lexsort((identity, string))
    one, text = string[order], identity[order]
    new = np.ones(len(one), bool)
    new[1:] = (one[1:] != one[:-1]) | (text[1:] != text[:-1])
    order, one = order[new], one[new]
    return np.asarray(order[np.arange(len(one)) - np.searchsorted(one, one) < _KEPT])
