"""Round 1 of instruct/response-link: rows that hold a prompt gram and an answer, for every pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from provender.detect.response_link.grams import Grams
from provender.detect.response_link.turns import TurnColumns, Turns, pairs_once
from provender.stats.cell_hash import mix
from provender.stats.gram_table import Counts, Growing
from provender.stats.ordering import ascending
from provender.stats.packing import pack, unpack

#: Pairs kept; beyond it a part of the answers is searched, drawn by their hashes.
MOST_PAIRS = 1 << 22
#: A pair's key is its answer's number before its trigger's.
HALF = np.uint64(32)


@dataclass
class PairState:
    """What round 1 counts; ``grams`` is the analysis's own and is not packed.

    Attributes:
        weight: int64 (answers + triggers + 1,): rows with each answer, with each trigger, and
            all telling rows, a prompt's copies as one, in UNITs.
        signature: uint64 (answers + triggers,): equal for equal sets of rows.
        pairs: rows in UNITs by answer << 32 | trigger.
    """

    grams: Grams
    weight: np.ndarray
    signature: np.ndarray
    pairs: Growing

    @property
    def seen(self) -> int:
        """The answers, in order, of which every pair was kept."""
        keys = self.pairs.total().keys
        return int(keys[-1] >> HALF) if len(keys) == MOST_PAIRS else len(self.grams.answers.keys)


@dataclass(frozen=True)
class CountPairs:
    """Round 1."""

    columns_read: TurnColumns
    grams: Grams
    made_from: str
    id: str = "instruct/response-link#1"
    version: int = 4

    def parameters(self) -> dict[str, Any]:
        return {**vars(self.columns_read), "profile": self.made_from}

    def columns(self) -> tuple[str, ...]:
        return self.columns_read.names()

    def empty(self, first_row: int = 0) -> PairState:  # noqa: ARG002
        many = len(self.grams.answers.keys) + len(self.grams.triggers.keys)
        weight, signature = np.zeros(many + 1, np.int64), np.zeros(many, np.uint64)
        return PairState(self.grams, weight, signature, Growing(Counts.none(1), MOST_PAIRS))

    def add(self, state: PairState, batch: pa.RecordBatch) -> PairState:
        for turns in self.columns_read.slices(batch):
            self._add(state, turns)
        return state

    def _add(self, state: PairState, turns: Turns) -> None:
        answers = len(self.grams.answers.keys)
        telling, share = turns.telling, self.grams.shares(turns.identity)
        key, with_answer = turns.known(self.grams.answers.places, self.grams.canned)
        answer, _ = self.grams.answers.places.at(key)
        key, row, _ = turns.triggers(self.grams.triggers.places)
        key, with_trigger = pairs_once(key[telling[row]], row[telling[row]])
        trigger, _ = self.grams.triggers.places.at(key)
        state.weight[-1] += share[telling].sum()
        place = np.concatenate((answer, answers + trigger))
        rows = np.concatenate((with_answer, with_trigger))
        np.add.at(state.weight, place, share[rows])
        np.add.at(state.signature, place, mix(turns.identity)[rows])
        order = ascending(with_trigger)
        trigger, with_trigger = trigger[order], with_trigger[order]
        low = np.searchsorted(with_trigger, with_answer)
        each = np.searchsorted(with_trigger, with_answer, side="right") - low
        at = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each) + np.repeat(low, each)
        pair = np.repeat(answer, each).astype(np.uint64) << HALF | trigger[at].astype(np.uint64)
        state.pairs.add(Counts.of(pair, share[np.repeat(with_answer, each)][:, None]))

    def merge(self, states: Sequence[PairState]) -> PairState:
        whole = self.empty()
        for state in states:
            whole.weight += state.weight
            whole.signature += state.signature
            whole.pairs.add(state.pairs.total())
        return whole

    def pack(self, state: PairState) -> bytes:
        pairs = state.pairs.total()
        arrays = {"weight": state.weight, "signature": state.signature}
        return pack(self.id, {}, {**arrays, "keys": pairs.keys, "shares": pairs.values})

    def unpack(self, data: bytes) -> PairState:
        _, arrays = unpack(self.id, data)
        pairs = Growing(Counts(arrays["keys"], arrays["shares"]), MOST_PAIRS)
        return PairState(self.grams, arrays["weight"].copy(), arrays["signature"].copy(), pairs)
