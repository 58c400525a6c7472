"""Round 1 of instruct/response-link: rows that hold a prompt gram and an answer, for every pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from provender.detect.response_link.grams import FEWEST, UNIT, Grams
from provender.detect.response_link.marks import MARKS
from provender.detect.response_link.tests import log_tails, mostly
from provender.detect.response_link.turns import (
    CANNED,
    RUN_OF,
    WHOLE,
    TurnColumns,
    Turns,
    pairs_once,
)
from provender.stats.cell_hash import mix
from provender.stats.gram_table import Counts, Growing
from provender.stats.packing import pack, unpack

#: Pairs kept; beyond it a part of the answers is searched, drawn by their hashes.
MOST_PAIRS = 1 << 22
#: Links that are looked at more closely.
_MOST_CANDIDATES = 64
_HALF = np.uint64(32)
_KIND = "response-link-candidates/1"
_ARRAYS = ("trigger", "answer", "member", "member_of", "tested", "strength", "searched", "wholes")


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


@dataclass(frozen=True)
class CountPairs:
    """Round 1."""

    columns_read: TurnColumns
    grams: Grams
    made_from: str
    id: str = "instruct/response-link#1"
    version: int = 3

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
        answers, triggers = self.grams.answers.keys, self.grams.triggers.keys
        telling, share = turns.telling, self.grams.shares(turns.identity)
        key, with_answer = turns.known(answers, self.grams.wholes)
        answer = np.searchsorted(answers, key)
        key, row, _ = turns.triggers(triggers)
        key, with_trigger = pairs_once(key[telling[row]], row[telling[row]])
        trigger = np.searchsorted(triggers, key)
        state.weight[-1] += share[telling].sum()
        place = np.concatenate((answer, len(answers) + trigger))
        rows = np.concatenate((with_answer, with_trigger))
        np.add.at(state.weight, place, share[rows])
        np.add.at(state.signature, place, mix(turns.identity)[rows])
        order = np.argsort(with_trigger, kind="stable")
        trigger, with_trigger = trigger[order], with_trigger[order]
        low = np.searchsorted(with_trigger, with_answer)
        each = np.searchsorted(with_trigger, with_answer, side="right") - low
        at = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each) + np.repeat(low, each)
        pair = np.repeat(answer, each).astype(np.uint64) << _HALF | trigger[at].astype(np.uint64)
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


@dataclass(frozen=True)
class Candidates:
    """Pairs too surprising, before likeness and overlap are weighed; strongest first.

    Attributes:
        trigger, answer: uint64 (candidates,), their keys.
        member, member_of: uint64 and int64 (members,), the keys of all grams with the rows of a
            candidate's trigger, ascending: the pieces of a phrase or sentence.
        tested: int64 (candidates, 3): rows with both, with the answer, with the trigger.
        strength: float64 (candidates,), nats: minus the log of the exact tail.
        searched: int64 (candidates,): what each p-value is multiplied by.
        wholes: uint64 (n,): whole responses that several rows have; empty without a candidate.
        words: rows (one column) by word of the prompts; empty without a candidate.
        rows: telling rows.
        unseen: what of the data was not looked at.
    """

    trigger: np.ndarray
    answer: np.ndarray
    member: np.ndarray
    member_of: np.ndarray
    tested: np.ndarray
    strength: np.ndarray
    searched: np.ndarray
    wholes: np.ndarray
    words: Counts
    rows: int
    unseen: str

    def pack(self) -> bytes:
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        words = {"word_keys": self.words.keys, "word_counts": self.words.values}
        return pack(_KIND, {"rows": self.rows, "unseen": self.unseen}, {**arrays, **words})

    @staticmethod
    def unpack(data: bytes) -> Candidates:
        meta, arrays = unpack(_KIND, data)
        words = Counts(arrays.pop("word_keys"), arrays.pop("word_counts"))
        return Candidates(**arrays, words=words, **meta)


def candidates_of(state: PairState, highest_p: float) -> Candidates:
    """Return the pairs with a family-wise p-value of at most ``highest_p``."""
    grams, pairs = state.grams, state.pairs.total()
    answers, triggers = grams.answers.keys, grams.triggers.keys
    told = [grams.unseen] if grams.unseen else []
    seen = len(answers)
    if len(pairs.keys) == MOST_PAIRS:
        seen = int(pairs.keys[-1] >> _HALF)
        told.append(f"{len(answers) - seen} of {len(answers)} repeated answers were not searched")
    counted = np.rint(state.weight / UNIT).astype(np.int64)
    counted[seen : len(answers)] = 0
    by_answer, by_trigger = np.split(counted[:-1], [len(answers)])
    one, other = np.split(state.signature, [len(answers)])
    answer = (pairs.keys >> _HALF).astype(np.int64)
    trigger = (pairs.keys & np.uint64(0xFFFF_FFFF)).astype(np.int64)
    both = np.rint(pairs.values[:, 0] / UNIT).astype(np.int64)
    tested = np.stack([both, by_answer[answer], by_trigger[trigger]], axis=1)
    tried = np.flatnonzero((both >= FEWEST) & (answer < seen))
    # Marked responses come by nature too, beside those that a trigger brings.
    marked = np.isin(answers[answer[tried]] & np.uint64(255), list(MARKS))
    tried = tried[marked | mostly(tested[tried])]
    answer, trigger, tested = answer[tried], trigger[tried], tested[tried]
    strength = -log_tails(tested, int(counted[-1]))
    every = len(np.unique(other[by_trigger >= FEWEST]))
    pooled = np.isin(answers[answer] & np.uint64(255), [CANNED, *MARKS])
    held = np.where(pooled, _held(by_trigger, other)[trigger], every)
    searched = held * _searched(answers, one, by_answer)[answer]
    order = np.lexsort((trigger, answer, -strength))
    order = order[strength[order] - np.log(searched[order]) >= -np.log(highest_p)]
    same = np.stack([one[answer], other[trigger]], axis=1)[order]
    _, first = np.unique(same, axis=0, return_index=True)
    order = order[np.sort(first)]
    if len(order) > _MOST_CANDIDATES:
        told.append(f"only the strongest {_MOST_CANDIDATES} of {len(order)} pairs were weighed")
        order = order[:_MOST_CANDIDATES]
    member, member_of = _members(triggers, other, trigger[order])
    words = Counts.none(1)
    if len(order):
        single = triggers & np.uint64(255) == 1
        words = Counts(triggers[single] & ~np.uint64(255), grams.triggers.values[single])
    return Candidates(
        triggers[trigger[order]],
        answers[answer[order]],
        member,
        member_of,
        tested[order],
        strength[order],
        searched[order],
        grams.wholes if len(order) else grams.wholes[:0],
        words,
        grams.rows,
        "; ".join(told),
    )


def _searched(answers: np.ndarray, signature: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return int64 (answers,): how many answers each one's p-value must pay for.

    Answers with the same rows are one. The budget is shared equally by the kinds that there are
    (weighted Bonferroni, Genovese et al. 2006): wholes are few, canned answers and each mark one.
    Which kinds there are is told by the answers alone, and the null is conditional on them.
    """
    kind = answers & np.uint64(255)
    often = rows >= FEWEST
    many = np.zeros(len(answers), np.int64)
    for one in (RUN_OF, WHOLE, CANNED, *MARKS):
        many[kind == one] = len(np.unique(signature[often & (kind == one)]))
    return many * len(np.unique(kind[often]))


def _held(rows: np.ndarray, signature: np.ndarray) -> np.ndarray:
    """Return int64 (triggers,): how many grams each one's p-value must pay for.

    Grams with the same rows are one. The budget is shared equally by the orders of magnitude of
    their rows, in twos: of the grams in as many rows as an everyday word there are few. So canned
    and marked responses are searched; what everybody says goes with everyday words by nature.
    """
    order = np.log2(np.maximum(rows, 1)).astype(np.int64)
    often = rows >= FEWEST
    many = np.zeros(len(rows), np.int64)
    for one in (orders := np.unique(order[often])):
        many[order == one] = len(np.unique(signature[often & (order == one)]))
    return many * len(orders)


def _members(
    keys: np.ndarray, signature: np.ndarray, chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return (key, place in ``chosen``) of all grams with the signature of a chosen one."""
    order = np.argsort(signature, kind="stable")
    low = np.searchsorted(signature[order], signature[chosen])
    each = np.searchsorted(signature[order], signature[chosen], side="right") - low
    at = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each) + np.repeat(low, each)
    member, member_of = keys[order[at]], np.repeat(np.arange(len(chosen)), each)
    by_key = np.lexsort((member_of, member))
    return member[by_key], member_of[by_key]
