"""JSON from whoever may have written it: one meaning or an error, in bounded time and memory.

Python's parser lets the last of two equal keys win, knows NaN, and builds millions of objects
from a few megabytes; here none of that passes (RFC 8259 sections 4 and 6, RFC 7493).
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from provender.errors import InputError

_MEND = "restore it from where it was made"
_OPENING = (b",", b"[", b"{")
_MAX_INTEGER = 2**53 - 1
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def strict_json(data: bytes, subject: str, max_bytes: int, max_values: int) -> Any:
    """Return the value of a JSON text without floats.

    Args:
        data: UTF-8 bytes.
        subject: the file, for errors.
        max_bytes: longer texts are refused before they are looked at.
        max_values: texts with more array items and object members are refused before parsing.

    Raises:
        InputError: for anything that is not one JSON value: invalid UTF-8, a key that stands
            twice, NaN or another float, an integer beyond ±(2**53 - 1), a lone surrogate,
            nesting too deep for the parser, or a text beyond the limits.
    """
    if len(data) > max_bytes:
        raise InputError(subject, f"is longer than {max_bytes:,} bytes", _MEND)
    if sum(map(data.count, _OPENING)) > max_values:
        raise InputError(subject, f"may hold more than {max_values:,} values", _MEND)
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_no_float,
            parse_constant=_no_float,
            parse_int=_integer,
        )
        if _SURROGATE.search(data):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise InputError(subject, "is nested too deeply", _MEND) from None
    except UnicodeDecodeError as error:
        raise InputError(subject, f"is not UTF-8 (byte {error.start})", _MEND) from error
    except UnicodeEncodeError as error:
        raise InputError(subject, "holds half a surrogate pair", _MEND) from error
    except ValueError as error:
        raise InputError(subject, f"is not strict JSON ({error})", _MEND) from error
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return value


def _integer(digits: str) -> int:
    if len(digits) > len(str(-_MAX_INTEGER)) or abs(int(digits)) > _MAX_INTEGER:
        raise ValueError("an integer beyond 2**53")
    return int(digits)


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"the number {text[:20]}")
