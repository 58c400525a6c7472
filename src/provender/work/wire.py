"""What travels between steps: small messages as JSON bytes, never pickle.

A step's result is a message. It names what is large, which lies in the store, instead of carrying
it; so an engine moves a few hundred bytes per piece, whatever the data weighs.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

from provender.core.canonical import compact_json
from provender.core.shard import ShardFailure

#: Failed shards that are named, the first by name.
MOST_FAILURES = 1000

_KINDS: dict[str, type[Any]] = {"ShardFailure": ShardFailure}


def message(kind: type[Any]) -> type[Any]:
    """Let a frozen dataclass of JSON values, tuples and other messages travel (a decorator)."""
    _KINDS[kind.__name__] = kind
    return kind


def to_wire(value: Any) -> bytes:
    """Return a message as bytes."""
    return compact_json(_plain(value))


def from_wire(data: bytes) -> Any:
    """Return the message in ``data``; its lists are tuples.

    Raises:
        ValueError: when the bytes are not a message.
    """
    try:
        return json.loads(data, object_hook=_built)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a message: {error}") from error


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        kind = type(value).__name__
        assert _KINDS[kind] is type(value)
        return {"$": kind, **{f.name: _plain(getattr(value, f.name)) for f in fields(value)}}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _built(value: dict[str, Any]) -> Any:
    kind = _KINDS[value.pop("$")]
    return kind(**{name: _tuples(item) for name, item in value.items()})


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def some_failures(failures: Any) -> tuple[ShardFailure, ...]:
    """Return failures sorted by shard, each once, as many as are named."""
    return tuple(sorted(set(failures), key=lambda f: (f.name, f.cause))[:MOST_FAILURES])
