"""The findings of a table's text rules, sources compared: the product's functions without Beam.

Every rule on text runs on the whole table as one shard; calibration, the counts of what is flagged
and of low p-values by source, and what is made of them are the product's own. What does not depend
on the sources is computed once, however often they are drawn.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.text.ours import rules
from provender.core.finding import Finding
from provender.core.policy import Rates
from provender.core.shard import Roles
from provender.detect.base import RowDetector
from provender.io.states import StateStore
from provender.work.findings import findings_of
from provender.work.rounds import Detection, Standing
from provender.work.summary import ScoreSummary, summarise
from provender.work.tally import CauseTally, Tally
from provender.work.thresholds import Thresholds
from provender.work.told import store_told

SOURCE = "from"
_SHARD = "all"


@dataclass(frozen=True)
class _Said:
    """What a rule says of every row, and its last profile."""

    p_value: np.ndarray
    cause: np.ndarray
    profile: bytes


@dataclass
class InMemory:
    """A table whose sources may be drawn again and again.

    Attributes:
        only: ids of the rules that run; all on text where there are none.
    """

    table: pa.Table
    roles: Roles
    only: tuple[str, ...] = ()
    _kept: dict[tuple[str, object], Any] = field(default_factory=dict)

    def findings(self, source: np.ndarray, *rates: Rates) -> list[list[Finding]]:
        """Return the findings at each of some rates.

        Args:
            source: object (rows,), the name of each row's source.
        """
        names = pa.array(source, pa.large_string())
        table = self.table.append_column(SOURCE, names)
        able = rules(table, replace(self.roles, source=SOURCE))
        detectors = tuple(d for d in able if d.rule.id in self.only or not self.only)
        said = [self._said(detector, table) for detector in detectors]
        summaries = [summarise(one.p_value, None, {"source": names}) for one in said]
        with tempfile.TemporaryDirectory() as room:
            store = StateStore(room)
            told = tuple(
                (store_told(detector, one.profile, store),)
                for detector, one in zip(detectors, said, strict=True)
            )
            detection = Detection(store, table.schema, detectors, table.num_rows, "")
            standing = Standing(told=told)
            return [self._at(rate, source, said, summaries, standing, detection) for rate in rates]

    def _said(self, detector: Any, table: pa.Table) -> _Said:
        batches, profile = table.to_batches(max_chunksize=4096), None
        alone = True  # nothing so far depends on the sources
        for number in range(detector.rounds):
            analysis = detector.analysis(number, profile)
            alone &= bool(analysis.columns()) and SOURCE not in analysis.columns()
            key: Any = alone and (detector.rule.id, number)
            profile = self._once(key, _folded, detector, number, analysis, batches)
        assert profile is not None
        if isinstance(detector, RowDetector):
            alone &= SOURCE not in detector.score_columns()
            key = alone and (detector.rule.id, "rows")
            scored: _Said = self._once(key, _scored, detector, profile, batches)
            return scored
        listed, p_value = detector.flagged(profile), np.ones(table.num_rows)
        cause = np.full(table.num_rows, -1)
        p_value[listed.rows], cause[listed.rows] = listed.p_value, listed.cause
        return _Said(p_value, cause, profile)

    def _once(self, key: Any, compute: Callable[..., Any], *given: Any) -> Any:
        if not key:
            return compute(*given)
        if key not in self._kept:
            self._kept[key] = compute(*given)
        return self._kept[key]

    def _at(
        self,
        rates: Rates,
        source: np.ndarray,
        said: list[_Said],
        summaries: list[ScoreSummary],
        standing: Standing,
        detection: Detection,
    ) -> list[Finding]:
        limits = tuple(summary.p_values.threshold(rates.fdr) for summary in summaries)
        tally = Tally()
        for number, (one, limit) in enumerate(zip(said, limits, strict=True)):
            flagged = one.p_value <= limit
            for cause in np.unique(one.cause[flagged]).tolist():
                mine = flagged & (one.cause == cause)
                least = float(one.p_value[mine].min())
                counted = CauseTally.of(0, int(mine.sum()), 0.0, least, None, {})
                counted.contributors["source"] = Counter(source[mine].tolist())
                tally.causes[number, cause] = counted
        return findings_of(
            tally,
            Thresholds(standing, limits),
            summaries,
            detection,
            [(_SHARD, detection.rows)],
            replace(self.roles, source=SOURCE),
            {"source": dict(sorted(Counter(source.tolist()).items()))},
            rates,
        )


def _folded(detector: Any, number: int, analysis: Any, batches: list[pa.RecordBatch]) -> bytes:
    state = analysis.empty()
    for batch in batches:
        state = analysis.add(state, batch)
    return bytes(detector.profile(number, state))


def _scored(detector: Any, profile: bytes, batches: list[pa.RecordBatch]) -> _Said:
    score = detector.scorer(profile)
    parts = [score(batch) for batch in batches]
    p_value = np.concatenate([part.p_value for part in parts])
    return _Said(p_value, np.concatenate([part.cause for part in parts]), profile)


def named(findings: list[Finding]) -> set[str]:
    """Return the sources that some of the findings are about, or that their rows gather in."""
    return {
        name
        for one in findings
        for name in (
            one.evidence.get("source"),
            *(place for kind, place, _ in one.concentrated_in if kind == "source"),
        )
        if name is not None
    }
