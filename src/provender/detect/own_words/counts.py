"""Round 0 of sources/own-words: in how many rows each gram stands, and whether of one source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.stats.cell_hash import mix
from provender.stats.census import as_text
from provender.stats.gram_table import Counts, Growing
from provender.stats.grams import Words, grams, hash_strings, rows_at_once, text_hashes, words_of
from provender.stats.packing import pack, unpack

#: Words of the longest gram.
LONGEST = 2
#: Grams of two words kept per state; beyond it they are a uniform sample.
MOST_PHRASES = 1 << 22
#: With more sources than this nothing is tested.
MOST_SOURCES = 1 << 16
#: A source's eight signs lie in lanes of so many bits, whose sums must not run over.
_LANE, LANES = 16, 8
_WORDS = LANES * _LANE // 64
#: Rows that a gram may stand in so that no lane runs over.
MOST_ROWS = 1 << (_LANE - 1)


@dataclass(frozen=True)
class Said:
    """A slice of rows that name a source.

    Attributes:
        texts: the words of each text column.
        source: the sources, no nulls; `hashes` theirs.
        nameless: rows that were left out because they name no source.
    """

    texts: tuple[Words, ...]
    source: pa.Array
    hashes: np.ndarray
    nameless: int

    def grams(self, column: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (key, row, first word) of every run of ``n`` words in a text column."""
        words = self.texts[column]
        hashes, first = grams(words, n)
        return hashes | np.uint64(column * LONGEST + n), words.text[first], first

    @property
    def identity(self) -> np.ndarray:
        """uint64 (rows,), equal for rows of the same words."""
        total = np.zeros(len(self.source), np.uint64)
        for place, words in enumerate(self.texts):
            total ^= mix(text_hashes(words) + np.uint64(place))
        return total


@dataclass(frozen=True)
class SourceColumns:
    """The text columns and the column of sources."""

    texts: tuple[str, ...]
    source: str

    def names(self) -> tuple[str, ...]:
        """Return all of them, each once."""
        return tuple(dict.fromkeys((*self.texts, self.source)))

    def slices(self, batch: pa.RecordBatch) -> Iterator[tuple[np.ndarray, Said]]:
        """Yield (rows of the batch, what they say), a bounded number at a time."""
        at_once = rows_at_once(*(batch[name] for name in self.texts))
        for start in range(0, batch.num_rows, at_once):
            piece = batch.slice(start, at_once)
            source = as_text(piece[self.source])
            there = pc.is_valid(source).to_numpy(zero_copy_only=False)
            # Where all rows name one, the texts stay the ones that other detectors split.
            kept = piece if there.all() else piece.filter(pa.array(there))
            source = source.drop_null()
            coded = pc.dictionary_encode(source)
            hashes = hash_strings(coded.dictionary.to_pylist())[coded.indices.to_numpy()]
            texts = tuple(words_of(kept[name]) for name in self.texts)
            rows = start + np.flatnonzero(there)
            yield rows, Said(texts, source, hashes, int((~there).sum()))


@dataclass
class WordState:
    """What round 0 gathers.

    Attributes:
        seen: int64 (3,): rows, rows without a source, texts that were cut.
        sources: rows (one column) by source.
        words, phrases: grams of one word, and of two: rows, the sum of the rows' identities,
            and the sum of their sources' signs.
    """

    seen: np.ndarray
    sources: Growing
    words: Growing
    phrases: Growing


