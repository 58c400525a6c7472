"""From files to a manifest that can be believed: a test per attack, each with its clean twin."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from provender.core.breach import BrokenTrustError
from provender.core.canonical import canonical_json, pretty_json
from provender.core.digest import sha256_hex
from provender.core.entries import Entries
from provender.core.envelope import Envelope
from provender.core.manifest import Manifest
from provender.core.statement import STATEMENT_PAYLOAD_TYPE
from provender.core.trust import TRUST_PAYLOAD_TYPE
from provender.errors import EXIT_BROKEN_TRUST, InputError
from provender.provenance.sealed import remember, trusted_manifest
from tests.provenance.sealing import DAY, EXPIRES, Place

LATE = EXPIRES + datetime.timedelta(1)


def kinds(place: Place, last_seen: Path | None = None, today: datetime.date = DAY) -> list[str]:
    """The breaches of loading the seal; empty where it counts."""
    try:
        place.load(last_seen, today)
    except BrokenTrustError as error:
        return [breach.kind.value for breach in error.breaches]
    return []


def test_a_broken_seal_is_one_line_and_exit_code_5(place: Place) -> None:
    place.seal.write_text("{")
    with pytest.raises(BrokenTrustError, match="the seal is not strict JSON") as caught:
        place.load()
    assert caught.value.exit_code == EXIT_BROKEN_TRUST
    assert "\n" not in str(caught.value)


def test_a_seal_as_it_was_made_gives_its_manifest(place: Place) -> None:
    sealed = place.load()
    assert sealed.manifest == trusted_manifest(place.seal, place.trust, today=DAY)
    assert [e.name for e in sealed.manifest.shards] == [
        "big.parquet",
        "one.jsonl",
        "test/two.jsonl",
        "three.arrow",
    ]
    assert sealed.signed_by == (place.public("alice")[0].keyid,)
    assert kinds(place, today=EXPIRES) == []


# --- signatures (cases 18, 22) ----------------------------------------------------------------


def test_a_changed_statement_is_not_signed_any_more(place: Place) -> None:
    place.edit_payload(lambda v: v["predicate"]["version"].update(sequence=9))
    assert kinds(place) == ["signature"]


def test_a_seal_by_somebody_else_is_refused(place: Place) -> None:
    place.resign("mallory")
    assert kinds(place) == ["signature"]
    place.resign("mallory", "alice")
    assert kinds(place) == []


def test_a_key_substituted_in_the_trust_file_is_named(place: Place) -> None:
    alice, mallory = place.public("alice", "mallory")
    trust = json.loads(place.trust_envelope().payload)
    trust["keys"][alice.keyid] = mallory.to_json()
    place.sign(place.trust, Envelope(canonical_json(trust), TRUST_PAYLOAD_TYPE), ["mallory"])
    assert kinds(place) == ["key"]


@pytest.mark.parametrize(
    "payload_type", ["text/plain", "application/json", TRUST_PAYLOAD_TYPE, "", "\x1b[2J"]
)
def test_another_payload_type_is_refused_though_it_is_signed(
    place: Place, payload_type: str
) -> None:
    place.sign(place.seal, Envelope(place.envelope().payload, payload_type), ["alice"])
    assert kinds(place) == ["payload-type"]


def test_a_trust_file_is_no_seal_and_a_seal_no_trust_file(place: Place) -> None:
    seal, trust = place.seal.read_bytes(), place.trust.read_bytes()
    place.seal.write_bytes(trust)
    assert kinds(place) == ["payload-type"]
    place.seal.write_bytes(seal)
    place.trust.write_bytes(seal)
    assert kinds(place) == ["payload-type"]


@pytest.mark.parametrize(
    ("signers", "expected"),
    [
        (["alice"], ["signature"]),
        (["alice", "alice"], ["signature"]),
        (["alice", "mallory"], ["signature"]),
        (["alice", "bob"], []),
        (["mallory", "bob", "alice"], []),
    ],
)
def test_a_threshold_of_two_needs_two_trusted_keys(
    place: Place, signers: list[str], expected: list[str]
) -> None:
    place.write_trust(["alice", "bob"], 2, ["alice", "bob"])
    place.resign(*signers)
    assert kinds(place) == expected


def test_one_keys_signature_under_two_keyids_meets_no_threshold_of_two(place: Place) -> None:
    place.write_trust(["alice", "bob"], 2, ["alice", "bob"])
    [(keyid, signature)] = place.envelope().signatures
    bob = place.public("bob")[0].keyid
    good = place.envelope()
    for doubled in (((keyid, signature), (bob, signature)), ((keyid, signature),) * 2):
        place.seal.write_bytes(Envelope(good.payload, good.payload_type, doubled).to_bytes())
        assert kinds(place) in (["signature"], ["seal"])


# --- freshness (cases 20, 21) -----------------------------------------------------------------


def test_an_older_seal_is_refused_once_a_newer_was_seen(place: Place, tmp_path: Path) -> None:
    seen, old = tmp_path / "seen.json", place.seal.read_bytes()
    manifest = place.load().manifest
    assert kinds(place, seen) == []
    place.write_seal(manifest, sequence=2)
    sealed = place.load(seen)
    remember(sealed, seen)
    assert kinds(place, seen) == []
    place.seal.write_bytes(old)
    assert kinds(place, seen) == ["rollback"]
    assert kinds(place) == []


def test_two_seals_of_one_sequence_are_a_fork(place: Place, tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    remember(place.load(), seen)
    place.write_seal(place.load().manifest, expires=EXPIRES - datetime.timedelta(1))
    assert kinds(place, seen) == ["fork"]


def test_a_second_signature_is_no_other_seal(place: Place, tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    remember(place.load(), seen)
    place.sign(place.seal, place.envelope(), ["bob"])
    assert kinds(place, seen) == []


def test_a_seal_that_is_held_back_expires(place: Place) -> None:
    place.write_trust(expires=datetime.date(2029, 1, 1))
    assert kinds(place, today=LATE) == ["expired"]


def test_an_expired_trust_file_vouches_for_nothing(place: Place) -> None:
    place.write_trust(expires=DAY - datetime.timedelta(1))
    assert kinds(place) == ["trust-expired"]


def test_a_record_of_what_was_seen_that_is_damaged_lets_nothing_pass(
    place: Place, tmp_path: Path
) -> None:
    for text in ("", "{}", "[" * 100_000, '{"version": "provender-last-seen/1", "seals": {}}'):
        (tmp_path / "seen.json").write_text(text)
        assert kinds(place, tmp_path / "seen.json") == ["last-seen"]
    with pytest.raises(InputError, match="regular file"):
        place.load(tmp_path)


# --- trust files -------------------------------------------------------------------------------


@pytest.mark.parametrize("signers", [[], ["mallory"]])
def test_a_trust_file_that_its_roots_have_not_signed_does_not_count(
    place: Place, signers: Iterable[str]
) -> None:
    place.write_trust(signers=signers)
    assert kinds(place) == ["trust"]


def test_a_trust_file_made_by_somebody_else_is_refused_where_another_was_seen(
    place: Place, tmp_path: Path
) -> None:
    seen = tmp_path / "seen.json"
    remember(place.load(), seen)
    place.write_trust(["mallory"], 1, ["mallory"], number=2)
    place.edit_payload(lambda v: v["predicate"]["version"].update(sequence=2), ["mallory"])
    assert kinds(place, seen) == ["trust"]
    place.write_trust(["mallory"], 1, ["mallory", "alice"], number=2)
    assert kinds(place, seen) == []


def test_an_older_trust_file_is_refused(place: Place, tmp_path: Path) -> None:
    seen, old = tmp_path / "seen.json", place.trust.read_bytes()
    place.write_trust(number=2)
    remember(place.load(), seen)
    assert kinds(place, seen) == []
    place.trust.write_bytes(old)
    assert kinds(place, seen) == ["trust-rollback"]


def test_a_lowered_threshold_unsigns_the_trust_file(place: Place) -> None:
    place.write_trust(["alice", "bob"], 2, ["alice", "bob"])
    trust = json.loads(place.trust_envelope().payload)
    old = place.trust_envelope()
    trust["seal"]["mail"]["threshold"] = 1
    changed = Envelope(canonical_json(trust), TRUST_PAYLOAD_TYPE, old.signatures)
    place.trust.write_bytes(changed.to_bytes())
    assert kinds(place) == ["trust"]


def test_a_series_that_is_not_in_the_trust_file_is_refused(place: Place) -> None:
    place.write_seal(place.load().manifest, series="images")
    assert kinds(place) == ["series"]


# --- the manifest (cases 18, 34) ---------------------------------------------------------------


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


@pytest.mark.parametrize("name", ["seal", "trust", "manifest"])
def test_missing_and_unreadable_files_are_no_broken_trust(place: Place, name: str) -> None:
    path: Path = getattr(place, name)
    path.unlink()
    with pytest.raises(InputError, match="no such file"):
        place.load()
    path.mkdir()
    with pytest.raises(InputError, match="regular file"):
        place.load()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"NaN",
        b'{"payload": "", "payload": "", "payloadType": "", "signatures": []}',
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"payload":NaN}',
        b"[" + b"{}," * 200_000 + b"{}]",
    ],
    ids=lambda text: repr(text[:20]),
)
@pytest.mark.parametrize("name", ["seal", "trust"])
def test_hostile_json_is_one_breach(place: Place, name: str, text: bytes) -> None:
    getattr(place, name).write_bytes(text)
    assert kinds(place) == [name]


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b'{"_type": 1, "_type": 2}', b"[" * 50_000, b"\xff", b"NaN"]
)
def test_a_hostile_statement_by_a_trusted_key_is_one_breach(place: Place, payload: bytes) -> None:
    place.sign(place.seal, Envelope(payload, STATEMENT_PAYLOAD_TYPE), ["alice"])
    assert kinds(place) == ["seal"]


def test_a_huge_seal_is_not_read(place: Place) -> None:
    with place.seal.open("r+b") as file:
        file.truncate(2**33)
    with pytest.raises(InputError, match="longer than"):
        place.load()
    with place.manifest.open("r+b") as file:
        file.truncate(2**33)
    place.seal.unlink()


def test_the_seal_of_many_shards_stays_small(place: Place) -> None:
    assert place.seal.stat().st_size < 10_000
    assert sha256_hex(place.manifest.read_bytes()) == place.load().statement.manifest_sha256
