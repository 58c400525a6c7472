"""A seal's successor: what changed since, declared by who seals, and held against the sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from provender.core.breach import Breach, BreachKind, BrokenTrustError, printable
from provender.core.entries import ShardEntry
from provender.core.manifest import Manifest
from provender.core.succession import Added, Removal, Succession, succession
from provender.errors import UsageError
from provender.identity.multiset import Multiset
from provender.io.states import StateStore
from provender.provenance.chain import Sums, added_of, equation_breaches, read_sums
from provender.provenance.quarantined import Lost, Quarantined, Reasons, read_reasons
from provender.work.identities import load_sum
from provender.work.stored_sums import stored_sum

#: A statement lists shards one by one, and must stay small.
_MOST_DROPPED = 2_000


@dataclass(frozen=True)
class Declared:
    """What who seals says has changed.

    Attributes:
        quarantine: the folder with reasons.parquet and rejected/; None where no record was
            picked out.
        dropped: shard → why it is gone.
        added: patterns of the shards that came in, as `fnmatch` takes them.
    """

    quarantine: Path | None = None
    dropped: Mapping[str, str] | None = None
    added: tuple[str, ...] = ()


@dataclass(frozen=True)
class Resealed:
    """What the new seal lists, and what is published beside it.

    Attributes:
        removed: of the records picked out, then of shards that are gone.
        hashes: leaf hashes of the records picked out.
        lost: the shards that lost them.
        quarantined: where receipts are made from; None where no record was picked out.
    """

    removed: tuple[Removal, ...]
    added: Added
    sums: Sums
    hashes: list[bytes]
    lost: tuple[Lost, ...]
    quarantined: Quarantined | None


def reseal(
    place: Path,
    before: Manifest,
    after: Manifest,
    inputs: Sequence[str],
    declared: Declared,
    store: StateStore,
    span_bytes: int,
) -> Resealed:
    """Show that ``after`` is ``before`` but for what is declared: old - removed + added = new.

    Args:
        place: the seal of ``before``, whose sums lie beside it.
        after: of ``inputs``, fingerprinted with ``store``.
        span_bytes: what shards were cut into when they were fingerprinted.

    Raises:
        BrokenTrustError: naming every shard that changed otherwise, or that the sums differ.
        UsageError: when more shards are gone than a seal can list.
        InputError: when something that is needed cannot be read.
    """
    became = succession(before, after)
    if len(became.dropped) > _MOST_DROPPED:
        cause = f"{len(became.dropped)} shards are gone, a seal lists {_MOST_DROPPED}"
        raise UsageError("DATA", cause, "make a new seal with `seal`")
    reasons = {} if declared.quarantine is None else read_reasons(declared.quarantine)
    breaches = [*_encodings(before, after), *_undeclared(became, declared, reasons)]
    if breaches:
        raise BrokenTrustError(str(place), breaches)
    lost = tuple(Lost(old, new, reasons[old.name]) for old, new in became.changed)
    quarantined, picked, hashes = None, tuple[Removal, ...](), list[bytes]()
    if declared.quarantine is not None and lost:
        quarantined = Quarantined(declared.quarantine, inputs)
        picked, hashes = quarantined.removals(lost)
    sums = Sums(
        Multiset.from_bytes(load_sum(after, store)),
        tuple(stored_sum(entry, store, span_bytes) for entry in became.dropped),
        tuple(stored_sum(entry, store, span_bytes) for entry in became.added),
    )
    why = declared.dropped or {}
    removed = (*picked, *(Removal(why[e.name], e.rows, e.row_root, e.name) for e in became.dropped))
    added = added_of(became.added, sums.added)
    old = read_sums(place.parent, before, None).whole
    breaches = equation_breaches(old, sums, became, removed, added, hashes)
    if breaches:
        raise BrokenTrustError(str(place), breaches)
    return Resealed(removed, added, sums, hashes, lost, quarantined)


def _undeclared(
    became: Succession, declared: Declared, reasons: Mapping[str, Reasons]
) -> list[Breach]:
    """Return what changed and was not declared, and what was declared and did not happen."""
    found, dropped = [], dict(declared.dropped or {})
    left = set(reasons)
    for entry, _ in became.changed:
        if entry.name not in left:
            found.append(_breach(entry, "holds other records, and no reason is given for any"))
        left.discard(entry.name)
    for entry in became.dropped:
        if dropped.pop(entry.name, None) is None:
            found.append(_breach(entry, "is gone: say why with --dropped NAME=REASON"))
    for entry in became.added:
        if not any(fnmatchcase(entry.name, pattern) for pattern in declared.added):
            found.append(_breach(entry, "was not sealed before: if it belongs, --added names it"))
    for name in sorted(left):
        cause = f"{printable(name)}: has lost no record, though reasons are given"
        found.append(Breach(BreachKind.CHAIN, cause, name))
    for name in sorted(dropped):
        cause = f"{printable(name)}: is not gone, or was not sealed before"
        found.append(Breach(BreachKind.CHAIN, cause, name))
    return found


def _encodings(before: Manifest, after: Manifest) -> list[Breach]:
    """Return a breach where digests of the two do not mean the same."""
    made = [{k: v for k, v in m.made.items() if k != "tool"} for m in (before, after)]
    if made[0] == made[1]:
        return []
    cause = "the data before were sealed with another encoding: make a new seal with `seal`"
    return [Breach(BreachKind.CHAIN, cause)]


def _breach(entry: ShardEntry, what: str) -> Breach:
    return Breach(BreachKind.CHAIN, f"{printable(entry.name)}: {what}", entry.name)
