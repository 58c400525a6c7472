"""How each expectation of a suite is answered on a given schema, settled before a row is read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from provender.expect.aggregates import Count
from provender.expect.answers import AGGREGATES
from provender.expect.conditions import condition_problem
from provender.expect.gx import ROW_LEVEL
from provender.expect.keys import Keys, KeysState
from provender.expect.measures import Measure
from provender.expect.outcome import Outcome, unchecked
from provender.expect.predicates import PREDICATES, leave_out, named_columns, parse_time
from provender.expect.rows import RowCheck, RowState
from provender.expect.schema import ANSWERS
from provender.expect.suite import Expectation
from provender.expect.view import NUMBERS, TIMES, Kind, kind_of

_UNIQUE = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")
_ON_NULLS = ("expect_column_values_to_be_null", "expect_column_values_to_not_be_null")
_AS_TEXT = ("regex", "value_lengths")
_NO_ROWS = np.zeros(0, np.int64)


@dataclass(frozen=True)
class Plan:
    """What answers one expectation.

    Attributes:
        measures: what must be measured.
        answer: turns their states into the outcome.
        failing: turns their states into int64 failing row numbers, ascending.
        as_a_whole: the state of a piece does not tell its failing rows, that of all pieces does.
    """

    measures: tuple[Measure, ...]
    answer: Callable[[Sequence[Any]], Outcome]
    failing: Callable[[Sequence[Any]], np.ndarray] = lambda _: _NO_ROWS
    as_a_whole: bool = False


def plan(expectation: Expectation, schema: pa.Schema) -> Plan:
    """Return how an expectation is answered on data with these columns."""
    type_, kwargs = expectation.type, expectation.kwargs
    if any(isinstance(v, dict) and "$PARAMETER" in v for v in kwargs.values()):
        return _said(unchecked("suite parameters are not filled in"))
    columns = named_columns(kwargs)
    absent = [c for c in columns if c not in schema.names]
    by_schema = type_ in ANSWERS
    if absent and not type_.startswith(("expect_column_to_exist", "expect_table_")):
        return _said(Outcome(False, reason=f"column '{absent[0]}' is not there"))
    if by_schema:
        return _said(ANSWERS[type_](schema, kwargs))
    rows = kwargs.get("row_condition")
    if problem := condition_problem(rows, schema):
        return _said(unchecked(problem))
    condition = json.dumps(rows, sort_keys=True) if rows else ""
    kinds = [kind_of(schema.field(c).type) for c in columns]
    if type_ in AGGREGATES:
        return _aggregate(type_, kwargs, kinds, condition)
    if type_ in _UNIQUE:
        if Kind.OTHER in kinds:
            return _said(unchecked(_beyond(columns, kinds)))
        keys = Keys(columns, leave_out(kwargs), condition=condition)
        return Plan((keys,), partial(_unique, keys, kwargs), partial(_repeats, keys), True)
    if type_ in PREDICATES or type_ in ROW_LEVEL:
        return _row_level(type_, kwargs, columns, kinds, condition)
    return _said(unchecked("it cannot be answered from mergeable states"))


def _said(outcome: Outcome) -> Plan:
    return Plan((), lambda _: outcome)


def _aggregate(type_: str, kwargs: dict[str, Any], kinds: list[Kind], condition: str) -> Plan:
    aggregate = AGGREGATES[type_]
    column = kwargs.get("column", "")
    if kinds and kinds[0] in aggregate.refused:
        return _said(Outcome(False, reason=f"column '{column}' holds no numbers"))
    if kinds and kinds[0] not in aggregate.kinds:
        return _said(unchecked(_beyond((column,), kinds)))
    measures = aggregate.measures(column, condition)
    return Plan(measures, lambda states: aggregate.answer(states, kwargs))


def _row_level(
    type_: str, kwargs: dict[str, Any], columns: tuple[str, ...], kinds: list[Kind], condition: str
) -> Plan:
    if type_ in PREDICATES:
        if reason := _contradiction(type_, kwargs):
            return _said(Outcome(False, reason=reason))
        if reason := _uncomparable(type_, kwargs, kinds):
            return _refused(columns, condition, reason)
        if not _comparable(type_, kwargs, kinds):
            return _said(unchecked(_beyond(columns, kinds)))
    elif re.search(r'"\$ref": "(?!#)', json.dumps(kwargs)):
        return _said(unchecked("a JSON schema that refers elsewhere is not fetched"))
    told = {k: v for k, v in kwargs.items() if k not in ("mostly", "row_condition")}
    check = RowCheck(type_, json.dumps(told, sort_keys=True), condition)
    return Plan((check,), partial(_judged, type_, kwargs), lambda states: states[0].failing_rows())


def _contradiction(type_: str, kwargs: dict[str, Any]) -> str:
    """Return why no value could be judged; '' when some could."""
    low: Any = kwargs.get("min_value")
    high: Any = kwargs.get("max_value")
    if not type_.endswith("_to_be_between"):
        return ""
    if low is None and high is None:
        return "neither min_value nor max_value is given"
    if type_ == "expect_column_values_to_be_between" and type(low) is type(high) and low > high:
        return "min_value is greater than max_value"
    return ""


def _uncomparable(type_: str, kwargs: dict[str, Any], kinds: list[Kind]) -> str:
    """Return why Great Expectations fails with an error on such values; '' when it does not."""
    if type_ == "expect_column_values_to_be_between":
        bounds = [kwargs[b] for b in ("min_value", "max_value") if kwargs.get(b) is not None]
        if kinds[0] in NUMBERS:
            agree = all(isinstance(b, int | float) for b in bounds)
        else:
            agree = kinds[0] is not Kind.STRING and _are_times(bounds, kinds[0])
        if not agree and kinds[0] is not Kind.OTHER:
            return "the values and the bounds are of different types"
    if type_ == "expect_column_pair_values_a_to_be_greater_than_b":
        a, b = kinds
        if a is not b and not (a in NUMBERS and b in NUMBERS):
            return f"{a} and {b} values have no order between them"
    return ""


def _comparable(type_: str, kwargs: dict[str, Any], kinds: list[Kind]) -> bool:
    if type_ in _ON_NULLS:
        return True
    if Kind.OTHER in kinds:
        return False
    if any(word in type_ for word in _AS_TEXT):
        return kinds[0] is not Kind.TIMESTAMP
    if kinds[0] in TIMES and kwargs.get("value_set") is not None:
        return _are_times(kwargs["value_set"], kinds[0])
    return True


def _are_times(values: Sequence[Any], kind: Kind) -> bool:
    try:
        return all(parse_time(v, kind) is not None for v in values)
    except ValueError:
        return False


def _beyond(columns: Sequence[str], kinds: Sequence[Kind]) -> str:
    named = ", ".join(f"'{c}' ({k})" for c, k in zip(columns, kinds, strict=True))
    return f"it is not answered for columns such as {named}"


def _refused(columns: tuple[str, ...], condition: str, reason: str) -> Plan:
    """Fail with a reason, unless there is no value: then the expectation holds vacuously."""
    count = Count(columns[0] if len(columns) == 1 else None, condition)

    def answer(states: Sequence[tuple[int, int]]) -> Outcome:
        rows, missing = states[0]
        if rows == missing:
            return Outcome(True, rows, missing, 0)
        return Outcome(False, reason=reason)

    return Plan((count,), answer)


def _judged(type_: str, kwargs: dict[str, Any], states: Sequence[RowState]) -> Outcome:
    (state,) = states
    if state.error:
        return Outcome(False, reason=state.error)
    return _mostly(
        state.elements,
        None if type_ in _ON_NULLS else state.ignored,
        state.failed,
        kwargs,
        tuple(state.examples),
    )


def _unique(keys: Keys, kwargs: dict[str, Any], states: Sequence[KeysState]) -> Outcome:
    found = keys.repeats(states[0])
    if found is None:
        return unchecked(f"more than {keys.limit} rows: their keys are not held")
    considered, repeated = found
    elements = states[0].elements
    return _mostly(elements, elements - considered, len(repeated), kwargs, ())


def _repeats(keys: Keys, states: Sequence[KeysState]) -> np.ndarray:
    found = keys.repeats(states[0])
    return _NO_ROWS if found is None else found[1]


def _mostly(
    elements: int,
    ignored: int | None,
    unexpected: int,
    kwargs: dict[str, Any],
    examples: tuple[Any, ...],
) -> Outcome:
    """Pass when the share of judged rows that meet the expectation is at least ``mostly``."""
    judged = elements - (ignored or 0)
    share = (float(judged) - float(unexpected)) / float(judged) if judged else 1.0
    mostly = kwargs.get("mostly")
    success = share >= (1.0 if mostly is None else mostly)
    return Outcome(success, elements, ignored, unexpected, examples=examples)
