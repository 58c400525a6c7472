"""What became of one expectation, before it is put beside its suite."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """The answer to an expectation.

    Attributes:
        success: None when it could not be checked; ``reason`` says why.
        element_count: rows looked at (after the row condition).
        missing_count: rows among them that are not judged.
        unexpected_count: rows that fail; for sets of distinct values, values not in the set.
        observed_value: the aggregate, as a JSON value.
        examples: some failing values.
        reason: why it failed without being evaluated, or could not be checked.
    """

    success: bool | None
    element_count: int | None = None
    missing_count: int | None = None
    unexpected_count: int | None = None
    observed_value: Any = None
    examples: tuple[Any, ...] = ()
    reason: str = ""


def unchecked(reason: str) -> Outcome:
    """Return the outcome of an expectation that could not be checked."""
    return Outcome(None, reason=reason)


def within(value: Any, kwargs: dict[str, Any]) -> Outcome:
    """Return whether min_value <= value <= max_value; no value is never within."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return Outcome(False)
    observed = value.isoformat() if isinstance(value, date) else value
    try:
        low, high = (as_bound(kwargs.get(name), value) for name in ("min_value", "max_value"))
        above = low is None or (value > low if kwargs.get("strict_min") else value >= low)
        below = high is None or (value < high if kwargs.get("strict_max") else value <= high)
    except (TypeError, ValueError):
        return Outcome(
            False, observed_value=observed, reason="the bounds are of another type than the values"
        )
    return Outcome(bool(above and below), observed_value=observed)


def as_bound(bound: Any, value: Any) -> Any:
    """Return a suite's ``bound`` as what compares with ``value``: ISO 8601 text as a date or time.

    Raises:
        ValueError: when ``value`` is a date or time and the text is none.
    """
    if not isinstance(value, date) or not isinstance(bound, str):
        return bound
    parsed = datetime.fromisoformat(bound)
    if not isinstance(value, datetime):
        return parsed.date()
    if value.tzinfo is not None:
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return parsed.astimezone(UTC).replace(tzinfo=None) if parsed.tzinfo else parsed
