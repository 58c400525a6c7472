"""A suite's answers for the whole data set: one result each, and the rows that fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provender.core.finding import (
    Check,
    CheckStatus,
    Finding,
    Level,
    Removal,
    Sufficient,
    most_flagged,
)
from provender.core.shard import ShardFailure
from provender.expect.analysis import ExpectationAnalysis
from provender.expect.result import ExpectationResult, failing_rows, results
from provender.io.states import StateStore
from provender.work.documents import VALIDATION_VERSION, plain
from provender.work.failing import FIRST, FailingTally, store_rows
from provender.work.fold import Part, failed
from provender.work.wire import message


@message
@dataclass(frozen=True)
class Answered:
    """The suite's answers for the whole data set.

    Attributes:
        state: store name of the folded state; '' after a failure.
        wanted: places in the suite of expectations whose failing rows are suspect.
        counted: places of all expectations with failing rows.
        whole: (place, store name of failing rows) where only the folded state tells them.
    """

    state: str
    wanted: tuple[int, ...] = ()
    counted: tuple[int, ...] = ()
    whole: tuple[tuple[int, str], ...] = ()
    failures: tuple[ShardFailure, ...] = ()


def answer(folded: Sequence[Part], suite: ExpectationAnalysis, store: StateStore) -> Answered:
    """Answer the suite from its folded state.

    A row that fails an expectation of level note is not suspect, nor is one where the
    expectation holds for most rows, as it asks for.
    """
    failure = failed(folded)
    if failure:
        return Answered("", failures=failure.failures)
    state = suite.unpack(store.require(folded[0].name))
    found = results(suite, state)
    counted = tuple(a.index for a in found if a.outcome.unexpected_count)
    return Answered(
        folded[0].name,
        tuple(a.index for a in found if a.success is False and a.level is not Level.NOTE),
        counted,
        tuple(
            (place, store_rows(failing_rows(suite, state, place), store))
            for place in counted
            if suite.plans[place].as_a_whole
        ),
    )


def answers(
    answered: Answered,
    failing: FailingTally,
    suite: ExpectationAnalysis,
    shard_rows: Sequence[tuple[str, int]],
    store: StateStore,
) -> list[dict[str, Any]]:
    """Return one result per expectation, as JSON values."""
    found = results(suite, suite.unpack(store.require(answered.state)))
    return [_result(a, failing, shard_rows) for a in found]


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


def rule_of(result: dict[str, Any]) -> str:
    """Return the rule id that a failing expectation is found under."""
    return f"expect/{result['expectation']}"


def column_of(result: dict[str, Any]) -> str:
    """Return the column that an expectation is about; '' for another kind."""
    return str(result["kwargs"].get("column", ""))


def validation_findings(document: dict[str, Any]) -> list[Finding]:
    """Return a finding for each expectation that failed."""
    return [
        Finding(
            rule=rule_of(result),
            level=Level(result["level"]),
            what=column_of(result),
            rows=result["failing"]["rows"],
            score=None,
            p_value=None,
            message=_sentence(result),
            shards=most_flagged(dict(result["failing"]["shards"])),
            shard_count=len(result["failing"]["shards"]),
            removal=_removal(result["failing"]["rows"]),
        )
        for result in document["results"]
        if result["success"] is False
    ]


def _removal(failing: int) -> Removal | None:
    return Removal(failing, Sufficient.EACH) if failing else None


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
    answer: ExpectationResult, failing: FailingTally, shard_rows: Sequence[tuple[str, int]]
) -> dict[str, Any]:
    shards = failing.shards.get(answer.index, [])
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
                "rows": sum(rows for _, rows in shards),
                "shards": [[shard_rows[shard][0], rows] for shard, rows in shards],
                "first": [
                    [shard_rows[shard][0], row]
                    for shard, row in failing.first.get(answer.index, [])[:FIRST]
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
