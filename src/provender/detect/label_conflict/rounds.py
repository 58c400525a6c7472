"""Rounds 1 and 2 of text/label-conflict: suspect grams, and the tests of their groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from provender.core.digest import sha256_hex
from provender.detect.label_conflict.groups import LONGEST, SAMPLE, SAMPLED, Groups
from provender.detect.label_conflict.loud import FEW, TAKEN, doubtful, quiet_strata
from provender.detect.label_conflict.model import CELL, Columns, Labelled, Model
from provender.detect.label_conflict.strata import STRATA, stratum_of
from provender.detect.label_conflict.words import MOST_COUNTS
from provender.stats.cell_hash import mix
from provender.stats.gram_table import Counts, Growing
from provender.stats.grams import grams
from provender.stats.ordering import ascending
from provender.stats.packing import pack, unpack

#: Two- and three-word grams kept per state; beyond it they are a uniform sample.
MOST_PHRASES = 1 << 22


@dataclass
class GramState:
    """Grams by length; strata of all documents, as `Groups` has them; doubtful by label.

    ``model`` is the analysis's own; it rides along for the profile and is not packed.
    """

    model: Model
    tables: list[Growing]
    strata: np.ndarray
    doubtful: np.ndarray


@dataclass(frozen=True)
class CountGrams:
    """Round 1: which grams stand in documents whose content might contradict their label.

    Might: once the few words that speak loudest for the label are spared. Beside them, a sample
    of all documents tells how common a gram is elsewhere.
    """

    columns_read: Columns
    model: Model
    made_from: str
    id: str = "text/label-conflict#1"
    version: int = 4

    def parameters(self) -> dict[str, Any]:
        return {**vars(self.columns_read), "profile": self.made_from}

    def columns(self) -> tuple[str, ...]:
        return self.columns_read.names()

    def empty(self, first_row: int = 0) -> GramState:  # noqa: ARG002
        strata = np.zeros((len(self.model.classes), 2 + len(TAKEN), STRATA), np.int64)
        tables = [
            Growing(Counts.none(2), limit) for limit in (MOST_COUNTS, MOST_PHRASES, MOST_PHRASES)
        ]
        return GramState(self.model, tables, strata, np.zeros(len(strata), np.int64))

    def add(self, state: GramState, batch: pa.RecordBatch) -> GramState:
        if not self.model.classes:
            return state
        for documents in self.columns_read.slices(batch, self.model.classes):
            self._add(state, documents)
        return state

    def _add(self, state: GramState, documents: Labelled) -> None:
        usable = documents.usable
        share = self.model.shares(documents)
        evidence = self.model.evidence(documents)
        odds = self.model.log_odds(evidence.total, evidence.size)
        stratum = stratum_of(odds, evidence.size, self.model.usual)
        classes = np.arange(len(self.model.classes))
        own = (documents.label[usable, None] == classes).astype(np.int64)
        np.add.at(state.strata, (classes, own, stratum[usable]), share[usable, None])
        if len(classes) >= FEW:
            quiet = quiet_strata(self.model, evidence, documents.label)[:, usable]
            kinds = 2 + np.arange(len(TAKEN))[:, None]
            np.add.at(state.strata, (documents.label[usable], kinds, quiet), share[usable])
        suspect = usable & doubtful(evidence, documents.label)
        np.add.at(state.doubtful, documents.label[suspect], share[suspect])
        sampled = usable & ((documents.identity >> np.uint64(20)) % np.uint64(SAMPLE) == 0)
        signature = mix(documents.identity).view(np.int64)
        for n in range(1, LONGEST + 1):
            for rows, mark in ((suspect, np.uint64(0)), (sampled, SAMPLED)):
                hashes, text = _distinct_grams(documents, rows, n)
                keys = (hashes & ~CELL) | mark | documents.label[text].astype(np.uint64)
                values = np.stack([share[text], signature[text]], axis=1)
                state.tables[n - 1].add(Counts.of(keys, values))

    def merge(self, states: Sequence[GramState]) -> GramState:
        whole = self.empty()
        for state in states:
            whole.strata += state.strata
            whole.doubtful += state.doubtful
            for mine, theirs in zip(whole.tables, state.tables, strict=True):
                mine.add(theirs.total())
        return whole

    def pack(self, state: GramState) -> bytes:
        arrays = {"strata": state.strata, "doubtful": state.doubtful}
        for n, growing in enumerate(state.tables, 1):
            arrays[f"keys_{n}"] = growing.total().keys
            arrays[f"values_{n}"] = growing.total().values
        return pack(self.id, {}, arrays)

    def unpack(self, data: bytes) -> GramState:
        _, arrays = unpack(self.id, data)
        state = self.empty()
        for n, growing in enumerate(state.tables, 1):
            growing.add(Counts(arrays[f"keys_{n}"], arrays[f"values_{n}"]))
        strata, doubtful = arrays["strata"].copy(), arrays["doubtful"].copy()
        return GramState(self.model, state.tables, strata, doubtful)


def _distinct_grams(documents: Labelled, rows: np.ndarray, n: int) -> tuple[Any, Any]:
    """Return (hash, text) of the distinct grams of each of the chosen texts."""
    if n == 1:
        text, code = documents.words.distinct()
        chosen = rows[text]
        return documents.words.vocabulary_hashes[code[chosen]], text[chosen]
    hashes, first = grams(documents.words, n, rows)
    text = documents.words.text[first]
    both = mix(hashes ^ mix(text.astype(np.uint64)))
    order = ascending(both)
    one = order[np.flatnonzero(np.diff(both[order], prepend=~both[order[:1]]))]
    return hashes[one], text[one]


_QUIET = 64


@dataclass
class TestState:
    """Documents by group, label and stratum; ``groups`` rides along and is not packed."""

    groups: Groups
    table: Growing

    def tested(self) -> np.ndarray:
        """Return int64 (groups, 3, strata): the groups' documents, as `Groups.held_against`."""
        total = self.table.total()
        keys = total.keys.astype(np.int64)
        kind = np.where(keys & _QUIET > 0, 2, (keys >> 7) & 1)
        tested = np.zeros((len(self.groups.label), 3, STRATA), np.int64)
        tested[keys >> 8, kind, keys & (_QUIET - 1)] = total.values[:, 0]
        if len(self.groups.model.classes) < FEW:
            tested[:, 2] = tested[:, 1]
        return tested


