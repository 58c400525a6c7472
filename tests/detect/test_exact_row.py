"""duplicates/exact-row: what pandas calls duplicated, where chance does not explain it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import DataView, Unchecked
from provender.detect.exact_row import ExactRow
from tests.detect.state_runs import bound, run, run_in_parts
from tests.laws import assert_mergeable

ROWS = 1500
CUTS = st.lists(st.integers(0, 12), max_size=4)
TABLES = st.lists(
    st.tuples(st.sampled_from("ab"), st.none() | st.integers(0, 1), st.floats(width=16)),
    max_size=12,
).map(
    lambda rows: pa.table(
        {
            "letter": pa.array([r[0] for r in rows], pa.string()),
            "number": pa.array([r[1] for r in rows], pa.int64()),
            "pair": pa.array([[r[2], r[2]] for r in rows], pa.list_(pa.float64())),
        }
    )
)


def _clean(rows: int = ROWS) -> pd.DataFrame:
    random = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "age": random.integers(17, 90, rows),
            "sex": random.choice(["f", "m"], rows),
            "weight": random.normal(70, 12, rows).round(1),
            "income": random.lognormal(10, 1, rows).round(),
            "town": random.choice([f"town {i}" for i in range(300)], rows),
        }
    )


def _planted(copies: int = 3) -> tuple[pd.DataFrame, list[int]]:
    """Ten records occur ``copies`` times under other ids, scattered; all their rows are listed."""
    clean = _clean()
    spots = np.random.default_rng(6).permutation(ROWS)[: 10 * copies].reshape(10, copies)
    for group in spots:
        for column in ("age", "sex", "weight", "income", "town"):
            clean.loc[group, column] = clean.loc[group[0], column]
    return clean, sorted(spots.reshape(-1).tolist())


@settings(max_examples=25, deadline=None)
@given(TABLES, CUTS)
def test_states_merge(table: pa.Table, cuts: list[int]) -> None:
    assert_mergeable(bound(ExactRow(), table).analysis(0, None), table, cuts)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, ROWS), max_size=5), st.integers(1, 7))
def test_parts_tell_what_the_whole_tells(cuts: list[int], parts: int) -> None:
    frame, expected = _planted()
    table = pa.table(frame)
    detector = bound(ExactRow(), table, key="id")
    whole, _ = run(detector, table)
    assert whole.rows.tolist() == expected
    pieces = run_in_parts(detector, table, cuts, parts)
    for name in ("rows", "score", "p_value", "cause", "group"):
        assert getattr(pieces, name).tolist() == getattr(whole, name).tolist()


def test_planted_copies_are_found_as_groups() -> None:
    frame, expected = _planted()
    table = pa.table(frame)
    found, profile = run(bound(ExactRow(), table, key="id"), table, [500, 900])
    content = frame.drop(columns="id")
    duplicated = content.duplicated(keep=False)
    assert found.rows.tolist() == np.flatnonzero(duplicated).tolist() == expected
    assert set(found.score) == {3.0}
    firsts = np.flatnonzero(duplicated & ~content.duplicated())
    assert sorted(set(found.group)) == firsts.tolist()
    for first in firsts:
        assert len(content.iloc[found.rows[found.group == first]].drop_duplicates()) == 1
    p_values = np.ones(len(frame))
    p_values[found.rows] = found.p_value
    assert found.p_value.max() <= PValueCounts.of(p_values).threshold(0.01)
    assert ExactRow().limits(profile) == ""
    assert ExactRow().causes(profile) == []


def test_the_clean_twin_has_nothing() -> None:
    table = pa.table(_clean())
    found, _ = run(bound(ExactRow(), table, key="id"), table)
    assert len(found.rows) == 0


def test_the_key_and_the_source_do_not_tell_records_apart_and_other_columns_do() -> None:
    frame = _clean(500)
    table = pa.table(pd.concat([frame, frame.assign(id=frame.id + 500)]).assign(site="a"))
    table = table.set_column(6, "site", pa.array(["a", "b"] * 500))
    found, _ = run(bound(ExactRow(), table, key="id", source="site"), table)
    assert found.rows.tolist() == list(range(1000))
    assert found.group.tolist() == [*range(500), *range(500)]
    found, _ = run(bound(ExactRow(), table), table)
    assert len(found.rows) == 0


def test_few_small_categorical_columns_are_full_of_repeats_and_not_flagged() -> None:
    random = np.random.default_rng(7)
    table = pa.table(
        {
            "sex": random.choice(["f", "m"], 5000),
            "grade": random.choice(list("abcdef"), 5000, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.05]),
            "level": random.integers(0, 4, 5000),
        }
    )
    assert table.to_pandas().duplicated().sum() > 4900
    found, _ = run(bound(ExactRow(), table), table)
    p_values = np.ones(5000)
    p_values[found.rows] = found.p_value
    assert (p_values <= PValueCounts.of(p_values).threshold(0.05)).sum() == 0


def test_repeated_sentences_are_flagged_and_repeated_short_answers_are_not() -> None:
    random = np.random.default_rng(8)
    vocabulary = [f"word{i}" for i in range(500)]
    texts = [" ".join(random.choice(vocabulary, 30)) for _ in range(2000)]
    texts[100:400] = random.choice(["yes", "no", "maybe not"], 300).tolist()
    texts[1000] = texts[1500] = texts[0]
    table = pa.table({"text": texts})
    found, _ = run(bound(ExactRow(), table, text="text"), table)
    assert found.rows.tolist() == [0, 1000, 1500]
    assert found.score.tolist() == [3.0, 3.0, 3.0]


@pytest.mark.parametrize("kind", [pa.list_(pa.uint8()), pa.list_(pa.uint8(), 64), pa.binary()])
def test_repeated_images_are_flagged(kind: pa.DataType) -> None:
    pixels = np.random.default_rng(9).integers(0, 256, (300, 64), dtype=np.uint8)
    pixels[200] = pixels[7]
    cells = [p.tobytes() if kind == pa.binary() else p.tolist() for p in pixels]
    table = pa.table({"image": pa.array(cells, kind)})
    found, _ = run(bound(ExactRow(), table, image="image"), table)
    assert found.rows.tolist() == [7, 200]


def test_repeated_short_lists_are_not_flagged() -> None:
    tags = np.random.default_rng(10).integers(0, 2, (300, 4)).tolist()
    table = pa.table({"tags": pa.array(tags, pa.list_(pa.int64()))})
    found, _ = run(bound(ExactRow(), table), table)
    assert len(found.rows) == 0


def test_nested_columns_are_compared_by_value() -> None:
    random = np.random.default_rng(11)
    cells = [
        {"name": f"n{i}", "points": [{"x": float(x)} for x in random.normal(size=3)]}
        for i in range(200)
    ]
    cells[150] = cells[3]
    table = pa.table(
        {
            "record": pa.array(cells),
            "when": pa.array((np.arange(200) % 150 * 86_400), pa.timestamp("s")),
            "attributes": pa.array(
                [[("k", i % 147)] for i in range(200)], pa.map_(pa.string(), pa.int64())
            ),
        }
    )
    assert table.slice(150, 1).to_pylist()[0]["attributes"] == [("k", 3)]
    table = table.set_column(1, "when", table["when"].take(pa.array([*range(150), 3, *range(49)])))
    found, _ = run(bound(ExactRow(), table), table)
    assert found.rows.tolist() == [3, 150]


def test_all_equal_rows_are_judged_by_what_they_hold() -> None:
    words = " ".join(f"word{i}" for i in range(50))
    table = pa.table({"text": [words] * 100})
    found, _ = run(bound(ExactRow(), table, text="text"), table)
    assert found.rows.tolist() == list(range(100))
    assert set(found.score) == {100.0}
    empty = pa.table({"a": pa.nulls(100, pa.int64()), "b": pa.nulls(100, pa.string())})
    found, _ = run(bound(ExactRow(), empty), empty)
    assert len(found.rows) == 0


def test_no_rows_give_no_findings() -> None:
    table = pa.table({"a": pa.array([], pa.int64())})
    found, _ = run(bound(ExactRow(), table), table)
    assert found.rows.dtype == np.int64
    assert len(found.rows) == len(found.score) == len(found.p_value) == len(found.cause) == 0


def test_a_table_of_keys_cannot_be_checked() -> None:
    view = DataView(pa.schema([("id", pa.int64())]), Roles(key="id"))
    assert isinstance(ExactRow().bind(view), Unchecked)


def test_a_row_costs_24_bytes_beside_the_counters() -> None:
    table = pa.table({"a": np.arange(100_000)})
    analysis = bound(ExactRow(), table).analysis(0, None)
    short, long = (
        len(analysis.pack(analysis.add(analysis.empty(), table.slice(0, n).to_batches()[0])))
        for n in (50_000, 100_000)
    )
    assert long - short == pytest.approx(24 * 50_000, rel=0.05)
