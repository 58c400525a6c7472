"""Findings of the whole data set, gathered from what was marked in each shard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from provender.calibrate.alarms import Alarms, alarm_p
from provender.calibrate.concentration import comparable, concentrated
from provender.core.finding import (
    Check,
    CheckStatus,
    Finding,
    Level,
    Removal,
    Rule,
    Sufficient,
    most_flagged,
)
from provender.core.lazily import Lazily
from provender.core.policy import Rates
from provender.core.shard import Roles
from provender.detect.base import Cause, RowDetector
from provender.stats.census import Counts
from provender.work.low_sources import LEAST_SHARDS, low_findings, may_be_tested
from provender.work.rounds import Detection
from provender.work.summary import SURPRISE_EDGES, ScoreSummary
from provender.work.tally import CauseTally, Tally
from provender.work.thresholds import Thresholds
from provender.work.told import load_told

#: Sources, and annotators, that a finding names.
_CONTRIBUTORS_KEPT = 50
_REASON = 1000


def findings_of(
    tally: Tally,
    thresholds: Thresholds,
    summaries: Sequence[ScoreSummary],
    detection: Detection,
    shard_rows: Sequence[tuple[str, int]],
    roles: Roles,
    contributors: Mapping[str, Mapping[str, int]],
    rates: Rates,
) -> list[Finding]:
    """Return one finding per rule and cause, and per place of low p-values, gravest first.

    A finding whose rows gather in one shard, source or annotator is raised by one level, unless
    its cause has a level of its own, or the sources or annotators are too few or too uneven to be
    held against each other: poison comes from somewhere, natural dirt mostly from everywhere. One
    that clean data would show too often is a note. Leads are notes without rows.

    Args:
        summaries: per detector, the counts of all its p-values.
        shard_rows: (name, records) of every shard, in canonical order.
        contributors: records by name, by role: see `contributor_rows`.
        rates: over places the false discovery rate; the alarm rate over all findings, and over
            all places named.
    """
    findings = []
    known = dict(shard_rows)
    told = [load_told(names[0], detection.store) for names in thresholds.standing.told]
    weak: list[tuple[Rule, str, Mapping[str, int]]] = [
        (detector.rule, role, summary.low.get(role, {}))
        for detector, summary in zip(detection.detectors, summaries, strict=True)
        for role, column in roles.contributors().items()
        if isinstance(detector, RowDetector) and may_be_tested(detector.score_columns(), column)
    ]
    running = [detector.rule for detector in detection.detectors]
    alarms = Alarms.of(rates.alarm, running, len(tally.causes) + len(weak))
    tried = {"source": 0, **{role: len(rows) for role, rows in contributors.items()}}
    tried["shard"] = len(known)
    any_at = alarms.naming(tried)
    uneven = {r for r, rows in contributors.items() if not comparable(np.array([*rows.values()]))}
    for (rule, cause), counted in sorted(tally.causes.items()):
        detector = detection.detectors[rule]
        shards = Counter({shard_rows[i][0]: rows for i, rows in counted.shards.items()})
        named = told[rule].cause(cause)
        places = [
            (role, n, p)
            for role, rows in contributors.items()
            for n, p in concentrated(counted.contributors.get(role, {}), rows, rates.fdr, any_at)
        ]
        places += [("shard", n, p) for n, p in concentrated(shards, known, rates.fdr, any_at)]
        whole = summaries[rule].p_values.whole
        chance = alarm_p(detector.rule, whole, named.level, named.alarm_p)
        alarmed = alarms.by_rows(detector.rule, chance)
        gathered = alarms.by_gathering((p for p in places if p[0] not in uneven), tried)
        level = _level(detector.rule, named, alarmed, gathered)
        findings.append(_finding(detector.rule, named, level, chance, counted, shards, places))
    for number, detector in enumerate(detection.detectors):
        causes = enumerate(told[number].causes)
        leads = (c for i, c in causes if c.lead and (number, i) not in tally.causes)
        findings += [_lead(detector.rule, lead) for lead in leads]
    at = (rates.fdr, any_at)
    for row_rule, role, low in weak:
        if rows := contributors.get(role):
            named_already = _named(findings, row_rule, role)
            findings += low_findings(row_rule, role, low, rows, named_already, at, alarms)
    if len(known) >= LEAST_SHARDS:
        for number, low_shards in sorted(tally.low.items()):
            row_rule = detection.detectors[number].rule
            low = {shard_rows[i][0]: rows for i, rows in low_shards.items()}
            named_already = _named(findings, row_rule, "shard")
            findings += low_findings(row_rule, "shard", low, known, named_already, at, None)
    # Leads keep their order: the strongest first, where their p-values are all 1.
    return sorted(
        findings,
        key=lambda f: (
            -f.level.rank,
            f.rule,
            f.p_value or 0.0,
            "" if "lead" in f.evidence else f.what,
        ),
    )


def _named(findings: Sequence[Finding], rule: Rule, kind: str) -> set[str]:
    """Return the places of a kind in which rows of the rule's findings gather."""
    of_rule = (f for f in findings if f.rule == rule.id)
    return {name for f in of_rule for of, name, _ in f.concentrated_in if of == kind}


def _level(rule: Rule, cause: Cause, alarmed: bool, gathered: bool) -> Level:
    """Return a finding's level: whether the rule may alarm by its rows, or by where they gather."""
    level = cause.level or rule.level
    if not alarmed:
        level = Level.NOTE
    if cause.level is None and gathered:
        return Level.WARNING if level is Level.NOTE else Level.ERROR
    return level


