"""What is written verifies with implementations that are not ours, and the other way round."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope as Library
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from provender.core.envelope import Envelope, parse_envelope
from provender.core.trust import PublicKey
from provender.provenance.dsse import signed, signers
from tests.provenance.sealing import Place


def library_key(place: Place, name: str) -> SSlibKey:
    pem = (place.folder / f"{name}.pub").read_bytes()
    return SSlibKey.from_crypto(serialization.load_pem_public_key(pem))


def test_securesystemslib_verifies_a_seal(place: Place) -> None:
    envelope = Library.from_dict(json.loads(place.seal.read_bytes()))
    assert envelope.verify([library_key(place, "alice")], 1)
    with pytest.raises(VerificationError):
        envelope.verify([library_key(place, "mallory")], 1)


def test_the_signature_is_plain_ed25519_over_dsses_encoding(place: Place) -> None:
    value = json.loads(place.seal.read_bytes())
    kind, payload = value["payloadType"].encode(), base64.b64decode(value["payload"])
    encoded = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    key: Any = serialization.load_pem_public_key((place.folder / "alice.pub").read_bytes())
    key.verify(base64.b64decode(value["signatures"][0]["sig"]), encoded)


def test_in_totos_library_reads_the_statement(place: Place) -> None:
    read = json_format.Parse(place.envelope().payload, statement_pb2.Statement())
    Statement.copy_from_pb(read).validate()
    assert read.subject[0].name == "manifest.json"


def test_an_envelope_of_the_library_verifies_here() -> None:
    signer = CryptoSigner.generate_ed25519()
    envelope = Library(b"payload", "text/plain", {})
    envelope.sign(signer)
    found = parse_envelope(json.dumps(envelope.to_dict()).encode())
    key = PublicKey("ed25519", "ed25519", signer.public_key.keyval["public"])
    assert signers(found, {key.keyid: key}) == {signer.public_key.keyid}


def test_a_changed_payload_type_or_signature_does_not_hold(place: Place) -> None:
    [key] = place.public("alice")
    good = place.envelope()
    keys = {key.keyid: key}
    assert signers(good, keys) == {key.keyid}
    [(keyid, signature)] = good.signatures
    flipped = bytes([signature[0] ^ 1]) + signature[1:]
    for bad in (
        Envelope(good.payload + b" ", good.payload_type, good.signatures),
        Envelope(good.payload, "text/plain", good.signatures),
        Envelope(good.payload, good.payload_type, ((keyid, flipped),)),
        Envelope(good.payload, good.payload_type, ((keyid, signature[:-1]),)),
        Envelope(good.payload, good.payload_type, ((keyid, b""),)),
        Envelope(good.payload, good.payload_type, (("other", signature),)),
        Envelope(good.payload, good.payload_type),
    ):
        assert signers(bad, keys) == frozenset()


def test_one_key_counts_once_however_often_it_signs(place: Place) -> None:
    [key] = place.public("alice")
    again = signed(signed(place.envelope(), place.signer("alice")), place.signer("alice"))
    assert len(again.signatures) == 1
    [(keyid, signature)] = again.signatures
    twice = Envelope(again.payload, again.payload_type, ((keyid, signature), ("x", signature)))
    assert signers(twice, {keyid: key, "x": key}) <= {keyid, "x"}
