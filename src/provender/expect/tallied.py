"""Answers from a tally: sets of distinct values, how many they are, medians and quantiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np

from provender.expect.outcome import Outcome, as_bound, unchecked, within
from provender.expect.tally import Tally, TallyState

Counted = tuple[list[Any], np.ndarray, TallyState]
"""(distinct values ascending, int64 counts, the state)."""


def counted(
    answer: Callable[[Counted, dict[str, Any]], Outcome],
) -> Callable[[Sequence[TallyState], dict[str, Any]], Outcome]:
    """Answer from (distinct values ascending, their counts, the state), or say it is too much."""

    def answered(states: Sequence[TallyState], kwargs: dict[str, Any]) -> Outcome:
        (state,) = states
        if state.over:
            return unchecked("the column has more distinct values than are held (16 MiB)")
        values, counts = Tally("").counts(state)
        return answer((values.to_pylist(), counts, state), kwargs)

    return answered


def distinct_count(counted: Counted, kwargs: dict[str, Any]) -> Outcome:
    return within(len(counted[0]), kwargs)


def distinct_share(counted: Counted, kwargs: dict[str, Any]) -> Outcome:
    values, _, state = counted
    present = state.rows - state.missing
    return within(len(values) / present if present else 0, kwargs)


def distinct_set(extra: bool, lacking: bool) -> Callable[[Counted, dict[str, Any]], Outcome]:
    """Return an answer that allows values beyond value_set, or values of it that don't occur."""

    def answer(counted: Counted, kwargs: dict[str, Any]) -> Outcome:
        found, wanted = counted[0], _wanted(counted[0], kwargs)
        beyond = [v for v in found if v not in wanted]
        absent = len(wanted - set(found))
        success = (extra or not beyond) and (lacking or not absent)
        return Outcome(
            success,
            unexpected_count=None if extra else len(beyond),
            examples=() if extra else tuple(_shown(v) for v in beyond[:20]),
            reason="" if lacking or not absent else f"{absent} values of the set do not occur",
        )

    return answer


def _wanted(found: list[Any], kwargs: dict[str, Any]) -> set[Any]:
    wanted = set(kwargs["value_set"] or ())
    try:
        return {as_bound(v, found[0]) for v in wanted} if found else wanted
    except ValueError:
        return wanted


def _shown(value: Any) -> Any:
    shown = value.isoformat() if isinstance(value, date) else value
    return shown[:100] if isinstance(shown, str) else shown


def most_common(counted: Counted, kwargs: dict[str, Any]) -> Outcome:
    values, counts, _ = counted
    top = [values[i] for i in np.flatnonzero(counts == counts.max())] if values else []
    shared = len(_wanted(values, kwargs) & set(top))
    success = shared > 0 if kwargs.get("ties_okay") else len(top) == 1 and shared == 1
    return Outcome(success, observed_value=[_shown(v) for v in top[:20]])


def _at(counted: Counted, places: np.ndarray) -> np.ndarray:
    """Return the values at places (0-based) of the sorted column."""
    values, counts, _ = counted
    return np.asarray(values)[np.searchsorted(np.cumsum(counts), places, side="right")]


def median(counted: Counted, kwargs: dict[str, Any]) -> Outcome:
    n = int(counted[1].sum())
    if not n:
        return within(None, kwargs)
    low, high = _at(counted, np.array([(n - 1) // 2, n // 2]))
    return within(float(low) if low == high else (float(low) + float(high)) / 2, kwargs)


def quantiles(counted: Counted, kwargs: dict[str, Any]) -> Outcome:
    ranges = kwargs["quantile_ranges"]
    shares = np.asarray(ranges["quantiles"], dtype=float)
    n = int(counted[1].sum())
    if not n:
        return Outcome(False, observed_value={"quantiles": ranges["quantiles"], "values": []})
    method = kwargs.get("allow_relative_error") or "nearest"
    if method not in ("linear", "lower", "higher", "midpoint", "nearest"):
        return Outcome(False, reason=f"allow_relative_error {method!r} is not an interpolation")
    place = (n - 1) * shares
    low, high = _at(counted, np.floor(place)), _at(counted, np.ceil(place))
    found = {
        "lower": low,
        "higher": high,
        "midpoint": low + (high - low) / 2,
        "linear": low + (high - low) * (place - np.floor(place)),
        "nearest": _at(counted, np.rint(place)),
    }[method].tolist()
    success = all(
        _near(value, low)
        or _near(value, high)
        or ((low is None or low <= value) and (high is None or value <= high))
        for value, (low, high) in zip(found, ranges["value_ranges"], strict=True)
    )
    return Outcome(success, observed_value={"quantiles": ranges["quantiles"], "values": found})


def _near(value: float, bound: float | None) -> bool:
    return bound is not None and bool(np.isclose(value, bound, rtol=1e-4, atol=1e-8))
