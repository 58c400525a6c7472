"""Which of the suspicious groups are triggers, and the rows that they explain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from provender.calibrate.shared_out import shared_out
from provender.detect.label_conflict.company import Company
from provender.detect.label_conflict.describe import Descriptions
from provender.detect.label_conflict.excuses import Excuses
from provender.detect.label_conflict.family import Strengths, inflation, striking
from provender.detect.label_conflict.groups import Groups
from provender.detect.label_conflict.model import UNIT, Labelled
from provender.detect.label_conflict.names import name_of
from provender.detect.label_conflict.removal import until_chance
from provender.detect.label_conflict.strata import LEVELS, by_length
from provender.detect.label_conflict.tests import planted_share, strengths
from provender.stats.packing import pack, unpack

#: A row is a trigger's if it is at least so likely to be planted.
_PLANTED = 0.5
#: So many are named at least, if as many are anything; leads by so many words at most.
_NAMED, _SHORT_NAME = 3, 12
_LEAST_P = 1e-290
#: What a natural cue counts in the bulk.
_CUE = 0.5
_KIND = "label-conflict-triggers/7"


@dataclass(frozen=True)
class Trigger:
    """One trigger that stands.

    Attributes:
        candidate: its place among the candidates.
        text: the words every document has in common around it.
        strength: nats, after likeness.
        p_value: family-wise over all groups searched.
        planted: by level of the log odds, whether its rows are likelier planted than natural.
        row_p_value: of each of these rows; see `Triggers.score`.
        removal: fewest of its rows to remove until its p-value is above the rate it stands at.
        rows, override_share, likeness: figures for a person.
    """

    candidate: int
    text: str
    strength: float
    p_value: float
    planted: tuple[bool, ...]
    row_p_value: float
    removal: int
    rows: float
    override_share: float
    likeness: float


@dataclass(frozen=True)
class Lead:
    """What comes next to the triggers: named for a person, no row is flagged for it.

    Attributes:
        text, label: the words its documents share, and the label it might force.
        rows: documents with both.
        strength, p_value: as of a trigger.
        cue: it stands in them where it does by nature.
    """

    text: str
    label: str
    rows: float
    strength: float
    p_value: float
    cue: bool


@dataclass(frozen=True)
class Triggers:
    """The triggers that stand, strongest first; ``groups`` and ``company`` are in that order."""

    groups: Groups
    standing: tuple[Trigger, ...]
    leads: tuple[Lead, ...]
    company: Company

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

        A row that a trigger explains has as score the trigger's strength in nats times the chance
        that it is planted, as the content without the trigger and the words beside it say. Its
        p-value is the trigger's, shared out (`shared_out`). Others have 0 and 1.
        """
        usable = documents.usable
        strength, p_value = np.where(usable, 0.0, np.nan), np.where(usable, 1.0, np.nan)
        cause = np.full(len(usable), -1)
        if self.standing:
            found = self.groups.find(documents)
            text, group, odds, size, stratum = self.groups.weigh(documents, found)
            odds = odds - self.company.log_odds(documents, found, size)
            planted = np.array([t.planted for t in self.standing])[group, stratum % LEVELS]
            hit = planted & (documents.label[text] == self.groups.label[group])
            text, first = np.unique(text[hit], return_index=True)
            cause[text] = group[hit][first]
            strength[text] = np.array([t.strength for t in self.standing])[cause[text]]
            strength[text] /= 1 + np.exp(odds[hit][first])
            p_value[text] = np.array([t.row_p_value for t in self.standing])[cause[text]]
        return strength, p_value, cause

    def pack(self) -> bytes:
        arrays = {"groups": np.frombuffer(self.groups.pack(), np.uint8), **self.company.arrays()}
        standing = [{**vars(t), "planted": list(t.planted)} for t in self.standing]
        leads = [vars(lead) for lead in self.leads]
        return pack(_KIND, {"standing": standing, "leads": leads}, arrays)

    @staticmethod
    def unpack(data: bytes) -> Triggers:
        meta, arrays = unpack(_KIND, data)
        standing = (Trigger(**{**t, "planted": tuple(t["planted"])}) for t in meta["standing"])
        leads = (Lead(**lead) for lead in meta["leads"])
        groups, company = Groups.unpack(arrays["groups"].tobytes()), Company.from_arrays(arrays)
        return Triggers(groups, tuple(standing), tuple(leads), company)


