"""The narrowest type that holds two types' values, where there is one."""

from __future__ import annotations

import pyarrow as pa

_UNITS = ("s", "ms", "us", "ns")
_INTEGER_DIGITS = 20  # enough for every integer type, so that the order of widening is free
types = pa.types


def plain(type_: pa.DataType) -> pa.DataType:
    """Return the type that analyses see: one layout per kind of value.

    Dictionary, run-end and extension types become their values' type; large and view strings,
    binaries and lists become ``string``, ``binary`` and ``list``; field names inside lists are
    dropped.
    """
    if isinstance(type_, pa.BaseExtensionType):
        return plain(type_.storage_type)
    if types.is_dictionary(type_) or types.is_run_end_encoded(type_):
        return plain(type_.value_type)
    if types.is_large_string(type_) or types.is_string_view(type_):
        return pa.string()
    if types.is_large_binary(type_) or types.is_binary_view(type_):
        return pa.binary()
    if types.is_fixed_size_list(type_):
        return pa.list_(plain(type_.value_type), type_.list_size)
    if _is_list(type_):
        return pa.list_(plain(type_.value_type))
    if types.is_struct(type_):
        return pa.struct([pa.field(field.name, plain(field.type)) for field in type_])
    if types.is_map(type_):
        return pa.map_(plain(type_.key_type), plain(type_.item_type))
    return type_


def widen(left: pa.DataType, right: pa.DataType) -> pa.DataType | None:
    """Return the narrowest plain type for the values of both, or None where there is none.

    Commutative and associative. Integers widen to the smallest integer for both (an unsigned
    64-bit one beside a signed one to int64); an integer beside a float gives float64, so integers
    beyond 2**53 lose digits there; structs unite their fields, a missing one being null.
    """
    left, right = plain(left), plain(right)
    if left == right or types.is_null(right):
        return left
    if types.is_null(left):
        return right
    if _is_number(left) and _is_number(right):
        return _number(left, right)
    if _is_bytes(left) and _is_bytes(right):
        return pa.binary()
    if _is_list(left) and _is_list(right):
        return _list(left, right)
    if types.is_struct(left) and types.is_struct(right):
        return _struct(left, right)
    if types.is_map(left) and types.is_map(right):
        key, item = widen(left.key_type, right.key_type), widen(left.item_type, right.item_type)
        return pa.map_(key, item) if key is not None and item is not None else None
    return _time(left, right)


def _number(left: pa.DataType, right: pa.DataType) -> pa.DataType | None:
    if types.is_floating(left) or types.is_floating(right):
        return pa.float64()
    if types.is_decimal(left) or types.is_decimal(right):
        scale = max(_scale(left), _scale(right))
        digits = max(_whole_digits(left), _whole_digits(right)) + scale
        if digits > 76:
            return None
        return pa.decimal128(digits, scale) if digits <= 38 else pa.decimal256(digits, scale)
    signed = types.is_signed_integer(left) or types.is_signed_integer(right)
    bits = max(_bits(left, signed), _bits(right, signed))
    wide = {8: pa.int8(), 16: pa.int16(), 32: pa.int32(), 64: pa.int64()}
    unsigned = {8: pa.uint8(), 16: pa.uint16(), 32: pa.uint32(), 64: pa.uint64()}
    return (wide if signed else unsigned)[bits]


def _bits(type_: pa.DataType, signed: bool) -> int:
    """Bits that an integer of the wanted signedness needs for the type's values, at most 64."""
    extra = 2 if signed and types.is_unsigned_integer(type_) else 1
    return min(int(type_.bit_width) * extra, 64)


def _scale(type_: pa.DataType) -> int:
    return int(type_.scale) if types.is_decimal(type_) else 0


def _whole_digits(type_: pa.DataType) -> int:
    return int(type_.precision - type_.scale) if types.is_decimal(type_) else _INTEGER_DIGITS


def _list(left: pa.DataType, right: pa.DataType) -> pa.DataType | None:
    value = widen(left.value_type, right.value_type)
    if value is None:
        return None
    if types.is_fixed_size_list(left) and types.is_fixed_size_list(right):
        same = left.list_size == right.list_size
        return pa.list_(value, left.list_size) if same else pa.list_(value)
    return pa.list_(value)


def _struct(left: pa.DataType, right: pa.DataType) -> pa.DataType | None:
    fields = {field.name: field.type for field in left}
    for field in right:
        both = widen(fields[field.name], field.type) if field.name in fields else field.type
        if both is None:
            return None
        fields[field.name] = both
    return pa.struct([pa.field(name, type_) for name, type_ in fields.items()])


def _time(left: pa.DataType, right: pa.DataType) -> pa.DataType | None:
    if types.is_date(left) and types.is_date(right):
        return pa.date64()
    if types.is_time(left) and types.is_time(right):
        unit = _finer(left, right)
        return pa.time64(unit) if unit in ("us", "ns") else pa.time32(unit)
    if types.is_duration(left) and types.is_duration(right):
        return pa.duration(_finer(left, right))
    if types.is_timestamp(left) and types.is_timestamp(right):
        if (left.tz is None) != (right.tz is None):
            return None
        zone = left.tz if left.tz == right.tz else "UTC"
        return pa.timestamp(_finer(left, right), zone)
    return None


def _finer(left: pa.DataType, right: pa.DataType) -> str:
    return max(str(left.unit), str(right.unit), key=_UNITS.index)


def _is_number(type_: pa.DataType) -> bool:
    return bool(types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_))


def _is_bytes(type_: pa.DataType) -> bool:
    return bool(types.is_binary(type_) or types.is_fixed_size_binary(type_))


def _is_list(type_: pa.DataType) -> bool:
    return bool(
        types.is_list(type_)
        or types.is_large_list(type_)
        or types.is_list_view(type_)
        or types.is_large_list_view(type_)
        or types.is_fixed_size_list(type_)
    )