@dataclass(frozen=True)
class CountTests:
    """Round 2: for every group of grams, its documents by stratum and by label or not.

    The stratum is what the content says about the group's class once every word that the
    group covers in that document is taken away. Keys: group << 8 | labelled << 7 | stratum; those
    of the labelled without their loudest words, as `Groups.held_against` has them, have `_QUIET`.
    """

    columns_read: Columns
    groups: Groups
    made_from: str
    id: str = "text/label-conflict#2"
    version: int = 4

    def parameters(self) -> dict[str, Any]:
        return {**vars(self.columns_read), "profile": self.made_from}

    def columns(self) -> tuple[str, ...]:
        return self.columns_read.names()

    def empty(self, first_row: int = 0) -> TestState:  # noqa: ARG002
        return TestState(self.groups, Growing(Counts.none(1)))

    def add(self, state: TestState, batch: pa.RecordBatch) -> TestState:
        if not len(self.groups.label):
            return state
        model = self.groups.model
        for documents in self.columns_read.slices(batch, model.classes):
            text, group, _, _, stratum = self.groups.weigh_all(documents)
            mine = documents.label[text] == self.groups.label[group]
            key = (group << 8) | (mine.astype(np.int64) << 7) | stratum
            share = model.shares(documents)[text]
            state.table.add(Counts.of(key.astype(np.uint64), share[:, None]))
            if len(model.classes) >= FEW:
                text, group, share = text[mine], group[mine], share[mine]
                quiet = quiet_strata(model, model.evidence(documents), documents.label)
                key = (group << 8) | _QUIET | quiet[self.groups.taken[group], text]
                state.table.add(Counts.of(key.astype(np.uint64), share[:, None]))
        return state

    def merge(self, states: Sequence[TestState]) -> TestState:
        whole = Counts.sum([s.table.total() for s in states])
        return TestState(self.groups, Growing(whole))

    def pack(self, state: TestState) -> bytes:
        total = state.table.total()
        return pack(self.id, {}, {"keys": total.keys, "values": total.values})

    def unpack(self, data: bytes) -> TestState:
        _, arrays = unpack(self.id, data)
        return TestState(self.groups, Growing(Counts(arrays["keys"], arrays["values"])))


def made_from(profile: bytes) -> str:
    """Return the digest of a profile, for the key of the round that it starts."""
    return sha256_hex(profile)
