"""Fields of a signed document: exactly those it must have, each of its type."""

from __future__ import annotations

import datetime
import re
from types import UnionType
from typing import Any

_HEX = re.compile(r"[0-9a-f]{64}")


class AlgorithmError(ValueError):
    """A digest or a key of an algorithm that is not accepted."""


class KeyIdError(ValueError):
    """A keyid that is not that of its key."""


def fields(value: Any, **kinds: type | UnionType) -> dict[str, Any]:
    """Return ``value``, an object with exactly the fields ``kinds``; null only where that says so.

    Raises:
        ValueError: when a field is missing, of another type, or unknown.
    """
    if not isinstance(value, dict):
        raise ValueError("expected an object")
    if value.keys() != kinds.keys():
        odd = ", ".join(sorted(value.keys() ^ kinds.keys()))[:100]
        raise ValueError(f"missing or unknown fields: {odd}")
    for name, kind in kinds.items():
        if not isinstance(value[name], kind) or (kind is int and isinstance(value[name], bool)):
            raise ValueError(f"{name} is no {getattr(kind, '__name__', kind)}")
    return value


def hex_digest(value: Any) -> str:
    """Return 64 lower-case hex digits.

    Raises:
        ValueError: when ``value`` is anything else.
    """
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError("expected 64 lower-case hex digits")
    return value


def sha256_digest(value: Any) -> str:
    """Return ``sha256:<hex>``.

    Raises:
        AlgorithmError: when it is the digest of another algorithm.
        ValueError: when it is anything else.
    """
    if not isinstance(value, str):
        raise ValueError("expected a digest sha256:<hex>")
    if not value.startswith("sha256:"):
        raise AlgorithmError("a digest by another algorithm than SHA-256")
    hex_digest(value.removeprefix("sha256:"))
    return value


def day(value: Any) -> datetime.date:
    """Return the day written YYYY-MM-DD.

    Raises:
        ValueError: when it is not written so.
    """
    found = datetime.date.fromisoformat(value) if isinstance(value, str) else None
    if found is None or found.isoformat() != value:
        raise ValueError("expected a day as YYYY-MM-DD")
    return found
