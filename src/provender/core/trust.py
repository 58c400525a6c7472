"""Who may seal what: the nouns of a trust file, and how it is read.

The design follows The Update Framework's root metadata (TUF 1.0, sections 4.3 and 5.3): roles with
thresholds, an expiry, a number that only grows, and a successor signed by its predecessor.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provender.core.canonical import canonical_json
from provender.core.digest import sha256_hex
from provender.core.fields import AlgorithmError, KeyIdError, day, fields, hex_digest
from provender.core.strict_json import strict_json

TRUST_VERSION = "provender-trust/1"
TRUST_PAYLOAD_TYPE = "application/vnd.provender.trust+json"
#: (keytype, scheme) pairs that a trust file may name: no other algorithm verifies anything.
ALGORITHMS = {("ed25519", "ed25519")}
_MAX_BYTES = 2**19
_MAX_VALUES = 20_000


@dataclass(frozen=True)
class PublicKey:
    """A key that can verify.

    Attributes:
        keytype, scheme: securesystemslib's names of the algorithm.
        public: the key's 32 bytes as hex.
    """

    keytype: str
    scheme: str
    public: str

    @property
    def keyid(self) -> str:
        """Hex SHA-256 of the key's canonical JSON, as securesystemslib computes it."""
        return sha256_hex(canonical_json(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        return {"keytype": self.keytype, "scheme": self.scheme, "keyval": {"public": self.public}}


@dataclass(frozen=True)
class Role:
    """``threshold`` different keys of ``keyids`` must have signed."""

    keyids: frozenset[str]
    threshold: int

    def to_json(self) -> dict[str, Any]:
        return {"keyids": sorted(self.keyids), "threshold": self.threshold}


@dataclass(frozen=True)
class Trust:
    """A trust file's content.

    Attributes:
        number: 1 for the first; a successor has a higher one.
        expires: last day (UTC) on which it counts.
        keys: every key by its keyid.
        root: who may sign the trust file itself.
        seal: series → who may seal data of that series.
        train: series → who may say which model was trained on it.
    """

    number: int
    expires: datetime.date
    keys: Mapping[str, PublicKey]
    root: Role
    seal: Mapping[str, Role] = field(default_factory=dict)
    train: Mapping[str, Role] = field(default_factory=dict)

    def keys_of(self, role: Role) -> dict[str, PublicKey]:
        """Return a role's keys by their keyids."""
        return {keyid: self.keys[keyid] for keyid in sorted(role.keyids)}

    def payload(self) -> bytes:
        """Return what is signed: canonical JSON."""
        return canonical_json(self.to_json())

    def to_json(self) -> dict[str, Any]:
        return {
            "version": TRUST_VERSION,
            "number": self.number,
            "expires": self.expires.isoformat(),
            "keys": {keyid: key.to_json() for keyid, key in self.keys.items()},
            "root": self.root.to_json(),
            "seal": {series: role.to_json() for series, role in self.seal.items()},
            "train": {series: role.to_json() for series, role in self.train.items()},
        }


def parse_trust(payload: bytes) -> Trust:
    """Read a trust file's payload.

    Raises:
        KeyIdError: when a keyid is not that of its key, so that no key can stand under two.
        AlgorithmError: when a key's algorithm is not one of ALGORITHMS.
        InputError, ValueError: for anything else that is not as it must be.
    """
    value = strict_json(payload, "trust", _MAX_BYTES, _MAX_VALUES)
    fields(value, version=str, number=int, expires=str, keys=dict, root=dict, seal=dict, train=dict)
    if value["version"] != TRUST_VERSION:
        raise ValueError(f"version {value['version'][:40]!r} is not {TRUST_VERSION!r}")
    if value["number"] < 1:
        raise ValueError("number is below 1")
    keys = parse_keys(value["keys"])
    return Trust(
        value["number"],
        day(value["expires"]),
        keys,
        parse_role(value["root"], keys),
        {series: parse_role(role, keys) for series, role in value["seal"].items()},
        {series: parse_role(role, keys) for series, role in value["train"].items()},
    )


def parse_keys(value: Any) -> dict[str, PublicKey]:
    """Read keys by their keyids.

    Raises:
        KeyIdError, AlgorithmError: as `parse_trust`.
        ValueError: when a key is anything else.
    """
    return {keyid: _key(keyid, key) for keyid, key in value.items()}


def parse_role(value: Any, keys: Mapping[str, PublicKey]) -> Role:
    """Read a role over ``keys``.

    Raises:
        ValueError: when a key is unknown or repeated, or the threshold cannot be met.
    """
    fields(value, keyids=list, threshold=int)
    if not all(isinstance(keyid, str) for keyid in value["keyids"]):
        raise ValueError("keyids are strings")
    keyids = frozenset(value["keyids"])
    if len(keyids) < len(value["keyids"]) or not keyids <= keys.keys():
        raise ValueError("a role names a key twice, or one that is not listed")
    if not 1 <= value["threshold"] <= len(keyids):
        raise ValueError(f"threshold {value['threshold']} of {len(keyids)} keys")
    return Role(keyids, value["threshold"])


def _key(keyid: str, value: Any) -> PublicKey:
    fields(value, keytype=str, scheme=str, keyval=dict)
    fields(value["keyval"], public=str)
    algorithm = (value["keytype"], value["scheme"])
    if algorithm not in ALGORITHMS:
        raise AlgorithmError(f"a key of algorithm {algorithm[0][:20]!r}/{algorithm[1][:20]!r}")
    key = PublicKey(*algorithm, hex_digest(value["keyval"]["public"]))
    if key.keyid != keyid:
        raise KeyIdError(f"another key stands under the keyid {keyid[:16]}")
    return key
