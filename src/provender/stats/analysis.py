"""The contract of everything that is computed from one read of a data set.

An analysis turns record batches into a small state. States of pieces merge in canonical order
into the state of the whole, so the result is the same on every runner, worker count and input
order. The law (tests/laws.py holds every implementation to it):

    one pass = merged pieces = merged with empty = after a round trip through bytes
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

import pyarrow as pa

from provender.core.digest import digest_of
from provender.stats.secret import key_id

S = TypeVar("S")


@runtime_checkable
class Analysis(Protocol[S]):
    """A mergeable statistic; implementations are frozen dataclasses.

    A state knows nothing of shards: rows are numbered from the start of the state itself, and
    ``merge`` shifts the numbers of later pieces, so a state can be cached by content.
    """

    @property
    def id(self) -> str:
        """A name of what is computed, such as 'duplicates/exact-row#0'; equal ones are shared."""

    @property
    def version(self) -> int:
        """Raised whenever the same input gives another state: it is part of the cache key."""

    def parameters(self) -> dict[str, Any]:
        """Return every parameter the state depends on, as JSON values (part of the cache key)."""

    def columns(self) -> tuple[str, ...] | None:
        """Return the columns that must be read; None for all of them."""

    def empty(self, first_row: int = 0) -> S:
        """Return the state of no rows; ``first_row`` is the shard's row count before the piece."""

    def add(self, state: S, batch: pa.RecordBatch) -> S:
        """Return ``state`` with the next rows added (it may be changed in place)."""

    def merge(self, states: Sequence[S]) -> S:
        """Return the state of all pieces, given in canonical order; at least one is given."""

    def pack(self, state: S) -> bytes:
        """Return the state as bytes: deterministic, without pickle."""

    def unpack(self, data: bytes) -> S:
        """Return the state that ``pack`` wrote.

        Raises:
            ValueError: when the bytes are not such a state.
        """


def analysis_key(analysis: Analysis[Any]) -> str:
    """Return ``sha256:<hex>`` over what the analysis computes: id, version and parameters.

    And over the id of the secret key that hashes start from, where there is one.
    """
    whole = [analysis.id, analysis.version, analysis.parameters()]
    secret = key_id()
    return digest_of([*whole, secret] if secret else whole)
