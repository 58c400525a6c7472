"""Whose signature a seal carries (cases 18, 22), and what else may lie in its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provender.core.breach import BrokenTrustError
from provender.core.canonical import canonical_json
from provender.core.digest import sha256_hex
from provender.core.envelope import Envelope
from provender.core.statement import STATEMENT_PAYLOAD_TYPE
from provender.core.trust import TRUST_PAYLOAD_TYPE
from provender.errors import EXIT_BROKEN_TRUST, InputError
from tests.provenance.sealing import EXPIRES, Place, kinds


def test_a_broken_seal_is_one_line_and_exit_code_5(place: Place) -> None:
    place.seal.write_text("{")
    with pytest.raises(BrokenTrustError, match="the seal is not strict JSON") as caught:
        place.load()
    assert caught.value.exit_code == EXIT_BROKEN_TRUST
    assert "\n" not in str(caught.value)


def test_a_seal_as_it_was_made_gives_its_manifest(place: Place) -> None:
    sealed = place.load()
    assert sealed.manifest == place.make_manifest()
    assert [e.name for e in sealed.manifest.shards] == [
        "big.parquet",
        "one.jsonl",
        "test/two.jsonl",
        "three.arrow",
    ]
    assert sealed.signed_by == (place.public("alice")[0].keyid,)
    assert kinds(place, today=EXPIRES) == []


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
