"""The contract of an attack. docs/redteam.md lists them all.

An attack is a frozen dataclass; its fields are its parameters. ``plant`` is a pure function: the
same table, roles, count and state of the generator give the same rows. It changes cells of rows
that are there, and neither adds nor moves a row.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.core.shard import Roles
from provender.errors import InputError


@dataclass(frozen=True)
class Planted:
    """A table with poison in it.

    Attributes:
        table: as it was given, but for the planted rows.
        rows: int64 (count,), the planted rows, ascending.
        trigger: what sets the backdoor off, as it stands in the rows; '' where there is no string.
        target: the label or response that the poison teaches; '' where there is none.
    """

    table: pa.Table
    rows: np.ndarray
    trigger: str
    target: str


class Attack(ABC):
    """Implementations are frozen dataclasses."""

    #: The roles that need a column of a usable type.
    needed: ClassVar[tuple[str, ...]]

    @property
    @abstractmethod
    def name(self) -> str:
        """'kebab-name', unique in the registry."""

    @property
    @abstractmethod
    def paper(self) -> str:
        """Where it was published."""

    @property
    def answers(self) -> bool:
        """Whether it changes what an annotator gives: a label or a response."""
        return not {"label", "response"}.isdisjoint(self.needed)

    def unfit(self, schema: pa.Schema, roles: Roles) -> str:
        """Return why data with these columns cannot be attacked so; '' where they can."""
        missing = [name for name in self.needed if not _usable(schema, roles, name)]
        return f"needs a {' and a '.join(missing)} column" if missing else ""

    @abstractmethod
    def plant(
        self, table: pa.Table, roles: Roles, count: int, random: np.random.Generator
    ) -> Planted:
        """Plant ``count`` rows.

        Raises:
            TooFewRowsError: when fewer rows than ``count`` can carry the attack.
        """


class TooFewRowsError(InputError):
    """The data hold fewer rows than an attack needs."""

    def __init__(self, name: str, count: int, available: int) -> None:
        cause = f"needs {count:,} rows and {available:,} can carry it"
        super().__init__(f"attack {name}", cause, "plant fewer rows")


def parameters(attack: Attack) -> dict[str, Any]:
    """Return an attack's parameters as JSON values, without its name and paper."""
    fields: dict[str, Any] = asdict(attack)  # type: ignore[call-overload]
    values = {k: list(v) if isinstance(v, tuple) else v for k, v in fields.items()}
    return {k: v for k, v in values.items() if k not in ("name", "paper")}


def _usable(schema: pa.Schema, roles: Roles, name: str) -> bool:
    column = getattr(roles, name)
    if column is None:
        return False
    kind = schema.field(column).type
    text = bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
    classes = bool(pa.types.is_integer(kind) or pa.types.is_boolean(kind))
    return text or (name == "label" and classes)


def draw(name: str, able: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Return ``count`` of the rows that are ``able`` (bool per row), ascending, each once.

    Raises:
        TooFewRowsError: when fewer are.
    """
    rows = np.flatnonzero(able)
    if len(rows) < count:
        raise TooFewRowsError(name, count, len(rows))
    return np.sort(random.choice(rows, count, replace=False)).astype(np.int64)


def holds_text(table: pa.Table, column: str) -> np.ndarray:
    """Return bool (rows,): whether the column holds anything but white space."""
    found = pc.fill_null(pc.match_substring_regex(table[column], r"\S"), False)
    return np.asarray(found)


def replaced(table: pa.Table, column: str, rows: np.ndarray, values: Sequence[Any]) -> pa.Table:
    """Return the table with the cells of ``rows`` (ascending) replaced, the type kept."""
    place = table.column_names.index(column)
    field = table.schema.field(place)
    mask = np.zeros(table.num_rows, bool)
    mask[rows] = True
    whole = table[column].combine_chunks()
    new = pc.replace_with_mask(whole, pa.array(mask), pa.array(list(values), field.type))
    return table.set_column(place, field, new)
