"""A suite's answers for the whole data set: one result each, and the rows that fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from provender.core.finding import Check, CheckStatus, Finding, Level
from provender.expect.analysis import ExpectationAnalysis
from provender.expect.result import ExpectationResult, failing_rows, results
from provender.io.states import StateStore
from provender.stats.packing import pack, unpack
from provender.work.analyse import Analysed, AnalysePlan
from provender.work.documents import VALIDATION_VERSION, plain
from provender.work.fold import fold_names
from provender.work.suspects import SUSPECTS
from provender.work.task import SpanTask, span_state_name

_KIND = "failing/1"
_FIRST = 20


@dataclass(frozen=True)
class Validated:
    """Results as JSON values, and the store name of the failing rows of each expectation."""

    results: tuple[dict[str, Any], ...]
    failing: tuple[str, ...]


def fold_answers(
    block: tuple[int, tuple[SpanTask, ...]], plan: AnalysePlan, outcome: Sequence[Analysed]
) -> tuple[int, str]:
    """Return the block's number and the store name of its folded state, '' after a failure."""
    number, tasks = block
    if any(o.failure for o in outcome):
        return number, ""
    suite = plan.analyses[0]
    names = [span_state_name(suite, task, plan.schema) for task in tasks]
    return number, fold_names(suite, names, plan.store)


def validated(
    analysis: ExpectationAnalysis,
    folded: str,
    shard_rows: Sequence[tuple[str, int]],
    store: StateStore,
) -> Validated:
    """Answer the suite from its folded state.

    Args:
        folded: store name of the state of all pieces.
        shard_rows: (name, records) of every shard, in canonical order.
    """
    state = analysis.unpack(store.require(folded))
    answers, names = [], []
    for answer in results(analysis, state):
        rows = failing_rows(analysis, state, answer.index)
        names.append(store.put_content("failing", pack(_KIND, {}, {"rows": rows})))
        answers.append(_result(answer, rows, shard_rows))
    return Validated(tuple(answers), tuple(names))


def validation_document(
    manifest_root: str, suite: str | None, answers: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return validation.json (docs/schemas/validation.schema.json)."""
    outcomes = [a["success"] for a in answers]
    success = None if not outcomes or None in outcomes else all(outcomes)
    if False in outcomes:
        success = False
    return {
        "version": VALIDATION_VERSION,
        "manifest_root": manifest_root,
        "suite": suite,
        "success": success,
        "results": list(answers),
    }


def failing_table(
    document: dict[str, Any],
    failing: Sequence[str],
    shard_rows: Sequence[tuple[str, int]],
    store: StateStore,
) -> pa.Table:
    """Return the failing rows as suspects: shard, row, rule, and no score or p-value.

    A row that fails an expectation of level note is not suspect.
    """
    starts = np.concatenate(([0], np.cumsum([rows for _, rows in shard_rows])))
    names = pa.array([name for name, _ in shard_rows], pa.string())
    tables = [SUSPECTS.empty_table()]
    for result, name in zip(document["results"], failing, strict=True):
        rows = unpack(_KIND, store.require(name))[1]["rows"]
        if result["success"] is not False or result["level"] == Level.NOTE or not len(rows):
            continue
        shards = np.searchsorted(starts, rows, side="right") - 1
        empty = pa.nulls(len(rows), pa.float64())
        rule = pa.repeat(pa.scalar(rule_of(result)), len(rows))
        columns = [names.take(pa.array(shards)), pa.array(rows - starts[shards]), rule]
        tables.append(pa.table([*columns, empty, empty], schema=SUSPECTS))
    return pa.concat_tables(tables)


def rule_of(result: dict[str, Any]) -> str:
    """Return the rule id that a failing expectation is found under."""
    return f"expect/{result['expectation']}"


def validation_findings(document: dict[str, Any]) -> list[Finding]:
    """Return a finding for each expectation that failed."""
    return [
        Finding(
            rule=rule_of(result),
            level=Level(result["level"]),
            what=str(result["kwargs"].get("column", "")),
            rows=result["failing"]["rows"],
            score=None,
            p_value=None,
            message=_sentence(result),
            shards=tuple((name, count) for name, count in result["failing"]["shards"]),
        )
        for result in document["results"]
        if result["success"] is False
    ]


def validation_checks(document: dict[str, Any]) -> list[Check]:
    """Return coverage: one line for the suite, which is checked only if all of it could be."""
    if document["suite"] is None:
        return [Check("expect/suite", CheckStatus.NOT_APPLICABLE, "no suite was given (--suite)")]
    undone = [r for r in document["results"] if r["success"] is None]
    rows = max((r["element_count"] or 0 for r in document["results"]), default=0)
    if undone:
        reason = f"{len(undone)} of {len(document['results'])} expectations could not be checked: "
        reason += "; ".join(f"{r['expectation']} ({r['reason']})" for r in undone[:5])
        return [Check(f"expect/{document['suite']}", CheckStatus.COULD_NOT_CHECK, reason, rows)]
    return [Check(f"expect/{document['suite']}", CheckStatus.CHECKED, "", rows)]


def _result(
    answer: ExpectationResult, rows: np.ndarray, shard_rows: Sequence[tuple[str, int]]
) -> dict[str, Any]:
    starts = np.concatenate(([0], np.cumsum([count for _, count in shard_rows])))
    shards = np.searchsorted(starts, rows, side="right") - 1
    counted = np.bincount(shards, minlength=len(shard_rows))
    outcome = answer.outcome
    value: dict[str, Any] = plain(
        {
            "expectation": answer.expectation.type,
            "kwargs": answer.expectation.kwargs,
            "success": answer.success,
            "level": answer.level.value,
            "element_count": outcome.element_count,
            "missing_count": outcome.missing_count,
            "unexpected_count": outcome.unexpected_count,
            "unexpected_percent": answer.unexpected_percent,
            "observed_value": outcome.observed_value,
            "reason": outcome.reason,
            "failing": {
                "rows": len(rows),
                "shards": [
                    [name, int(n)] for (name, _), n in zip(shard_rows, counted, strict=True) if n
                ],
                "first": [
                    [shard_rows[s][0], int(r - starts[s])]
                    for s, r in zip(shards[:_FIRST], rows[:_FIRST], strict=True)
                ],
            },
        }
    )
    return value


def _sentence(result: dict[str, Any]) -> str:
    words = result["expectation"].removeprefix("expect_").replace("_", " ")
    if result["failing"]["rows"]:
        return f"{result['failing']['rows']:,} rows fail: {words}"
    observed = result["observed_value"]
    return f"fails: {words}" + (f" (observed {observed})" if observed is not None else "")
