"""Levels: gathering raises a rule's level, never one that a cause brings; chance is a note."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from provender.core.finding import Finding, Level, Removal, Rule, Sufficient
from provender.detect.base import Cause
from provender.detect.registry import rules
from provender.work.findings import _finding, _lead, _level
from provender.work.suspects import Subjects
from provender.work.tally import CauseTally

NOTE = next(rule for rule in rules() if rule.level is Level.NOTE)
ERROR = next(rule for rule in rules() if rule.level is Level.ERROR)


@pytest.mark.parametrize(
    ("rule", "own", "alarmed", "gathered", "level"),
    [
        (NOTE, None, True, False, Level.NOTE),
        (NOTE, None, True, True, Level.WARNING),
        (NOTE, None, False, True, Level.WARNING),
        (NOTE, Level.NOTE, True, True, Level.NOTE),
        (NOTE, Level.ERROR, True, False, Level.ERROR),
        (ERROR, None, True, False, Level.ERROR),
        (ERROR, None, True, True, Level.ERROR),
        (ERROR, None, False, False, Level.NOTE),
        (ERROR, None, False, True, Level.WARNING),
        (ERROR, Level.WARNING, False, True, Level.NOTE),
    ],
)
def test_the_level_of_a_finding(
    rule: Rule, own: Level | None, alarmed: bool, gathered: bool, level: Level
) -> None:
    assert _level(rule, Cause("x", "y", level=own), alarmed, gathered) is level


def test_a_finding_that_chance_shows_too_often_says_so() -> None:
    tally = CauseTally.of(0, 7, 1.0, 1e-9, None, {})
    shards = Counter({"a.parquet": 7})
    told = _finding(ERROR, Cause("x", "y"), Level.NOTE, 0.004, tally, shards, [])
    assert told.message == "y; no alarm, for 0.40% of clean data sets would show as much"
    place = ("shard", "a.parquet", 1e-9)
    alarmed = _finding(ERROR, Cause("x", "y"), Level.ERROR, 1e-9, tally, shards, [place])
    assert alarmed.message == "y; 7 of 7 come from shard a.parquet"
    assert alarmed.concentrated_in == (place,)


@pytest.mark.parametrize(
    ("rule", "told", "removal"),
    [
        ("duplicates/exact-row", None, Removal(7, Sufficient.COPIES)),
        ("outliers/robust-column", None, Removal(7, Sufficient.EACH)),
        ("text/label-conflict", 3, Removal(3, Sufficient.UNTIL_CHANCE)),
        ("text/label-conflict", 9, Removal(7, Sufficient.UNTIL_CHANCE)),
    ],
)
def test_which_rows_must_go(rule: str, told: int | None, removal: Removal) -> None:
    own = next(r for r in rules() if r.id == rule)
    cause = Cause("x", "y", trigger=("cf tq",), target="spam", removal=told)
    tally = CauseTally.of(0, 7, 1.0, 1e-9, None, {})
    finding = _finding(own, cause, Level.ERROR, 1e-9, tally, Counter(), [])
    assert finding.removal == removal
    assert (finding.trigger, finding.target) == (("cf tq",), "spam")
    assert Finding.from_json(finding.to_json()) == finding


def test_a_suspect_is_told_with_what_its_finding_is_about() -> None:
    subjects = Subjects(("a/one", "b/two", "c/three"), (["x", "y"], [], ["z"]))
    rule, what = subjects.name(np.array([0, 0, 1, 2, 2]), np.array([1, -1, 0, 0, 5]))
    assert rule.to_pylist() == ["a/one", "a/one", "b/two", "c/three", "c/three"]
    assert what.to_pylist() == ["y", "", "", "z", ""]


def test_a_lead_is_a_note_without_rows() -> None:
    cause = Cause("x", "y", {"rows": 5}, p_value=1.0, lead=True)
    found = _lead(ERROR, cause)
    assert (found.level, found.rows, found.p_value, found.message) == (Level.NOTE, 0, 1.0, "y")
    assert found.evidence == {"rows": 5, "lead": True}
