"""The one JSON byte encoding that everything hashed goes through.

RFC 8785 (JSON Canonicalization Scheme) for the values the product uses: objects with string
keys, arrays, strings, booleans, null, integers within ±(2**53 - 1) and finite floats.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from json.encoder import encode_basestring
from typing import Any

_MAX_SAFE = 2**53 - 1
#: Items of a list that are one piece.
_MANY = 1024


class Verbatim(str):
    """Text that is canonical JSON already, and stands as it is in what holds it."""

    __slots__ = ()


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 bytes of ``value``.

    Raises:
        ValueError: for NaN, infinities, integers beyond ±(2**53 - 1), or a type JSON lacks.
    """
    return _text(value).encode("utf-8")


def canonical_pieces(value: Any) -> Iterator[bytes]:
    """Yield `canonical_json` piece by piece, so that a large document can be hashed as it is.

    Raises:
        ValueError: as `canonical_json`.
    """
    if isinstance(value, dict) and value:
        for place, key in enumerate(_sorted_keys(value)):
            yield f"{',' if place else '{'}{encode_basestring(key)}:".encode()
            yield from canonical_pieces(value[key])
        yield b"}"
    elif is_list(value) and len(value) > _MANY:
        for start in range(0, len(value), _MANY):
            yield b"," if start else b"["
            yield _text(value[start : start + _MANY]).encode("utf-8")[1:-1]
        yield b"]"
    else:
        yield canonical_json(value)


def compact_json(value: Any) -> bytes:
    """Return ``value`` as JSON for what only this release reads back: states, messages, pages.

    Many times faster than `canonical_json`, and no promise to anybody else.

    Raises:
        ValueError: for NaN and infinities.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def pretty_json(value: Any) -> str:
    """Return ``value`` as indented JSON with sorted keys: what people and git diffs read."""
    return "".join(pretty_pieces(value))


def pretty_pieces(value: Any) -> Iterator[str]:
    """Yield `pretty_json` piece by piece, for documents that are large."""
    encoder = json.JSONEncoder(indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    yield from _indented(value, "\n", encoder.encode)
    yield "\n"


def _indented(value: Any, line: str, encode: Callable[[Any], str]) -> Iterator[str]:
    """Yield ``value``, opened down to what is in no list; ``line`` begins each of its lines."""
    if isinstance(value, dict) and value:
        for place, key in enumerate(sorted(value)):
            yield f"{',' if place else '{'}{line}  {encode(key)}: "
            yield from _indented(value[key], line + "  ", encode)
        yield line + "}"
    elif is_list(value) and value:
        for place, item in enumerate(value):
            # No line break stands in a JSON text but those of its layout.
            yield f"{',' if place else '['}{line}  " + encode(item).replace("\n", line + "  ")
        yield line + "]"
    else:
        yield encode(list(value) if is_list(value) else value)


def is_list(value: Any) -> bool:
    """Return whether ``value`` is an array in JSON; one may be made as it is read (`Lazily`)."""
    if isinstance(value, list | tuple):
        return True
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _sorted_keys(value: dict[str, Any]) -> list[str]:
    """RFC 8785 sorts keys by UTF-16 code units, not by code points."""
    if all(map(str.isascii, value)):
        return sorted(value)
    return sorted(value, key=lambda key: key.encode("utf-16-be"))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value if type(value) is Verbatim else encode_basestring(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        if abs(value) > _MAX_SAFE:
            raise ValueError(f"integer {value} cannot be exchanged as a JSON number")
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):
        quoted = encode_basestring
        members = [
            f"{quoted(k)}:{quoted(v) if type(v := value[k]) is str else _text(v)}"
            for k in _sorted_keys(value)
        ]
        return "{" + ",".join(members) + "}"
    if is_list(value):
        return "[" + ",".join(_text(item) for item in value) + "]"
    raise ValueError(f"a {type(value).__name__} has no canonical JSON form")


def _number(value: float) -> str:
    """ECMAScript's Number::toString, which RFC 8785 prescribes."""
    if not math.isfinite(value):
        raise ValueError("NaN and infinities have no JSON form")
    if value == 0:
        return "0"
    if value < 0:
        return "-" + _number(-value)
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    if 0 < point <= 21:
        if len(digits) <= point:
            return digits + "0" * (point - len(digits))
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    tail = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return (digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")) + tail
