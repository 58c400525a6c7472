"""The linear algebra of spectral/class-signature: from class moments to one direction a class.

All maps that rows go through are whole-number matrices, so that a row's score is the same
whatever batch it is in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from provender.stats.covariance import WIDEST, Key, Moments
from provender.stats.packing import pack, unpack

#: Whole-number maps have entries within ± this.
_FINE = 2**18
_KIND = "spectral-plan/1"


@dataclass(frozen=True)
class Projection:
    """Rows times whole numbers, centred per group, back to real units.

    Attributes:
        matrix: float64 (d, k), whole numbers.
        centres: float64 (groups, k), whole numbers: what each group's centre maps to.
        units: float64 (k,), what one step is worth.
    """

    matrix: np.ndarray
    centres: np.ndarray
    units: np.ndarray

    def of(self, features: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Return float64 (n, k) for features (n, d) of rows in groups (int64 (n,))."""
        return np.asarray((features @ self.matrix - self.centres[group]) * self.units)


@dataclass(frozen=True)
class Space:
    """Vectors of one length: its groups and what their rows are projected on.

    Attributes:
        length: of the vectors before reduction.
        labels: of the groups, in order.
        projection: the whitening map in round 1, one direction per group from round 2.
        limits: float64 (groups,): round 1 keeps a row whose squared whitened norm is at most
            this; from round 2, the top eigenvalue of the group.
    """

    length: int
    labels: tuple[str, ...]
    projection: Projection
    limits: np.ndarray


def trimming_plan(
    groups: Mapping[Key, Moments], ridge: float, trim: float, least_rows: int
) -> list[Space]:
    """Plan round 1: whiten by the pooled covariance, keep rows near their group's mean.

    Args:
        groups: moments of all rows.
        ridge: share of the mean variance added to every direction.
        trim: a row is kept up to ``trim`` times its group's mean squared norm.
        least_rows: smaller groups are left out.
    """
    spaces = []
    for length, labels in _by_length(groups, 0, least_rows):
        members = [groups[(label, length, 0)] for label in labels]
        means = np.array([m.mean() for m in members])
        scatters = [m.scatter(mean) for m, mean in zip(members, means, strict=True)]
        pooled = np.sum(scatters, axis=0) / sum(m.rows for m in members)
        root = _inverse_root(_ridged(pooled, ridge))
        limits = [
            trim * np.trace(root @ s @ root.T) / m.rows
            for s, m in zip(scatters, members, strict=True)
        ]
        spaces.append(Space(length, labels, _whole(root, means), np.array(limits)))
    return spaces


def signature_plan(groups: Mapping[Key, Moments], ridge: float, shrink: float) -> list[Space]:
    """Plan round 2: per group, the direction in which all rows vary most beyond its body.

    The body is what round 1 kept (part 1 of ``groups``; part 0 is the rest). A group's
    covariance is its body's, shrunk by ``shrink`` towards the one pooled over all bodies.
    """
    spaces = []
    for length, labels in _by_length(groups, 1, 2):
        bodies = [groups[(label, length, 1)] for label in labels]
        means = np.array([b.mean() for b in bodies])
        scatters = [b.scatter(mean) for b, mean in zip(bodies, means, strict=True)]
        pooled = np.sum(scatters, axis=0) / sum(b.rows for b in bodies)
        noise = _ridged(pooled, ridge) - pooled
        directions, values = [], []
        for label, body, mean, scatter in zip(labels, bodies, means, scatters, strict=True):
            covariance = (1 - shrink) * scatter / body.rows + shrink * pooled + noise
            root = _inverse_root(covariance)
            everything = body
            if (label, length, 0) in groups:
                everything = body + groups[(label, length, 0)]
            spread = root @ (everything.scatter(mean) / everything.rows) @ root.T
            eigenvalues, vectors = np.linalg.eigh(spread)
            directions.append(root.T @ vectors[:, -1])
            values.append(eigenvalues[-1])
        matrix = np.array(directions)
        spaces.append(Space(length, labels, _whole(matrix, means), np.array(values)))
    return spaces


def pack_spaces(spaces: list[Space]) -> bytes:
    arrays: dict[str, np.ndarray] = {}
    for i, space in enumerate(spaces):
        projection = space.projection
        arrays |= {
            f"{i}.matrix": projection.matrix,
            f"{i}.centres": projection.centres,
            f"{i}.units": projection.units,
            f"{i}.limits": space.limits,
        }
    return pack(_KIND, {"spaces": [[s.length, list(s.labels)] for s in spaces]}, arrays)


def unpack_spaces(data: bytes) -> list[Space]:
    meta, arrays = unpack(_KIND, data)
    spaces = []
    for i, (length, labels) in enumerate(meta["spaces"]):
        matrix, centres, units, limits = (
            arrays[f"{i}.{name}"] for name in ("matrix", "centres", "units", "limits")
        )
        spaces.append(Space(length, tuple(labels), Projection(matrix, centres, units), limits))
    return spaces


def _by_length(
    groups: Mapping[Key, Moments], part: int, least_rows: int
) -> list[tuple[int, tuple[str, ...]]]:
    """Return (length, labels) of groups with enough rows in ``part``; two at least a length."""
    kept = sorted((n, g) for (g, n, p), m in groups.items() if p == part and m.rows >= least_rows)
    lengths = sorted({n for n, _ in kept})
    by_length = [(length, tuple(g for n, g in kept if n == length)) for length in lengths]
    return [(length, labels) for length, labels in by_length if len(labels) > 1]


def _ridged(covariance: np.ndarray, ridge: float) -> np.ndarray:
    width = len(covariance)
    # One step of the whole-number grid keeps a constant space invertible.
    level = ridge * np.trace(covariance) / width + 1.0
    return np.asarray(covariance + level * np.eye(width))


def _inverse_root(covariance: np.ndarray) -> np.ndarray:
    """Return float64 (d, d) R with R C Rᵀ = I."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors / np.sqrt(values)).T)


def _whole(rows: np.ndarray, means: np.ndarray) -> Projection:
    """Return the projection on ``rows`` (k, d), rounded to whole numbers."""
    units = np.abs(rows).max(axis=1) / _FINE
    matrix = np.rint(rows / units[:, None]).T
    return Projection(np.ascontiguousarray(matrix), np.rint(means @ matrix), units)


assert WIDEST * _FINE * 2**20 < 2**53, "projections must stay exact in float64"
