"""trusted/*: rows that lie beyond what trusted data hold, by measures that other rules use too.

Of the trusted rows one half gives the measure its profile, so that nobody who can write to the
data under test shapes it, and the other half the scores to be ranked among.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from provender.calibrate.conformal import split_p_values
from provender.calibrate.exceedance import Beyond, beyond
from provender.core.finding import Rule
from provender.detect.base import Cause, DataView, RowDetector, RowScores, Stored, Unchecked
from provender.detect.trusted.scores import Counted, CountScores, Held, Measure, Standard
from provender.stats.analysis import Analysis
from provender.stats.halves import HalfOf
from provender.stats.packing import pack, unpack

_KIND = "trusted/1"
_LEAST_P = 1e-300
_PROFILED, _RANKED = 0, 1


@dataclass(frozen=True)
class TrustedRows:
    """See ``rule``.

    Attributes:
        about: the rule.
        measure: a row detector, whose scores alone are used.
        by_class: rows are compared within their class, which is what they are flagged for; else
            with all rows, and flagged for what the measure says.
        bound: set by ``bind``, and so is ``standard``.
    """

    about: Rule
    measure: RowDetector
    by_class: bool
    bound: Measure | None = None
    standard: Stored | None = None
    rounds: ClassVar[int] = 1

    @property
    def rule(self) -> Rule:
        return self.about

    def bind(self, view: DataView) -> Self | Unchecked:
        if view.trusted is None:
            return Unchecked("no data were said to be trusted (--trusted)")
        reading = self.reading(view)
        if isinstance(reading, Unchecked):
            return reading
        return replace(self, bound=reading.measure, standard=view.trusted[self.about.id])

    def reading(self, view: DataView) -> TrustedStandard | Unchecked:
        bound = self.measure.bind(view)
        if isinstance(bound, Unchecked):
            return bound
        measure = Measure(bound, view.roles.label if self.by_class else None)
        return TrustedStandard(self.about, measure)

    @property
    def _read(self) -> tuple[Measure, Stored]:
        if self.bound is None or self.standard is None:
            raise ValueError("the detector is not bound")
        return self.bound, self.standard

    def analysis(self, round: int, profile: bytes | None) -> CountScores:  # noqa: ARG002
        return CountScores(f"{self.about.id}#{round}", *self._read)

    def profile(self, round: int, state: Counted) -> bytes:  # noqa: ARG002
        standard = self._read[1]
        rows, trusted = state.counts, Standard.unpack(standard.load()).counts
        lacking = sorted(rows.keys() - trusted.keys())
        groups = sorted(rows.keys() & trusted.keys())
        found = [vars(beyond(rows[name], trusted[name])) for name in groups]
        meta = {"standard": standard.digest, "lacking": lacking, "groups": groups, "beyond": found}
        return pack(_KIND, meta, {})

    def score_columns(self) -> tuple[str, ...]:
        return self._read[0].columns()

    def scorer(self, profile: bytes) -> Callable[[pa.RecordBatch], RowScores]:
        """A row's p-value is twice the lesser of its rank among the trusted rows and, where it lies
        beyond its group's cut, its share in so many rows being there.
        """
        measure, stored = self._read
        standard, groups = Standard.unpack(stored.load()), _groups(profile)
        places = {name: place for place, name in enumerate(groups)}
        measured = measure.scorer(standard.profile)

        def score(batch: pa.RecordBatch) -> RowScores:
            value, steps, cause, rows_of = measured(batch)
            p_value = np.full(batch.num_rows, np.nan)
            for name, rows in rows_of:
                if name not in places:
                    continue
                group = groups[name]
                p = split_p_values(steps[rows], standard.counts[name])
                over = steps[rows] > group.cut
                p[over] = np.minimum(p[over], max(group.row_p_value, _LEAST_P))
                p_value[rows] = np.minimum(2 * p, 1.0)
                if self.by_class:
                    cause[rows] = places[name]
            return RowScores(np.where(np.isnan(p_value), np.nan, value), p_value, cause)

        return score

    def causes(self, profile: bytes) -> list[Cause]:
        """One per class, or per cause of the measure."""
        groups = _groups(profile)
        if self.by_class:
            return [self._cause(n, f"class '{n}'", g, len(groups)) for n, g in groups.items()]
        measure, standard = self._read
        names = measure.causes(Standard.unpack(standard.load()).profile)
        return [self._cause(n, f"'{n}'", g, 1) for n in names for g in groups.values()]

    def _cause(self, what: str, name: str, group: Beyond, groups: int) -> Cause:
        p_value = min(1.0, group.p_value * groups)
        return Cause(
            what=what,
            message=(
                f"{name} has rows beyond what the trusted data hold: {group.rows:,} of "
                f"{group.tested:,} lie there, where {group.expected:,.1f} would by chance; poison, "
                "or data of another kind"
            ),
            evidence={
                "rows_beyond": group.rows,
                "expected_by_chance": group.expected,
                "rows": group.tested,
                "trusted_rows": group.trusted,
                "p_value": p_value,
            },
            p_value=p_value,
        )

    def limits(self, profile: bytes) -> str:
        lacking = unpack(_KIND, profile)[0]["lacking"]
        return f"the trusted data have no row of {', '.join(lacking)}" if lacking else ""


@dataclass(frozen=True)
class TrustedStandard:
    """The rounds over the trusted data: the measure's own over one half, scores of the other."""

    about: Rule
    measure: Measure

    @property
    def rule(self) -> Rule:
        return self.about

    @property
    def rounds(self) -> int:
        return self.measure.detector.rounds + 1

    def bind(self, view: DataView) -> Self | Unchecked:  # noqa: ARG002
        return self

    def analysis(self, round: int, profile: bytes | None) -> Analysis[Any]:
        if round < self.measure.detector.rounds:
            return HalfOf(self.measure.detector.analysis(round, profile), _PROFILED)
        if profile is None:
            raise ValueError("scores are counted under a profile")
        unranked = Held(Standard(profile, {}).pack())
        counting = CountScores(f"{self.about.id}#standard", self.measure, unranked)
        return HalfOf(counting, _RANKED)

    def profile(self, round: int, state: Any) -> bytes:
        if round < self.measure.detector.rounds:
            return self.measure.detector.profile(round, state.inner)
        counted: Counted = state.inner
        profile = Standard.unpack(counted.standard.load()).profile
        return Standard(profile, counted.counts).pack()

    def causes(self, profile: bytes) -> list[Cause]:  # noqa: ARG002
        return []

    def limits(self, profile: bytes) -> str:  # noqa: ARG002
        return ""


def _groups(profile: bytes) -> dict[str, Beyond]:
    meta, _ = unpack(_KIND, profile)
    return dict(zip(meta["groups"], (Beyond(**one) for one in meta["beyond"]), strict=True))
