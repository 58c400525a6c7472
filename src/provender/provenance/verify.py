"""Data against a sealed manifest: whole, a sample, one shard or a range of its bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from provender.core.breach import Breach, BreachKind, printable
from provender.core.entries import ShardEntry
from provender.core.manifest import Manifest
from provender.core.sampling import sample
from provender.errors import NothingCheckedError, ProvenderError, UsageError
from provender.io.chunks import CHUNK_BYTES
from provender.io.discover import named_files
from provender.provenance.compare_bytes import (
    Difference,
    Stretch,
    chunk_root_of,
    differences,
    whole_shard,
)

#: So many changed shards are read again to say what happened to them.
_DIAGNOSED = 20

Files = Mapping[str, tuple[str, int]]


@dataclass(frozen=True)
class Asked:
    """What to verify; by default all of it.

    Attributes:
        sample: how many shards, chosen by ``seed``.
        shard: only this one.
        range: of that shard, only the bytes [start, stop).
    """

    sample: int | None = None
    seed: str = ""
    shard: str | None = None
    range: tuple[int, int] | None = None


@dataclass(frozen=True)
class Verification:
    """What was verified, and what did not hold.

    Attributes:
        shards: names of the shards whose bytes were read.
        bytes: how many were to be read.
    """

    breaches: tuple[Breach, ...]
    shards: tuple[str, ...]
    bytes: int


def verify_data(manifest: Manifest, inputs: Sequence[str], asked: Asked) -> Verification:
    """Read the bytes that are asked for and hold them against the manifest.

    With a sample, all names are compared, and the bytes of the sample; with one shard, nothing
    else is looked at.

    Raises:
        UsageError: when the range does not lie in the shard.
        InputError: when the data cannot be listed.
    """
    try:
        files: Files = named_files(inputs)
    except NothingCheckedError:
        files = {}
    entries = {entry.name: entry for entry in manifest.shards}
    if asked.shard is not None:
        return _one_shard(entries, files, asked.shard, asked.range)
    names = sorted(entries.keys() & files.keys())
    breaches = list(_names(entries, files))
    if asked.sample is not None:
        chosen = set(sample(sorted(entries), asked.sample, asked.seed, manifest.root))
        names = [name for name in names if name in chosen]
    stretches = [s for name in names for s in whole_shard(entries[name], files[name][0])]
    breaches += _contents(differences(stretches), entries, files)
    breaches.sort(key=lambda b: (b.shard or "", b.chunk or 0))
    return Verification(tuple(breaches), tuple(names), sum(entries[n].size for n in names))


def _one_shard(
    entries: Mapping[str, ShardEntry],
    files: Files,
    name: str,
    range_: tuple[int, int] | None,
) -> Verification:
    entry = entries.get(name)
    if entry is None:
        breach = Breach(BreachKind.SHARD_ADDED, f"{printable(name)}: was never sealed", name)
        return Verification((breach,), (), 0)
    if name not in files:
        return Verification((_missing(name),), (), 0)
    uri = files[name][0]
    if range_ is None:
        found = _contents(differences(whole_shard(entry, uri)), entries, files)
        return Verification(tuple(found), (name,), entry.size)
    start, stop = range_
    if not 0 <= start < stop <= entry.size:
        raise UsageError(
            "--range", f"{start}:{stop} does not lie in the {entry.size} bytes", "name others"
        )
    stretch = Stretch(entry, uri, start // CHUNK_BYTES, -(-stop // CHUNK_BYTES))
    read = min(stretch.stop * CHUNK_BYTES, entry.size) - stretch.first * CHUNK_BYTES
    found = _contents(differences([stretch]), entries, files)
    return Verification(tuple(found), (name,), read)


def _names(entries: Mapping[str, ShardEntry], files: Files) -> Iterator[Breach]:
    """Yield shards that are missing, added, renamed or duplicated."""
    missing = set(entries.keys() - files.keys())
    by_size: dict[int, list[ShardEntry]] = {}
    for entry in entries.values():
        by_size.setdefault(entry.size, []).append(entry)
    for name in sorted(files.keys() - entries.keys()):
        uri, size = files[name]
        twin = _same_bytes(uri, name, by_size.get(size, []), missing)
        if twin is None:
            yield Breach(BreachKind.SHARD_ADDED, f"{printable(name)}: was never sealed", name)
        elif twin in missing:
            missing.remove(twin)
            what = f"{printable(twin)}: is missing, its bytes lie under {printable(name)}"
            yield Breach(BreachKind.SHARD_RENAMED, what, twin)
        else:
            what = f"{printable(name)}: was never sealed, it is a copy of {printable(twin)}"
            yield Breach(BreachKind.SHARD_DUPLICATED, what, name)
    yield from map(_missing, sorted(missing))


def _same_bytes(
    uri: str, name: str, candidates: Sequence[ShardEntry], missing: set[str]
) -> str | None:
    """Return the sealed shard whose bytes a file holds, a missing one rather than another."""
    if not candidates:
        return None
    try:
        root = chunk_root_of(uri, name)
    except ProvenderError:
        return None
    twins = [entry.name for entry in candidates if entry.chunk_root == root]
    return min(twins, key=lambda twin: (twin not in missing, twin), default=None)


def _contents(
    found: Sequence[Difference], entries: Mapping[str, ShardEntry], files: Files
) -> list[Breach]:
    if not found:
        return []
    from provender.provenance.diagnosis import diagnose  # decoders: only where something is wrong

    sealed = {(e.size, e.chunk_root): e.name for e in entries.values()}
    breaches: list[Breach] = []
    for number, difference in enumerate(found):
        name = difference.entry.name
        if difference.unreadable and not difference.chunks:
            what = f"{printable(name)}: {difference.unreadable}"
            breaches.append(Breach(BreachKind.UNREADABLE, what, name))
        elif number < _DIAGNOSED:
            breaches += diagnose(difference, *files[name], sealed)
        else:
            what = f"{printable(name)}: its bytes are others"
            chunk = difference.chunks[0] if difference.chunks else None
            breaches.append(Breach(BreachKind.SHARD_CHANGED, what, name, chunk))
    return breaches


def _missing(name: str) -> Breach:
    return Breach(BreachKind.SHARD_MISSING, f"{printable(name)}: is missing", name)
