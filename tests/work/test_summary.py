"""Counts of all scores: exact, mergeable in any order, and bounded however many classes."""

import itertools
from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from provender.work.summary import LOW, ScoreSummary, summarise

ROWS = st.lists(
    st.tuples(st.integers(0, 90), st.none() | st.floats(0, 1, exclude_min=True)), max_size=200
)


def summary(rows):
    p_values = np.array([np.nan if p is None else p for _, p in rows], float)
    names = pa.array([f"class {c:02}" for c, _ in rows], pa.large_string())
    sources = pa.array([f"s{c % 7}" if c % 5 else None for c, _ in rows], pa.large_string())
    return summarise(p_values, names, {"source": sources, "annotator": names})


@given(ROWS, st.lists(st.integers(0, 200), max_size=4), st.randoms())
def test_pieces_merge_in_any_order_to_one_pass(rows, cuts, random):
    edges = [0, *sorted(min(c, len(rows)) for c in cuts), len(rows)]
    pieces = [summary(rows[a:b]) for a, b in itertools.pairwise(edges)]
    random.shuffle(pieces)
    total = ScoreSummary.empty()
    for piece in pieces:
        total = total.merge(ScoreSummary.from_json(piece.to_json()))
    whole = ScoreSummary.empty().merge(summary(rows))
    assert total.to_json() == whole.to_json()


@given(ROWS)
def test_every_scored_row_is_counted_once(rows):
    found = summary(rows)
    scored = sum(p is not None for _, p in rows)
    assert found.p_values.tested == scored
    assert found.p_values.unscored == len(rows) - scored
    assert sum(int(h.sum()) for h in found.histograms.values()) == scored


def test_many_classes_share_one_histogram():
    rows = [(c, 0.5) for c in range(90)]
    found = summary(rows)
    assert len(found.histograms) == 65
    assert int(found.histograms["(other classes)"].sum()) == 26


@given(ROWS)
def test_low_rows_are_counted_by_source_and_annotator(rows):
    low = [c for c, p in rows if p is not None and p <= LOW]
    assert summary(rows).low == {
        "source": Counter(f"s{c % 7}" for c in low if c % 5),
        "annotator": Counter(f"class {c:02}" for c in low),
    }


def test_sources_are_bounded_in_whatever_order():
    names = [f"s{i:05}" for i in range(10_003)]
    one = summarise(np.zeros(10_003), None, {"source": pa.array(names, pa.large_string())})
    assert sorted(one.low["source"]) == names[:10_000]
    parts = [
        summarise(np.zeros(len(part)), None, {"source": pa.array(part, pa.large_string())})
        for part in (names[5000:], names[:5000])
    ]
    assert parts[0].merge(parts[1]).low == one.low
