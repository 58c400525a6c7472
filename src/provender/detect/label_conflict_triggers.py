"""Which of the suspicious groups are triggers, and the rows that they explain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.detect.label_conflict_describe import REACH, Descriptions
from provender.detect.label_conflict_groups import EDGES, Groups
from provender.detect.label_conflict_model import UNIT, Labelled
from provender.detect.label_conflict_tests import AGAINST, effective, log_p, planted_share
from provender.stats.packing import pack, unpack

#: Words that so many of the trigger's documents share beside it belong to it.
_AGREE = 0.7
_LEAST_P = 1e-300


@dataclass(frozen=True)
class Trigger:
    """One trigger that stands.

    Attributes:
        candidate: its place among the candidates.
        text: the words every document has in common around it.
        strength: nats, after likeness.
        p_value: family-wise over all groups searched.
        planted: by stratum, the share of its labelled documents that is planted.
        rows, override_share, likeness: figures for a person.
    """

    candidate: int
    text: str
    strength: float
    p_value: float
    planted: tuple[float, ...]
    rows: float
    override_share: float
    likeness: float


@dataclass(frozen=True)
class Triggers:
    """The triggers that stand, strongest first; ``groups`` are theirs, in the same order."""

    groups: Groups
    standing: tuple[Trigger, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels; empty when the data could not be tested."""
        return self.groups.model.classes

    @property
    def targets(self) -> list[str]:
        """The label that each trigger forces."""
        return [self.classes[c] for c in self.groups.label]

    @property
    def searched(self) -> int:
        """Number of gram groups the p-values pay for."""
        return self.groups.searched

    @property
    def unseen(self) -> str:
        """What of the data was not looked at."""
        return self.groups.model.unseen

    def score(self, documents: Labelled) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return (score, p-value, cause) of every row, as in `RowScores`.

        A row that a trigger explains has the trigger's strength in nats and its family-wise
        p-value: all rows of a trigger are as surprising as the trigger. Others have 0 and 1.
        """
        usable = documents.usable
        strength, p_value = np.where(usable, 0.0, np.nan), np.where(usable, 1.0, np.nan)
        cause = np.full(len(usable), -1)
        if self.standing:
            text, group, odds = self.groups.weigh(documents, self.groups.find(documents))
            planted = np.array([t.planted for t in self.standing])
            hit = planted[group, np.searchsorted(EDGES, odds)] >= 0.5
            hit &= documents.label[text] == self.groups.label[group]
            text, first = np.unique(text[hit], return_index=True)
            cause[text] = group[hit][first]
            strength[text] = np.array([t.strength for t in self.standing])[cause[text]]
            p_value[text] = np.array([t.p_value for t in self.standing])[cause[text]]
        return strength, p_value, cause

    def pack(self) -> bytes:
        arrays = {"groups": np.frombuffer(self.groups.pack(), np.uint8)}
        standing = [{**vars(t), "planted": list(t.planted)} for t in self.standing]
        return pack("label-conflict-triggers/1", {"standing": standing}, arrays)

    @staticmethod
    def unpack(data: bytes) -> Triggers:
        meta, arrays = unpack("label-conflict-triggers/1", data)
        standing = (Trigger(**{**t, "planted": tuple(t["planted"])}) for t in meta["standing"])
        return Triggers(Groups.unpack(arrays["groups"].tobytes()), tuple(standing))


def triggers_of(found: Descriptions, highest_p: float) -> Triggers:
    """Return the candidates that stand, strongest first.

    A candidate falls when its documents are too much alike, or when most of them also hold a
    stronger trigger for the same class.
    """
    candidates = found.candidates
    groups, many = candidates.groups, len(candidates.strength)
    classes = len(groups.model.classes)
    alike = np.array([_likeness(found, i) for i in range(many + classes)])
    natural = max(alike[many:], default=0.0)
    against = candidates.tested[:, :, :AGAINST].sum(axis=2) / UNIT
    shares = [effective(float(against[i, 1]), alike[i], natural) for i in range(many)]
    strength = candidates.strength * np.array(shares)
    logs = log_p(strength, candidates.stretch, groups.searched)
    standing: list[Trigger] = []
    for i in np.argsort(-strength, kind="stable"):
        if logs[i] > np.log(highest_p):
            break
        stronger = [t.candidate for t in standing if groups.label[t.candidate] == groups.label[i]]
        if any(2 * found.shared[i, j] > found.shared[i, i] for j in stronger):
            continue
        everything = groups.strata[groups.label[i]]
        planted = planted_share(everything, candidates.tested[i])
        standing.append(
            Trigger(
                candidate=int(i),
                text=_name(found.names, int(i)),
                strength=float(strength[i]),
                p_value=float(max(np.exp(logs[i]), _LEAST_P)),
                planted=tuple(float(share) for share in planted),
                rows=float(candidates.tested[i, 1].sum() / UNIT),
                override_share=float(against[i, 1] / max(against[i].sum(), 1e-9)),
                likeness=float(alike[i]),
            )
        )
    chosen = np.array([t.candidate for t in standing], np.int64)
    return Triggers(groups.only(chosen), tuple(standing))


def _likeness(found: Descriptions, group: int) -> float:
    """Return the mean cosine between the sampled documents of a group; 0 for fewer than two."""
    vectors = found.sketch[found.group == group].astype(np.float64)
    vectors = vectors[vectors.any(axis=1)]
    if len(vectors) < 2:
        return 0.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    total = float((vectors.sum(axis=0) ** 2).sum())
    return (total - len(vectors)) / (len(vectors) * (len(vectors) - 1))


def _name(names: pa.Table, candidate: int) -> str:
    """Return the usual text of a candidate, with the words that nearly always surround it."""
    mine = names.filter(pc.equal(names["candidate"], candidate))
    mine = mine.sort_by(
        [("place", "ascending"), ("documents", "descending"), ("text", "ascending")]
    )
    usual: dict[int, tuple[str, int]] = {}
    for row in mine.to_pylist():
        usual.setdefault(row["place"], (row["text"], row["documents"]))
    text, _ = usual[0]
    documents = pc.sum(mine.filter(pc.equal(mine["place"], 0))["documents"]).as_py()
    for side in (-1, 1):
        for distance in range(1, REACH + 1):
            word, agreeing = usual.get(side * distance, ("", 0))
            if agreeing < _AGREE * documents:
                break
            text = f"{word} {text}" if side < 0 else f"{text} {word}"
    return text
