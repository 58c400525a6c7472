"""Expectations on aggregates: which measures they need, and what these say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from provender.expect.aggregates import Count, Extremes, Sums, Totals
from provender.expect.exact import as_float
from provender.expect.measures import Measure
from provender.expect.outcome import Outcome, within
from provender.expect.tallied import (
    counted,
    distinct_count,
    distinct_set,
    distinct_share,
    median,
    most_common,
    quantiles,
)
from provender.expect.tally import Tally
from provender.expect.view import NUMBERS, TIMES, Kind

ANY_VALUE = (*NUMBERS, *TIMES, Kind.STRING, Kind.NULL)


@dataclass(frozen=True)
class Aggregate:
    """How an aggregate expectation is answered.

    Attributes:
        measures: makes the measures from (column, condition).
        answer: turns their states into the outcome.
        kinds: the columns it is answered for.
        refused: columns on which Great Expectations fails with an error.
    """

    measures: Callable[[str, str], tuple[Measure, ...]]
    answer: Callable[[Sequence[Any], dict[str, Any]], Outcome]
    kinds: tuple[Kind, ...] = ANY_VALUE
    refused: tuple[Kind, ...] = ()


def _extreme(place: int) -> Callable[[Sequence[Any], dict[str, Any]], Outcome]:
    def answer(states: Sequence[pa.Array], kwargs: dict[str, Any]) -> Outcome:
        (state,) = states
        return within(state[place].as_py() if len(state) else None, kwargs)

    return answer


def _sum(states: Sequence[Totals], kwargs: dict[str, Any]) -> Outcome:
    (state,) = states
    if state.high or state.low:
        return within(_infinite(state), kwargs)
    total = state.total()
    whole = state.unit == 0 and abs(total) < 2**53
    return within(int(total) if whole else as_float(total), kwargs)


def _mean(states: Sequence[Totals], kwargs: dict[str, Any]) -> Outcome:
    (state,) = states
    if state.high or state.low:
        return within(_infinite(state), kwargs)
    return within(as_float(state.total() / state.count) if state.count else None, kwargs)


def _stdev(states: Sequence[Totals], kwargs: dict[str, Any]) -> Outcome:
    (state,) = states
    if state.high or state.low or state.count < 2:
        return within(None, kwargs)
    return within(math.sqrt(as_float(state.variance())), kwargs)


def _infinite(state: Totals) -> float:
    return math.nan if state.high and state.low else math.inf if state.high else -math.inf


def _row_count_between(states: Sequence[tuple[int, int]], kwargs: dict[str, Any]) -> Outcome:
    return within(states[0][0], kwargs)


def _row_count_equal(states: Sequence[tuple[int, int]], kwargs: dict[str, Any]) -> Outcome:
    return Outcome(states[0][0] == kwargs["value"], observed_value=states[0][0])


def _present_share(states: Sequence[tuple[int, int]], kwargs: dict[str, Any]) -> Outcome:
    rows, missing = states[0]
    return within((rows - missing) / rows if rows else 0, kwargs)


def _extremes(column: str, condition: str) -> tuple[Measure, ...]:
    return (Extremes(column, condition=condition),)


def _sums(column: str, condition: str) -> tuple[Measure, ...]:
    return (Sums(column, condition=condition),)


def _squares(column: str, condition: str) -> tuple[Measure, ...]:
    return (Sums(column, squares=True, condition=condition),)


def _count(column: str, condition: str) -> tuple[Measure, ...]:
    return (Count(column or None, condition),)


def _tally(column: str, condition: str) -> tuple[Measure, ...]:
    return (Tally(column, condition=condition),)


_TEXT = (Kind.STRING,)

AGGREGATES: dict[str, Aggregate] = {
    "expect_column_max_to_be_between": Aggregate(_extremes, _extreme(1)),
    "expect_column_min_to_be_between": Aggregate(_extremes, _extreme(0)),
    "expect_column_sum_to_be_between": Aggregate(_sums, _sum, NUMBERS, _TEXT),
    "expect_column_mean_to_be_between": Aggregate(_sums, _mean, NUMBERS, _TEXT),
    "expect_column_stdev_to_be_between": Aggregate(_squares, _stdev, NUMBERS, _TEXT),
    "expect_column_median_to_be_between": Aggregate(_tally, counted(median), NUMBERS, _TEXT),
    "expect_column_quantile_values_to_be_between": Aggregate(
        _tally, counted(quantiles), NUMBERS, _TEXT
    ),
    "expect_column_unique_value_count_to_be_between": Aggregate(_tally, counted(distinct_count)),
    "expect_column_proportion_of_unique_values_to_be_between": Aggregate(
        _tally, counted(distinct_share)
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": Aggregate(
        _count, _present_share, tuple(Kind)
    ),
    "expect_column_distinct_values_to_be_in_set": Aggregate(
        _tally, counted(distinct_set(extra=False, lacking=True))
    ),
    "expect_column_distinct_values_to_contain_set": Aggregate(
        _tally, counted(distinct_set(extra=True, lacking=False))
    ),
    "expect_column_distinct_values_to_equal_set": Aggregate(
        _tally, counted(distinct_set(extra=False, lacking=False))
    ),
    "expect_column_most_common_value_to_be_in_set": Aggregate(_tally, counted(most_common)),
    "expect_table_row_count_to_be_between": Aggregate(_count, _row_count_between),
    "expect_table_row_count_to_equal": Aggregate(_count, _row_count_equal),
}