@dataclass(frozen=True)
class CountWords:
    """Round 0.

    How a gram's rows spread over sources is kept in two numbers: every source has eight random
    signs, and they are summed (Alon, Matias and Szegedy 1999). Rows of one source add up.
    """

    columns_read: SourceColumns
    id: str = "sources/own-words#0"
    version: int = 3

    def parameters(self) -> dict[str, Any]:
        return {"texts": list(self.columns_read.texts), "source": self.columns_read.source}

    def columns(self) -> tuple[str, ...]:
        return self.columns_read.names()

    def empty(self, first_row: int = 0) -> WordState:  # noqa: ARG002
        width = 2 + _WORDS
        words, phrases = Growing(Counts.none(width)), Growing(Counts.none(width), MOST_PHRASES)
        return WordState(np.zeros(3, np.int64), Growing(Counts.none(1)), words, phrases)

    def add(self, state: WordState, batch: pa.RecordBatch) -> WordState:
        for _, said in self.columns_read.slices(batch):
            rows = len(said.source)
            cut = sum(int(words.cut.sum()) for words in said.texts)
            state.seen += [rows + said.nameless, said.nameless, cut]
            state.sources.add(Counts.of(said.hashes, np.ones((rows, 1), np.int64)))
            identity = mix(said.identity).view(np.int64)
            values = np.column_stack([np.ones(rows, np.int64), identity, signs(said.hashes)])
            for column in range(len(said.texts)):
                for n, table in ((1, state.words), (2, state.phrases)):
                    key, row = _once_a_row(*said.grams(column, n)[:2])
                    table.add(Counts.of(key, values[row]))
        return state

    def merge(self, states: Sequence[WordState]) -> WordState:
        whole = self.empty()
        for state in states:
            whole.seen += state.seen
            whole.sources.add(state.sources.total())
            whole.words.add(state.words.total())
            whole.phrases.add(state.phrases.total())
        return whole

    def pack(self, state: WordState) -> bytes:
        sources = state.sources.total()
        arrays = {"seen": state.seen, "sources": sources.keys, "source_rows": sources.values}
        for name in ("words", "phrases"):
            packed = _packed(getattr(state, name).total())
            arrays |= {f"{name}_{part}": values for part, values in packed.items()}
        return pack(self.id, {}, arrays)

    def unpack(self, data: bytes) -> WordState:
        _, arrays = unpack(self.id, data)
        state = self.empty()
        state.seen += arrays["seen"]
        state.sources.add(Counts(arrays["sources"], arrays["source_rows"]))
        for name in ("words", "phrases"):
            parts = {part: arrays[f"{name}_{part}"] for part in ("keys", "once", "row", "many")}
            getattr(state, name).add(_unpacked(parts, arrays[f"{name}_rows"]))
        return state


def _packed(table: Counts) -> dict[str, np.ndarray]:
    """Part what stands in one row, most of a piece: its values are the row's, kept once a row."""
    once = table.values[:, 0] == 1
    rows, row = np.unique(table.values[once], axis=0, return_inverse=True)
    return {
        "keys": table.keys,
        "once": np.packbits(once),
        "row": row.reshape(-1).astype(np.int32),
        "rows": rows,
        "many": table.values[~once],
    }


def _unpacked(parts: dict[str, np.ndarray], rows: np.ndarray) -> Counts:
    keys = parts["keys"]
    once = np.unpackbits(parts["once"], count=len(keys)).astype(bool)
    values = np.zeros((len(keys), rows.shape[1]), np.int64)
    values[once], values[~once] = rows[parts["row"]], parts["many"]
    return Counts(keys, values)


def words_in(keys: np.ndarray) -> np.ndarray:
    """Return int64 (grams,), the words of each: a key's low byte tells column and length."""
    low = (keys & np.uint64(255)).astype(np.int64)
    return (low - 1) % LONGEST + 1


def signs(sources: np.ndarray) -> np.ndarray:
    """Return int64 (sources, 2): each source's eight signs, one in each lane of sixteen bits."""
    drawn = mix(sources)
    packed = np.zeros((len(sources), _WORDS), np.int64)
    for lane in range(LANES):
        word, place = divmod(lane * _LANE, 64)
        one = (drawn >> np.uint64(lane) & np.uint64(1)).astype(np.int64) * 2 - 1
        packed[:, word] += one << place
    return packed


def lanes(sums: np.ndarray) -> np.ndarray:
    """Return int64 (n, lanes): what sums of `signs` hold, of at most `MOST_ROWS` - 1 rows."""
    left, half = sums.copy(), 1 << (_LANE - 1)
    found = np.zeros((len(sums), LANES // _WORDS, _WORDS), np.int64)
    for lane in range(LANES // _WORDS):
        found[:, lane] = ((left + half) & ((1 << _LANE) - 1)) - half
        left = (left - found[:, lane]) >> _LANE
    return found.transpose(0, 2, 1).reshape(len(sums), LANES)


def _once_a_row(key: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    both = mix(key ^ mix(row.astype(np.uint64)))
    order = np.argsort(both)
    one = order[np.flatnonzero(np.diff(both[order], prepend=~both[order[:1]]))]
    return key[one], row[one]
