"""The record encoding written a second time, cell by cell, from docs/identity.md alone.

Slow and plain: what `provender.identity.encoding` does a column at a time must come out the same.
"""

import math
import struct

import pyarrow as pa

NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def record(fields):
    """(name, Arrow scalar) pairs -> the canonical record."""
    present = [(name.encode(), value) for name, value in fields if cell(value) is not None]
    return b"".join(
        struct.pack("<I", len(name)) + name + cell(value) for name, value in sorted_by_name(present)
    )


def sorted_by_name(fields):
    return sorted(fields, key=lambda field: field[0])


def sized(tag, data):
    return tag + struct.pack("<Q", len(data)) + data


def instant(tag, value, unit):
    seconds, rest = divmod(value * NANOSECONDS[unit], 10**9)
    return tag + struct.pack("<qq", seconds, rest)


def decimal(value):
    digits = format(value, "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return digits.encode()


def cell(value):
    """An Arrow scalar -> its bytes; None for null."""
    kind = value.type
    if isinstance(kind, pa.BaseExtensionType):
        return cell(value.value)
    if not value.is_valid:
        return None
    if pa.types.is_dictionary(kind):
        return cell(value.value)
    if pa.types.is_boolean(kind):
        return b"b" + bytes([value.as_py()])
    if pa.types.is_integer(kind):
        number = value.as_py()
        return (
            struct.pack("<cq", b"i", number) if number < 2**63 else struct.pack("<cQ", b"u", number)
        )
    if pa.types.is_floating(kind):
        number = float(value.as_py())
        bits = struct.pack("<Q", 0x7FF8 << 48) if math.isnan(number) else struct.pack("<d", number)
        return b"f" + bits
    if pa.types.is_decimal(kind):
        return sized(b"d", decimal(value.as_py()))
    if pa.types.is_date32(kind):
        return struct.pack("<cq", b"D", value.value)
    if pa.types.is_date64(kind):
        return struct.pack("<cq", b"D", value.value // 86_400_000)
    if pa.types.is_time(kind):
        return struct.pack("<cq", b"T", value.value * NANOSECONDS[kind.unit])
    if pa.types.is_duration(kind):
        return instant(b"P", value.value, kind.unit)
    if pa.types.is_timestamp(kind):
        return instant(b"t" if kind.tz else b"w", value.value, kind.unit)
    if pa.types.is_struct(kind):
        cells = [(name.encode(), cell(field)) for name, field in value.items()]
        present = [(name, data) for name, data in sorted_by_name(cells) if data is not None]
        fields = b"".join(struct.pack("<I", len(name)) + name + data for name, data in present)
        return b"o" + struct.pack("<Q", len(present)) + fields
    if pa.types.is_map(kind):
        pairs = [pair for entry in value.values for pair in (entry["key"], entry["value"])]
        return b"m" + struct.pack("<Q", len(value.values)) + elements(pairs)
    if pa.types.is_nested(kind):
        return b"l" + struct.pack("<Q", len(value.values)) + elements(value.values)
    data = value.as_py()
    return sized(b"s", data.encode()) if isinstance(data, str) else sized(b"y", data)


def elements(values):
    return b"".join(cell(v) or b"n" for v in values)
