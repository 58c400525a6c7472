"""A seal or a trust file that is old, expired, forked (cases 20, 21) or somebody else's."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from provender.core.canonical import canonical_json
from provender.core.envelope import Envelope
from provender.core.trust import TRUST_PAYLOAD_TYPE
from provender.errors import InputError
from provender.provenance.sealed import remember
from tests.provenance.sealing import DAY, EXPIRES, Place, kinds

LATE = EXPIRES + datetime.timedelta(1)


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
