"""open_verified: from data, a seal and a trust file to bytes, batches and file systems."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow.fs import FSSpecHandler, PyFileSystem

from provender.core.breach import Breach, BreachKind, BrokenTrustError
from provender.core.entries import ShardEntry
from provender.errors import NothingCheckedError, UsageError
from provender.io.listing import root_of
from provender.io.names import check_names
from provender.provenance.reading.file import SealedFile
from provender.provenance.reading.filesystem import PROTOCOL, VerifiedFileSystem
from provender.provenance.reading.shards import SealedShards
from provender.provenance.reading.tables import batches_of, dataset_of
from provender.provenance.sealed import Sealed, remember, trusted_seal

Address = str | Path

#: What `provender exec` tells its child; data are one address on a line.
DATA = "PROVENDER_DATA"
SEAL = "PROVENDER_SEAL"
SEAL_DIGEST = "PROVENDER_SEAL_DIGEST"
TRUST = "PROVENDER_TRUST"
LAST_SEEN = "PROVENDER_LAST_SEEN"
RECEIPT = "PROVENDER_RECEIPT"


class VerifiedData:
    """Sealed data that can be read, and only as they were sealed. Picklable.

    Attributes:
        sealed: the seal, its trust file and its manifest.
        shards: what may be read and how it is checked.
        filesystem: for fsspec, and whoever takes its file systems.
    """

    def __init__(self, sealed: Sealed, shards: SealedShards) -> None:
        self.sealed, self.shards = sealed, shards
        self.filesystem = VerifiedFileSystem(shards)

    @property
    def names(self) -> list[str]:
        """All sealed names, sorted."""
        return list(self.shards.entries)

    @cached_property
    def arrow_filesystem(self) -> PyFileSystem:
        """The same for pyarrow."""
        return PyFileSystem(FSSpecHandler(self.filesystem))

    def open(self, name: str) -> SealedFile:
        """Open one shard as a binary file.

        Raises:
            FileNotFoundError: when it was not sealed.
            IntegrityError: here or while reading, when it is not as sealed.
        """
        file: SealedFile = self.filesystem.open(name)
        return file

    def dataset(self, names: Sequence[str] | None = None) -> ds.Dataset:
        """Return shards as one pyarrow Dataset.

        Args:
            names: which; None for all.

        Raises:
            FileNotFoundError: when a name was not sealed.
            InputError: when their columns do not fit together.
            IntegrityError: here or while reading, when a shard is not as sealed.
        """
        return dataset_of(self._entries(names), self.arrow_filesystem)

    def batches(
        self, names: Sequence[str] | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the record batches of shards, shard by shard; arguments and errors as `dataset`."""
        entries = self._entries(names)
        yield from batches_of(entries, self.arrow_filesystem, self.open, columns)

    def _entries(self, names: Sequence[str] | None) -> list[ShardEntry]:
        for name in names or ():
            self.filesystem.info(name)
        chosen = [self.shards.entries[name] for name in (self.names if names is None else names)]
        if not chosen:
            raise NothingCheckedError("names", "no shard was named", "name at least one")
        return chosen


def open_verified(
    data: Address | Sequence[Address] | None = None,
    seal: Address | None = None,
    trust: Address | None = None,
    last_seen: Address | None = None,
    receipt: Address | None = None,
) -> VerifiedData:
    """Check a seal, and return its data so that every byte is checked when it is read.

    What is not given is taken from the environment, as `provender exec` sets it: PROVENDER_DATA,
    PROVENDER_SEAL, PROVENDER_TRUST, PROVENDER_LAST_SEEN, PROVENDER_RECEIPT.

    Args:
        data: a folder, file or glob, as a path or an fsspec address, or several, as they were
            sealed. Nothing is listed: the manifest says which files there are.
        seal: the seal, ``manifest.json`` beside it.
        trust: the trust file.
        last_seen: what was accepted before; written again.
        receipt: folder in which each process logs the chunks that it reads.

    Raises:
        BrokenTrustError: when seal, trust file, freshness or manifest do not hold.
        InputError: when one of them cannot be read.
        UsageError: when one of the first three is named nowhere.
    """
    inputs = _inputs(data)
    sealed = trusted_seal(
        _given(seal, SEAL, "seal"),
        _given(trust, TRUST, "trust"),
        last_seen := last_seen or os.environ.get(LAST_SEEN) or None,
    )
    if seal is None and os.environ.get(SEAL_DIGEST, sealed.digest) != sealed.digest:
        breach = Breach(BreachKind.SEAL, "the seal is not the one that `provender exec` checked")
        raise BrokenTrustError(os.environ[SEAL], [breach])
    if last_seen is not None:
        remember(sealed, last_seen)
    log = receipt or os.environ.get(RECEIPT) or None
    return sealed_data(sealed, inputs, None if log is None else str(log))


def sealed_data(sealed: Sealed, inputs: Sequence[str], receipt: str | None = None) -> VerifiedData:
    """Return the data of a seal that was checked already; arguments as `open_verified`.

    Raises:
        InputError: when there are no such data, or a sealed name leads out of them.
    """
    entries = {entry.name: entry for entry in sealed.manifest.shards}
    check_names(list(entries))
    root = root_of(inputs)
    if PROTOCOL not in fsspec.registry:
        fsspec.register_implementation(PROTOCOL, VerifiedFileSystem)
    return VerifiedData(sealed, SealedShards(entries, root, sealed.digest, receipt))


def _inputs(data: Address | Sequence[Address] | None) -> list[str]:
    if data is None:
        return _given(None, DATA, "data").splitlines()
    return [str(data)] if isinstance(data, str | Path) else [str(one) for one in data]


def _given(value: Any, variable: str, name: str) -> str:
    found = value if value is not None else os.environ.get(variable)
    if not found:
        raise UsageError(name, "is not given", f"pass it, or set {variable}")
    return str(found)