def _removal(rule: Rule, cause: Cause, rows: int) -> Removal:
    """Return what must go of ``rows`` flagged ones."""
    if cause.removal is not None:
        return Removal(min(cause.removal, rows), Sufficient.UNTIL_CHANCE)
    return Removal(rows, rule.removal)


def _finding(
    rule: Rule,
    cause: Cause,
    level: Level,
    chance: float,
    counted: CauseTally,
    shards: Counter[str],
    places: list[tuple[str, str, float]],
) -> Finding:
    message = cause.message or f"{rule.title}: {counted.rows:,} rows"
    if level.rank < (cause.level or rule.level).rank:
        message += f"; no alarm, for {chance:.2%} of clean data sets would show as much"
    if places:
        kind, name, _ = places[0]
        share = (shards if kind == "shard" else counted.contributors[kind])[name]
        message += f"; {share:,} of {counted.rows:,} come from {kind} {name}"
    return Finding(
        rule=rule.id,
        level=level,
        what=cause.what,
        rows=counted.rows,
        score=counted.score,
        p_value=counted.p_value if cause.p_value is None else cause.p_value,
        message=message,
        shards=most_flagged(shards),
        shard_count=len(shards),
        sources=_fullest(counted, "source"),
        annotators=_fullest(counted, "annotator"),
        classes=tuple(sorted(counted.classes.items())),
        concentrated_in=tuple(places),
        trigger=cause.trigger,
        target=cause.target,
        removal=_removal(rule, cause, counted.rows),
        examples=tuple(counted.examples),
        evidence=dict(cause.evidence),
    )


def _fullest(counted: CauseTally, role: str) -> tuple[tuple[str, int], ...]:
    """Return (name, flagged rows) of the sources or annotators with the most, these first."""
    names = counted.contributors.get(role, Counter()).items()
    return tuple(sorted(names, key=lambda i: (-i[1], i[0]))[:_CONTRIBUTORS_KEPT])


def _lead(rule: Rule, cause: Cause) -> Finding:
    """Return the note that names a lead: no row is flagged for it."""
    return Finding(
        rule.id,
        Level.NOTE,
        cause.what,
        0,
        None,
        cause.p_value,
        cause.message,
        evidence={**cause.evidence, "lead": True},
    )


def checks_of(
    thresholds: Thresholds, summaries: Sequence[ScoreSummary], detection: Detection
) -> list[Check]:
    """Return one line of coverage per detector that ran."""
    checks = []
    rows = detection.rows
    for detector, told, summary in zip(
        detection.detectors, thresholds.standing.told, summaries, strict=True
    ):
        limits = [load_told(name, detection.store).limits for name in told]
        reason = "; ".join(dict.fromkeys(text for text in limits if text))
        unscored = summary.p_values.unscored
        looked = rows - unscored
        status = CheckStatus.CHECKED if looked or not rows else CheckStatus.COULD_NOT_CHECK
        if unscored and looked:
            reason = "; ".join(filter(None, [reason, f"{unscored:,} rows could not be scored"]))
        checks.append(Check(detector.rule.id, status, _shortened(reason), looked))
    return checks


def _shortened(reason: str) -> str:
    """A table of ten thousand columns must not make a reason of as many names."""
    return reason if len(reason) <= _REASON else f"{reason[:_REASON]} … (cut here)"


def detectors_json(
    thresholds: Thresholds, summaries: Sequence[ScoreSummary], detection: Detection
) -> list[dict[str, Any]]:
    """Return per rule what was tested, the threshold, and histograms of -log10 p by class."""
    return [
        {
            "rule": detector.rule.id,
            "tested": summary.p_values.tested,
            "unscored": summary.p_values.unscored,
            "p_value": summary.p_values.whole,
            "p_threshold": threshold,
            "histograms": [
                {"class": name, "edges": SURPRISE_EDGES.tolist(), "counts": counts.tolist()}
                for name, counts in sorted(summary.histograms.items())
            ],
        }
        for detector, threshold, summary in zip(
            detection.detectors, thresholds.p_values, summaries, strict=True
        )
    ]


def shards_json(
    tally: Tally, detection: Detection, shard_rows: Sequence[tuple[str, int]]
) -> Sequence[dict[str, Any]]:
    """Return flagged rows by rule for every shard."""
    # Most of 100,000 shards have the same counts, or none: equal ones are one object.
    distinct: list[dict[str, int]] = [{}]
    numbers: dict[tuple[tuple[str, int], ...], int] = {(): 0}
    which = np.zeros(len(shard_rows), np.int32)
    for (rule, _), counted in sorted(tally.causes.items()):
        name = detection.detectors[rule].rule.id
        for shard, rows in counted.shards.items():
            before = distinct[which[shard]]
            counts = {**before, name: before.get(name, 0) + rows}
            number = numbers.setdefault(tuple(sorted(counts.items())), len(distinct))
            if number == len(distinct):
                distinct.append(counts)
            which[shard] = number

    def made(place: int) -> dict[str, Any]:
        name, rows = shard_rows[place]
        return {"name": name, "rows": rows, "flagged": distinct[which[place]]}

    return Lazily(len(shard_rows), made)


def contributor_rows(census: Counts, roles: Roles) -> dict[str, dict[str, int]]:
    """Return records by source and by annotator; nothing of a role with too many values."""
    return {
        role: dict(sorted(census.values[column].items()))
        for role, column in roles.contributors().items()
        if column not in census.overflow
    }