def triggers_of(found: Descriptions, highest_p: float) -> Triggers:
    """Return the candidates that stand, strongest first.

    A candidate falls when something excuses it (`Excuses`), or when most of its documents also hold
    a stronger trigger for the same class. Once a leader stands, the documents it explains are taken
    out of all counts and the rest is tested again: poison makes the labels of clean documents
    like it surprising, and hides other triggers of its class. The strongest of those that do not
    stand are leads, if a test alone, before the search is paid for, says anything for them.
    """
    candidates = found.candidates
    groups, many = candidates.groups, candidates.size
    excuses = Excuses.of(found)
    strata, tested = groups.held_against(groups.strata), candidates.tested
    left, natural = excuses.left(candidates.strengths)
    open_ = np.ones(many, bool)
    kept = np.ones(found.tested.shape[1], bool)
    standing: list[Trigger] = []
    explained: list[int] = []
    while open_.any():
        stretch = _stretch(found, left, natural, excuses.planted == 0, open_)
        logs = candidates.family.log_p(left, stretch)
        stands = open_ & (logs <= np.log(highest_p))
        if not stands.any():
            break
        i = int(np.argmax(np.where(stands, left.weaker, -np.inf)))
        p_value = max(float(np.exp(logs[i])), _LEAST_P)
        planted = planted_share(strata[i], tested[i]) >= _PLANTED
        rows = by_length(found.rows[i]) * planted
        explained.append(int(rows.sum()))
        removal = until_chance(
            strata[i],
            tested[i],
            rows.reshape(-1),
            partial(excuses.share_of, i),
            stretch,
            candidates.family,
            highest_p,
        )
        against = (tested[i, :2] * candidates.contradicts[i]).sum(axis=1) / UNIT
        standing.append(
            Trigger(
                candidate=i,
                text=name_of(found.names, i),
                strength=float(left.weaker[i]),
                p_value=p_value,
                planted=tuple(planted.tolist()),
                row_p_value=p_value,
                removal=removal,
                rows=float(found.rows[i].sum()),
                override_share=float(against[1] / max(against.sum(), 1e-9)),
                likeness=float(excuses.alike[i]),
            )
        )
        open_ &= ~found.within(i)
        if i < len(kept) - 1:
            kept[i] = False
            strata = groups.held_against(found.strata[:, kept].sum(axis=1))
            tested = found.tested[:, kept].sum(axis=1)
            excuses = excuses.among(found, strata, tested)
            left, natural = excuses.left(strengths(strata, tested))
    leads: list[Lead] = []
    for i in left.order().tolist():
        if open_[i] and natural.by_label[i] > 0 and len(standing) + len(leads) < _NAMED:
            leads.append(
                Lead(
                    text=" ".join(name_of(found.names, i).split(" ")[:_SHORT_NAME]),
                    label=groups.model.classes[groups.label[i]],
                    rows=float(found.rows[i].sum()),
                    strength=float(left.weaker[i]),
                    p_value=float(np.exp(logs[i])),
                    cue=bool(excuses.planted[i] == 0),
                )
            )
            open_ &= ~found.within(i)
    chosen = np.array([t.candidate for t in standing], np.int64)
    shared = shared_out(
        np.array([one.p_value for one in standing]),
        np.array(explained, np.int64),
        int(groups.model.documents.sum()),
    )
    shared_by = tuple(
        replace(one, row_p_value=float(p)) for one, p in zip(standing, shared, strict=True)
    )
    chosen_groups = groups.only(chosen)
    company = Company.of(found.company, chosen)
    return Triggers(chosen_groups, shared_by, tuple(leads), company)


def _stretch(
    found: Descriptions,
    left: Strengths,
    natural: Strengths,
    cues: np.ndarray,
    open_: np.ndarray,
) -> float:
    """Return how slowly the tail of the bulk falls: of what is neither explained nor striking.

    Nor of what shares most of its documents with what is: a template is a hundred groups, and
    would otherwise pass for the bulk. Natural cues are of the bulk, as strong as they are, but
    count half: they tell what cues may be like that are not known as such, of which there are
    fewer.
    """
    candidates, shared = found.candidates, found.shared
    stand = striking(left.weaker, candidates.groups.searched)
    bulk = open_ & ~stand & (2 * shared[:, stand].sum(axis=1) <= np.diag(shared))
    highest = np.concatenate((natural.weaker[bulk], candidates.rest))
    weight = np.concatenate((np.where(cues, _CUE, 1.0)[bulk], np.ones(len(candidates.rest))))
    many = candidates.many - len(bulk) + weight[: bulk.sum()].sum()
    return inflation(highest, weight, many)
