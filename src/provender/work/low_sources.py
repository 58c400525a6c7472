"""Sources, annotators and shards whose rows are improbable too often, though none is flagged."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from provender.calibrate.alarms import Alarms
from provender.calibrate.concentration import comparable, concentrated
from provender.core.finding import Finding, Level, Rule
from provender.work.summary import LOW

#: Share of them that may differ, one at least, before that is their nature.
NATURAL = 0.1
#: Of fewer shards it cannot be told whether they differ by nature.
LEAST_SHARDS = 20


def low_findings(
    rule: Rule,
    role: str,
    low: Mapping[str, int],
    rows: Mapping[str, int],
    known: Collection[str],
    at: tuple[float, float],
    alarms: Alarms | None,
) -> list[Finding]:
    """Return a finding for each source, annotator or shard in which a rule's low p-values gather.

    Ten rows that are too weak to be flagged one by one are much if one contributor sent them.
    Where many differ nothing is said of any: they do so by nature. One of few, or beside one
    that holds much of the data, is a note.

    Args:
        role: 'source', 'annotator' or 'shard': which places these are.
        low: rows with a p-value of at most `LOW`, by name.
        rows: all rows by name.
        known: names that a finding of the rule names already.
        at: false discovery rate over the names; how often any may be named where none differs.
        alarms: None where it is no more than a note: files in some order differ by nature.
    """
    places = concentrated(low, rows, *at)
    if len(places) > max(1, NATURAL * len(rows)):
        return []
    share = sum(low.values()) / max(sum(rows.values()), 1)
    tried = {role: len(rows)}
    even = comparable(np.array([*rows.values()]))
    findings = []
    for name, p_value in places:
        if name in known:
            continue
        place = (role, name, p_value)
        alarmed = even and alarms is not None and alarms.by_gathering([place], tried)
        expected = share * rows[name]
        findings.append(
            Finding(
                rule=rule.id,
                level=rule.level if alarmed else Level.NOTE,
                what=f"{role} {name}",
                rows=0,
                score=None,
                p_value=p_value,
                message=(
                    f"{low[name]:,} of the {rows[name]:,} rows of {role} {name} have a "
                    f"p-value of at most {LOW}, where {expected:,.1f} would by chance; none is "
                    "flagged for this"
                ),
                concentrated_in=(place,),
                evidence={
                    role: name,
                    "low_rows": low[name],
                    "expected": round(expected, 2),
                    f"rows_of_{role}": rows[name],
                },
            )
        )
    return findings


def may_be_tested(score_columns: Sequence[str], column: str) -> bool:
    """Return whether a rule's p-values do not depend on the contributors by themselves."""
    return column not in score_columns
