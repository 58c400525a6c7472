"""Cell hashes: by value, for every plain and nested type, whatever the slicing."""

from __future__ import annotations

import datetime
import decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.stats.cell_hash import cell_hashes, fold, fold_rows, segments
from provender.stats.spaced_words import word_hashes

CELLS = {
    "integers": (pa.int32(), [1, None, -1, 1]),
    "unsigned": (pa.uint64(), [2**64 - 1, None, 0, 2**64 - 1]),
    "floats": (pa.float32(), [0.5, None, float("nan"), 0.5]),
    "booleans": (pa.bool_(), [True, None, False, True]),
    "strings": (pa.string(), ["a", None, "", "a"]),
    "views": (pa.string_view(), ["a", None, "", "a"]),
    "binary": (pa.binary(3), [b"abc", None, b"abd", b"abc"]),
    "decimals": (
        pa.decimal128(5, 2),
        [decimal.Decimal("1.25"), None, decimal.Decimal("-1.25"), decimal.Decimal("1.25")],
    ),
    "instants": (
        pa.timestamp("us", "UTC"),
        [datetime.datetime(2020, 1, d, tzinfo=datetime.UTC) if d else None for d in (1, 0, 2, 1)],
    ),
    "days": (pa.date32(), [datetime.date(2020, 1, d) if d else None for d in (1, 0, 2, 1)]),
    "lists": (pa.list_(pa.int8()), [[1, 2], None, [2, 1], [1, 2]]),
    "fixed lists": (pa.list_(pa.int8(), 2), [[1, 2], None, [2, 1], [1, 2]]),
    "structs": (
        pa.struct([("x", pa.int8()), ("y", pa.string())]),
        [{"x": 1, "y": "a"}, None, {"x": 1, "y": None}, {"x": 1, "y": "a"}],
    ),
    "maps": (pa.map_(pa.string(), pa.int8()), [[("a", 1)], None, [("a", 2)], [("a", 1)]]),
    "empty structs in lists": (pa.list_(pa.struct([])), [[{}], None, [], [{}]]),
}


@pytest.mark.parametrize("name", CELLS)
def test_equal_cells_and_only_they_have_equal_hashes(name: str) -> None:
    kind, cells = CELLS[name]
    hashes = cell_hashes(pa.array(cells, kind))
    assert hashes.dtype == np.uint64
    assert hashes[0] == hashes[3]
    assert len(set(hashes.tolist())) == 3


@pytest.mark.parametrize("name", CELLS)
def test_a_slice_has_the_hashes_of_its_cells(name: str) -> None:
    kind, cells = CELLS[name]
    whole = pa.array(cells, kind)
    assert cell_hashes(whole.slice(1, 2)).tolist() == cell_hashes(whole)[1:3].tolist()


def test_dictionaries_run_ends_and_nulls_are_hashed_by_value() -> None:
    plain = pa.array(["a", "a", None, "b"])
    expected = cell_hashes(plain).tolist()
    assert cell_hashes(plain.dictionary_encode()).tolist() == expected
    assert cell_hashes(pa.compute.run_end_encode(plain)).tolist() == expected
    assert len(set(cell_hashes(pa.nulls(3)).tolist())) == 1
    assert len(cell_hashes(pa.array([], pa.string()))) == 0


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 255), max_size=6), max_size=8), st.integers(1, 5))
def test_a_fold_depends_on_a_run_alone(runs: list[list[int]], most: int) -> None:
    counts = np.array([len(r) for r in runs], np.int64)
    values = np.array([v for r in runs for v in r], np.uint8)
    together = fold(values, counts)
    alone = [fold(np.array(r, np.uint8), np.array([len(r)]))[0] for r in runs]
    assert together.tolist() == alone
    covered = [i for texts, _ in segments(counts, most) for i in range(texts.start, texts.stop)]
    assert covered == list(range(len(runs)))
    assert sum(span.stop - span.start for _, span in segments(counts, most)) == len(values)


def test_folds_tell_runs_apart_by_order_and_length() -> None:
    runs = [[], [0], [0, 0], [1, 2], [2, 1]]
    values = np.array([v for r in runs for v in r], np.uint8)
    assert len(set(fold(values, np.array([len(r) for r in runs])).tolist())) == len(runs)


@pytest.mark.parametrize("shape", [(0, 3), (5, 0), (4, 1), (7, 3)])
def test_rows_are_folded_as_runs_are(shape: tuple[int, int]) -> None:
    table = np.random.default_rng(0).integers(0, 2**32, shape, np.uint32)
    runs = fold(table.reshape(-1), np.full(shape[0], shape[1]))
    assert fold_rows(table).tolist() == runs.tolist()


@settings(deadline=None)
@given(st.lists(st.none() | st.text(max_size=12), max_size=12))
def test_words_are_those_of_python(texts: list[str | None]) -> None:
    found = list(word_hashes(pa.array(texts, pa.string())))
    counts = np.concatenate([c for _, c in found]) if found else np.zeros(0)
    assert len(counts) == len(texts)
    plain = [t for t in texts if t is None or t.isascii()]
    split = [(t or "").lower().split() for t in plain]
    found = list(word_hashes(pa.array(plain, pa.string())))
    hashes = np.concatenate([h for h, _ in found]) if found else np.zeros(0, np.uint64)
    expected = cell_hashes(pa.array([w for ws in split for w in ws], pa.string()))
    assert hashes.tolist() == expected.tolist()
    assert [int(c) for _, cs in found for c in cs] == [len(ws) for ws in split]


def test_long_texts_are_cut_between_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = pa.array(["one two", None, "", "three four five", "six"])
    [(whole, counts)] = list(word_hashes(texts))
    monkeypatch.setattr("provender.stats.spaced_words._TEXT_BYTES", 4)
    pieces = list(word_hashes(texts))
    assert len(pieces) > 1
    assert np.concatenate([h for h, _ in pieces]).tolist() == whole.tolist()
    assert np.concatenate([c for _, c in pieces]).tolist() == counts.tolist() == [2, 0, 0, 3, 1]
