"""A suite's results for the whole data set, from the folded state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from provender.core.finding import CheckStatus, Level
from provender.expect.analysis import ExpectationAnalysis
from provender.expect.outcome import Outcome
from provender.expect.suite import Expectation


@dataclass(frozen=True)
class ExpectationResult:
    """One expectation and what became of it.

    Attributes:
        index: the expectation's place in the suite, from 0.
        level: error, warning or note, from the expectation's severity.
    """

    index: int
    expectation: Expectation
    outcome: Outcome

    @property
    def success(self) -> bool | None:
        """None when it could not be checked."""
        return self.outcome.success

    @property
    def level(self) -> Level:
        return self.expectation.level

    @property
    def status(self) -> CheckStatus:
        """checked, or could_not_check; never not_applicable."""
        return CheckStatus.COULD_NOT_CHECK if self.success is None else CheckStatus.CHECKED

    @property
    def unexpected_percent(self) -> float | None:
        """Failing rows in per cent of the rows that were judged; None where there are none."""
        counted = self.outcome.unexpected_count, self.outcome.element_count
        if counted[0] is None or counted[1] is None:
            return None
        judged = counted[1] - (self.outcome.missing_count or 0)
        return counted[0] / judged * 100 if judged else None

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.expectation.type,
            "kwargs": self.expectation.kwargs,
            "level": self.level.value,
            "success": self.success,
            "element_count": self.outcome.element_count,
            "missing_count": self.outcome.missing_count,
            "unexpected_count": self.outcome.unexpected_count,
            "unexpected_percent": self.unexpected_percent,
            "observed_value": self.outcome.observed_value,
            "examples": list(self.outcome.examples),
            "reason": self.outcome.reason,
        }


def results(analysis: ExpectationAnalysis, state: list[Any]) -> list[ExpectationResult]:
    """Return one result per expectation, in the suite's order, from the folded state."""
    pairs = enumerate(zip(analysis.suite.expectations, analysis.plans, strict=True))
    return [
        ExpectationResult(index, expectation, plan.answer(analysis.parts(state, index)))
        for index, (expectation, plan) in pairs
    ]


def failing_rows(analysis: ExpectationAnalysis, state: list[Any], index: int) -> np.ndarray:
    """Return int64 row numbers, ascending, that fail expectation ``index`` of the suite.

    Empty for expectations that are not about single rows.
    """
    return analysis.plans[index].failing(analysis.parts(state, index))


def rows_seen(analysis: ExpectationAnalysis, state: list[Any], index: int) -> int:
    """Return the rows that a row-level expectation was shown, whatever its row condition."""
    (part,) = analysis.parts(state, index)
    return int(part.rows)
