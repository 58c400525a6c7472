"""Arrays on disk in parts: order kept, and a full disk told as one line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.errors import StoreError
from provender.work import spill
from provender.work.spill import Spill, part_of

KIND = np.dtype([("value", "<i8")])


def entries(values):
    return np.array([(v,) for v in values], KIND)


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), max_size=9), max_size=5))
def test_each_part_gives_back_its_entries_in_order(tmp_path_factory, batches):
    kept = Spill(tmp_path_factory.mktemp("spill"), "x", KIND, 4)
    for batch in batches:
        kept.add(entries([v for v, _ in batch]), np.array([p for _, p in batch], np.int64))
    every = [pair for batch in batches for pair in batch]
    assert kept.rows == len(every)
    for part in range(4):
        found = [int(v) for block in kept.blocks(part) for v in block["value"]]
        assert found == [v for v, p in every if p == part]


def test_blocks_are_of_bounded_size(tmp_path, monkeypatch):
    monkeypatch.setattr(spill, "BLOCK_ROWS", 4)
    kept = Spill(tmp_path, "x", KIND, 1)
    kept.add(entries(range(10)))
    assert [len(block) for block in kept.blocks()] == [4, 4, 2]


def test_ranges_are_equal_and_complete():
    words = np.array([0, 2**63 - 1, 2**63, 2**64 - 1], np.uint64)
    assert part_of(words, 2).tolist() == [0, 0, 1, 1]
    assert part_of(words, 256).max() == 255


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    kept = Spill(tmp_path / "gone", "x", KIND, 1)
    with pytest.raises(StoreError, match="cannot be written"):
        kept.add(entries([1]))
