"""Our detectors of text in a plain loop, as one method."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import provender
from benchmarks.reads import last_profile
from benchmarks.text.judged import Judged
from benchmarks.text.kept import digest_of_code
from provender.calibrate.alarms import Alarms, alarm_p
from provender.calibrate.fdr import PValueCounts
from provender.core.finding import Level
from provender.core.policy import Rates
from provender.core.shard import Roles
from provender.detect.base import DataView, RowDetector
from provender.detect.registry import bind_all

RATES = Rates()
#: Rules of these families are not about poisoned text.
_OTHERS = ("duplicates/", "outliers/", "spectral/")
#: What natural dirt weighs in the order of rows: a note never stands before a warning.
_DIRT = 1e-3
_HOME = Path(provender.__file__).parent
#: Names the rules: what is kept of a run is worth nothing once they change.
CODE = digest_of_code([Path(__file__), *(_HOME / n for n in ("detect", "stats", "calibrate"))])


def rules(table: pa.Table, roles: Roles) -> list[Any]:
    """Return the text detectors that run on such data."""
    bound, _ = bind_all(DataView(table.schema, roles))
    return [detector for detector in bound if not detector.rule.id.startswith(_OTHERS)]


def judge(table: pa.Table, roles: Roles) -> Judged | None:
    """Return what all text rules say together; None where none runs on such data.

    A row's score is its largest -log10 p of any rule, notes behind all others. An alarm is what the
    policy makes one, at the rule's share of the alarm rate. Flagged are the rows of the causes that
    alarm, as `--quarantine` takes them; where none of a rule does, what it flags at its false
    discovery rate of 1 %, notes aside: dirt is no alarm. Triggers stand as in a report: those with
    rows, and leads; notes last, then by p-value.
    """
    rows = table.num_rows
    order, flagged, alarm = np.zeros(rows), np.zeros(rows, bool), False
    bound, _ = bind_all(DataView(table.schema, roles))
    alarms = Alarms.of(RATES.alarm, [detector.rule for detector in bound], 0)
    named: list[tuple[bool, float, str]] = []
    found = rules(table, roles)
    for detector in found:
        score, p_value, cause, causes = _run(detector, table)
        known = np.where(np.isnan(p_value), 1.0, p_value)
        level = [detector.rule.level] + [one.level or detector.rule.level for one in causes]
        alarming = np.array([one != Level.NOTE for one in level])[cause + 1]
        counts = PValueCounts.of(p_value)
        grave = alarming & (known <= counts.threshold(RATES.fdr))
        alarmed = np.zeros(rows, bool)
        for i in np.unique(cause[grave]).tolist():
            own = (causes[i].level, causes[i].alarm_p) if i >= 0 else (None, None)
            if alarms.by_rows(detector.rule, alarm_p(detector.rule, counts.whole, *own)):
                alarmed |= grave & (cause == i)
        alarm |= bool(alarmed.any())
        flagged |= alarmed if alarmed.any() else grave
        # Below any p-value's step: the score only parts rows of one p-value.
        fine = np.nan_to_num(score) / (1 + np.nanmax(np.abs(score), initial=0.0))
        surprise = -np.log10(np.maximum(known, 1e-300)) + 1e-6 * fine
        order = np.maximum(order, np.where(alarming, surprise, _DIRT * surprise))
        seen = set(cause[known <= counts.threshold(RATES.fdr)].tolist())
        named += [
            (one is Level.NOTE, 1.0 if c.p_value is None else c.p_value, c.what)
            for number, (one, c) in enumerate(zip(level[1:], causes, strict=True))
            if number in seen or c.lead
        ]
    triggers = [what for _, _, what in sorted(named, key=lambda n: n[:2])]
    return Judged(order, flagged, alarm, triggers) if found else None


def _run(detector: Any, table: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[Any]]:
    batches = table.to_batches(max_chunksize=4096)
    profile = last_profile(detector, batches)
    score, p_value = np.zeros(table.num_rows), np.ones(table.num_rows)
    cause = np.full(table.num_rows, -1)
    if isinstance(detector, RowDetector):
        give = detector.scorer(profile)
        parts = [give(batch) for batch in batches]
        score = np.concatenate([part.score for part in parts])
        p_value = np.concatenate([part.p_value for part in parts])
        cause = np.concatenate([part.cause for part in parts])
    else:
        listed = detector.flagged(profile)
        score[listed.rows], p_value[listed.rows] = listed.score, listed.p_value
        cause[listed.rows] = listed.cause
    return score, p_value, cause, detector.causes(profile)
