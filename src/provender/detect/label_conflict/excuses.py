"""What excuses a candidate: its documents are alike, or its words stand where they do by nature."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from provender.detect.label_conflict.company import KNOWN, Company
from provender.detect.label_conflict.describe import Descriptions
from provender.detect.label_conflict.family import Strengths
from provender.detect.label_conflict.model import UNIT
from provender.detect.label_conflict.names import covered_texts
from provender.detect.label_conflict.tests import effective
from provender.stats.gram_table import Counts

#: Documents of other labels for each suspect from which on a model would hardly learn the trigger.
_DECOYS = 0.4


@dataclass(frozen=True)
class Excuses:
    """What weakens the strengths of each candidate, all float64 (candidates,).

    Attributes:
        alike: mean cosine between its contradicting documents.
        natural: how alike documents may be by nature.
        planted: of these documents, how many at most hold its words elsewhere than by nature; 1
            where that is not known.
        independent: of these documents, how many count as independent.
    """

    alike: np.ndarray
    natural: np.ndarray
    planted: np.ndarray
    independent: np.ndarray

    @staticmethod
    def of(found: Descriptions) -> Excuses:
        """Weigh what round 3 gathered."""
        candidates = found.candidates
        label, many = candidates.groups.label, candidates.size
        classes = len(candidates.groups.model.classes)
        alike = np.array([_likeness(found, i) for i in range(many + 2 * classes)])
        usual, strangers = alike[many : many + classes], alike[many + classes :]
        natural = np.maximum(usual.max(initial=0.0), strangers)[label]
        nothing = Excuses(alike[:many], natural, np.ones(many), np.ones(many))
        strata = candidates.groups.held_against(candidates.groups.strata)
        return nothing.among(found, strata, candidates.tested)

    def among(self, found: Descriptions, strata: np.ndarray, tested: np.ndarray) -> Excuses:
        """Weigh anew among fewer documents, say without those that hold what stands.

        Args:
            strata, tested: int64 (candidates, 3, strata), as in `tests.strengths`.
        """
        many = found.candidates.size
        against = (tested[:, 1] * found.candidates.contradicts).sum(axis=1) / UNIT
        known = np.arange(min(many, KNOWN))
        company = Company.of(_natural_uses(found, against, strata, tested), known)
        planted = np.ones(many)
        for i in known.tolist():
            planted[i] = company.planted_at_most(i, found.beside[found.group == i])
        texts = covered_texts(found.names, many)
        for cue in np.flatnonzero(planted == 0).tolist():
            planted[_longer(found, cue, texts)] = 0
        each = zip(against.tolist(), self.alike.tolist(), self.natural.tolist(), strict=True)
        independent = np.array([effective(*one) for one in each])
        return replace(self, planted=planted, independent=independent)

    def left(self, strengths: Strengths) -> tuple[Strengths, Strengths]:
        """Return what is left of the strengths of all candidates; and where cues keep theirs.

        The second is what nature alone brings forth: natural cues are as strong as they are.
        """
        left = strengths.times(self.planted * self.independent)
        natural = np.where(self.planted == 0, 1.0, self.planted)
        return left, strengths.times(natural * self.independent)

    def share_of(self, candidate: int, documents: float) -> float:
        """Return the share of so many contradicting documents of one that counts."""
        alike, natural = float(self.alike[candidate]), float(self.natural[candidate])
        return float(self.planted[candidate]) * effective(documents, alike, natural)


def _longer(found: Descriptions, cue: int, texts: list[str]) -> list[int]:
    """Return the candidates that are the cue with more words and are no stronger.

    A planted phrase that holds a cue mostly is stronger.
    """
    weaker, text = found.candidates.strengths.weaker, texts[cue]
    inside = np.flatnonzero(found.within(cue) & (weaker <= weaker[cue])).tolist()
    return [i for i in inside if f" {text} " in f" {texts[i]} "]


def _natural_uses(
    found: Descriptions, against: np.ndarray, strata: np.ndarray, tested: np.ndarray
) -> Counts:
    """Return what stands beside the candidates in what may pass for natural uses.

    Whoever plants a word at one place may do so in documents of other labels, too: these speak only
    where they are so many (`_DECOYS`) that a model would hardly learn the trigger. And what is
    planted in random documents stands in some whose content agrees: these speak only where they are
    more than that by two standard errors, and two.
    """
    candidates, company = found.candidates, found.company
    foreign = np.maximum(strata[:, 0] - tested[:, 0], 0)
    agrees = ~candidates.contradicts
    held = foreign.sum(axis=1) / UNIT + 2
    share = ((foreign * agrees).sum(axis=1) / UNIT + 1) / held
    odds = share / (1 - share)
    # A negative binomial count, whose odds are an estimate too.
    doubt = against * (1 + odds) ** 2 * np.sqrt(share * (1 - share) / held)
    error = np.sqrt(against * odds * (1 + odds) + doubt**2)
    others = tested[:, 0].sum(axis=1) / UNIT
    enough = against * odds + 2 * error + 2
    speak = np.stack((others >= _DECOYS * against, found.agree / UNIT >= enough))
    number = (company.keys & np.uint64(255)).astype(np.int64)
    of_words = number >= KNOWN
    speaks = of_words[:, None] | speak.T[np.where(of_words, 0, number)]
    columns = company.values.reshape(-1, 2, 2) * speaks[:, :, None]
    return Counts(company.keys, columns.sum(axis=1))


def _likeness(found: Descriptions, group: int) -> float:
    """Return the mean cosine between the sampled documents of a group; 0 for fewer than two."""
    vectors = found.sketch[found.group == group].astype(np.float64)
    vectors = vectors[vectors.any(axis=1)]
    if len(vectors) < 2:
        return 0.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    total = float((vectors.sum(axis=0) ** 2).sum())
    return (total - len(vectors)) / (len(vectors) * (len(vectors) - 1))
