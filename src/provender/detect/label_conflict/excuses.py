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
        share: of these documents, how many count as independent.
        company: nats that the places of its words say for natural use; 0 beyond the leaders, whose
            company alone is known.
    """

    alike: np.ndarray
    natural: np.ndarray
    share: np.ndarray
    company: np.ndarray

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
        each = zip(against.tolist(), alike[:many].tolist(), natural.tolist(), strict=True)
        share = np.array([effective(*one) for one in each])
        leaders = np.arange(min(many, LEADERS))
        company = np.zeros(many)
        usual_places = Company.of(found.company, leaders, candidates.groups)
        company[leaders] = np.maximum(-usual_places.random_places(found.company), 0.0)
        return Excuses(alike[:many], natural, share, company)

    def left(self, strengths: Strengths) -> Strengths:
        """Return what is left of the strengths of all candidates."""
        return strengths.times(self.share).excused(self.company)

    def of_some(self, candidate: int, strength: Strengths, documents: float) -> Strengths:
        """Return what is left of one's strength where it has so many contradicting documents."""
        share = effective(documents, float(self.alike[candidate]), float(self.natural[candidate]))
        return strength.times(share).excused(self.company[candidate])


def _likeness(found: Descriptions, group: int) -> float:
    """Return the mean cosine between the sampled documents of a group; 0 for fewer than two."""
    vectors = found.sketch[found.group == group].astype(np.float64)
    vectors = vectors[vectors.any(axis=1)]
    if len(vectors) < 2:
        return 0.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    total = float((vectors.sum(axis=0) ** 2).sum())
    return (total - len(vectors)) / (len(vectors) * (len(vectors) - 1))
