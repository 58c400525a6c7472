"""Data that the user says are trusted: which, whether they fit DATA, and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from provender.errors import IntegrityError, UsageError
from provender.io.states import StateStore
from provender.io.widen import widen
from provender.work.dataset import DataSet
from provender.work.shards import load_shards

_OPTION = "--trusted"
_ROOT = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class TrustRequest:
    """Which data are trusted.

    Attributes:
        inputs: paths and addresses, as the user gave them.
        root: what the root of their manifest must be; None for whatever it is.
    """

    inputs: tuple[str, ...]
    root: str | None = None

    @staticmethod
    def of(inputs: Sequence[str], root: str | None) -> TrustRequest | None:
        """Return the request; None where no data are named.

        Raises:
            UsageError: when the root is no digest, or there are no data that should have it.
        """
        if root is not None and not _ROOT.fullmatch(root):
            cause = f"{root!r} is no root of a manifest"
            raise UsageError("--trusted-root", cause, "write it as sha256: and 64 hex digits")
        if root is not None and not inputs:
            raise UsageError("--trusted-root", "no data are named", "name them with --trusted")
        return TrustRequest(tuple(inputs), root) if inputs else None


@dataclass(frozen=True)
class StoredBytes:
    """What lies in the store under ``name``, which is drawn from its content."""

    name: str
    store: StateStore

    @property
    def digest(self) -> str:
        return self.name

    def load(self) -> bytes:
        return _load(self.name, self.store)


@lru_cache(maxsize=8)
def _load(name: str, store: StateStore) -> bytes:
    return store.require(name)


@dataclass(frozen=True)
class Trusted:
    """Attributes:
    root: of the manifest of the trusted data, ``sha256:<hex>``.
    rows, shards: how many it holds.
    pinned: whether the user named that root beforehand.
    standards: by rule, what the data say to it.
    """

    root: str
    rows: int
    shards: int
    pinned: bool
    standards: Mapping[str, StoredBytes]

    def to_json(self) -> dict[str, Any]:
        """Return what findings.json tells."""
        return {
            "root": self.root,
            "rows": self.rows,
            "shards": self.shards,
            "pinned": self.pinned,
        }


def as_data(trusted: DataSet, data: DataSet, store: StateStore) -> DataSet:
    """Return the trusted data in the columns and roles of ``data``.

    Raises:
        UsageError: when they lack a column, have it in a wider type, or share a shard's bytes.
    """
    for field in data.schema:
        if field.name not in trusted.schema.names:
            raise UsageError(
                _OPTION, f"has no column {field.name!r}, which DATA has", "name data of one form"
            )
        own = trusted.schema.field(field.name).type
        if widen(own, field.type) != field.type:
            cause = f"column {field.name!r} is {own} there and {field.type} in DATA"
            raise UsageError(_OPTION, cause, "write both with one type")
    known = {digest: name for name, digest in _digests(trusted, store)}
    for name, digest in _digests(data, store):
        if digest in known:
            cause = f"{known[digest]} has the bytes of {name} in DATA"
            raise UsageError(_OPTION, cause, "data cannot vouch for themselves: name others")
    return replace(trusted, schema=data.schema, roles=data.roles)


def check_root(root: str, expected: str | None) -> None:
    """Hold the root of the trusted data against the one that the user named.

    Raises:
        IntegrityError: when they differ.
    """
    if expected is not None and root != expected:
        raise IntegrityError(
            _OPTION,
            f"the data have the root {root}, not {expected} as --trusted-root says",
            "do not trust them until you know why",
        )


def _digests(data: DataSet, store: StateStore) -> Iterator[tuple[str, str]]:
    for page in data.pages:
        for shard in load_shards(page, store):
            # Files without a record are all alike.
            if any(span.rows for span in shard.spans):
                yield shard.ref.name, shard.sha256
