"""DSSE envelopes: read back what was written, and nothing that is not exactly one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender.core.envelope import Envelope, parse_envelope
from provender.errors import InputError

ONE = Envelope(b'{"a":1}', "application/vnd.in-toto+json", (("k1", b"s" * 64),))


@given(st.binary(), st.text(), st.dictionaries(st.text(), st.binary(), max_size=5))
def test_an_envelope_is_read_back(payload: bytes, kind: str, signatures: dict[str, bytes]) -> None:
    envelope = Envelope(payload, kind, tuple(signatures.items()))
    assert parse_envelope(envelope.to_bytes()) == envelope


def doctored(**changes: Any) -> bytes:
    value = json.loads(ONE.to_bytes())
    value.update(changes)
    return json.dumps({k: v for k, v in value.items() if v is not None}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b"null",
        doctored(payload=None),
        doctored(payloadType=None),
        doctored(signatures=None),
        doctored(extra=1),
        doctored(payload="eyJhIjoxfQ"),
        doctored(payload="eyJhIjoxfQ=\n"),
        doctored(payload="-_8="),
        doctored(payload="eyJhIjoxfR=="),
        doctored(payload=7),
        doctored(signatures={}),
        doctored(signatures=[7]),
        doctored(signatures=[{"keyid": "a"}]),
        doctored(signatures=[{"sig": "AAAA"}]),
        doctored(signatures=[{"keyid": "a", "sig": "AAAA"}] * 2),
        doctored(signatures=[{"keyid": f"{i}", "sig": "AAAA"} for i in range(101)]),
    ],
)
def test_what_is_no_envelope_is_refused(data: bytes) -> None:
    assert parse_envelope(doctored()) == ONE
    with pytest.raises((InputError, ValueError)):
        parse_envelope(data)
