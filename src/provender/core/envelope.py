"""A DSSE envelope, parsed and nothing else: whether its signatures hold is for who has keys.

Format: https://github.com/secure-systems-lab/dsse (envelope.md, version 1).
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from provender.core.fields import fields
from provender.core.strict_json import strict_json

MAX_ENVELOPE_BYTES = 2**20
_MAX_SIGNATURES = 100


@dataclass(frozen=True)
class Envelope:
    """Bytes that somebody signed.

    Attributes:
        payload: the signed bytes, exactly.
        payload_type: how to read them; signed as well.
        signatures: (keyid, signature) pairs in file order, keyids unique.
    """

    payload: bytes
    payload_type: str
    signatures: tuple[tuple[str, bytes], ...] = ()

    def to_bytes(self) -> bytes:
        """Return the envelope as it is written."""
        value = {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": self.payload_type,
            "signatures": [
                {"keyid": keyid, "sig": base64.b64encode(signature).decode()}
                for keyid, signature in self.signatures
            ],
        }
        return (json.dumps(value, indent=1) + "\n").encode()


def parse_envelope(data: bytes, max_bytes: int = MAX_ENVELOPE_BYTES) -> Envelope:
    """Read an envelope.

    Raises:
        InputError, ValueError: when it is not strict JSON, has other fields than DSSE's, base64
            that is not canonical, a keyid twice, or is longer than ``max_bytes``.
    """
    value = strict_json(data, "envelope", max_bytes, 10 * _MAX_SIGNATURES)
    fields(value, payload=str, payloadType=str, signatures=list)
    if len(value["signatures"]) > _MAX_SIGNATURES:
        raise ValueError(f"more than {_MAX_SIGNATURES} signatures")
    parts = [fields(s, keyid=str, sig=str) for s in value["signatures"]]
    signatures = tuple((part["keyid"], _decoded(part["sig"])) for part in parts)
    if len({keyid for keyid, _ in signatures}) < len(signatures):
        raise ValueError("two signatures under one keyid")
    return Envelope(_decoded(value["payload"]), value["payloadType"], signatures)


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64") from error
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64 in another spelling than its own")
    return data
