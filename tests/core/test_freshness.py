"""Rollback, freeze, forks and thresholds: a test per attack, each with its clean twin."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from provender.core.canonical import canonical_json
from provender.core.freshness import (
    LastSeen,
    SealVersion,
    now_seen,
    parse_last_seen,
    seal_breaches,
    trust_breaches,
)
from provender.core.trust import Role
from provender.errors import InputError
from tests.core.test_trust import SEAL, TRUST, A, B, C

DAY = datetime.date(2027, 1, 31)
VERSION = SealVersion("mail", 5, "sha256:" + "4" * 64, datetime.date(2027, 2, 28))
DIGEST, TRUSTED = "sha256:" + "5" * 64, "sha256:" + "7" * 64
BOTH = frozenset({A.keyid, B.keyid})
SEEN = now_seen(TRUST, TRUSTED, VERSION, DIGEST, None)


def kinds(
    version: SealVersion = VERSION,
    digest: str = DIGEST,
    signers: frozenset[str] = BOTH,
    seen: LastSeen | None = SEEN,
    today: datetime.date = DAY,
) -> list[str]:
    return [b.kind.value for b in seal_breaches(TRUST, version, digest, signers, seen, today)]


def trust_kinds(
    number: int = 3,
    digest: str = TRUSTED,
    signers: frozenset[str] = frozenset({C.keyid}),
    seen: LastSeen | None = SEEN,
    today: datetime.date = DAY,
    root: Role = TRUST.root,
) -> list[str]:
    trust = replace(TRUST, number=number, root=root)
    return [b.kind.value for b in trust_breaches(trust, digest, signers, seen, today)]


def test_a_seal_by_enough_keys_in_time_counts_again_and_again() -> None:
    assert kinds() == []
    assert kinds(seen=None) == []
    assert kinds(today=VERSION.expires) == []
    assert kinds(replace(VERSION, sequence=6), "sha256:" + "6" * 64) == []


def test_an_older_seal_is_a_rollback() -> None:
    older = replace(VERSION, sequence=4)
    assert kinds(older, "sha256:" + "4" * 64) == ["rollback"]
    assert kinds(older, "sha256:" + "4" * 64, seen=None) == []


def test_another_seal_of_the_same_sequence_is_a_fork() -> None:
    assert kinds(digest="sha256:" + "6" * 64) == ["fork"]


def test_a_seal_held_back_past_its_expiry_is_a_freeze() -> None:
    assert kinds(today=VERSION.expires + datetime.timedelta(1)) == ["expired"]


def test_a_threshold_is_met_by_different_keys_of_the_role_only() -> None:
    assert kinds(signers=frozenset({A.keyid})) == ["signature"]
    assert kinds(signers=frozenset({A.keyid, C.keyid})) == ["signature"]
    assert kinds(signers=frozenset()) == ["signature"]


def test_a_series_that_nobody_may_seal_is_refused() -> None:
    assert kinds(replace(VERSION, series="images"), seen=None) == ["series"]


def test_series_do_not_hold_each_other_back() -> None:
    other = now_seen(TRUST, TRUSTED, replace(VERSION, series="images", sequence=9), DIGEST, SEEN)
    assert kinds(seen=other) == []
    assert other.seals == {"mail": (5, DIGEST), "images": (9, DIGEST)}


def test_every_reason_is_told() -> None:
    late = VERSION.expires + datetime.timedelta(1)
    older = replace(VERSION, sequence=1)
    assert kinds(older, signers=frozenset(), today=late) == ["signature", "expired", "rollback"]


def test_a_trust_file_signed_by_its_roots_in_time_counts() -> None:
    assert trust_kinds() == []
    assert trust_kinds(seen=None) == []
    assert trust_kinds(today=TRUST.expires) == []


def test_an_unsigned_or_expired_trust_file_does_not_count() -> None:
    assert trust_kinds(signers=frozenset()) == ["trust"]
    assert trust_kinds(signers=BOTH) == ["trust"]
    assert trust_kinds(today=TRUST.expires + datetime.timedelta(1)) == ["trust-expired"]


def test_an_older_or_other_trust_file_is_a_rollback() -> None:
    assert trust_kinds(number=2, digest="sha256:" + "2" * 64) == ["trust-rollback"]
    assert trust_kinds(digest="sha256:" + "8" * 64) == ["trust-rollback"]


def test_a_successor_needs_those_who_could_sign_before() -> None:
    mine = Role(frozenset({A.keyid}), 1)
    stolen = frozenset({A.keyid})
    assert trust_kinds(4, "sha256:" + "8" * 64, stolen, root=mine) == ["trust"]
    assert trust_kinds(4, "sha256:" + "8" * 64, stolen, None, root=mine) == []
    handed_over = frozenset({A.keyid, C.keyid})
    assert trust_kinds(4, "sha256:" + "8" * 64, handed_over, root=mine) == []


def test_what_was_seen_is_read_back_and_no_other_file() -> None:
    assert parse_last_seen(canonical_json(SEEN.to_json())) == SEEN
    value = SEEN.to_json()
    for damaged in (
        {**value, "version": "provender-last-seen/9"},
        {**value, "seals": {"mail": {"sequence": 5}}},
        {**value, "trust": {}},
        {**value, "seals": []},
        [],
    ):
        with pytest.raises((InputError, ValueError)):
            parse_last_seen(canonical_json(damaged))


def test_the_role_of_a_seal_is_that_of_its_series() -> None:
    assert TRUST.keys_of(SEAL) == {key.keyid: key for key in sorted((A, B), key=lambda k: k.keyid)}
