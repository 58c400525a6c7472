"""That a record was among sealed data, and that the next seal lists it as removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provender.core.audit_path import path_root
from provender.core.fields import fields, hex_digest
from provender.core.inclusion import Proof, proof_of
from provender.core.succession import Removal

RECEIPT_VERSION = "provender-removal/1"


@dataclass(frozen=True)
class Receipt:
    """The receipt of one removed record; it reveals no other record.

    Attributes:
        was: that the record was among the data before.
        reason: of the `Removal` it is listed in.
        index: its place there, from 0.
        path: from there to the removal's root.
    """

    was: Proof
    reason: str
    index: int
    path: tuple[bytes, ...]

    def removal(self, removed: Sequence[Removal]) -> Removal:
        """Return the removal that it leads to, of those that a seal lists.

        Raises:
            ValueError: when it leads to none of them.
        """
        for removal in removed:
            if removal.reason != self.reason or not 0 <= self.index < removal.rows:
                continue
            if removal.shard not in (None, self.was.shard["name"]):
                continue
            try:
                found = path_root(self.was.record, self.index, removal.rows, self.path)
            except ValueError:
                continue
            if found.hex() == removal.row_root:
                return removal
        raise ValueError("the record is not among those that the seal lists as removed")

    def to_json(self) -> dict[str, Any]:
        return {
            "version": RECEIPT_VERSION,
            "was": self.was.to_json(),
            "reason": self.reason,
            "index": self.index,
            "path": [digest.hex() for digest in self.path],
        }


def receipt_of(value: Any) -> Receipt:
    """Read a receipt back from its JSON value.

    Raises:
        ValueError: when it is not one.
    """
    fields(value, version=str, was=dict, reason=str, index=int, path=list)
    if value["version"] != RECEIPT_VERSION:
        raise ValueError(f"version is not {RECEIPT_VERSION!r}")
    path = tuple(bytes.fromhex(hex_digest(digest)) for digest in value["path"])
    return Receipt(proof_of(value["was"]), value["reason"], value["index"], path)
