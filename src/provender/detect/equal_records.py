"""What the two detectors of equal records share: keys, parts, and the chance of coincidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pyarrow as pa

from provender.calibrate.coincidence import Coincidence
from provender.core.shard import Roles
from provender.detect.listed_rows import ListedRows
from provender.stats.cell_hash import is_binary, is_list, is_text
from provender.stats.keyed_rows import KeyedRows, select_keys

#: Said by both rules: where the p-value comes from.
NULL_MODEL = (
    "records are independent draws at the frequencies measured in the data itself; the most "
    "varied column is independent of the others, and the words of long texts and the elements "
    "of long lists are independent; the p-value bounds, by Markov's inequality, the chance that "
    "a record meets that many equals. Where the most varied column hangs on the others (a flight "
    "number on its route), coincidences are commoner than that, and natural repeats get small "
    "p-values"
)


@dataclass(frozen=True)
class EqualRecords(ListedRows):
    """Columns, once bound, and what follows from keys alone."""

    content: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    running: tuple[str, ...] = ()

    partitioned: ClassVar[bool] = True

    def select(self, state: KeyedRows, part: int, parts: int) -> KeyedRows:
        """Return the records whose key falls in range ``part`` of ``parts``."""
        return select_keys(state, part, parts)

    def common(self, state: KeyedRows) -> KeyedRows:
        """Return the state without its keys."""
        return replace(state, pieces=())

    def complete(self, state: KeyedRows, common: KeyedRows) -> KeyedRows:
        """Return the folded state of a part with the counters of all rows."""
        return replace(state, counts=common.counts)

    def null_of(self, state: KeyedRows) -> Coincidence:
        """Return the null model of the whole data set, the same from any part of the state."""
        rows = state.total - state.left_out
        own, rests = np.split(state.counts, 2)
        running = np.array([name in self.running for name in self.content])
        return Coincidence.of(rows, own[~running], rests[~running], own[running])


def content_columns(
    schema: pa.Schema, roles: Roles, apart: tuple[str | None, ...]
) -> dict[str, tuple[str, ...]]:
    """Return the fields of `EqualRecords` for all columns but those in ``apart``."""
    content = tuple(n for n in schema.names if n not in apart)
    free = (roles.text, roles.prompt, roles.response)
    texts = tuple(n for n in content if n in free and is_text(schema.field(n).type))
    kinds = {n: schema.field(n).type for n in content}
    running = tuple(n for n in content if n in texts or is_list(kinds[n]) or is_binary(kinds[n]))
    return {"content": content, "texts": texts, "running": running}
