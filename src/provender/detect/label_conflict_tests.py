"""How surprising a group's documents are, and what that is worth on this corpus."""

from __future__ import annotations

import numpy as np

from provender.detect.label_conflict_groups import EDGES, STRATA

#: How strongly a document of each stratum contradicts the class, in nats (0 where it agrees).
CONFLICT = np.clip(-np.concatenate((EDGES[:1], (EDGES[1:] + EDGES[:-1]) / 2, EDGES[-1:])), 0, 8)
#: Strata in which the content speaks against the class.
AGAINST = STRATA - np.searchsorted(-EDGES[::-1], 0.5, side="left")


def chernoff(k: np.ndarray, K: np.ndarray, q: np.ndarray, lean: float = 0.0) -> np.ndarray:
    """Return nats (n,): Chernoff exponent of P(sum of Bernoulli(q) over K documents >= k).

    k (n,), K (n, strata) documents, q (n, strata) probability; q's log odds are raised by lean.
    """
    odds = q / (1 - q) * np.exp(lean)
    q = odds / (1 + odds)
    best = np.zeros(len(k))
    for tilt in np.geomspace(0.1, 12, 40):
        value = tilt * k - (K * np.log1p(q * np.expm1(tilt))).sum(axis=1)
        best = np.maximum(best, value)
    return best


def chernoff_mean(k: np.ndarray, h: np.ndarray) -> np.ndarray:
    """Return nats (n,): Chernoff exponent that documents k (n, strata) drawn from h conflict so."""
    best = np.zeros(len(k))
    total = k @ CONFLICT
    count = k.sum(axis=1)
    for tilt in np.geomspace(0.02, 4, 40):
        value = tilt * total - count * np.log(h @ np.exp(tilt * CONFLICT))
        best = np.maximum(best, value)
    return best
