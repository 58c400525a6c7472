"""What verification found broken: one kind per cause, so that scripts can tell them apart."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from provender.core.fields import AlgorithmError, KeyIdError
from provender.errors import InputError, IntegrityError

_NAMED = 10


class BreachKind(StrEnum):
    """Why something is not verified; docs/seal.md says each in a sentence."""

    SEAL = "seal"
    PAYLOAD_TYPE = "payload-type"
    SIGNATURE = "signature"
    KEY = "key"
    ALGORITHM = "algorithm"
    SERIES = "series"
    ROLLBACK = "rollback"
    FORK = "fork"
    EXPIRED = "expired"
    TRUST = "trust"
    TRUST_EXPIRED = "trust-expired"
    TRUST_ROLLBACK = "trust-rollback"
    LAST_SEEN = "last-seen"
    MANIFEST = "manifest"
    EVIDENCE = "evidence"
    POLICY = "policy"
    LINEAGE = "lineage"
    PROOF = "proof"
    RECEIPT = "receipt"
    RECEIPT_UNSEALED = "receipt-unsealed"
    RECEIPT_UNREAD = "receipt-unread"
    RECEIPT_PARTIAL = "receipt-partial"
    CHAIN = "chain"
    SHARD_MISSING = "shard-missing"
    SHARD_ADDED = "shard-added"
    SHARD_RENAMED = "shard-renamed"
    SHARD_DUPLICATED = "shard-duplicated"
    SHARD_SWAPPED = "shard-swapped"
    SHARD_TRUNCATED = "shard-truncated"
    SHARD_REENCODED = "shard-reencoded"
    SHARD_REORDERED = "shard-reordered"
    SHARD_EDITED = "shard-edited"
    SHARD_CHANGED = "shard-changed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Breach:
    """One thing that is not as it was sealed.

    Attributes:
        kind: the cause.
        message: one line.
        shard: the shard it is about.
        chunk: index of the 4 MiB chunk, from 0; None where no single chunk is to blame.
        rows: half-open interval of the shard's records that lie in the chunk; None where the
            data cannot be decoded any more.
    """

    kind: BreachKind
    message: str
    shard: str | None = None
    chunk: int | None = None
    rows: tuple[int, int] | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "shard": self.shard,
            "chunk": self.chunk,
            "rows": None if self.rows is None else list(self.rows),
            "message": self.message,
        }


class BrokenTrustError(IntegrityError):
    """What was sealed is not what is here.

    Attributes:
        breaches: every reason, at least one; none only where a library made the error anew from
            its text alone, as torch does with what a worker process raised.
    """

    def __init__(self, subject: str, breaches: Sequence[Breach] = ()) -> None:
        lines = breach_lines(breaches)
        super().__init__(subject, "; ".join(lines), "do not use the data until you know why")
        self.breaches = tuple(breaches)

    def __reduce__(self) -> tuple[type[BrokenTrustError], tuple[str, tuple[Breach, ...]]]:
        return type(self), (self.subject, self.breaches)


def printable(name: str) -> str:
    """Return a shard's name so that no terminal takes it for a command."""
    return name if name.isprintable() else ascii(name)


@contextlib.contextmanager
def told_as(kind: BreachKind, what: str, subject: str) -> Iterator[None]:
    """Turn what is wrong with a document that is read inside into a breach of ``kind``.

    Args:
        what: the document in words, such as 'the seal'.
        subject: its file.

    Raises:
        BrokenTrustError: of kind ALGORITHM or KEY where it is about these.
    """
    try:
        yield
    except InputError as error:
        raise BrokenTrustError(subject, [Breach(kind, f"{what} {error.cause}")]) from error
    except ValueError as error:
        if isinstance(error, AlgorithmError):
            kind = BreachKind.ALGORITHM
        if isinstance(error, KeyIdError):
            kind = BreachKind.KEY
        cause = f"{what} is not as it must be ({error})"
        raise BrokenTrustError(subject, [Breach(kind, cause)]) from error


def breach_lines(breaches: Sequence[Breach]) -> list[str]:
    """Return a line for each breach, but at most ten, and how many more there are."""
    lines = [b.message for b in breaches[:_NAMED]]
    if len(breaches) > _NAMED:
        lines.append(f"and {len(breaches) - _NAMED:,} more")
    return lines
