"""The reads of sources/own-words merge, whatever the cuts and the order."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.detect.own_words.counts import LANES, CountWords, SourceColumns, lanes, signs
from provender.detect.own_words.detector import OwnWords
from provender.detect.own_words.owners import FindOwners
from provender.detect.own_words.suspects import Suspects
from tests.detect.own_words.contributors import plant, said, table
from tests.detect.row_runs import bound, run
from tests.laws import assert_mergeable


def test_cuts_and_order_change_nothing():
    texts, sources = said(2000)
    plant(texts, sources, "w171 w203 w98", 12)
    data = table(texts, sources)
    detector = bound(OwnWords(), data, text="t", source="s")
    whole = run(detector, data)[1]
    assert run(detector, data, [5, 700, 701])[1] == whole
    shuffled = data.take(pa.array(np.random.default_rng(3).permutation(2000)))
    assert run(detector, shuffled, [100])[1] == whole


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.none() | st.text("ab \u0301", max_size=12), st.none() | st.sampled_from("xyz")
        ),
        max_size=40,
    ),
    st.lists(st.integers(0, 40), max_size=4),
)
def test_the_reads_are_mergeable(rows, cuts):
    data = table([r[0] for r in rows], [r[1] for r in rows])
    columns = SourceColumns(("t",), "s")
    state = assert_mergeable(CountWords(columns), data, cuts)
    counted = CountWords(columns).unpack(state)
    keys = np.sort(counted.words.total().keys)
    suspects = Suspects(keys, np.ones(len(keys), np.int64), counted.sources.total(), 1, "")
    assert_mergeable(FindOwners(columns, suspects, "x"), data, cuts)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=300))
def test_the_lanes_hold_the_sum_of_every_sign(drawn):
    source = np.array(drawn, np.uint64) << np.uint64(8)
    packed = signs(source)
    expected = lanes(packed)
    assert set(np.unique(expected)) <= {-1, 1}
    found = lanes(packed.sum(axis=0)[None])
    assert found.shape == (1, LANES)
    assert found[0].tolist() == expected.sum(axis=0).tolist()
