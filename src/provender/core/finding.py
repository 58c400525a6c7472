"""Rules and findings, in SARIF's words: a rule is what is looked for, a finding what was met."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

#: Shards that a finding names: a document must not grow with findings times shards.
MOST_SHARDS = 1000


class Level(StrEnum):
    """How grave, as in SARIF 2.1.0: only warnings and errors can reject."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """0 for a note, 1 for a warning, 2 for an error."""
        return [Level.NOTE, Level.WARNING, Level.ERROR].index(self)


class Sufficient(StrEnum):
    """Which of a finding's flagged rows must go until its cause is gone.

    EACH: all, for each is beyond chance by itself. COPIES: all, for of each group of equals one
    is not flagged, or those with the commonest label, and stays. UNTIL_CHANCE: so many of them,
    whichever, for the rest could be there by chance.
    """

    EACH = "each"
    COPIES = "copies"
    UNTIL_CHANCE = "until_chance"


@dataclass(frozen=True)
class Rule:
    """One thing that is looked for.

    Attributes:
        id: 'family/kebab-name'.
        title: a short noun phrase.
        sees: what it finds, one or two sentences.
        blind: what it cannot see.
        null_model: what clean data is assumed to look like; where the p-value comes from.
        false_alarms: the measured false-alarm rate on clean data, and on what it was measured.
        level: the level of its findings unless the evidence or the policy says otherwise.
        references: papers and standards.
        removal: which flagged rows must go until a finding is gone, unless its cause tells a count.
        gravest: the level of its gravest causes, where those may be graver than the rule.
    """

    id: str
    title: str
    sees: str
    blind: str
    null_model: str
    false_alarms: str
    level: Level
    references: tuple[str, ...] = ()
    removal: Sufficient = Sufficient.EACH
    gravest: Level | None = None

    @property
    def can_alarm(self) -> bool:
        """Whether it may raise a warning or an error by the rows it flags."""
        return (self.gravest or self.level) is not Level.NOTE


@dataclass(frozen=True)
class Removal:
    """The fewest rows to remove until a finding's cause is gone.

    Attributes:
        rows: how many.
        how: which of the flagged rows.
    """

    rows: int
    how: Sufficient

    def to_json(self) -> dict[str, Any]:
        return {"rows": self.rows, "how": self.how.value}

    @staticmethod
    def from_json(value: dict[str, Any] | None) -> Removal | None:
        return Removal(value["rows"], Sufficient(value["how"])) if value else None


@dataclass(frozen=True)
class Finding:
    """One trigger, pattern, column or source that a rule names.

    Attributes:
        rule: the rule's id.
        level: note, warning or error.
        what: the finding's subject: a gram, a column, a group, a source; '' for the data set.
        shards: (shard name, flagged rows in it) by name, of the `MOST_SHARDS` with the most.
        shard_count: shards with a flagged row in all.
        sources, annotators: (name, flagged rows of it), most rows first, of the 50 with the most.
        classes: (label value, flagged rows in it) by value.
        concentrated_in: ('shard', 'source' or 'annotator', name, p-value) where flags
            gather beyond chance.
        rows: flagged rows in all.
        score: the highest score among them, in the detector's units.
        p_value: the smallest p-value among them.
        message: one sentence for a person; no row content.
        trigger: texts that a row is flagged for holding, each enough; () where it is no text.
        target: the label that the trigger forces; None where there is none.
        removal: the fewest rows that must go; None where removing rows mends nothing.
        examples: up to five rows as {shard, row, …}; text is redacted unless asked for. `context`
            is the trigger's place, `nearest` the most alike of the rows that nothing flags.
        evidence: figures behind the finding, JSON values.
    """

    rule: str
    level: Level
    what: str
    rows: int
    score: float | None
    p_value: float | None
    message: str
    shards: tuple[tuple[str, int], ...] = ()
    shard_count: int = 0
    sources: tuple[tuple[str, int], ...] = ()
    annotators: tuple[tuple[str, int], ...] = ()
    classes: tuple[tuple[str, int], ...] = ()
    concentrated_in: tuple[tuple[str, str, float], ...] = ()
    trigger: tuple[str, ...] = ()
    target: str | None = None
    removal: Removal | None = None
    examples: tuple[dict[str, Any], ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "level": self.level.value,
            "what": self.what,
            "rows": self.rows,
            "score": self.score,
            "p_value": self.p_value,
            "message": self.message,
            "shards": [list(pair) for pair in self.shards],
            "shard_count": self.shard_count,
            "sources": [list(pair) for pair in self.sources],
            "annotators": [list(pair) for pair in self.annotators],
            "classes": [list(pair) for pair in self.classes],
            "concentrated_in": [list(item) for item in self.concentrated_in],
            "trigger": list(self.trigger),
            "target": self.target,
            "removal": self.removal and self.removal.to_json(),
            "examples": list(self.examples),
            "evidence": self.evidence,
        }

    @staticmethod
    def from_json(value: dict[str, Any]) -> Finding:
        return Finding(
            rule=value["rule"],
            level=Level(value["level"]),
            what=value["what"],
            rows=value["rows"],
            score=value["score"],
            p_value=value["p_value"],
            message=value["message"],
            shards=tuple((n, c) for n, c in value["shards"]),
            shard_count=value["shard_count"],
            sources=tuple((n, c) for n, c in value["sources"]),
            annotators=tuple((n, c) for n, c in value["annotators"]),
            classes=tuple((n, c) for n, c in value["classes"]),
            concentrated_in=tuple((k, n, p) for k, n, p in value["concentrated_in"]),
            trigger=tuple(value["trigger"]),
            target=value["target"],
            removal=Removal.from_json(value["removal"]),
            examples=tuple(value["examples"]),
            evidence=value["evidence"],
        )


def most_flagged(shards: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Return (shard name, flagged rows) by name, of the `MOST_SHARDS` with the most rows."""
    kept = heapq.nsmallest(MOST_SHARDS, shards.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(sorted(kept))


class CheckStatus(StrEnum):
    """What became of a check."""

    CHECKED = "checked"
    NOT_APPLICABLE = "not_applicable"
    COULD_NOT_CHECK = "could_not_check"


@dataclass(frozen=True)
class Check:
    """One line of coverage: a rule or expectation, whether it ran, and why not.

    Attributes:
        id: a rule id, or 'expect/<suite>' for a suite.
        status: checked, not_applicable (the data lacks what it looks at) or could_not_check.
        reason: why it did not run, or what part it left out; '' where it ran on everything.
        rows: records it looked at.
    """

    id: str
    status: CheckStatus
    reason: str = ""
    rows: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "status": self.status.value,
            "reason": self.reason,
            "rows": self.rows,
        }

    @staticmethod
    def from_json(value: dict[str, Any]) -> Check:
        return Check(value["id"], CheckStatus(value["status"]), value["reason"], value["rows"])
