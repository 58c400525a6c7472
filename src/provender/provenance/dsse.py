"""Signing and verifying envelopes, by securesystemslib: no cryptography is written here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from provender.core.breach import Breach, BreachKind, BrokenTrustError, told_as
from provender.core.envelope import MAX_ENVELOPE_BYTES, Envelope, parse_envelope
from provender.core.trust import PublicKey
from provender.provenance.files import read_document

if TYPE_CHECKING:
    from securesystemslib.signer import Signer


def read_envelope(
    path: Path,
    payload_type: str,
    what: str,
    kind: BreachKind,
    max_bytes: int = MAX_ENVELOPE_BYTES,
) -> Envelope:
    """Return the envelope in a file.

    Args:
        payload_type: the only one accepted.
        what: what is expected there, in words, such as 'the seal'.
        kind: the breach where it is not.
        max_bytes: longer files are refused.

    Raises:
        BrokenTrustError: when it is no envelope, or of another payload type.
        InputError: when the file cannot be read.
    """
    data = read_document(path, max_bytes)
    with told_as(kind, what, str(path)):
        envelope = parse_envelope(data, max_bytes)
    if envelope.payload_type != payload_type:
        cause = f"{what} has the payload type {envelope.payload_type[:60]!r}"
        raise BrokenTrustError(str(path), [Breach(BreachKind.PAYLOAD_TYPE, cause)])
    return envelope


def signed(envelope: Envelope, signer: Signer) -> Envelope:
    """Return the envelope with the signer's signature added, in place of an earlier one."""
    signature = signer.sign(_encoded(envelope))
    others = tuple(pair for pair in envelope.signatures if pair[0] != signature.keyid)
    pair = (signature.keyid, bytes.fromhex(signature.signature))
    return Envelope(envelope.payload, envelope.payload_type, (*others, pair))


def signers(envelope: Envelope, keys: Mapping[str, PublicKey]) -> frozenset[str]:
    """Return the keyids whose signature over the payload holds, of those in ``keys``.

    A keyid is the hash of its key, so no key counts twice; a signature under a keyid that
    another key made does not hold.
    """
    from securesystemslib.exceptions import UnverifiedSignatureError
    from securesystemslib.signer import Signature, SSlibKey

    data, held = _encoded(envelope), set()
    for keyid, signature in envelope.signatures:
        key = keys.get(keyid)
        if key is None:
            continue
        try:
            SSlibKey.from_dict(keyid, key.to_json()).verify_signature(
                Signature(keyid, signature.hex()), data
            )
        except UnverifiedSignatureError:
            continue
        held.add(keyid)
    return frozenset(held)


def _encoded(envelope: Envelope) -> bytes:
    """Return what is signed: DSSE's pre-authentication encoding of payload type and payload."""
    from securesystemslib.dsse import Envelope as Library

    encoded: bytes = Library(envelope.payload, envelope.payload_type, {}).pae()
    return encoded
