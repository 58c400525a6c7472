"""What two manifests say of each other."""

from dataclasses import replace

import pytest

from provender.core.comparison import compare
from provender.core.manifest import Manifest, ShardEntry
from provender.errors import InputError

A = ShardEntry("a.parquet", 10, "11" * 32, "12" * 32, 5, "13" * 32, "14" * 32, (("x", "int64"),))
B = replace(A, name="b.parquet", sha256="21" * 32, row_root="23" * 32, row_multiset="24" * 32)


def manifest(*shards, multiset="aa"):
    return Manifest(tuple(sorted(shards, key=lambda s: s.name)), 5 * len(shards), multiset, {})


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
    ],
)
def test_a_manifest_that_was_edited_is_refused(forge):
    value = manifest(A, B).to_json()
    forge(value)
    with pytest.raises(InputError):
        Manifest.from_json(value)
