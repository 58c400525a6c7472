"""Row identity obeys the law of every analysis, and tells order from content."""

import json
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from provender.core.merkle import merkle_root
from provender.identity.analysis import IdentityAnalysis
from provender.identity.encoding import RECORD_ENCODING, encode_rows
from provender.identity.multiset import MULTISET_HASH
from tests.identity.test_encoding import golden_columns
from tests.laws import assert_mergeable, batches, one_pass

GOLDEN = Path(__file__).parents[1] / "golden" / "identity.json"
IDENTITY = IdentityAnalysis()
ROWS = st.lists(st.tuples(st.integers(0, 5), st.none() | st.text(max_size=2)), max_size=30)


def table(rows):
    return pa.table(
        {
            "n": pa.array([r[0] for r in rows], pa.int64()),
            "s": pa.array([r[1] for r in rows], pa.string()),
        }
    )


@given(ROWS, st.lists(st.integers(0, 30), max_size=4))
@settings(deadline=None)
def test_merged_pieces_are_one_pass(rows, cuts):
    assert_mergeable(IDENTITY, table(rows), cuts)


@given(ROWS)
@settings(deadline=None)
def test_the_root_is_rfc_6962_over_the_canonical_records(rows):
    whole = table(rows)
    state = one_pass(IDENTITY, batches(whole, []))
    records = [r for b in whole.to_batches() for r in encode_rows(b).to_pylist()]
    assert state.tree.root() == merkle_root(records)
    assert state.multiset.count == len(rows)


def test_a_reordering_changes_the_root_but_not_the_multiset():
    rows = [(1, "a"), (2, "b"), (3, None)]
    one, other = (one_pass(IDENTITY, batches(table(r), [])) for r in (rows, rows[::-1]))
    assert one.tree.root() != other.tree.root()
    assert one.multiset.digest() == other.multiset.digest()


def test_roots_and_multisets_are_those_in_the_golden_file():
    columns = json.loads((GOLDEN.parent / "records.json").read_text())
    found = {"record": RECORD_ENCODING, "multiset": MULTISET_HASH, "columns": {}}
    for name, records in golden_columns().items():
        state = one_pass(IDENTITY, batches(pa.table({name: records}), []))
        assert state.tree.root() == merkle_root(map(bytes.fromhex, columns[name]))
        found["columns"][name] = [state.tree.root().hex(), state.multiset.digest()]
    assert found == json.loads(GOLDEN.read_text())
