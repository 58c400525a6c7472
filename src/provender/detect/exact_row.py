"""duplicates/exact-row: records that were met before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from provender.core.finding import Level, Rule, Sufficient
from provender.detect.base import DataView, Unchecked
from provender.detect.equal_records import NULL_MODEL, EqualRecords, content_columns
from provender.detect.listed_rows import pack_listed
from provender.detect.record_keys import RecordKeys
from provender.stats.keyed_rows import KeyedRows, equal_groups

RULE = Rule(
    id="duplicates/exact-row",
    title="repeated records",
    sees=(
        "records equal in every column but the key, the source and the annotator: all copies but "
        "one, scored by how many there are"
    ),
    blind=(
        "a copy with one changed cell (duplicates/near-text sees those of texts); repeats of "
        "records so plain that chance explains them, which a table of few low-cardinality "
        "columns is full of; repeats of free text or images in a column that has no such role "
        "or type, where a value's own frequency explains it"
    ),
    null_model=NULL_MODEL,
    false_alarms=(
        "at a rate of 1 %: none on Adult cut to 3, 7 or 14 columns (up to 32,541 natural "
        "repeats), on diamonds cut to 3 or 4, or on flights cut to origin, carrier, month and "
        "day; where the null fails, 10 % of the rows of flights cut to route, carrier and month "
        "and .5 % (26 % at a rate of 5 %) of flights cut to ten columns of the timetable"
    ),
    level=Level.NOTE,
    references=("Lee et al. 2022, Deduplicating Training Data Makes Language Models Better",),
    removal=Sufficient.COPIES,
)


@dataclass(frozen=True)
class ExactRow(EqualRecords):
    """Reads every column but the key, the source and the annotator once."""

    rule: ClassVar[Rule] = RULE

    def bind(self, view: DataView) -> Self | Unchecked:
        roles = view.roles
        found = content_columns(view.schema, roles, (roles.key, *roles.contributors().values()))
        if not found["content"]:
            return Unchecked("no column but the key, the source and the annotator")
        return replace(self, **found)

    def analysis(self, round: int, profile: bytes | None) -> RecordKeys:  # noqa: ARG002
        return RecordKeys(f"{RULE.id}#0", self.content, self.texts, self.running)

    def profile(self, round: int, state: KeyedRows) -> bytes:  # noqa: ARG002
        """Return all copies of repeated records: rows, number of copies as score, p-value."""
        keys, null = state.keys, self.null_of(state)
        groups = equal_groups(keys.keys)
        rows, copies = keys.rows[groups.members], groups.sizes[groups.group]
        p_value = null.p_value(copies, keys.sizes[groups.members])
        return pack_listed(rows, copies, p_value, rows[groups.first][groups.group])
