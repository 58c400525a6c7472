"""Records and cells that two data sets do not share, cut into many small parts."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run
from provender.core.comparison import unmatched
from provender.core.shard import Roles
from provender.work import changed_cells, differing, spill
from provender.work.differing import differing_records
from provender.work.sides import Side, Wanted


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(differing, "_PART_ROWS", 20)
    monkeypatch.setattr(spill, "BLOCK_ROWS", 7)
    monkeypatch.setattr(changed_cells.ChangedCells, "most_pairs", 5)


def side(folder, shards):
    folder.mkdir()
    for name, rows in shards.items():
        columns = {c: [row[i] for row in rows] for i, c in enumerate("kxy")}
        types = [("k", pa.int64()), ("x", pa.string()), ("y", pa.list_(pa.int64()))]
        whole = pa.table(columns, schema=pa.schema(types))
        pq.write_table(whole, folder / f"{name}.parquet", row_group_size=4)
    data = survey([str(folder)], Roles(), Run())
    return Side(fingerprint(data, Run())[0], data)


def some_rows(random, count):
    """Rows of few values, so that they repeat: (key or None, text or None, list)."""
    return [
        (
            int(k) if (k := random.integers(0, 40)) else None,
            [None, "a", "b"][random.integers(0, 3)],
            [int(n) for n in random.integers(0, 2, random.integers(0, 3))],
        )
        for _ in range(count)
    ]


def frozen(rows):
    return Counter((k, x, tuple(y)) for k, x, y in rows)


@pytest.mark.parametrize("seed", range(4))
def test_records_are_those_that_counting_rows_in_memory_finds(tmp_path, small_parts, seed):
    random = np.random.default_rng(seed)
    before = {name: some_rows(random, 25) for name in "abc"}
    after = {name: list(rows) for name, rows in before.items()}
    for name in "ab":
        for row in random.integers(0, 25, 6):
            after[name][row] = some_rows(random, 1)[0]
        del after[name][int(random.integers(0, 25))]
    sides = side(tmp_path / "before", before), side(tmp_path / "after", after)
    shards = unmatched(sides[0].manifest, sides[1].manifest)
    assert "c.parquet" not in shards[0] + shards[1]
    (tmp_path / "spill").mkdir()
    found = differing_records(sides, shards, Wanted(most=1000), Run().store, tmp_path / "spill")
    every = [frozen([r for rows in s.values() for r in rows]) for s in (before, after)]
    assert found.removed == (every[0] - every[1]).total()
    assert found.added == (every[1] - every[0]).total()
    for places, shards_, lost in (
        (found.removed_rows, before, every[0] - every[1]),
        (found.added_rows, after, every[1] - every[0]),
    ):
        named = frozen([shards_[p.shard[0]][p.row] for p in places])
        assert named == lost


@pytest.mark.parametrize("seed", range(4))
def test_cells_are_those_that_a_join_in_memory_finds(tmp_path, small_parts, seed):
    random = np.random.default_rng(seed)
    rows = [(k, f"x{k}", [k]) for k in range(60)]
    changed = list(rows)
    for k in random.choice(60, 30, replace=False):
        changed[k] = (int(k), None if random.random() < 0.3 else f"x{k % 2}", [int(k) % 7])
    changed = [changed[k] for k in random.permutation(60)]
    sides = (
        side(tmp_path / "before", {"a": rows[:20], "b": rows[20:]}),
        side(tmp_path / "after", {"a": changed[:45], "z": changed[45:]}),
    )
    shards = unmatched(sides[0].manifest, sides[1].manifest)
    (tmp_path / "spill").mkdir()
    wanted = Wanted(("k",), 1000, True)
    found = differing_records(sides, shards, wanted, Run().store, tmp_path / "spill")
    old, new = {r[0]: r for r in rows}, {r[0]: r for r in changed}
    expected = {
        k: {c: (old[k][i], new[k][i]) for i, c in ((1, "x"), (2, "y")) if old[k][i] != new[k][i]}
        for k in old
        if old[k] != new[k]
    }
    assert (found.removed, found.added, found.changed) == (0, 0, len(expected))
    assert dict(found.columns) == dict(Counter(c for cells in expected.values() for c in cells))
    told = {int(r.key[0]): {c.column: (c.old, c.new) for c in r.cells} for r in found.changed_rows}
    assert told == {
        k: {c: tuple(v if v is None else str(v) for v in pair) for c, pair in cells.items()}
        for k, cells in expected.items()
    }
