"""Levels: concentration raises a rule's level, never one that a cause brings."""

from __future__ import annotations

from collections import Counter

import pytest

from provender.core.finding import Level
from provender.detect.base import Cause
from provender.detect.registry import rules
from provender.work.findings import _finding
from provender.work.tally import CauseTally

NOTE = next(rule for rule in rules() if rule.level is Level.NOTE)
PLACE = ("shard", "a.parquet", 1e-9)


@pytest.mark.parametrize(
    ("own", "places", "level"),
    [
        (None, [], Level.NOTE),
        (None, [PLACE], Level.WARNING),
        (Level.NOTE, [PLACE], Level.NOTE),
        (Level.ERROR, [], Level.ERROR),
    ],
)
def test_the_level_of_a_finding(
    own: Level | None, places: list[tuple[str, str, float]], level: Level
) -> None:
    tally = CauseTally.of(0, 7, 1.0, 1e-9, None, None)
    found = _finding(NOTE, Cause("x", "y", level=own), tally, Counter({"a.parquet": 7}), places)
    assert found.level is level
    assert found.concentrated_in == tuple(places)
