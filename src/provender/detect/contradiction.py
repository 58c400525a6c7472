"""duplicates/contradiction: the same content under different labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from provender.core.finding import Level, Rule, Sufficient
from provender.detect.base import DataView, Unchecked
from provender.detect.equal_records import NULL_MODEL, EqualRecords, content_columns
from provender.detect.listed_rows import pack_listed
from provender.detect.record_keys import RecordKeys
from provender.stats.cell_hash import is_text
from provender.stats.keyed_rows import Groups, KeyedRows, equal_groups

RULE = Rule(
    id="duplicates/contradiction",
    title="one content, several labels",
    sees=(
        "records of equal content (the text with case and white space folded, where there is a "
        "text; else every column but label, key, source and annotator) whose labels differ: those "
        "outside the majority, or all but one where there is none, scored by the number of copies"
    ),
    blind=(
        "contradictions between contents that differ at all; contents so plain that chance "
        "explains their meeting, whose labels may rightly differ; which label is the right one"
    ),
    null_model="equal content under different labels is a coincidence: " + NULL_MODEL,
    false_alarms=(
        "at a rate of 1 %: none on Adult whole or cut to 3 or 14 columns, on BBC news or on "
        "SpamAssassin mail; 6 rows of 5,485 on Reuters R8, which are real contradictions"
    ),
    level=Level.NOTE,
    references=("Northcutt, Athalye & Mueller 2021, Pervasive Label Errors in Test Sets",),
    removal=Sufficient.COPIES,
)


@dataclass(frozen=True)
class Contradiction(EqualRecords):
    """Reads the content and the label once."""

    label: str = ""
    folded: bool = False

    rule: ClassVar[Rule] = RULE

    def bind(self, view: DataView) -> Self | Unchecked:
        roles, schema = view.roles, view.schema
        if roles.label is None:
            return Unchecked("no column has the role label")
        apart = (roles.label, roles.key, *roles.contributors().values())
        found = content_columns(schema, roles, apart)
        folded = roles.text is not None and is_text(schema.field(roles.text).type)
        if folded and roles.text is not None:
            only = (roles.text,)
            found = {"content": only, "texts": only, "running": only}
        if not found["content"]:
            return Unchecked("no column but the label, the key, the source and the annotator")
        return replace(self, label=roles.label, folded=folded, **found)

    def analysis(self, round: int, profile: bytes | None) -> RecordKeys:  # noqa: ARG002
        return RecordKeys(
            f"{RULE.id}#0", self.content, self.texts, self.running, self.label, self.folded
        )

    def profile(self, round: int, state: KeyedRows) -> bytes:  # noqa: ARG002
        """Return the disagreeing rows: int64 rows, copies of the content as score, p-value."""
        keys, null = state.keys, self.null_of(state)
        groups = equal_groups(keys.keys)
        wrong = outvoted(groups, keys.tags)
        members, copies = groups.members[wrong], groups.sizes[groups.group[wrong]]
        p_value = null.p_value(copies, keys.sizes[members])
        left_out = state.left_out
        limits = f"{left_out} rows without a label or without a text" if left_out else ""
        # In a tie the labels do not tell who is wrong; the place where such copies gather may.
        tied = np.bincount(groups.group[wrong], minlength=len(groups.sizes)) == groups.sizes
        first = keys.rows[groups.members[groups.first]]
        group = np.where(tied, first, -1)[groups.group[wrong]]
        return pack_listed(keys.rows[members], copies, p_value, group, limits)


def outvoted(groups: Groups, tags: np.ndarray) -> np.ndarray:
    """Return the mask (m,) of members whose label is not their group's one commonest label.

    In a tie nobody is right and all members are marked; groups of one label have none.
    """
    pairs = np.stack([groups.group, tags[groups.members].astype(np.int64)], axis=1)
    ballots, ballot, votes = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    most = np.zeros(len(groups.sizes), np.int64)
    np.maximum.at(most, ballots[:, 0], votes)
    leading = votes == most[ballots[:, 0]]
    leaders = np.bincount(ballots[:, 0][leading], minlength=len(groups.sizes))
    right = leading & (leaders[ballots[:, 0]] == 1)
    return np.asarray(~right[ballot.reshape(-1)])
