"""old - removed + added = new: holds for any honest edit, and for no forged account of it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from provender.core.audit_path import Levels
from provender.core.breach import BreachKind
from provender.core.entries import Entries, ShardEntry
from provender.core.manifest import Manifest
from provender.core.merkle import leaf_hash
from provender.core.succession import Removal, succession
from provender.identity.multiset import Multiset
from provender.provenance.chain import Sums, added_of, equation_breaches

Shards = dict[str, list[bytes]]
#: Few different records, so that copies are common.
RECORD = st.integers(0, 9).map(lambda i: leaf_hash(bytes([i])))
RECORDS = st.lists(RECORD, min_size=1, max_size=6)


def manifest(shards: Shards) -> Manifest:
    entries = [
        ShardEntry(
            name, 1, "0" * 64, "0" * 64, len(rows), Levels(rows).root.hex(), digest(rows), ()
        )
        for name, rows in sorted(shards.items())
    ]
    every = [record for rows in shards.values() for record in rows]
    return Manifest(Entries(entries), len(every), digest(every), {})


def digest(rows: list[bytes]) -> str:
    return Multiset.of(rows).digest()


class Edit:
    """Shards, what is picked out of some, which go and which come."""

    def __init__(self, before: Shards, picked: Shards, dropped: list[str], added: Shards) -> None:
        kept = {n: rows for n, rows in before.items() if n not in dropped}
        self.hashes = [r for n in sorted(kept) for r in picked.get(n, [])]
        self.after = {n: minus(rows, picked.get(n, [])) for n, rows in kept.items()} | added
        self.became = succession(manifest(before), manifest(self.after))
        self.old = Multiset.of([r for rows in before.values() for r in rows])
        self.sums = Sums(
            Multiset.of([r for rows in self.after.values() for r in rows]),
            tuple(Multiset.of(before[e.name]) for e in self.became.dropped),
            tuple(Multiset.of(self.after[e.name]) for e in self.became.added),
        )
        whole = [Removal("gone", e.rows, e.row_root, e.name) for e in self.became.dropped]
        root = Levels(self.hashes).root.hex()
        self.removed = [Removal("bad", len(self.hashes), root), *whole]
        self.added = added_of(self.became.added, self.sums.added)

    def why(self, **other: object) -> list[str]:
        said = {name: other.get(name, getattr(self, name)) for name in ARGUMENTS}
        found = equation_breaches(**said)  # type: ignore[arg-type]
        assert {breach.kind for breach in found} <= {BreachKind.CHAIN}
        return [breach.message for breach in found]


ARGUMENTS = ("old", "sums", "became", "removed", "added", "hashes")


def minus(rows: list[bytes], taken: list[bytes]) -> list[bytes]:
    left = list(rows)
    for record in taken:
        left.remove(record)
    return left


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    before = draw(st.dictionaries(st.sampled_from("abcd"), RECORDS, min_size=1))
    picked = {
        name: [r for r in rows if draw(st.booleans())] for name, rows in sorted(before.items())
    }
    dropped = draw(st.lists(st.sampled_from(sorted(before)), unique=True))
    return Edit(before, picked, dropped, draw(st.dictionaries(st.sampled_from("wxyz"), RECORDS)))


@given(edits())
def test_an_honest_account_of_any_edit_holds(edit: Edit) -> None:
    assert edit.why() == []


@given(edits(), RECORD, st.data())
def test_a_forged_list_of_removed_records_is_refused(
    edit: Edit, record: bytes, data: st.DataObject
) -> None:
    assert edit.why(hashes=[*edit.hashes, record])
    assume(edit.hashes)
    at = data.draw(st.integers(0, len(edit.hashes) - 1))
    assert edit.why(hashes=edit.hashes[:at] + edit.hashes[at + 1 :])
    assume(edit.hashes[at] != record)
    assert edit.why(hashes=[*edit.hashes[:at], record, *edit.hashes[at + 1 :]])


@given(edits(), RECORD)
def test_a_record_that_came_in_unseen_is_refused(edit: Edit, record: bytes) -> None:
    one = Multiset.of([record])
    [message] = edit.why(sums=replace(edit.sums, whole=edit.sums.whole + one))
    assert message.endswith("1 records too many")
    [message] = edit.why(old=edit.old + one)
    assert message.endswith("1 records are missing")


@given(edits())
def test_a_shard_that_went_or_came_unlisted_is_refused(edit: Edit) -> None:
    assume(edit.became.dropped and edit.became.added)
    name = edit.became.dropped[0].name
    assert any("does not list it" in m for m in edit.why(removed=edit.removed[:1]))
    doctored = [replace(r, rows=r.rows + 1) if r.shard == name else r for r in edit.removed]
    assert any("does not list it" in m for m in edit.why(removed=doctored))
    assert any("twice" in m for m in edit.why(removed=[*edit.removed, edit.removed[-1]]))
    there = replace(edit.removed[-1], shard=edit.became.added[0].name)
    assert any("is there, or never was" in m for m in edit.why(removed=[*edit.removed, there]))
    fewer = replace(edit.added, rows=edit.added.rows - 1)
    assert any("other records as added" in m for m in edit.why(added=fewer))
    assert any("other records as added" in m for m in edit.why(added=None))


def test_a_shard_goes_on_under_the_name_that_quarantine_gives_it() -> None:
    a, b = leaf_hash(b"a"), leaf_hash(b"b")
    before = manifest({"x.csv": [a, b], "y.csv": [a]})
    became = succession(before, manifest({"x.csv.parquet": [a], "z.csv": [b]}))
    assert [(o.name, n.name) for o, n in became.changed] == [("x.csv", "x.csv.parquet")]
    assert [e.name for e in became.dropped] == ["y.csv"]
    assert [e.name for e in became.added] == ["z.csv"]


def test_a_shard_beside_its_own_name_with_parquet_is_another() -> None:
    a = leaf_hash(b"a")
    both = {"x.csv": [a], "x.csv.parquet": [a]}
    became = succession(manifest(both), manifest({"x.csv.parquet": [a]}))
    assert [e.name for e in became.dropped] == ["x.csv"]
    assert (became.changed, became.added) == ((), ())
