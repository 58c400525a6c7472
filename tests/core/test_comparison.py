"""What two manifests say of each other."""

import base64
from dataclasses import replace

import pytest

from provender.core.comparison import compare, unmatched
from provender.core.entries import Entries, ShardEntry
from provender.core.manifest import Manifest
from provender.core.merkle import CompactRange
from provender.errors import InputError

# Ten bytes in chunks of four: three leaves.
LEAVES = [bytes([i]) * 32 for i in range(3)]
ROOT = CompactRange.of_leaves(0, LEAVES).root().hex()
X = (("x", "int64"),)
A = ShardEntry(
    "a.parquet", 10, "11" * 32, ROOT, 5, "13" * 32, "14" * 32, X, chunks=b"".join(LEAVES)
)
B = replace(A, name="b.parquet", sha256="21" * 32, row_root="23" * 32, row_multiset="24" * 32)


MADE = {"chunk_bytes": 4}


def manifest(*shards, multiset="aa"):
    ordered = tuple(sorted(shards, key=lambda s: s.name))
    return Manifest(Entries(ordered), 5 * len(shards), multiset, dict(MADE))


@pytest.mark.parametrize(
    ("after", "kind", "field", "names"),
    [
        (manifest(A, B), "identical", "changed", ()),
        (manifest(replace(A, sha256="99" * 32), B), "re-encoded", "reencoded", ("a.parquet",)),
        (manifest(replace(A, row_root="99" * 32), B), "reordered", "reordered", ("a.parquet",)),
        (manifest(A, replace(B, name="c.parquet")), "re-sharded", "added", ("c.parquet",)),
        (
            manifest(A, replace(B, row_multiset="99" * 32), multiset="bb"),
            "edited",
            "changed",
            ("b.parquet",),
        ),
        (manifest(A, multiset="bb"), "edited", "removed", ("b.parquet",)),
    ],
)
def test_the_change_is_named(after, kind, field, names):
    change = compare(manifest(A, B), after)
    assert change.kind == kind
    assert getattr(change, field) == names
    assert kind in change.sentence()


def test_a_manifest_survives_json():
    whole = manifest(A, B)
    assert Manifest.from_json(whole.to_json()) == whole


def test_the_chunks_of_a_small_shard_are_its_root_alone():
    small = manifest(replace(A, size=4, chunk_root="12" * 32, chunks=bytes.fromhex("12" * 32)))
    assert "chunks" not in small.to_json()["shards"][0]
    assert Manifest.from_json(small.to_json()) == small


@pytest.mark.parametrize(
    "forge",
    [
        lambda v: v.update(root="sha256:" + "0" * 64),
        lambda v: v["shards"].reverse(),
        lambda v: v["shards"][0].update(rows=6),
        lambda v: v["shards"][0].update(size="10"),
        lambda v: v["shards"][0].pop("sha256"),
        lambda v: v.update(version="provender-manifest/0"),
        lambda v: v["rows"].update(count=11),
        lambda v: v["shards"][0].update(chunks=base64.b64encode(b"".join(LEAVES[::-1])).decode()),
        lambda v: v["shards"][0].pop("chunks"),
        lambda v: v["shards"][0].update(size=13),
        lambda v: v["shards"][0].update(schema="sha256:" + "0" * 64),
        lambda v: next(iter(v["schemas"].values())).append(["y", "int64"]),
        lambda v: v["made"].update(chunk_bytes=0),
    ],
)
def test_a_manifest_that_was_edited_is_refused(forge):
    value = manifest(A, B).to_json()
    forge(value)
    with pytest.raises(InputError):
        Manifest.from_json(value)


def test_bytes_under_another_name_are_told_as_renamed():
    moved = compare(manifest(A, B), manifest(A, replace(B, name="c.parquet")))
    assert moved.renamed == (("b.parquet", "c.parquet"),)
    swapped = manifest(replace(A, name="b.parquet"), replace(B, name="a.parquet"))
    assert compare(manifest(A, B), swapped).renamed == (
        ("b.parquet", "a.parquet"),
        ("a.parquet", "b.parquet"),
    )
    copied = compare(manifest(A, B), manifest(A, B, replace(A, name="copy.parquet")))
    assert copied.renamed == (), "a copy is added, its original is where it was"


def test_the_chunks_that_differ_are_told_as_byte_ranges():
    leaves = [LEAVES[0], b"\x09" * 32, LEAVES[2]]
    root = CompactRange.of_leaves(0, leaves).root().hex()
    edited = replace(
        A, sha256="99" * 32, row_multiset="99" * 32, chunk_root=root, chunks=b"".join(leaves)
    )
    (shard,) = compare(manifest(A, B), manifest(edited, B, multiset="bb")).shards
    assert (shard.name, shard.ranges) == ("a.parquet", ((4, 8),))
    longer = replace(edited, size=12, chunks=b"\x09" * 96)
    (shard,) = compare(manifest(A, B), manifest(longer, B, multiset="bb")).shards
    assert shard.ranges == ((0, 12),)


def test_columns_that_one_side_lacks_are_told_with_their_types():
    after = manifest(replace(A, schema=(("x", "string"),), sha256="99" * 32), B)
    change = compare(manifest(A, replace(B, schema=A.schema)), after)
    assert change.columns_added == (("x", "string"),)
    assert change.columns_removed == ()


def test_shards_of_equal_records_cancel_whatever_their_names():
    again = replace(A, name="again.parquet")
    before, after = manifest(A, again, B), manifest(replace(A, name="other.parquet"), B)
    assert unmatched(before, after) == (["again.parquet"], [])
    assert unmatched(before, before) == ([], [])


def test_manifests_of_other_encodings_are_not_compared():
    other = replace(manifest(A, B), made={**MADE, "record": "another/1"})
    with pytest.raises(InputError, match="cannot be compared"):
        compare(manifest(A, B), other)
