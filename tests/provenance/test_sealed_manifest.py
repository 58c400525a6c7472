"""The manifest is the one that was sealed, byte for byte (cases 18, 34)."""

from __future__ import annotations

import json

import pytest

from provender.core.canonical import canonical_json, pretty_json
from provender.core.digest import sha256_hex
from provender.core.entries import Entries
from provender.core.manifest import Manifest
from provender.errors import InputError
from tests.provenance.sealing import Place, kinds


def test_a_manifest_edited_with_the_data_is_not_the_sealed_one(place: Place) -> None:
    manifest = Manifest.from_json(json.loads(place.manifest.read_bytes()))
    cut = Manifest(manifest.shards[:-1], manifest.rows - 100, manifest.multiset, manifest.made)
    place.manifest.write_bytes(canonical_json(cut.to_json()))
    assert kinds(place) == ["manifest"]


def test_stored_bytes_count_not_what_they_mean(place: Place) -> None:
    value = json.loads(place.manifest.read_bytes())
    place.manifest.write_text(pretty_json(value))
    assert kinds(place) == ["manifest"]
    place.manifest.write_bytes(canonical_json(value))
    assert kinds(place) == []


def test_a_manifest_that_was_swapped_for_one_of_its_size_is_not_parsed(place: Place) -> None:
    size = place.manifest.stat().st_size
    place.manifest.write_bytes(b"[" * size)
    assert kinds(place) == ["manifest"]


def test_a_predicate_that_contradicts_its_manifest_is_refused(place: Place) -> None:
    place.edit_payload(lambda v: v["predicate"]["shards"].update(rows=1), ["alice"])
    assert kinds(place) == ["manifest"]
    place.edit_payload(lambda v: v["predicate"]["manifest"].update(bytes=2**40), ["alice"])
    assert kinds(place) == ["manifest"]


def test_the_sum_of_all_records_is_bound_by_the_seal(place: Place) -> None:
    """The manifest's root does not bind it: the digest of the document does, and the predicate."""
    sealed = place.load()
    assert sealed.statement.summary["rows"]["multiset"] == sealed.manifest.multiset
    assert sealed.statement.manifest_sha256 == sha256_hex(place.manifest.read_bytes())
    value = json.loads(place.manifest.read_bytes())
    value["rows"]["multiset"] = "0" * 64
    assert Manifest.from_json(value).root == sealed.manifest.root
    place.manifest.write_bytes(canonical_json(value))
    assert kinds(place) == ["manifest"]


def test_another_sum_in_the_predicate_than_in_the_manifest_is_refused(place: Place) -> None:
    old = place.load().manifest.multiset
    place.edit_payload(lambda v: v["predicate"]["rows"].update(multiset="0" * 64), ["alice"])
    assert kinds(place) == ["manifest"]
    place.edit_payload(lambda v: v["predicate"]["rows"].update(multiset=old), ["alice"])
    assert kinds(place) == []


def test_a_signed_manifest_with_chunks_of_another_size_cannot_be_verified(place: Place) -> None:
    old = place.load().manifest
    made = {**old.made, "chunk_bytes": 2**23}
    with pytest.raises(InputError):
        Manifest.from_json(Manifest(old.shards, old.rows, old.multiset, made).to_json())
    place.write_seal(Manifest(Entries(), 0, old.multiset, made))
    assert kinds(place) == ["manifest"]
