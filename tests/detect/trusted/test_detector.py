"""trusted/*: clean rows are no more improbable than chance, and what only trusted data tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.registry import DETECTORS, trusted_standards
from provender.detect.trusted.detector import TrustedRows
from tests.detect.row_runs import run
from tests.detect.spectral.test_detector import blobs
from tests.detect.trusted.runs import standards
from tests.laws import assert_mergeable

NUMBERS = Roles()
BLOBS = Roles(label="y", embedding="v")


def detector(rule: str, table: pa.Table, trusted: pa.Table, roles: Roles) -> Any:
    found = next(d for d in DETECTORS if d.rule.id == rule)
    bound = found.bind(DataView(table.schema, roles, standards([trusted], roles)))
    assert isinstance(bound, TrustedRows)
    return bound


def numbers(seed: int, rows: int = 2000, planted: int = 0, at: float = 50.0) -> pa.Table:
    random = np.random.default_rng(seed)
    heavy, light = random.standard_t(3, rows), random.normal(size=rows)
    heavy[:planted] = at
    return pa.table({"heavy": heavy, "light": light})


def p_values(rule: str, table: pa.Table, trusted: pa.Table, roles: Roles) -> np.ndarray:
    return run(detector(rule, table, trusted, roles), table)[0].p_value


def flagged(p: np.ndarray) -> np.ndarray:
    return p <= PValueCounts.of(p).threshold(0.01)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 9), st.lists(st.integers(0, 900), min_size=1, max_size=4))
def test_what_is_counted_merges(seed: int, cuts: list[int]) -> None:
    table = blobs(seed)
    for standard in trusted_standards(DataView(table.schema, BLOBS)):
        profile = None
        for number in range(standard.rounds):
            analysis = standard.analysis(number, profile)
            state = analysis.unpack(assert_mergeable(analysis, table, cuts))
            profile = standard.profile(number, state)
    found = detector("trusted/class-distance", table, blobs(seed), BLOBS)
    assert_mergeable(found.analysis(0, None), table, cuts)


def test_p_values_of_clean_rows_are_at_most_as_low_as_chance() -> None:
    for rule, made, roles in (
        ("trusted/outliers", numbers, NUMBERS),
        ("trusted/class-distance", blobs, BLOBS),
    ):
        found = []
        for seed in range(30):
            both = made(1000 + seed, 1800)
            found.append(p_values(rule, both.slice(900), both.slice(0, 900), roles))
        every = np.concatenate(found)
        known = every[~np.isnan(every)]
        for t in (0.01, 0.05, 0.2):
            assert (known <= t).mean() <= t, (rule, t)
        assert sum(flagged(p).any() for p in found) <= 1


@pytest.mark.parametrize("planted", [40, 400])
def test_a_sentinel_is_found_in_whatever_share_of_the_rows(planted: int) -> None:
    found = flagged(p_values("trusted/outliers", numbers(1, 2000, planted), numbers(2), NUMBERS))
    assert found[:planted].all()
    assert found[planted:].sum() <= 8


def test_rows_do_not_shape_what_they_are_held_against() -> None:
    """The profile is the trusted rows' own, whatever the data under test hold."""
    trusted = numbers(2)
    few, many = (
        detector("trusted/outliers", numbers(1, 2000, n), trusted, NUMBERS) for n in (1, 900)
    )
    assert few.standard.load() == many.standard.load()


def test_few_rows_are_beyond_what_few_trusted_ones_can_tell() -> None:
    found = p_values("trusted/outliers", numbers(1, 2000, 3), numbers(2, 600), NUMBERS)
    assert not flagged(found).any()


def test_the_finding_tells_how_many_would_be_there_by_chance() -> None:
    table = numbers(1, 2000, 60)
    found = detector("trusted/outliers", table, numbers(2), NUMBERS)
    scores, profile = run(found, table)
    (cause,) = np.unique(scores.cause[:60])
    told = found.causes(profile)[cause]
    assert told.what == "heavy"
    assert told.evidence["rows_beyond"] >= 60
    assert told.evidence["expected_by_chance"] <= 15
    assert told.p_value is not None
    assert told.p_value < 1e-6


def test_a_class_that_the_trusted_data_lack_is_told_and_not_judged() -> None:
    table, trusted = blobs(1), blobs(1)
    keep = pa.compute.not_equal(trusted["y"], 2)
    found = detector("trusted/class-distance", table, trusted.filter(keep), BLOBS)
    scores, profile = run(found, table)
    assert np.isnan(scores.p_value[np.asarray(table["y"]) == 2]).all()
    assert not np.isnan(scores.p_value[np.asarray(table["y"]) != 2]).any()
    assert found.limits(profile) == ""


def test_without_trusted_data_nothing_is_checked_and_it_is_said() -> None:
    for found in DETECTORS:
        if isinstance(found, TrustedRows):
            bound = found.bind(DataView(numbers(1).schema, NUMBERS))
            assert isinstance(bound, Unchecked)
            assert "--trusted" in bound.reason
