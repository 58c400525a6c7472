"""Trust files: made, signed, and believed only when those they name have signed them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from provender.core.breach import BreachKind, BrokenTrustError, told_as
from provender.core.envelope import Envelope
from provender.core.freshness import LastSeen, trust_breaches
from provender.core.statement import payload_digest
from provender.core.trust import TRUST_PAYLOAD_TYPE, PublicKey, Role, Trust, parse_trust
from provender.errors import UsageError
from provender.provenance.dsse import read_envelope, signers


@dataclass(frozen=True)
class TrustFile:
    """A trust file as it lies on disk; only `trusted` says that it counts."""

    trust: Trust
    envelope: Envelope

    @property
    def digest(self) -> str:
        """``sha256:<hex>`` of the payload."""
        return payload_digest(self.envelope.payload)

    @property
    def signed_by(self) -> frozenset[str]:
        """Keyids of the root keys whose signature holds."""
        return signers(self.envelope, self.trust.keys_of(self.trust.root))


def read_trust(path: Path) -> TrustFile:
    """Return what a trust file says, whoever signed it.

    Raises:
        BrokenTrustError: when it is no trust file.
        InputError: when it cannot be read.
    """
    envelope = read_envelope(path, TRUST_PAYLOAD_TYPE, "the trust file", BreachKind.TRUST)
    with told_as(BreachKind.TRUST, "the trust file", str(path)):
        return TrustFile(parse_trust(envelope.payload), envelope)


def trusted(path: Path, seen: LastSeen | None, today: datetime.date) -> TrustFile:
    """Return a trust file that counts on ``today`` and does not go behind what was seen.

    Raises:
        BrokenTrustError: when it does not.
        InputError: when it cannot be read.
    """
    file = read_trust(path)
    keys = {**(seen.keys if seen else {}), **file.trust.keys}
    held = signers(file.envelope, keys)
    breaches = trust_breaches(file.trust, file.digest, held, seen, today)
    if breaches:
        raise BrokenTrustError(str(path), breaches)
    return file


def new_trust(
    series: Sequence[str],
    sealers: Sequence[PublicKey],
    threshold: int,
    expires: datetime.date,
    roots: Sequence[PublicKey] = (),
    trainers: Sequence[PublicKey] = (),
    number: int = 1,
) -> TrustFile:
    """Return a trust file that nobody has signed yet.

    Args:
        series: what the sealers may seal.
        roots: who may sign the trust file, all of them together; without any, the sealers under
            their threshold.
        trainers: who may say what a model was trained on, each alone; without any, each sealer.

    Raises:
        UsageError: when a key is given twice, or the threshold cannot be met.
    """
    for given in (sealers, roots, trainers):
        if len(set(given)) < len(given):
            raise UsageError("--key", "one key is given twice", "name every key once")
    if not 1 <= threshold <= len(sealers):
        raise UsageError(
            "--threshold", f"{threshold} of {len(sealers)} keys", "name that many different keys"
        )
    seal = Role(frozenset(k.keyid for k in sealers), threshold)
    root = Role(frozenset(k.keyid for k in roots), len(roots)) if roots else seal
    train = Role(frozenset(k.keyid for k in trainers or sealers), 1)
    keys = {k.keyid: k for k in (*sealers, *roots, *trainers)}
    trust = Trust(
        number, expires, keys, root, dict.fromkeys(series, seal), dict.fromkeys(series, train)
    )
    return TrustFile(trust, Envelope(trust.payload(), TRUST_PAYLOAD_TYPE))
