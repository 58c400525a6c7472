"""outliers/robust-column: gross values are found, natural tails are spared."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.outliers import RobustColumn
from tests.detect.row_runs import bound, flagged, run
from tests.laws import assert_mergeable

ROWS = 10_000


def clean(seed: int = 0) -> dict[str, np.ndarray]:
    """Columns with the shapes of real ones: skewed, discrete, zero-inflated, offset."""
    rng = np.random.default_rng(seed)
    gain = np.where(rng.random(ROWS) < 0.9, 0.0, np.rint(rng.lognormal(8, 0.9, ROWS)))
    gain[rng.random(ROWS) < 0.005] = 99_999
    return {
        "weight": np.rint(rng.lognormal(12, 0.5, ROWS)),
        "age": np.rint(17 + rng.gamma(2, 11, ROWS)),
        "gain": gain,
        "pressure": rng.normal(1_013, 7, ROWS),
        "hour": rng.integers(0, 24, ROWS).astype(float),
    }


def found(columns: dict[str, np.ndarray], cuts: tuple[int, ...] = ()) -> np.ndarray:
    table = pa.table(columns)
    return flagged(run(bound(RobustColumn(), table), table, cuts)[0])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats()), max_size=40), st.lists(st.integers(0, 40)))
def test_the_state_merges(cells: list[float | None], cuts: list[int]) -> None:
    table = pa.table({"x": pa.array(cells, pa.float64())})
    assert_mergeable(bound(RobustColumn(), table).analysis(0, None), table, cuts)


@pytest.mark.parametrize("seed", range(5))
def test_clean_columns_are_left_alone(seed: int) -> None:
    assert found(clean(seed)).sum() == 0


@pytest.mark.parametrize(
    ("column", "plant"),
    [
        ("weight", lambda v: v * 100),
        ("weight", lambda v: np.full_like(v, -999_999)),
        ("age", lambda v: -v),
        ("age", lambda v: v * 100),
        ("age", lambda v: np.full_like(v, 9_999_999)),
        ("pressure", lambda v: np.full_like(v, -999)),
        ("pressure", lambda v: v / 33.86),
        ("hour", lambda v: np.full_like(v, -999)),
        ("pressure", lambda v: np.full_like(v, np.inf)),
    ],
)
@pytest.mark.parametrize("share", [0.002, 0.02])
def test_gross_values_are_found_and_nothing_else(column: str, plant: object, share: float) -> None:
    columns = clean()
    planted = np.zeros(ROWS, bool)
    planted[np.random.default_rng(9).choice(ROWS, int(share * ROWS), replace=False)] = True
    columns[column] = columns[column].copy()
    columns[column][planted] = plant(columns[column][planted])  # type: ignore[operator]
    hits = found(columns)
    assert (hits & planted).sum() >= 0.9 * planted.sum()
    assert (hits & ~planted).sum() <= 0.1 * planted.sum()


@pytest.mark.parametrize("name", ["normal", "lognormal", "t5", "exponential"])
def test_p_values_are_conservative_under_the_null(name: str) -> None:
    rng = np.random.default_rng(5)
    draws = {
        "normal": rng.standard_normal(50_000),
        "lognormal": rng.lognormal(size=50_000),
        "t5": rng.standard_t(5, 50_000),
        "exponential": rng.standard_exponential(50_000),
    }
    table = pa.table({"x": draws[name]})
    p_values = run(bound(RobustColumn(), table), table)[0].p_value
    for alpha in (0.05, 0.01, 0.001):
        assert (p_values <= alpha).mean() <= 1.5 * alpha


def test_scores_do_not_depend_on_batches() -> None:
    table = pa.table(clean())
    whole = run(bound(RobustColumn(), table), table)[0]
    cut = run(bound(RobustColumn(), table), table, (1, 500, 501, 7_000))[0]
    assert np.array_equal(whole.p_value, cut.p_value)


def test_the_cause_is_the_column_and_the_message_has_no_value() -> None:
    columns = clean()
    columns["age"][7] = 123_456.0
    table = pa.table(columns)
    detector = bound(RobustColumn(), table)
    scores, profile = run(detector, table)
    cause = detector.causes(profile)[scores.cause[7]]
    assert cause.what == "age"
    assert "123" not in cause.message
    assert flagged(scores).nonzero()[0].tolist() == [7]


def test_missing_cells_say_nothing() -> None:
    values = np.random.default_rng(0).standard_normal(1_000)
    values[3] = np.nan
    table = pa.table({"x": pa.array(values, from_pandas=True)})
    scores = run(bound(RobustColumn(), table), table)[0]
    assert np.flatnonzero(np.isnan(scores.p_value)).tolist() == [3]
    assert np.isnan(scores.score[3])
    assert scores.cause[3] == -1


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (pa.array([], pa.int64()), "0 finite values"),
        (pa.nulls(500, pa.float64()), "0 finite values"),
        (pa.array([4] * 500), "too few distinct"),
        (pa.array([*range(100)]), "100 finite values"),
    ],
)
def test_columns_without_an_honest_null_are_told(values: pa.Array, reason: str) -> None:
    table = pa.table({"x": values})
    detector = bound(RobustColumn(), table)
    scores, profile = run(detector, table)
    assert np.isnan(scores.p_value).all()
    assert reason in detector.limits(profile)


def test_a_column_full_of_infinities_is_told_not_flagged() -> None:
    values = np.random.default_rng(0).standard_normal(1_000)
    values[:200] = np.inf
    table = pa.table({"x": values})
    detector = bound(RobustColumn(), table)
    scores, profile = run(detector, table)
    assert not flagged(scores).any()
    assert "infinities in x" in detector.limits(profile)


def test_tables_without_a_free_numeric_column_are_not_checked() -> None:
    schema = pa.schema({"label": pa.int64(), "text": pa.string()})
    assert isinstance(RobustColumn().bind(DataView(schema, Roles(label="label"))), Unchecked)
