"""Whether a seal and a trust file count: pure decisions on who signed, how old, and what was seen.

Rollback and freeze as in The Update Framework (TUF 1.0, section 1.5.2): a number that only grows
refuses what is older than what was seen, an expiry refuses what is withheld too long.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from provender.core.breach import Breach, BreachKind
from provender.core.fields import day, fields, sha256_digest
from provender.core.strict_json import strict_json
from provender.core.trust import PublicKey, Role, Trust, parse_keys, parse_role

LAST_SEEN_VERSION = "provender-last-seen/1"
_MAX_BYTES = 2**20
_MAX_VALUES = 50_000


@dataclass(frozen=True)
class SealVersion:
    """A seal's place in its series.

    Attributes:
        series: the data set through time.
        sequence: grows with every seal of the series, from 1.
        previous: digest of the seal before this one; None for the first.
        expires: last day (UTC) on which it counts.
    """

    series: str
    sequence: int
    previous: str | None
    expires: datetime.date

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "expires": self.expires.isoformat()}

    @staticmethod
    def from_json(value: Any) -> SealVersion:
        """Read it back.

        Raises:
            ValueError: when a field is missing, unknown or of another type.
        """
        fields(value, series=str, sequence=int, previous=str | None, expires=str)
        previous = value["previous"]
        if value["sequence"] < 1 or not value["series"]:
            raise ValueError("a series has a name, and sequences begin at 1")
        return SealVersion(
            value["series"],
            value["sequence"],
            None if previous is None else sha256_digest(previous),
            day(value["expires"]),
        )


@dataclass(frozen=True)
class LastSeen:
    """What a verifier accepted before, and never goes behind again.

    Attributes:
        trust_number, trust_digest: of the trust file.
        keys, root: who could sign that trust file, and so must have signed its successor.
        seals: series → (sequence, digest of the seal's payload).
    """

    trust_number: int
    trust_digest: str
    keys: Mapping[str, PublicKey]
    root: Role
    seals: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "version": LAST_SEEN_VERSION,
            "trust": {
                "number": self.trust_number,
                "digest": self.trust_digest,
                "keys": {keyid: key.to_json() for keyid, key in self.keys.items()},
                "root": self.root.to_json(),
            },
            "seals": {s: {"sequence": n, "digest": d} for s, (n, d) in self.seals.items()},
        }


def parse_last_seen(data: bytes) -> LastSeen:
    """Read a verifier's own file back.

    Raises:
        InputError, ValueError: when it is not as it was written.
    """
    value = strict_json(data, "last seen", _MAX_BYTES, _MAX_VALUES)
    fields(value, version=str, trust=dict, seals=dict)
    if value["version"] != LAST_SEEN_VERSION:
        raise ValueError(f"version is not {LAST_SEEN_VERSION!r}")
    trust = fields(value["trust"], number=int, digest=str, keys=dict, root=dict)
    keys = parse_keys(trust["keys"])
    seals = {}
    for series, seen in value["seals"].items():
        fields(seen, sequence=int, digest=str)
        seals[series] = (seen["sequence"], sha256_digest(seen["digest"]))
    digest, root = sha256_digest(trust["digest"]), parse_role(trust["root"], keys)
    return LastSeen(trust["number"], digest, keys, root, seals)


def trust_breaches(
    trust: Trust, digest: str, signers: Set[str], seen: LastSeen | None, today: datetime.date
) -> list[Breach]:
    """Return why a trust file does not count.

    Args:
        digest: ``sha256:<hex>`` of its payload.
        signers: keyids whose signature over it holds.
        seen: what was accepted before; with it, the file must be the same, or a successor that
            those have signed who could sign the one before.
        today: in UTC.
    """
    found = _signature_breaches("the trust file", BreachKind.TRUST, trust.root, signers)
    if today > trust.expires:
        found.append(Breach(BreachKind.TRUST_EXPIRED, f"the trust file expired on {trust.expires}"))
    if seen is None:
        return found
    if trust.number < seen.trust_number:
        cause = f"the trust file has number {trust.number}, {seen.trust_number} was seen before"
        found.append(Breach(BreachKind.TRUST_ROLLBACK, cause))
    elif trust.number == seen.trust_number and digest != seen.trust_digest:
        cause = f"the trust file differs from the one of number {trust.number} seen before"
        found.append(Breach(BreachKind.TRUST_ROLLBACK, cause))
    elif trust.number > seen.trust_number:
        what = "the new trust file, by those who could sign the one before,"
        found += _signature_breaches(what, BreachKind.TRUST, seen.root, signers)
    return found


def seal_breaches(
    trust: Trust,
    version: SealVersion,
    digest: str,
    signers: Set[str],
    seen: LastSeen | None,
    today: datetime.date,
) -> list[Breach]:
    """Return why a seal does not count under a trust file that does; arguments as above."""
    role = trust.seal.get(version.series)
    if role is None:
        cause = f"the trust file lets nobody seal the series {version.series!r}"
        return [Breach(BreachKind.SERIES, cause)]
    found = _signature_breaches("the seal", BreachKind.SIGNATURE, role, signers)
    if today > version.expires:
        found.append(Breach(BreachKind.EXPIRED, f"the seal expired on {version.expires}"))
    sequence, known = (0, "") if seen is None else seen.seals.get(version.series, (0, ""))
    if version.sequence < sequence:
        cause = f"the seal has sequence {version.sequence}, {sequence} was seen before"
        found.append(Breach(BreachKind.ROLLBACK, cause))
    elif version.sequence == sequence and digest != known:
        cause = f"another seal of sequence {sequence} was seen before"
        found.append(Breach(BreachKind.FORK, cause))
    return found


def now_seen(
    trust: Trust, trust_digest: str, version: SealVersion, digest: str, seen: LastSeen | None
) -> LastSeen:
    """Return what has been seen once a seal was accepted."""
    before = {} if seen is None else seen.seals
    return LastSeen(
        trust.number,
        trust_digest,
        trust.keys_of(trust.root),
        trust.root,
        {**before, version.series: (version.sequence, digest)},
    )


def _signature_breaches(what: str, kind: BreachKind, role: Role, signers: Set[str]) -> list[Breach]:
    held = len(role.keyids & signers)
    if held >= role.threshold:
        return []
    return [Breach(kind, f"{what} is signed by {held} of the {role.threshold} keys needed")]
