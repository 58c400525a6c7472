"""Counts of flagged rows: the same in whatever blocks they meet, and through the store."""

import itertools
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from provender.io.states import StateStore
from provender.work.fold import Part
from provender.work.shard_rows import ShardRows
from provender.work.tally import (
    EXAMPLES,
    CauseTally,
    Tally,
    finite,
    fold_tallies,
    load_tally,
    marks_of,
    store_tally,
)

FLAGS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(1, 9),
        st.floats(allow_nan=True),
        st.floats(0, 1),
        st.none() | st.sampled_from("ab"),
        st.none() | st.sampled_from("xyz"),
        st.none() | st.sampled_from("uvw"),
    ),
    max_size=4,
)
SHARDS = st.lists(FLAGS, min_size=1, max_size=12)


def tally(shard, flags):
    total = Tally(marks=marks_of(shard, f"marks/{shard}")) if flags else Tally()
    total.low = {rule: ShardRows.of(shard, rows) for rule, rows, *_ in flags}
    for rule, rows, score, p_value, label, source, who in flags:
        one = CauseTally.of(
            shard, rows, score, p_value, label, {"source": source, "annotator": who}
        )
        example = {"shard": f"s{shard}", "row": rows, "score": finite(score), "p_value": p_value}
        one.examples = [example]
        total = total.merge(Tally({(rule, 0): one}))
    return total


@given(SHARDS, st.lists(st.integers(0, 12), max_size=4))
def test_blocks_of_shards_merge_to_one_pass(shards, cuts):
    tallies = [tally(i, flags) for i, flags in enumerate(shards)]
    whole = Tally()
    for one in tallies:
        whole = whole.merge(one)
    edges = [0, *sorted(min(c, len(tallies)) for c in cuts), len(tallies)]
    blocks = Tally()
    for a, b in itertools.pairwise(edges):
        block = Tally()
        for one in tallies[a:b]:
            block = block.merge(one)
        blocks = blocks.merge(block)
    assert blocks == whole
    for rule, low in whole.low.items():
        last = [[f[1] for f in shard if f[0] == rule][-1:] for shard in shards]
        assert low.rows.tolist() == [one[0] for one in last if one]
    for rule, counted in whole.causes.items():
        flags = [f for shard in shards for f in shard if f[0] == rule[0]]
        assert counted.rows == sum(f[1] for f in flags) == counted.shards.rows.sum()
        for role, place in (("source", 5), ("annotator", 6)):
            named = sum(f[1] for f in flags if f[place] is not None)
            assert counted.contributors.get(role, Counter()).total() == named
        assert counted.p_value == min(f[3] for f in flags)
        assert len(counted.examples) == min(EXAMPLES, len(flags))
        assert counted.examples[0]["p_value"] == counted.p_value


def test_a_tally_is_stored_and_folded(tmp_path):
    store = StateStore(str(tmp_path))
    tallies = [tally(i, [(1, 2, 0.5, 1e-9, "a", None, "u")]) for i in range(3)]
    parts = tuple(Part(store_tally(one, store)) for one in tallies)
    ((group, number, part),) = fold_tallies(("g", 7, parts), store)
    assert (group, number) == ("g", 7)
    folded = load_tally(part.name, store)
    assert dict(folded.causes[1, 0].shards.items()) == {0: 2, 1: 2, 2: 2}
    assert dict(folded.low[1].items()) == {0: 2, 1: 2, 2: 2}
    assert folded.causes[1, 0].contributors == {"annotator": {"u": 6}}
    names = [f"marks/{i}" for i in range(3)]
    assert folded.marks.to_pydict() == {"shard": [0, 1, 2], "name": names}
