"""A batch as expectations see it: flat columns, their kinds, what is missing in them.

As in pandas, and so in Great Expectations, NaN counts as missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class Kind(StrEnum):
    """The families of Arrow types that expectations tell apart."""

    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    STRING = "string"
    TIMESTAMP = "timestamp"
    DATE = "date"
    NULL = "null"
    OTHER = "other"


NUMBERS = (Kind.INTEGER, Kind.FLOAT, Kind.BOOLEAN)
TIMES = (Kind.TIMESTAMP, Kind.DATE)


def kind_of(type_: pa.DataType) -> Kind:
    """Return the kind of an Arrow type; a dictionary is of the kind of its values."""
    if pa.types.is_dictionary(type_):
        return kind_of(type_.value_type)
    tests = (
        (pa.types.is_integer, Kind.INTEGER),
        (pa.types.is_floating, Kind.FLOAT),
        (pa.types.is_boolean, Kind.BOOLEAN),
        (pa.types.is_string, Kind.STRING),
        (pa.types.is_large_string, Kind.STRING),
        (pa.types.is_string_view, Kind.STRING),
        (pa.types.is_timestamp, Kind.TIMESTAMP),
        (pa.types.is_date, Kind.DATE),
        (pa.types.is_null, Kind.NULL),
    )
    return next((kind for test, kind in tests if test(type_)), Kind.OTHER)


@dataclass(frozen=True)
class Column:
    """One column of a view.

    Attributes:
        original: its values as they came, dictionaries decoded.
        array: the same in one common type per kind: int64 or uint64, float64 without -0.0,
            large_string, date32; other kinds as they came.
    """

    kind: Kind
    original: pa.Array
    array: pa.Array

    @staticmethod
    def of(array: pa.Array) -> Column:
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        original = array
        kind = kind_of(array.type)
        if kind is Kind.INTEGER and array.type != pa.uint64():
            array = array.cast(pa.int64())
        elif kind is Kind.FLOAT:
            array = pc.add(array.cast(pa.float64()), 0.0)
        elif kind is Kind.STRING:
            array = array.cast(pa.large_string())
        elif kind is Kind.DATE:
            array = array.cast(pa.date32())
        return Column(kind, original, array)

    @cached_property
    def missing(self) -> np.ndarray:
        """bool (rows,): null or NaN."""
        if not self.array.null_count and self.kind is not Kind.FLOAT:
            return np.zeros(len(self.array), bool)
        return mask_of(pc.is_null(self.array, nan_is_null=self.kind is Kind.FLOAT))

    @cached_property
    def missing_count(self) -> int:
        return int(self.missing.sum())

    @cached_property
    def present(self) -> pa.Array:
        """The values that are not missing, in order."""
        return self.array.filter(pa.array(~self.missing)) if self.missing_count else self.array

    @cached_property
    def numbers(self) -> np.ndarray:
        """int64, uint64 or float64 (rows,) of a number column; booleans are 0 and 1.

        Missing integers are 0, missing floats NaN.
        """
        array = self.array.cast(pa.int64()) if self.kind is Kind.BOOLEAN else self.array
        empty = float("nan") if self.kind is Kind.FLOAT else 0
        filled = pc.fill_null(array, pa.scalar(empty, array.type)) if array.null_count else array
        return np.asarray(filled.to_numpy(zero_copy_only=False))

    @cached_property
    def texts(self) -> tuple[list[str], np.ndarray]:
        """(distinct values as Python's str writes them, int64 (rows,) index into them).

        Missing values point at 0.
        """
        if self.missing_count == len(self.array):
            return [""], np.zeros(len(self.array), np.int64)
        encoded = pc.dictionary_encode(self.original)
        codes = pc.fill_null(encoded.indices, 0).to_numpy(zero_copy_only=False)
        if self.kind is Kind.STRING:
            return encoded.dictionary.to_pylist(), codes
        # numpy's scalars, unlike Python's, write a float32 with its own digits.
        values = encoded.dictionary.to_numpy(zero_copy_only=False)
        return [str(value) for value in values], codes

    @cached_property
    def lengths(self) -> np.ndarray:
        """int64 (rows,): code points of the value as text; 0 where missing."""
        if self.kind is Kind.STRING:
            counted = pc.fill_null(pc.utf8_length(self.array), 0)
            return np.asarray(counted.to_numpy(zero_copy_only=False)).astype(np.int64)
        values, codes = self.texts
        lengths = np.fromiter((len(v) for v in values), np.int64, len(values))[codes]
        return np.where(self.missing, 0, lengths)


class View:
    """The rows of a batch that a row condition keeps.

    Args:
        batch: the batch as read.
        keep: bool (rows,) of rows to look at; None for all.
    """

    def __init__(self, batch: pa.RecordBatch, keep: np.ndarray | None = None) -> None:
        self.rows = batch.num_rows
        self.positions = None if keep is None else np.flatnonzero(keep)
        self.batch = batch if keep is None else batch.filter(pa.array(keep))
        self.elements = self.batch.num_rows
        self._columns: dict[str, Column] = {}

    def column(self, name: str) -> Column:
        """Return a column, decoded once per view."""
        if name not in self._columns:
            self._columns[name] = Column.of(self.batch.column(name))
        return self._columns[name]

    def rows_of(self, mask: np.ndarray) -> np.ndarray:
        """Return int64 row numbers, in the unfiltered batch, of a bool (elements,) mask."""
        found = np.flatnonzero(mask)
        return found if self.positions is None else self.positions[found]


def mask_of(array: pa.Array, null: bool = False) -> np.ndarray:
    """Return an Arrow boolean array as numpy bool (rows,), nulls as ``null``."""
    filled = pc.fill_null(array, null) if array.null_count else array
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=bool)
