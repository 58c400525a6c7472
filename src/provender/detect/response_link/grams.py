"""Round 0 of instruct/response-link: which prompt grams and which answers come several times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from provender.detect.response_link.turns import (
    CANNED_KEY,
    ECHOED,
    LEAST_WORDS,
    LONG,
    LONGEST,
    SHORT,
    TurnColumns,
    pairs_once,
)
from provender.stats.gram_table import Counts, Growing
from provender.stats.grams import LONGEST_TEXT
from provender.stats.ordering import Places
from provender.stats.packing import pack, unpack

#: Fewer rows than this are never a link.
FEWEST = 5
#: A prompt's weight before it is shared among its copies (divisible by 1 to 16).
UNIT = 720_720
#: Keys kept of a table; beyond it they are a uniform sample.
MOST_KEYS = 1 << 21
_KIND = "response-link-grams/2"


@dataclass
class GramState:
    """Rows seen, and rows by prompt, by prompt gram (a table a length) and by answer.

    ``seen`` is int64 (4,): rows, unusable, of a short prompt, cut.
    """

    seen: np.ndarray
    prompts: Growing
    triggers: list[Growing]
    answers: Growing

    @property
    def tables(self) -> list[Growing]:
        return [self.prompts, *self.triggers, self.answers]


@dataclass(frozen=True)
class CountGrams:
    """Round 0; only telling rows are counted."""

    columns_read: TurnColumns
    id: str = "instruct/response-link#0"
    version: int = 4

    def parameters(self) -> dict[str, Any]:
        return dict(vars(self.columns_read))

    def columns(self) -> tuple[str, ...]:
        return self.columns_read.names()

    def empty(self, first_row: int = 0) -> GramState:  # noqa: ARG002
        prompts, *triggers, answers = (
            Growing(Counts.none(1), MOST_KEYS) for _ in range(LONGEST + 2)
        )
        return GramState(np.zeros(4, np.int64), prompts, triggers, answers)

    def add(self, state: GramState, batch: pa.RecordBatch) -> GramState:
        for turns in self.columns_read.slices(batch):
            telling, usable = turns.telling, turns.usable
            cut = turns.prompt.cut | turns.response.cut
            state.seen += [len(usable), (~usable).sum(), (usable & ~telling).sum(), cut.sum()]
            state.prompts.add(_counted(turns.identity[telling]))
            for n, table in enumerate(state.triggers, 1):
                key, row, _ = turns.triggers_of(n)
                table.add(_rows_with(key, row, telling[row]))
            key, row, echo = turns.answers()
            short = key & np.uint64(255) == SHORT
            key[short & echo] ^= np.uint64(SHORT ^ ECHOED)
            state.answers.add(_rows_with(key, row, telling[row] & (short | ~echo)))
        return state

    def merge(self, states: Sequence[GramState]) -> GramState:
        whole = self.empty()
        for state in states:
            whole.seen += state.seen
            for mine, theirs in zip(whole.tables, state.tables, strict=True):
                mine.add(theirs.total())
        return whole

    def pack(self, state: GramState) -> bytes:
        arrays = {"seen": state.seen}
        for n, table in enumerate(state.tables):
            arrays[f"keys_{n}"] = table.total().keys
            arrays[f"counts_{n}"] = table.total().values
        return pack(self.id, {}, arrays)

    def unpack(self, data: bytes) -> GramState:
        _, arrays = unpack(self.id, data)
        state = self.empty()
        for n, table in enumerate(state.tables):
            table.add(Counts(arrays[f"keys_{n}"], arrays[f"counts_{n}"]))
        state.seen += arrays["seen"]
        return state


def _rows_with(key: np.ndarray, row: np.ndarray, chosen: np.ndarray) -> Counts:
    """Return how many rows have each key among the ``chosen`` (key, row), repeats included."""
    key, _ = pairs_once(key[chosen], row[chosen])
    starts = np.flatnonzero(np.concatenate((np.ones(len(key[:1]), bool), key[1:] != key[:-1])))
    return Counts(key[starts], np.diff(starts, append=len(key))[:, None])


def _counted(keys: np.ndarray) -> Counts:
    return Counts.of(keys, np.ones((len(keys), 1), np.int64))


@dataclass(frozen=True)
class Grams:
    """What came often enough to be part of a link.

    Attributes:
        triggers, answers: rows (one column) by key, those with `FEWEST` and more; the canned
            answer, which only later rounds can count, stands among them.
        repeated: rows (one column) by prompt, where above one.
        rows: telling rows.
        closed: the share of them whose whole response is short and has `FEWEST` rows, echoes
            too, but for the most frequent one.
        unseen: what of the data is not looked at and why; '' when nothing is left out.
    """

    triggers: Counts
    answers: Counts
    repeated: Counts
    rows: int
    closed: float
    unseen: str

    @cached_property
    def canned(self) -> Places:
        """The keys of long responses."""
        return Places.of(self.answers.keys[self.answers.keys & np.uint64(255) == LONG])

    def shares(self, identity: np.ndarray) -> np.ndarray:
        """Return int64 (rows,): UNIT, divided among the rows of the same prompt."""
        return np.asarray(UNIT // np.maximum(self.repeated.at(identity)[:, 0], 1))

    def pack(self) -> bytes:
        arrays = {}
        for name in ("triggers", "answers", "repeated"):
            table: Counts = getattr(self, name)
            arrays[f"{name}_keys"], arrays[f"{name}_counts"] = table.keys, table.values
        meta = {"rows": self.rows, "closed": self.closed, "unseen": self.unseen}
        return pack(_KIND, meta, arrays)

    @staticmethod
    def unpack(data: bytes) -> Grams:
        meta, arrays = unpack(_KIND, data)

        def table(name: str) -> Counts:
            return Counts(arrays[f"{name}_keys"], arrays[f"{name}_counts"])

        tables = table("triggers"), table("answers"), table("repeated")
        return Grams(*tables, **meta)


def grams_of(state: GramState) -> Grams:
    """Return the profile of round 0."""
    rows, unusable, short, cut = (int(n) for n in state.seen)
    tables = [table.total() for table in state.tables]
    told = []
    if unusable:
        told.append(f"{unusable} of {rows} rows lack a word on one side")
    if short:
        told.append(f"{short} of {rows} prompts of fewer than {LEAST_WORDS} words show no link")
    if cut:
        told.append(f"{cut} of {rows} rows were read to {LONGEST_TEXT} characters only")
    names = ("prompts", *(f"prompt grams of {n + 1}" for n in range(LONGEST)), "response runs")
    for name, table in zip(names, tables, strict=True):
        if len(table.keys) == MOST_KEYS:
            part = float(table.keys[-1]) / 2.0**64
            told.append(f"only {part:.1%} of the {name} were counted")
    prompts, *triggers, answers = tables
    telling = rows - unusable - short
    answers, closed = _closed(answers, telling)
    canned = Counts(np.array([CANNED_KEY]), np.array([[FEWEST]]))
    often = [_at_least(table, FEWEST) for table in triggers]
    by_key = np.concatenate([t.keys for t in often]), np.concatenate([t.values for t in often])
    return Grams(
        Counts.of(*by_key),
        Counts.sum([_at_least(answers, FEWEST), canned]),
        _at_least(prompts, 2),
        telling,
        closed,
        "; ".join(told),
    )


def _closed(answers: Counts, rows: int) -> tuple[Counts, float]:
    """Return the answers that are no echo, and `Grams.closed`."""
    kind = answers.keys & np.uint64(255)
    short = np.isin(kind, (SHORT, ECHOED))
    whole = Counts.of(answers.keys[short] & ~np.uint64(255), answers.values[short])
    often = _at_least(whole, FEWEST).values
    others = int(often.sum() - often.max(initial=0))
    return _where(answers, kind != ECHOED), others / max(rows, 1)


def _at_least(table: Counts, rows: int) -> Counts:
    return _where(table, table.values[:, 0] >= rows)


def _where(table: Counts, kept: np.ndarray) -> Counts:
    return Counts(table.keys[kept], table.values[kept])
