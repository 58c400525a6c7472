"""Trust files: who may seal, exactly as written, and no key under two names."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest

from provender.core.canonical import canonical_json
from provender.core.fields import AlgorithmError, KeyIdError
from provender.core.trust import PublicKey, Role, Trust, parse_trust
from provender.errors import InputError

A, B, C = (PublicKey("ed25519", "ed25519", letter * 64) for letter in "abc")
SEAL = Role(frozenset({A.keyid, B.keyid}), 2)
TRUST = Trust(
    3,
    datetime.date(2027, 6, 30),
    {key.keyid: key for key in (A, B, C)},
    Role(frozenset({C.keyid}), 1),
    {"mail": SEAL},
    {"mail": Role(frozenset({A.keyid}), 1)},
)


def doctored(change: Callable[[dict[str, Any]], object]) -> bytes:
    value = json.loads(TRUST.payload())
    change(value)
    return canonical_json(value)


def test_a_trust_file_is_read_back() -> None:
    assert parse_trust(TRUST.payload()) == TRUST


def test_a_keyid_is_that_of_securesystemslib() -> None:
    from securesystemslib.signer import CryptoSigner

    known = CryptoSigner.generate_ed25519().public_key
    assert PublicKey("ed25519", "ed25519", known.keyval["public"]).keyid == known.keyid


def test_another_key_under_a_trusted_keyid_is_refused() -> None:
    def substitute(value: dict[str, Any]) -> None:
        value["keys"][A.keyid]["keyval"]["public"] = "d" * 64

    with pytest.raises(KeyIdError, match=A.keyid[:16]):
        parse_trust(doctored(substitute))


def test_one_key_cannot_stand_under_two_keyids() -> None:
    with pytest.raises(KeyIdError):
        parse_trust(doctored(lambda v: v["keys"].update({"0" * 64: A.to_json()})))
    spelled = {**A.to_json(), "keyval": {"public": "A" * 64}}
    with pytest.raises(ValueError, match="hex"):
        parse_trust(doctored(lambda v: v["keys"].update({A.keyid: spelled})))


@pytest.mark.parametrize("algorithm", [("rsa", "rsa-pkcs1v15-sha224"), ("ed25519", "none")])
def test_other_algorithms_are_refused(algorithm: tuple[str, str]) -> None:
    key = {"keytype": algorithm[0], "scheme": algorithm[1], "keyval": {"public": "a" * 64}}
    with pytest.raises(AlgorithmError):
        parse_trust(doctored(lambda v: v["keys"].update({"0" * 64: key})))


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.update(version="provender-trust/9"),
        lambda v: v.update(number=0),
        lambda v: v.update(number=True),
        lambda v: v.update(number="3"),
        lambda v: v.update(expires="soon"),
        lambda v: v.update(expires="2027-W10-1"),
        lambda v: v.update(expires="20270630"),
        lambda v: v.update(more=1),
        lambda v: v.pop("root"),
        lambda v: v["root"].update(threshold=0),
        lambda v: v["root"].update(threshold=2),
        lambda v: v["root"].update(keyids=[C.keyid, C.keyid], threshold=2),
        lambda v: v["root"].update(keyids=["0" * 64]),
        lambda v: v["root"].update(keyids=[7]),
        lambda v: v["seal"].update(mail=[]),
        lambda v: v["keys"].update({A.keyid: None}),
        lambda v: v["keys"].update({A.keyid: {**A.to_json(), "keyval": {}}}),
        lambda v: v.clear(),
    ],
)
def test_a_file_that_is_not_as_it_must_be_is_refused(change: Any) -> None:
    with pytest.raises((InputError, ValueError)):
        parse_trust(doctored(change))
