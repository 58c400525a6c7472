"""Round 3: what the few suspicious groups are called, how alike and how shared their texts are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from provender.detect.label_conflict.agreeing import agreeing
from provender.detect.label_conflict.by_leader import count_by_leader, no_counts
from provender.detect.label_conflict.company import MOST_COMPANY, USES, count_company, uses_beside
from provender.detect.label_conflict.family import Family, Strengths
from provender.detect.label_conflict.groups import Found, Groups
from provender.detect.label_conflict.model import SKETCH, Columns, Labelled
from provender.detect.label_conflict.names import spelled_names
from provender.detect.label_conflict.strata import STRATA
from provender.detect.label_conflict.tests import contradicting
from provender.stats.gram_table import Counts
from provender.stats.packing import pack, unpack

#: Documents kept of every group and class to measure how alike they are.
_KEPT = 64
_KIND = "label-conflict-candidates/5"
_COUNTED = ("rows", "agree", "tested", "strata")
_KEPT_ARRAYS = ("shared", "group", "identity", "sketch", "beside", *_COUNTED)


@dataclass(frozen=True)
class Candidates:
    """Groups whose documents are too surprising, before likeness and overlap are weighed.

    Attributes:
        groups: only the candidates (their model is empty when there is none).
        tested: int64 (candidates, 3, strata), documents that hold the group, as `TestState.tested`.
        strengths: of the candidates, strongest first.
        rest: float64, the weaker strengths that come next, a tenth of all groups tested.
        many: how many groups were tested.
        family: what their p-values pay for.
    """

    groups: Groups
    tested: np.ndarray
    strengths: Strengths
    rest: np.ndarray
    many: int
    family: Family

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.groups.label)

    @cached_property
    def contradicts(self) -> np.ndarray:
        """bool (candidates, strata): where the content speaks against a candidate's class."""
        return contradicting(self.groups.strata[self.groups.label], self.tested)

    def pack(self) -> bytes:
        arrays = {
            "groups": np.frombuffer(self.groups.pack(), np.uint8),
            "tested": self.tested,
            "by_label": self.strengths.by_label,
            "by_content": self.strengths.by_content,
            "rest": self.rest,
        }
        meta = {"many": self.many, "screened": self.family.screened}
        return pack(_KIND, meta, arrays)

    @staticmethod
    def unpack(data: bytes) -> Candidates:
        meta, arrays = unpack(_KIND, data)
        groups = Groups.unpack(arrays["groups"].tobytes())
        return Candidates(
            groups,
            arrays["tested"],
            Strengths(arrays["by_label"], arrays["by_content"]),
            arrays["rest"],
            meta["many"],
            Family(groups.searched, meta["screened"]),
        )


@dataclass
class Descriptions:
    """What round 3 gathers.

    Attributes:
        candidates: the analysis's own; they ride along for the profile and are not packed.
        names: (candidate, place, text, documents): the text a candidate covers at place 0, the
            words before it at negative places and after it at positive ones.
        company: what stands beside the strongest candidates by nature, as `count_company`.
        shared: int64 (candidates, candidates): contradicting documents that hold both.
        group, identity, sketch: int64 (n,), uint64 (n,), int32 (n, dimensions): a sample of the
            contradicting documents of each candidate, then of each class (numbered after them),
            then of the documents of other labels that contradict each class.
        beside: uint64 (n, USES, 2): the words beside the candidate in these, as `uses_beside`.
        rows: int64 (candidates, strata): documents with group and label, copies counted.
        agree: int64 (candidates,): those whose content agrees, in UNITs, as `agreeing`.
        tested: int64 (candidates, leaders + 1, 3, strata): documents that hold the candidate, as
            `Candidates.tested`, by the strongest leader that they hold with its label (last: none).
            Leaders are the first candidates.
        strata: int64 (classes, leaders + 1, 2 + len(TAKEN), strata): all, as `Groups.strata`.
    """

    candidates: Candidates
    names: pa.Table
    company: Counts
    shared: np.ndarray
    group: np.ndarray
    identity: np.ndarray
    sketch: np.ndarray
    beside: np.ndarray
    rows: np.ndarray
    agree: np.ndarray
    tested: np.ndarray
    strata: np.ndarray

    def within(self, candidate: int) -> np.ndarray:
        """Return bool (candidates,): itself, and those of its label that mostly stand with it."""
        label = self.candidates.groups.label
        inside = 2 * self.shared[:, candidate] > np.diag(self.shared)
        inside[candidate] = True
        return np.asarray(inside & (label == label[candidate]))


