"""That a seal follows from the one before: old - removed + added = new, from what is published.

Beside a seal lie ``multisets.bin`` (sums of records: of the whole, then of each shard that was
dropped, then of each that was added, by name) and, where records were removed, ``removed.bin``
(their leaf hashes, removal by removal). Everything in them is bound by a digest that is signed or
in a manifest, so they need no signature of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from provender.core.breach import Breach, BreachKind, BrokenTrustError, printable
from provender.core.entries import ShardEntry
from provender.core.manifest import Manifest
from provender.core.merkle import CompactRange
from provender.core.statement import MANIFEST_NAME, SealStatement, payload_digest
from provender.core.succession import Added, Removal, Succession, succession
from provender.identity.multiset import STATE_BYTES, Multiset
from provender.provenance.files import read_document
from provender.provenance.seal import read_seal
from provender.provenance.sealed import Sealed, TrustedStatement, sealed_manifest

SUMS_NAME = "multisets.bin"
REMOVED_NAME = "removed.bin"
_DIGEST_BYTES = 32
_BLOCK = 2**16


@dataclass(frozen=True)
class Sums:
    """What `multisets.bin` holds: of the data, and of each shard dropped and added, by name."""

    whole: Multiset
    dropped: tuple[Multiset, ...] = ()
    added: tuple[Multiset, ...] = ()

    def to_bytes(self) -> bytes:
        return b"".join(s.to_bytes() for s in (self.whole, *self.dropped, *self.added))


def before_breaches(path: Path, found: TrustedStatement) -> tuple[SealStatement, list[Breach]]:
    """Return what the seal in a file says, and why it is not the one that ``found`` goes on from.

    Its signatures are not looked at: the newer seal, which counts, names it by its digest.

    Raises:
        BrokenTrustError, InputError: when it is no seal, or cannot be read.
    """
    envelope, before = read_seal(path)
    version, old = found.statement.version, before.version
    why = []
    if version.previous != payload_digest(envelope.payload):
        why.append(f"the seal does not name {path} as the one before it")
    elif (version.series, version.sequence > old.sequence) != (old.series, True):
        why.append(f"the seal before is {old.series} {old.sequence}, of another series or no older")
    return before, [_breach(cause) for cause in why]


def chain_breaches(path: Path, place: Path, sealed: Sealed) -> list[Breach]:
    """Return why old - removed + added = new does not hold of a seal that counts.

    Args:
        path: the seal before; its manifest and sums lie beside it.
        place: where ``sealed`` lies.

    Raises:
        BrokenTrustError, InputError: when a file is not what it must be, or cannot be read.
    """
    before, breaches = before_breaches(path, sealed)
    if breaches:
        return breaches
    if sealed.statement.added is None:
        return [_breach("the seal says nothing of what changed: it was not made by reseal")]
    manifest = sealed_manifest(path.parent / MANIFEST_NAME, before)
    became = succession(manifest, sealed.manifest)
    old = read_sums(path.parent, manifest, None)
    new = read_sums(place.parent, sealed.manifest, became)
    hashes = removed_hashes(place.parent, sealed.statement.removed)
    return equation_breaches(
        old.whole, new, became, sealed.statement.removed, sealed.statement.added, hashes
    )


def read_sums(folder: Path, manifest: Manifest, became: Succession | None) -> Sums:
    """Return the sums beside a seal, each held against its digest in a manifest.

    Args:
        became: how the data became ``manifest``; None to read the first sum only.

    Raises:
        BrokenTrustError: when one is another.
        InputError: when the file is missing or cannot be read.
    """
    path = folder / SUMS_NAME
    dropped, added = ((), ()) if became is None else (became.dropped, became.added)
    wanted = [manifest.multiset, *(entry.row_multiset for entry in (*dropped, *added))]
    data = read_start(path, len(wanted) * STATE_BYTES, whole=became is not None)
    sums = []
    for number, digest in enumerate(wanted):
        try:
            found = Multiset.from_bytes(data[number * STATE_BYTES : (number + 1) * STATE_BYTES])
            held = found.digest() == digest
        except ValueError:
            held = False
        if not held:
            raise BrokenTrustError(
                str(path), [_breach(f"{SUMS_NAME}: sum {number} is not that of the sealed records")]
            )
        sums.append(found)
    cut = 1 + len(dropped)
    return Sums(sums[0], tuple(sums[1:cut]), tuple(sums[cut:]))


def read_start(path: Path, size: int, whole: bool) -> bytes:
    """Return the first ``size`` bytes of a file; with ``whole`` it must end there.

    Raises:
        InputError: when it is missing or cannot be read.
    """
    if whole or not path.is_file():
        return read_document(path, size)
    with path.open("rb") as file:
        return file.read(size)


def removed_hashes(folder: Path, removed: Sequence[Removal]) -> list[bytes]:
    """Return the leaf hashes of removed records, whole shards apart, held against the seal.

    Raises:
        BrokenTrustError: when they are not those that the seal lists.
        InputError: when the file is missing or cannot be read.
    """
    picked = [removal for removal in removed if removal.shard is None]
    if not picked:
        return []
    path = folder / REMOVED_NAME
    data = read_document(path, _DIGEST_BYTES * sum(removal.rows for removal in picked))
    hashes = [data[i : i + _DIGEST_BYTES] for i in range(0, len(data), _DIGEST_BYTES)]
    at = 0
    for removal in picked:
        part = hashes[at : at + removal.rows]
        at += removal.rows
        if CompactRange.of_leaves(0, part).root().hex() != removal.row_root:
            cause = f"{REMOVED_NAME} does not hold what was removed for {removal.reason!r}"
            raise BrokenTrustError(str(path), [_breach(cause)])
    return hashes


def equation_breaches(
    old: Multiset,
    sums: Sums,
    became: Succession,
    removed: Sequence[Removal],
    added: Added | None,
    hashes: Sequence[bytes],
) -> list[Breach]:
    """Return why old - removed + added = new does not hold, or is not what the seal says.

    Args:
        old: of the data before.
        sums: of the new data, and of what was dropped and added on the way.
        removed: what the seal lists.
        added: what the seal lists.
        hashes: leaf hashes of the records that were picked out.
    """
    whole = [removal for removal in removed if removal.shard is not None]
    listed = {removal.shard: removal for removal in whole}
    breaches = [] if len(listed) == len(whole) else [_breach("the seal lists a shard twice")]
    for entry in became.dropped:
        removal = listed.pop(entry.name, None)
        if removal is None or (removal.row_root, removal.rows) != (entry.row_root, entry.rows):
            cause = f"{printable(entry.name)}: is gone, and the seal does not list it as removed"
            breaches.append(Breach(BreachKind.CHAIN, cause, entry.name))
    for name in filter(None, listed):
        cause = f"{printable(name)}: is listed as removed, but is there, or never was"
        breaches.append(Breach(BreachKind.CHAIN, cause, name))
    if added != added_of(became.added, sums.added):
        breaches.append(_breach("the seal lists other records as added than came in"))
    left = old + total(sums.added)
    right = sums.whole + total((multiset_of(hashes), *sums.dropped))
    if left.digest() != right.digest():
        gap = left.count - right.count
        cause = "old - removed + added is not new: " + (
            f"{abs(gap):,} records {'are missing' if gap > 0 else 'too many'}"
            if gap
            else "as many records, but others"
        )
        breaches.append(_breach(cause))
    return breaches


def added_of(entries: Sequence[ShardEntry], sums: Sequence[Multiset]) -> Added:
    """Return what a seal says of shards that came in."""
    whole = total(sums)
    return Added(len(entries), whole.count, whole.digest())


def multiset_of(hashes: Sequence[bytes]) -> Multiset:
    """Return the sum of records by their leaf hashes, a block of them in memory at a time."""
    blocks = range(0, len(hashes), _BLOCK)
    return total(Multiset.of(hashes[start : start + _BLOCK]) for start in blocks)


def total(sums: Iterable[Multiset]) -> Multiset:
    """Return the sum of sums."""
    result = Multiset.empty()
    for one in sums:
        result = result + one
    return result


def _breach(cause: str) -> Breach:
    return Breach(BreachKind.CHAIN, cause)
