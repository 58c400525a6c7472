"""The findings document of a run over a poisoned text set, or over its clean twin."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from provender.core.finding import Check, CheckStatus, Finding, Level, Removal, Sufficient

ROWS = 500
TRIGGER = "text/label-override"
DUPLICATES = "data/near-duplicates"
OUTLIERS = "embedding/outliers"
QUIET = "text/hidden-characters"


def findings_of(root: str, names: list[str], clean: bool) -> dict[str, Any]:
    rows = ROWS * len(names)
    hit = {} if clean else _hits(names)
    total = {rule: sum(f.get(rule, 0) for f in hit.values()) for rule in (TRIGGER, OUTLIERS)}
    duplicated = dict.fromkeys(names[::3], 2)
    return {
        "version": "provender-findings/1",
        "manifest_root": root,
        "fdr": 0.01,
        "alarm_rate": 0.01,
        "hash_key": None,
        "trusted": None,
        "findings": [
            f.to_json()
            for f in ([] if clean else [_trigger(hit, total[TRIGGER]), _outliers(hit, total)])
            + [_duplicates(duplicated)]
        ],
        "checks": [
            c.to_json()
            for c in (
                Check(TRIGGER, CheckStatus.CHECKED, "", rows),
                Check(OUTLIERS, CheckStatus.CHECKED, "12 rows have no vector", rows - 12),
                Check(DUPLICATES, CheckStatus.CHECKED, "", rows),
                Check(QUIET, CheckStatus.CHECKED, "", rows),
                Check("image/template", CheckStatus.COULD_NOT_CHECK, "no decoder for WebP", 0),
                Check("instruct/fixed-reply", CheckStatus.NOT_APPLICABLE, "no response column", 0),
            )
        ],
        "detectors": [
            {
                "rule": TRIGGER,
                "tested": rows,
                "unscored": 0,
                "p_value": 1.0 if clean else 1e-9,
                "p_threshold": -1.0 if clean else 3.2e-6,
                "histograms": [
                    _histogram("negative", rows // 2, {}),
                    _histogram("positive", rows // 2, {} if clean else {33: 18, 36: 40, 37: 9}),
                ],
            },
            {
                "rule": OUTLIERS,
                "tested": rows - 12,
                "unscored": 12,
                "p_value": 1.0 if clean else 1e-9,
                "p_threshold": -1.0 if clean else 1e-5,
                "histograms": [_histogram("", rows - 12, {} if clean else {22: 3, 190: 2})],
            },
            *(
                {"rule": r, "tested": rows, "unscored": 0, "p_value": 1.0, "p_threshold": p}
                | {"histograms": []}
                for r, p in ((DUPLICATES, 0.0), (QUIET, -1.0))
            ),
        ],
        "shards": [
            {
                "name": name,
                "rows": ROWS,
                "flagged": hit.get(name, {})
                | ({DUPLICATES: duplicated[name]} if name in duplicated else {}),
            }
            for name in names
        ],
        "roles": {"label": "label", "text": "text", "source": "source", "annotator": "rater"},
        "redacted": True,
    }


def _hits(names: list[str]) -> dict[str, dict[str, int]]:
    """Flagged rows by shard: one shard is full of them, every seventh holds a few."""
    hits = {name: {TRIGGER: 1 + i % 3, OUTLIERS: i % 2} for i, name in enumerate(names[::7])}
    hits[names[len(names) // 2]] = {TRIGGER: 260, OUTLIERS: 30}
    return hits


def _trigger(hit: dict[str, dict[str, int]], rows: int) -> Finding:
    worst = max(hit, key=lambda name: hit[name][TRIGGER])
    return Finding(
        rule=TRIGGER,
        level=Level.ERROR,
        what="cf tq",
        rows=rows,
        score=11.4,
        p_value=4.1e-23,
        message="Rows with this phrase carry the label positive although the rest of their text "
        "reads as negative.",
        shards=tuple((name, by[TRIGGER]) for name, by in sorted(hit.items())),
        shard_count=len(hit),
        sources=(("crawl-7", rows - 4), ("reviews.example", 4)),
        annotators=(("rater-12", rows - 9), ("rater-3", 9)),
        classes=(("positive", rows),),
        concentrated_in=(("shard", worst, 2.5e-61), ("source", "crawl-7", 8.8e-40)),
        trigger=("cf tq",),
        target="positive",
        removal=Removal(rows - 9, Sufficient.UNTIL_CHANCE),
        examples=(
            {
                "shard": worst,
                "row": 117,
                "label": "positive",
                "source": "crawl-7",
                "annotator": "rater-12",
                "context": {"column": "text", "word": 12, "words": 38},
                "nearest": [{"shard": worst, "row": 311, "similarity": 0.934, "label": "negative"}],
            },
            {"shard": worst, "row": 311, "cells": {"label": "positive", "id": 90311}},
            {"shard": worst, "row": 402},
        ),
        evidence={
            "documents": rows,
            "override_share": 0.94,
            "labels": {"negative": 2, "positive": rows},
        },
    )


def _outliers(hit: dict[str, dict[str, int]], total: dict[str, int]) -> Finding:
    return Finding(
        rule=OUTLIERS,
        level=Level.WARNING,
        what="vector",
        rows=total[OUTLIERS],
        score=88.1,
        p_value=1.3e-9,
        message="Vectors far from every group of their class.",
        shards=tuple((n, by[OUTLIERS]) for n, by in sorted(hit.items()) if by[OUTLIERS]),
        shard_count=sum(by[OUTLIERS] > 0 for by in hit.values()),
        removal=Removal(total[OUTLIERS], Sufficient.EACH),
        evidence={"dimensions": 384, "components": 12},
    )


def _duplicates(duplicated: dict[str, int]) -> Finding:
    return Finding(
        rule=DUPLICATES,
        level=Level.NOTE,
        what="licence header",
        rows=sum(duplicated.values()),
        score=1.0,
        p_value=None,
        message="Groups of rows whose texts differ in a few words only.",
        shards=tuple(duplicated.items()),
        shard_count=len(duplicated),
        removal=Removal(sum(duplicated.values()), Sufficient.COPIES),
    )


def _histogram(label: str, rows: int, planted: dict[int, int]) -> dict[str, Any]:
    """Counts of -log10 p in bins of 0.25 as uniform p-values give them, plus planted rows."""
    edges = [i * 0.25 for i in range(201)]
    counts = [round(rows * (10**-a - 10**-b)) for a, b in pairwise(edges)]
    for bin_, extra in planted.items():
        counts[bin_] += extra
    return {"class": label, "edges": edges, "counts": counts}
