"""What excuses a candidate: its documents are alike, or its words stand where they do by nature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from provender.detect.label_conflict.company import Company
from provender.detect.label_conflict.describe import LEADERS, Descriptions
from provender.detect.label_conflict.family import Strengths
from provender.detect.label_conflict.model import UNIT
from provender.detect.label_conflict.tests import effective


@dataclass(frozen=True)
class Excuses:
    """What weakens the strengths of each candidate, all float64 (candidates,).

    Attributes:
        alike: mean cosine between its contradicting documents.
        natural: how alike documents may be by nature.
        planted: of these documents, how many at most hold its words elsewhere than by nature; 1
            beyond the leaders, whose company alone is known.
        share: of these documents, how many count: as planted, and as independent.
    """

    alike: np.ndarray
    natural: np.ndarray
    planted: np.ndarray
    share: np.ndarray

    @staticmethod
    def of(found: Descriptions) -> Excuses:
        """Weigh what round 3 gathered."""
        candidates = found.candidates
        label, many = candidates.groups.label, candidates.size
        classes = len(candidates.groups.model.classes)
        alike = np.array([_likeness(found, i) for i in range(many + 2 * classes)])
        usual, strangers = alike[many : many + classes], alike[many + classes :]
        natural = np.maximum(usual.max(initial=0.0), strangers)[label]
        against = (candidates.tested[:, 1] * candidates.contradicts).sum(axis=1) / UNIT
        leaders = np.arange(min(many, LEADERS))
        company = Company.of(found.company, leaders, candidates.groups)
        planted = np.ones(many)
        for i in leaders.tolist():
            planted[i] = company.planted_at_most(i, found.beside[found.group == i])
        each = zip(against.tolist(), alike[:many].tolist(), natural.tolist(), strict=True)
        share = planted * np.array([effective(*one) for one in each])
        return Excuses(alike[:many], natural, planted, share)

    def left(self, strengths: Strengths) -> Strengths:
        """Return what is left of the strengths of all candidates."""
        return strengths.times(self.share)

    def share_of(self, candidate: int, documents: float) -> float:
        """Return the share of so many contradicting documents of one that counts."""
        alike, natural = float(self.alike[candidate]), float(self.natural[candidate])
        return float(self.planted[candidate]) * effective(documents, alike, natural)


def _likeness(found: Descriptions, group: int) -> float:
    """Return the mean cosine between the sampled documents of a group; 0 for fewer than two."""
    vectors = found.sketch[found.group == group].astype(np.float64)
    vectors = vectors[vectors.any(axis=1)]
    if len(vectors) < 2:
        return 0.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    total = float((vectors.sum(axis=0) ** 2).sum())
    return (total - len(vectors)) / (len(vectors) * (len(vectors) - 1))
