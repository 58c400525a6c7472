"""The one JSON byte encoding that everything hashed goes through.

RFC 8785 (JSON Canonicalization Scheme) for the values the product uses: objects with string
keys, arrays, strings, booleans, null, integers within ±(2**53 - 1) and finite floats.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from json.encoder import encode_basestring
from typing import Any

_MAX_SAFE = 2**53 - 1


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 bytes of ``value``.

    Raises:
        ValueError: for NaN, infinities, integers beyond ±(2**53 - 1), or a type JSON lacks.
    """
    return _text(value).encode("utf-8")


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
    yield from encoder.iterencode(value)
    yield "\n"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        if abs(value) > _MAX_SAFE:
            raise ValueError(f"integer {value} cannot be exchanged as a JSON number")
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):
        # RFC 8785 sorts keys by UTF-16 code units, not by code points.
        ascii_ = all(map(str.isascii, value))
        keys = sorted(value) if ascii_ else sorted(value, key=lambda k: k.encode("utf-16-be"))
        quoted = encode_basestring
        members = [
            f"{quoted(k)}:{quoted(v) if type(v := value[k]) is str else _text(v)}" for k in keys
        ]
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
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
