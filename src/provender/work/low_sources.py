"""Sources whose rows are improbable more often than chance, though no row of them is flagged."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from provender.calibrate.alarms import Alarms
from provender.calibrate.concentration import concentrated
from provender.core.finding import Finding, Level, Rule
from provender.work.summary import LOW

#: Share of sources that may differ, one at least, before that is their nature.
NATURAL = 0.1


def low_findings(
    rule: Rule,
    low: Mapping[str, int],
    source_rows: Mapping[str, int],
    known: Collection[str],
    rate: float,
    alarms: Alarms,
) -> list[Finding]:
    """Return a finding for each source in which a rule's low p-values gather.

    Ten rows that are too weak to be flagged one by one are much if one contributor sent them.
    Where many sources differ nothing is said of any: they do so by nature.

    Args:
        low: rows with a p-value of at most `LOW`, by source.
        source_rows: all rows by source.
        known: sources that a finding of the rule names already.
        rate: false discovery rate over sources.
    """
    places = concentrated(low, source_rows, rate)
    if len(places) > max(1, NATURAL * len(source_rows)):
        return []
    share = sum(low.values()) / max(sum(source_rows.values()), 1)
    tried = {"source": len(source_rows)}
    findings = []
    for name, p_value in places:
        if name in known:
            continue
        place = ("source", name, p_value)
        alarmed = alarms.by_gathering([place], tried)
        expected = share * source_rows[name]
        findings.append(
            Finding(
                rule=rule.id,
                level=rule.level if alarmed else Level.NOTE,
                what=f"source {name}",
                rows=0,
                score=None,
                p_value=p_value,
                message=(
                    f"{low[name]:,} of the {source_rows[name]:,} rows of source {name} have a "
                    f"p-value of at most {LOW}, where {expected:,.1f} would by chance; none is "
                    "flagged for this"
                ),
                concentrated_in=(place,),
                evidence={
                    "source": name,
                    "low_rows": low[name],
                    "expected": round(expected, 2),
                    "rows_of_source": source_rows[name],
                },
            )
        )
    return findings


def may_be_tested(score_columns: Sequence[str], source: str | None) -> bool:
    """Return whether a rule's p-values do not depend on the sources by themselves."""
    return source is not None and source not in score_columns
