"""Training receipts: what processes logged while they read becomes one signed statement."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provender.core.breach import Breach, BreachKind, BrokenTrustError, printable, told_as
from provender.core.envelope import Envelope
from provender.core.receipt import (
    MAX_RECEIPT_BYTES,
    Chunks,
    Comparison,
    Receipt,
    ShardRead,
    compare,
    intervals,
    parse_receipt,
)
from provender.core.statement import STATEMENT_PAYLOAD_TYPE
from provender.errors import InputError
from provender.io.outputs import write_whole
from provender.provenance.dsse import read_envelope, signed, signers
from provender.provenance.reading.log import logged_reads
from provender.provenance.sealed import Sealed

if TYPE_CHECKING:
    from securesystemslib.signer import Signer

_CHUNKS_NAMED = 8


@dataclass(frozen=True)
class ReceiptFindings:
    """What a receipt says beside a seal.

    Attributes:
        comparison: None where the receipt is not to be believed.
        breaches: why it is not, or what was read that is not in the seal.
    """

    comparison: Comparison | None
    breaches: tuple[Breach, ...]

    def to_json(self) -> dict[str, Any] | None:
        if self.comparison is None:
            return None
        found = self.comparison
        return {
            "whole": len(found.whole),
            "partial": {name: [list(c) for c in chunks] for name, chunks in found.partial.items()},
            "unread": list(found.unread),
            "unsealed": list(found.unsealed),
        }


def may_sign(sealed: Sealed, signer: Signer) -> bool:
    """Return whether the trust file lets a key speak of training on the seal's series."""
    role = sealed.trust.train.get(sealed.statement.version.series)
    return role is not None and signer.public_key.keyid in role.keyids


def write_receipt(place: Path, logs: Path, sealed: Sealed, signer: Signer) -> Receipt:
    """Sign what was logged in ``logs``, write it to ``place``, and return it.

    Args:
        logs: the folder that `open_verified` was given as ``receipt``.
        sealed: the seal that was read under.
        signer: a key that the trust file lets speak about the series' models.

    Raises:
        InputError: when a log is not one of reads under this seal.
        StoreError: when the receipt cannot be written.
    """
    receipt = receipt_of(logs, sealed)
    envelope = signed(Envelope(receipt.payload(), STATEMENT_PAYLOAD_TYPE), signer)
    write_whole(str(place), envelope.to_bytes().decode())
    return receipt


def receipt_of(logs: Path, sealed: Sealed) -> Receipt:
    """Return what was logged; arguments and errors as `write_receipt`."""
    reads, statement = logged_reads(logs, sealed.digest), sealed.statement
    roots = {entry.name: entry.chunk_root for entry in sealed.manifest.shards}
    if not reads.keys() <= roots.keys():
        cause = "logs a read of what was not sealed"
        raise InputError(str(logs), cause, "train again with an empty folder")
    shards = tuple(ShardRead(n, roots[n], intervals(reads[n])) for n in sorted(reads))
    version = statement.version
    receipt = Receipt(
        statement.manifest_sha256, sealed.digest, version.series, version.sequence, shards
    )
    try:
        compare(receipt, sealed.manifest)
    except ValueError as error:
        raise InputError(str(logs), str(error), "train again with an empty folder") from error
    return receipt


def receipt_findings(place: Path, sealed: Sealed, all_read: bool = False) -> ReceiptFindings:
    """Hold a receipt against a seal.

    Args:
        place: the receipt.
        all_read: whether what was never read is a breach as well.
    """
    what = "the receipt"
    try:
        envelope = read_envelope(
            place, STATEMENT_PAYLOAD_TYPE, what, BreachKind.RECEIPT, 2 * MAX_RECEIPT_BYTES
        )
        role = sealed.trust.train.get(sealed.statement.version.series)
        held = signers(envelope, {} if role is None else sealed.trust.keys_of(role))
        if role is None or len(held) < role.threshold:
            why = "the receipt is not signed by who may speak of this series' training"
            return ReceiptFindings(None, (Breach(BreachKind.RECEIPT, why),))
        with told_as(BreachKind.RECEIPT, what, str(place)):
            receipt = parse_receipt(envelope.payload)
            found = compare(receipt, sealed.manifest)
    except BrokenTrustError as error:
        return ReceiptFindings(None, error.breaches)
    except InputError as error:
        return ReceiptFindings(None, (Breach(BreachKind.UNREADABLE, str(error)),))
    breaches = []
    if (receipt.seal, receipt.manifest_sha256) != (sealed.digest, sealed.statement.manifest_sha256):
        named = f"{receipt.series[:100]!r} {receipt.sequence}"
        why = f"the receipt is of training under another seal: {named}"
        breaches.append(Breach(BreachKind.RECEIPT, why))
    for name in found.unsealed:
        why = f"{printable(name)}: was read, but is not what this seal has under the name, if any"
        breaches.append(Breach(BreachKind.RECEIPT_UNSEALED, why, name))
    if all_read:
        breaches += _left(found)
    return ReceiptFindings(found, tuple(breaches))


def _left(found: Comparison) -> list[Breach]:
    breaches = []
    for name in found.unread:
        why = f"{printable(name)}: was never read"
        breaches.append(Breach(BreachKind.RECEIPT_UNREAD, why, name))
    for name, chunks in found.partial.items():
        why = f"{printable(name)}: was read but for chunks {spoken(chunks)}"
        breaches.append(Breach(BreachKind.RECEIPT_PARTIAL, why, name, chunks[0][0]))
    return breaches


def spoken(chunks: Chunks) -> str:
    """Return chunk numbers for people: '0-3, 7'."""
    words = [str(a) if b == a + 1 else f"{a}-{b - 1}" for a, b in chunks[:_CHUNKS_NAMED]]
    return ", ".join(words) + (" ..." if len(chunks) > _CHUNKS_NAMED else "")
