"""That a record is not in a sealed data set, shown by its two neighbours among all records.

The tree is RFC 6962's over the leaf hashes of all records, sorted as bytes, copies included. What
lies between two leaves that stand side by side is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provender.core.audit_path import path_root
from provender.core.fields import fields, hex_digest

ABSENCE_VERSION = "provender-absence/1"


@dataclass(frozen=True)
class Neighbour:
    """A record by its leaf hash, its place among all in sorted order, and its audit path."""

    record: bytes
    index: int
    path: tuple[bytes, ...]

    def to_json(self) -> dict[str, Any]:
        path = [digest.hex() for digest in self.path]
        return {"record": self.record.hex(), "index": self.index, "path": path}


@dataclass(frozen=True)
class Absence:
    """The proof; of other records it reveals two leaf hashes.

    Attributes:
        record: leaf hash of the record that is not there.
        neighbours: the last record before it and the first after it; only one at either end,
            none where there is no record at all.
    """

    record: bytes
    neighbours: tuple[Neighbour, ...]

    def check(self, root: str, size: int) -> None:
        """Accept the proof against the hex root over ``size`` sorted records.

        Raises:
            ValueError: saying why it shows nothing.
        """
        for one in self.neighbours:
            if path_root(one.record, one.index, size, one.path).hex() != root:
                raise ValueError("a neighbour is none of the sealed records")
        match self.neighbours:
            case (left, right):
                between = left.record < self.record < right.record
                shown = between and left.index + 1 == right.index
            case (only,):
                first = only.index == 0 and self.record < only.record
                shown = first or (only.index == size - 1 and only.record < self.record)
            case _:
                shown = size == 0
        if not shown:
            raise ValueError("the record does not lie between neighbours")

    def to_json(self) -> dict[str, Any]:
        return {
            "version": ABSENCE_VERSION,
            "record": self.record.hex(),
            "neighbours": [one.to_json() for one in self.neighbours],
        }


def absence_of(value: Any) -> Absence:
    """Read a proof back from its JSON value.

    Raises:
        ValueError: when it is not one.
    """
    fields(value, version=str, record=str, neighbours=list)
    if value["version"] != ABSENCE_VERSION:
        raise ValueError(f"version is not {ABSENCE_VERSION!r}")
    found = []
    for one in value["neighbours"]:
        fields(one, record=str, index=int, path=list)
        path = tuple(bytes.fromhex(hex_digest(digest)) for digest in one["path"])
        found.append(Neighbour(bytes.fromhex(hex_digest(one["record"])), one["index"], path))
    return Absence(bytes.fromhex(hex_digest(value["record"])), tuple(found))
