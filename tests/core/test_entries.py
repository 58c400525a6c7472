"""Many shards' entries, packed: they come back as they were."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.core.entries import Entries, ShardEntry

DIGESTS = st.binary(min_size=32, max_size=32)
HEX = DIGESTS.map(bytes.hex)
NUMBERS = st.integers(0, 2**64 - 1)
SCHEMAS = st.sampled_from([(), (("a", "int64"),), (("a", "int64"), ("ö", "string"))])
CHUNKS = st.lists(DIGESTS, max_size=3).map(b"".join)
ENTRY = st.builds(ShardEntry, st.text(), NUMBERS, HEX, HEX, NUMBERS, HEX, HEX, SCHEMAS, CHUNKS)


@given(st.lists(ENTRY, max_size=5), st.booleans())
def test_entries_come_back_as_they_were(entries: list[ShardEntry], small: bool) -> None:
    if small:  # The root over one chunk is its leaf hash.
        entries = [replace(e, chunks=bytes.fromhex(e.chunk_root)) for e in entries]
    packed = Entries(entries)
    assert list(packed) == entries
    assert (packed.rows, packed.size) == (
        sum(e.rows for e in entries),
        sum(e.size for e in entries),
    )
    assert list(packed.names) == [e.name for e in entries]
    assert list(packed[1:]) == entries[1:]
    assert packed == Entries(packed)
    assert hash(packed) == hash(Entries(packed))
    assert (packed == Entries(entries[1:])) == (not entries)


ONE = ShardEntry("a", 3, "1" * 64, "2" * 64, 5, "3" * 64, "4" * 64, ())


def test_entries_that_differ_in_anything_are_not_equal() -> None:
    changed = [
        replace(ONE, name="b"),
        replace(ONE, size=4),
        replace(ONE, rows=4),
        replace(ONE, sha256="0" * 64),
        replace(ONE, schema=(("a", "int64"),)),
        replace(ONE, chunks=b"1" * 64),
    ]
    for other in changed:
        assert Entries([ONE]) != Entries([other])
    assert Entries([ONE]) != [ONE]


@pytest.mark.parametrize(
    "change",
    [{"sha256": "12"}, {"row_root": "z" * 64}, {"size": -1}, {"rows": 2**64}, {"chunk_root": ""}],
)
def test_what_is_no_digest_or_number_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Entries([replace(ONE, **change)])


def test_there_is_no_entry_beyond_the_last() -> None:
    with pytest.raises(IndexError):
        Entries([ONE])[1]
    assert Entries([ONE])[-1] == ONE
