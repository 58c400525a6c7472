"""A receipt says what was read, and nothing that cannot have been."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.core.entries import Entries, ShardEntry
from provender.core.manifest import Manifest
from provender.core.receipt import Receipt, ShardRead, compare, intervals, parse_receipt
from provender.errors import InputError

A, B = "a" * 64, "b" * 64


def entry(name: str, chunks: int, root: str = A) -> ShardEntry:
    return ShardEntry(name, chunks * 4 * 2**20, A, root, 1, A, A, (), b"\0" * 32 * chunks)


MANIFEST = Manifest(Entries(entry(*e) for e in (("a", 3), ("b", 2), ("c", 1), ("e", 0))), 4, A, {})
RECEIPT = Receipt(
    A, f"sha256:{B}", "mail", 3, (ShardRead("a", A, ((0, 1), (2, 3))), ShardRead("b", A, ((0, 2),)))
)


def test_it_is_read_as_it_was_written() -> None:
    assert parse_receipt(RECEIPT.payload()) == RECEIPT
    empty = replace(RECEIPT, shards=())
    assert parse_receipt(empty.payload()) == empty


def test_what_was_not_read_is_named() -> None:
    found = compare(RECEIPT, MANIFEST)
    assert (found.whole, found.partial) == (("b", "e"), {"a": ((1, 2),)})
    assert (found.unread, found.unsealed) == (("c",), ())


def test_what_is_not_in_the_seal_is_named() -> None:
    others = replace(RECEIPT, shards=(ShardRead("b", B, ((0, 1),)), ShardRead("x", A, ((0, 9),))))
    found = compare(others, MANIFEST)
    assert (found.unsealed, found.unread) == (("b", "x"), ("a", "b", "c"))


def test_chunks_that_a_shard_does_not_have_are_refused() -> None:
    with pytest.raises(ValueError, match="no chunk 3"):
        compare(replace(RECEIPT, shards=(ShardRead("a", A, ((0, 4),)),)), MANIFEST)


@given(st.sets(st.integers(0, 40)))
def test_intervals_hold_exactly_the_chunks(chunks: set[int]) -> None:
    found = intervals(chunks)
    assert {c for start, stop in found for c in range(start, stop)} == chunks
    assert all(a[1] < b[0] for a, b in pairwise(found))


def edited(change: Any) -> bytes:
    value = json.loads(RECEIPT.payload())
    change(value)
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.update(predicateType="other"),
        lambda v: v["predicate"].pop("seal"),
        lambda v: v["predicate"].update(more=1),
        lambda v: v["predicate"].update(seal="md5:1"),
        lambda v: v["predicate"]["shards"].reverse(),
        lambda v: v["predicate"]["shards"].append(v["predicate"]["shards"][1]),
        lambda v: v["predicate"]["shards"][0].update(chunks=[]),
        lambda v: v["predicate"]["shards"][0].update(chunks=[[0, 1], [1, 2]]),
        lambda v: v["predicate"]["shards"][0].update(chunks=[[2, 1]]),
        lambda v: v["predicate"]["shards"][0].update(chunks=[[-1, 1]]),
        lambda v: v["predicate"]["shards"][0].update(chunks=[[False, True]]),
        lambda v: v["predicate"]["shards"][0].update(chunks=[[0, 1, 2]]),
        lambda v: v["predicate"]["shards"][0].update(chunk_root="x"),
    ],
)
def test_anything_else_is_refused(change: Any) -> None:
    with pytest.raises((ValueError, InputError)):
        parse_receipt(edited(change))
