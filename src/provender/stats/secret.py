"""The secret that hashes, samples and permutations may start from.

Who knows the hashes knows which documents share a fold, which are sampled, which words share a
bucket and which contents a count takes for equal, and can write rows to suit. With
PROVENDER_SECRET_KEY all of that is drawn from a key which only those who check the data hold.
Without it the hashes are the same everywhere, so that anybody can repeat a result. What they
decide is named by the key's id, which tells nothing of the key.
"""

from __future__ import annotations

import os
from functools import lru_cache
from hashlib import blake2b, shake_256

from provender.errors import StoreError, UsageError

VARIABLE = "PROVENDER_SECRET_KEY"


@lru_cache(maxsize=1)
def _secret() -> bytes:
    """Return the 32 bytes of the key, b'' where none is given.

    Raises:
        UsageError: when it is not 64 hex digits.
    """
    given = os.environ.get(VARIABLE, "")
    try:
        key = bytes.fromhex(given)
    except ValueError:
        key = b"?"
    if len(key) not in (0, 32):
        raise UsageError(VARIABLE, "is not 64 hex digits", "give 32 random bytes as hex")
    return key


def _derived(purpose: bytes, size: int) -> bytes:
    return blake2b(purpose, digest_size=size, key=_secret()).digest()


def key_id() -> str | None:
    """Return 16 hex digits that name the key and what it keys; None where there is none."""
    return _derived(b"provender.key-id/2", 8).hex() if _secret() else None


def require_key(wanted: str | None) -> None:
    """Make sure that this process has the key that the run was started with.

    Raises:
        StoreError: when it has another one, or none: states of two keys must never be folded.
    """
    if key_id() != wanted:
        cause = "is not on this worker what it was where the run was started"
        raise StoreError(VARIABLE, cause, "give all workers the same")


@lru_cache(maxsize=8)
def hash_key(public: bytes) -> bytes:
    """Return the key of a keyed hash, ``public`` where no secret is given."""
    return _derived(public, 32) if _secret() else public


def seed(public: int) -> int:
    """Return a seed below 2^32, ``public`` where no secret is given."""
    if not _secret():
        return public
    return int.from_bytes(_derived(b"provender.seed/1 %d" % public, 4), "little")


@lru_cache(maxsize=32)
def number(purpose: bytes, public: int) -> int:
    """Return a number below 2^64, ``public`` where no secret is given."""
    return int.from_bytes(_derived(purpose, 8), "little") if _secret() else public


def stream(purpose: bytes, size: int) -> bytes:
    """Return ``size`` bytes that nobody without the key can tell from random ones (SHAKE-256).

    A longer stream begins like a shorter one. b'' where no secret is given.
    """
    return shake_256(_derived(purpose, 32)).digest(size) if _secret() else b""
