"""Results that a long run keeps, so that it goes on where it was stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa


@dataclass
class Kept:
    """Results by name: the name tells the method's code and the rows it judged.

    Attributes:
        store: JSON lines; None keeps nothing.
        minutes: nothing is begun later than this.
    """

    store: Path | None
    minutes: float
    _known: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._until = time.monotonic() + 60 * self.minutes
        if self.store is not None and self.store.exists():
            for line in self.store.read_text().splitlines():
                kept = json.loads(line)
                self._known[kept["key"]] = kept["result"]

    def result(self, key: str, make: Callable[[], Any]) -> Any:
        """Return what is kept as ``key``, or make and keep it; None where no time is left."""
        if key not in self._known:
            if time.monotonic() > self._until:
                return None
            self._known[key] = make()
            if self.store is not None:
                with self.store.open("a") as out:
                    out.write(json.dumps({"key": key, "result": self._known[key]}) + "\n")
        return self._known[key]


def digest_of_code(places: Iterable[Path]) -> str:
    """Return what names code: a digest of these Python files, and of all in these folders."""
    whole = sha256()
    for place in places:
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            whole.update(path.read_bytes())
    return whole.hexdigest()[:16]


def digest_of_table(table: pa.Table) -> str:
    """Return what names rows in their order."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table.combine_chunks())
    return sha256(sink.getvalue()).hexdigest()[:16]