@dataclass(frozen=True)
class Describe:
    """Round 3: the text around each candidate, its overlaps, and how alike its documents are."""

    columns_read: Columns
    candidates: Candidates
    made_from: str
    id: str = "text/label-conflict#3"
    version: int = 7

    def parameters(self) -> dict[str, Any]:
        return {**vars(self.columns_read), "profile": self.made_from}

    def columns(self) -> tuple[str, ...]:
        return self.columns_read.names()

    def empty(self, first_row: int = 0) -> Descriptions:  # noqa: ARG002
        many = self.candidates.size
        names = pa.table(
            {
                "candidate": pa.array([], pa.int64()),
                "place": pa.array([], pa.int64()),
                "text": pa.array([], pa.large_string()),
                "documents": pa.array([], pa.int64()),
            }
        )
        nothing = (
            np.zeros(0, np.int64),
            np.zeros(0, np.uint64),
            np.zeros((0, SKETCH), np.int32),
            np.zeros((0, USES, 2), np.uint64),
        )
        shared = np.zeros((many, many), np.int64)
        rows = np.zeros((many, STRATA), np.int64)
        counted = (rows, np.zeros(many, np.int64), *no_counts(self.candidates.groups))
        company = Counts.none(4)
        return Descriptions(self.candidates, names, company, shared, *nothing, *counted)

    def add(self, state: Descriptions, batch: pa.RecordBatch) -> Descriptions:
        if not self.candidates.size:
            return state
        classes = self.candidates.groups.model.classes
        pieces = [self._describe(d) for d in self.columns_read.slices(batch, classes)]
        return self.merge([state, *pieces])

    def _describe(self, documents: Labelled) -> Descriptions:
        groups = self.candidates.groups
        found = groups.find(documents)
        evidence = groups.model.evidence(documents)
        weighed = groups.weigh(documents, found, evidence)
        text, group, stratum = weighed.text, weighed.group, weighed.stratum
        many = self.candidates.size
        mine = documents.label[text] == groups.label[group]
        counted = np.zeros((many, STRATA), np.int64)
        np.add.at(counted, (group[mine], stratum[mine]), 1)
        every_stratum = groups.strata_of(evidence)
        tested, strata = count_by_leader(documents, groups, weighed, evidence, every_stratum)
        share, rows = groups.model.shares(documents), np.flatnonzero(documents.usable)
        strange, of_class = self._strangers(documents, every_stratum)
        agrees = agreeing(documents, found, groups, evidence, self.candidates.contradicts)
        agree = np.zeros(many, np.int64)
        np.add.at(agree, agrees % groups.size, share[agrees // groups.size])
        chosen = mine & self.candidates.contradicts[group, stratum]
        text, group = text[chosen], group[chosen]
        holds = np.zeros((documents.words.rows, many), np.int64)
        holds[text, group] = 1
        every = np.concatenate((text, rows, strange))
        which, identity, row = _smallest(
            np.concatenate(
                (group, many + documents.label[rows], many + groups.strata.shape[0] + of_class)
            ),
            documents.identity[every],
            every,
        )
        sketch = _sketch(groups, documents, found, which, row)
        shared = holds.T @ holds
        names = spelled_names(documents, found, text * groups.size + group, groups.size)
        company = count_company(documents, found, groups, agrees)
        beside = uses_beside(documents, found, groups, which, row)
        sample, counts = (which, identity, sketch, beside), (counted, agree, tested, strata)
        return Descriptions(self.candidates, names, company, shared, *sample, *counts)

    def _strangers(self, documents: Labelled, stratum: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (row, class) of the documents of other labels that contradict a class."""
        groups = self.candidates.groups
        against = contradicting(groups.strata, np.zeros_like(groups.strata[:, :2]))
        classes = np.arange(len(groups.strata))
        strange = against[classes, stratum]
        strange &= documents.usable[:, None] & (documents.label[:, None] != classes)
        row, of_class = np.nonzero(strange)
        return row, of_class

    def merge(self, states: Sequence[Descriptions]) -> Descriptions:
        names = pa.concat_tables([s.names for s in states])
        names = names.group_by(["candidate", "place", "text"]).aggregate([("documents", "sum")])
        names = names.rename_columns(["candidate", "place", "text", "documents"])
        order = [("candidate", "ascending"), ("place", "ascending"), ("text", "ascending")]
        group, identity, row = _smallest(
            np.concatenate([s.group for s in states]),
            np.concatenate([s.identity for s in states]),
            np.arange(sum(len(s.group) for s in states)),
        )
        sketch, beside = (
            np.concatenate([getattr(s, n) for s in states])[row] for n in ("sketch", "beside")
        )
        shared = np.sum([s.shared for s in states], axis=0)
        names = names.sort_by(order)
        counted = (np.sum([getattr(s, n) for s in states], axis=0) for n in _COUNTED)
        company = Counts.sum([s.company for s in states], MOST_COMPANY)
        kept = (group, identity, sketch, beside)
        return Descriptions(self.candidates, names, company, shared, *kept, *counted)

    def pack(self, state: Descriptions) -> bytes:
        names = {name: state.names[name] for name in state.names.column_names}
        rest = {n: getattr(state, n) for n in _KEPT_ARRAYS}
        company = {"company_keys": state.company.keys, "company_values": state.company.values}
        return pack(self.id, {}, {**names, **rest, **company})

    def unpack(self, data: bytes) -> Descriptions:
        _, arrays = unpack(self.id, data)
        names = pa.table(
            {
                "candidate": pa.array(arrays["candidate"], pa.int64()),
                "place": pa.array(arrays["place"], pa.int64()),
                "text": arrays["text"],
                "documents": pa.array(arrays["documents"], pa.int64()),
            }
        )
        rest = (arrays[n] for n in _KEPT_ARRAYS)
        company = Counts(arrays["company_keys"], arrays["company_values"])
        return Descriptions(self.candidates, names, company, *rest)


def _smallest(group: np.ndarray, identity: np.ndarray, row: np.ndarray) -> tuple[Any, Any, Any]:
    """Keep, of every group, the documents with the smallest identities, each text once."""
    order = np.lexsort((row, identity, group))
    group, identity, row = group[order], identity[order], row[order]
    new = np.ones(len(group), bool)
    new[1:] = (group[1:] != group[:-1]) | (identity[1:] != identity[:-1])
    group, identity, row = group[new], identity[new], row[new]
    rank = np.arange(len(group)) - np.searchsorted(group, group)
    keep = rank < _KEPT
    return group[keep], identity[keep], row[keep]


def _sketch(
    groups: Groups, documents: Labelled, found: Found, which: np.ndarray, row: np.ndarray
) -> np.ndarray:
    """Sketch the documents ``row``, each without the words that candidate ``which`` covers."""
    words = documents.words
    column, value = groups.model.sketched(words.vocabulary_hashes)
    kept, back = np.unique(row, return_inverse=True)
    place = np.full(words.rows, -1)
    place[kept] = np.arange(len(kept))
    text, code = words.distinct()
    inside = place[text] >= 0
    code = code[inside]
    whole = np.zeros((len(kept), SKETCH), np.int32)
    np.add.at(whole, (place[text[inside]], column[code]), value[code])
    pair, code = found.covered(words)
    mine = np.where(which < len(groups.label), row * groups.size + which, -1)
    order = np.argsort(mine)
    at = np.minimum(np.searchsorted(mine[order], pair), len(mine) - 1)
    hit = mine[order][at] == pair if len(mine) else np.zeros(0, bool)
    sketch, code = whole[back], code[hit]
    np.subtract.at(sketch, (order[at[hit]], column[code]), value[code])
    return sketch
