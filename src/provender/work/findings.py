"""Findings of the whole data set, gathered from what was marked in each shard."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from provender.calibrate.concentration import concentrated
from provender.core.finding import Check, CheckStatus, Finding, Level
from provender.detect.base import Cause
from provender.stats.census import Counts
from provender.work.mark import EXAMPLES, Group, Marked
from provender.work.summary import SURPRISE_EDGES
from provender.work.thresholds import Thresholds

_SOURCES_KEPT = 50
_REASON = 1000


def findings_of(
    thresholds: Thresholds,
    marked: Sequence[Marked],
    shard_rows: Sequence[tuple[str, int]],
    source_rows: Mapping[str, int],
    rate: float,
) -> list[Finding]:
    """Return one finding per rule and cause, gravest first.

    A finding whose rows gather in one shard or source beyond chance is raised by one level:
    poison comes from somewhere, natural dirt mostly from everywhere.

    Args:
        shard_rows: (name, records) of every shard, in canonical order.
        source_rows: records per source; empty when there is no source column.
        rate: false discovery rate over places.
    """
    groups: dict[tuple[int, int], list[tuple[str, Group]]] = defaultdict(list)
    examples: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for shard in sorted(marked, key=lambda m: m.shard_index):
        name = shard_rows[shard.shard_index][0]
        for group in shard.groups:
            groups[(group.rule, group.cause)].append((name, group))
        for rule, cause, example in shard.examples:
            examples[(rule, cause)].append(example)
    findings = []
    for (rule, cause), members in sorted(groups.items()):
        detector = thresholds.detection.detectors[rule]
        profile = thresholds.detection.store.require(thresholds.detection.profiles[rule][0])
        causes = detector.causes(profile)
        named = causes[cause] if 0 <= cause < len(causes) else Cause("", "")
        shown = sorted(examples[(rule, cause)], key=lambda e: (e["p_value"], e["shard"], e["row"]))
        findings.append(
            _finding(
                detector.rule.id,
                detector.rule.level,
                detector.rule.title,
                named,
                members,
                dict(shard_rows),
                source_rows,
                rate,
                shown[:EXAMPLES],
            )
        )
    return sorted(findings, key=lambda f: (-f.level.rank, f.rule, f.p_value or 0.0, f.what))


def _finding(
    rule: str,
    level: Level,
    title: str,
    cause: Cause,
    members: Sequence[tuple[str, Group]],
    shard_rows: Mapping[str, int],
    source_rows: Mapping[str, int],
    rate: float,
    examples: list[dict[str, Any]],
) -> Finding:
    shards: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    for shard, group in members:
        shards[shard] += group.rows
        if group.source is not None:
            sources[group.source] += group.rows
        if group.label is not None:
            classes[group.label] += group.rows
    rows = sum(shards.values())
    places = [("source", n, p) for n, p in concentrated(sources, source_rows, rate)]
    places += [("shard", n, p) for n, p in concentrated(shards, shard_rows, rate)]
    if places:
        level = Level.WARNING if level is Level.NOTE else Level.ERROR
    message = cause.message or f"{title}: {rows:,} rows"
    if places:
        kind, name, _ = places[0]
        share = (sources if kind == "source" else shards)[name]
        message += f"; {share:,} of {rows:,} come from {kind} {name}"
    scores = [g.score for _, g in members if np.isfinite(g.score)]
    p_values = [g.p_value for _, g in members]
    p_value = min(p_values) if cause.p_value is None else cause.p_value
    return Finding(
        rule=rule,
        level=level,
        what=cause.what,
        rows=rows,
        score=max(scores) if scores else None,
        p_value=p_value,
        message=message,
        shards=tuple(sorted(shards.items())),
        sources=tuple(sorted(sources.items(), key=lambda i: (-i[1], i[0]))[:_SOURCES_KEPT]),
        classes=tuple(sorted(classes.items())),
        concentrated_in=tuple(places),
        examples=tuple(examples),
        evidence=dict(cause.evidence),
    )


def checks_of(thresholds: Thresholds, rows: int) -> list[Check]:
    """Return one line of coverage per detector that ran."""
    checks = []
    detection = thresholds.detection
    for index, detector in enumerate(detection.detectors):
        limits = [detector.limits(detection.store.require(n)) for n in detection.profiles[index]]
        reason = "; ".join(dict.fromkeys(text for text in limits if text))
        unscored = thresholds.summaries[index].p_values.unscored
        looked = rows - unscored
        status = CheckStatus.CHECKED if looked or not rows else CheckStatus.COULD_NOT_CHECK
        if unscored and looked:
            reason = "; ".join(filter(None, [reason, f"{unscored:,} rows could not be scored"]))
        checks.append(Check(detector.rule.id, status, _shortened(reason), looked))
    return checks


def _shortened(reason: str) -> str:
    """A table of ten thousand columns must not make a reason of as many names."""
    return reason if len(reason) <= _REASON else f"{reason[:_REASON]} … (cut here)"


def detectors_json(thresholds: Thresholds) -> list[dict[str, Any]]:
    """Return per rule what was tested, the threshold, and histograms of -log10 p by class."""
    return [
        {
            "rule": detector.rule.id,
            "tested": summary.p_values.tested,
            "unscored": summary.p_values.unscored,
            "p_threshold": threshold,
            "histograms": [
                {"class": name, "edges": SURPRISE_EDGES.tolist(), "counts": counts.tolist()}
                for name, counts in sorted(summary.histograms.items())
            ],
        }
        for detector, threshold, summary in zip(
            thresholds.detection.detectors, thresholds.p_values, thresholds.summaries, strict=True
        )
    ]


def shards_json(
    thresholds: Thresholds, marked: Sequence[Marked], shard_rows: Sequence[tuple[str, int]]
) -> list[dict[str, Any]]:
    """Return flagged rows by rule for every shard."""
    flagged: dict[int, Counter[str]] = defaultdict(Counter)
    for shard in marked:
        for group in shard.groups:
            rule = thresholds.detection.detectors[group.rule].rule.id
            flagged[shard.shard_index][rule] += group.rows
    return [
        {"name": name, "rows": rows, "flagged": dict(sorted(flagged[i].items()))}
        for i, (name, rows) in enumerate(shard_rows)
    ]


def source_counts(census: Counts, source: str | None) -> dict[str, int]:
    """Return records per source, or nothing where there is no such column or too many values."""
    if source is None or source in census.overflow:
        return {}
    return dict(sorted(census.values[source].items()))
