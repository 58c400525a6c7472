"""What detection says of a trial, held against what was planted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from provender.attacks.naming import names
from provender.core.finding import Level
from provender.io.states import StateStore
from provender.work.mark import load_marks
from provender.work.redteam.copies import Truth

#: A finding holds the poison when it has this share of the planted rows ...
HELD = 0.5
#: ... and at least this share of its rows was planted: a rule that flags everything finds nothing.
DENSE = 0.1


def score(
    document: dict[str, Any],
    marks: Iterable[tuple[str, str]],
    starts: Sequence[int],
    truth: Truth,
    rejecting: Collection[str],
    store: StateStore,
) -> dict[str, Any]:
    """Return the outcome of a trial as JSON values: rule → what it found.

    Args:
        document: findings.json.
        rejecting: rules for whose findings the policy rejects the copy.
        marks: (shard name, store name of its flagged rows), in canonical order.
        starts: the first row of each shard in the data set, by position in ``document``.
    """
    place = {shard["name"]: start for shard, start in zip(document["shards"], starts, strict=True)}
    marked = [(place[shard], load_marks(store, name)) for shard, name in marks]
    parts = [flags.select(["row", "rule", "cause"]) for _, flags in marked]
    flags = pa.concat_tables(parts) if parts else None
    rows, rule, cause = np.zeros((3, 0), np.int64)
    if flags is not None:
        first = np.repeat([start for start, _ in marked], [part.num_rows for part in parts])
        rows, rule, cause = (flags[n].to_numpy() for n in ("row", "rule", "cause"))
        rows = rows + first
    hit = np.isin(rows, truth.rows)
    return {
        detector["rule"]: _of_rule(
            rows[rule == number],
            cause[rule == number],
            hit[rule == number],
            [f for f in document["findings"] if f["rule"] == detector["rule"]],
            truth,
        )
        | {"rejects": detector["rule"] in rejecting}
        for number, detector in enumerate(document["detectors"])
    }


def _of_rule(
    rows: np.ndarray,
    cause: np.ndarray,
    hit: np.ndarray,
    findings: list[dict[str, Any]],
    truth: Truth,
) -> dict[str, Any]:
    planted = len(truth.rows)
    named = [names(f["what"], truth.trigger) for f in findings]
    held = False
    for one in np.unique(cause) if planted else ():
        of_it = cause == one
        caught = int(hit[of_it].sum())
        held |= caught >= HELD * planted and caught >= DENSE * int(of_it.sum())
    places = {(role, name) for f in findings for role, name, _ in f["concentrated_in"]}
    # A lead may name the trigger, but it detects nothing and alarms nobody.
    real = ["lead" not in f["evidence"] for f in findings]
    levels = [Level(f["level"]) for f, is_real in zip(findings, real, strict=True) if is_real]
    return {
        "found": bool(held or any(n and r for n, r in zip(named, real, strict=True))),
        "rank": named.index(True) + 1 if any(named) else 0,
        "contributor_named": truth.contributor in places,
        "caught": len(np.unique(rows[hit])),
        "clean_flagged": len(np.unique(rows[~hit])),
        "findings": sum(real),
        "level": max(levels, key=lambda level: level.rank).value if levels else "",
    }
