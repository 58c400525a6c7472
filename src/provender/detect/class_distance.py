"""How far a row lies from the mean of its class: the measure of trusted/class-distance.

spectral/class-signature looks for the direction that the odd rows of a class share. With trusted
data no direction need be found in the data under test: what lies far in any counts (Mahalanobis'
distance by the covariance within classes; Lee et al. 2018, "A simple unified framework for
detecting out-of-distribution samples").
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from provender.core.finding import Rule
from provender.detect.base import Cause, DataView, RowScores, Unchecked
from provender.detect.spectral.counts import ClassMoments
from provender.detect.spectral.detector import ClassSignature
from provender.detect.spectral.plan import pack_spaces, trimming_plan, unpack_spaces

#: A class needs no more for its mean: the covariance is that of all classes.
LEAST_ROWS = 20


@dataclass(frozen=True)
class ClassDistance:
    """One read; features, classes and covariance are those of spectral/class-signature."""

    about: Rule
    of: ClassSignature = field(default_factory=lambda: ClassSignature(least_rows=LEAST_ROWS))
    rounds: ClassVar[int] = 1

    @property
    def rule(self) -> Rule:
        return self.about

    def bind(self, view: DataView) -> Self | Unchecked:
        bound = self.of.bind(view)
        return bound if isinstance(bound, Unchecked) else replace(self, of=bound)

    def analysis(self, round: int, profile: bytes | None) -> ClassMoments:
        return ClassMoments(
            f"{self.about.id}#{round}", self.of.source, self.of.most_groups, profile
        )

    def profile(self, round: int, state: Any) -> bytes:  # noqa: ARG002
        plan = trimming_plan(state, self.of.ridge, self.of.trim, self.of.least_rows)
        return pack_spaces(plan)

    def score_columns(self) -> tuple[str, ...]:
        return self.of.source.columns()

    def scorer(self, profile: bytes) -> Callable[[pa.RecordBatch], RowScores]:
        """Scores alone: there is no p-value without rows to rank them among."""
        spaces = unpack_spaces(profile)

        def score(batch: pa.RecordBatch) -> RowScores:
            distance = np.full(batch.num_rows, np.nan)
            for _, space, rows, group, features in self.of.source.groups(batch, spaces):
                steps = np.rint(space.projection.of(features, group) * 256)
                distance[rows] = np.sqrt((steps**2).sum(axis=1)) / 256
            nothing = np.full(batch.num_rows, np.nan)
            return RowScores(distance, nothing, np.full(batch.num_rows, -1, np.int32))

        return score

    def causes(self, profile: bytes) -> list[Cause]:  # noqa: ARG002
        return []

    def limits(self, profile: bytes) -> str:  # noqa: ARG002
        return ""
