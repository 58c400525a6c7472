"""Digests as they are written: lower-case hex, prefixed by the algorithm."""

from __future__ import annotations

import hashlib
from typing import Any

from provender.core.canonical import canonical_pieces


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of ``data`` as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def digest_of(value: Any) -> str:
    """Return ``sha256:<hex>`` over the canonical JSON of ``value``."""
    whole = hashlib.sha256()
    for piece in canonical_pieces(value):
        whole.update(piece)
    return "sha256:" + whole.hexdigest()
