"""The policy: which findings may pass, how many, who waived what, and what must be checked."""

from __future__ import annotations

import datetime
import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from provender.core.digest import digest_of
from provender.core.finding import Finding, Level
from provender.errors import UsageError

POLICY_VERSION = 1
_LIMITS = (
    "max_rows",
    "max_share",
    "max_rows_per_source",
    "max_rows_per_annotator",
    "max_rows_per_class",
)


@dataclass(frozen=True)
class RulePolicy:
    """What one rule, or a pattern of rules, may find.

    Attributes:
        pattern: a rule id, or a shell pattern over ids ('duplicates/*').
        level: the level of its findings, whatever the detector says; None to keep it.
        max_rows: most flagged rows in the data set.
        max_share: most flagged rows as a share of all rows, 0 to 1.
        max_rows_per_source, max_rows_per_annotator, max_rows_per_class: most flagged rows in any
            one of them.
        ignore: the rule's findings are listed but never count.
    """

    pattern: str
    level: Level | None = None
    max_rows: int | None = None
    max_share: float | None = None
    max_rows_per_source: int | None = None
    max_rows_per_annotator: int | None = None
    max_rows_per_class: int | None = None
    ignore: bool = False


@dataclass(frozen=True)
class Waiver:
    """Findings that somebody answers for, until a day.

    Attributes:
        rule: a rule id or pattern.
        what: the finding's subject or a pattern over it; '*' for all.
        expires: the last day it holds.
    """

    rule: str
    what: str
    reason: str
    owner: str
    expires: datetime.date

    def covers(self, finding: Finding) -> bool:
        """Return whether the waiver speaks of this finding (whatever the day)."""
        return fnmatch.fnmatchcase(finding.rule, self.rule) and fnmatch.fnmatchcase(
            finding.what, self.what
        )


@dataclass(frozen=True)
class Rates:
    """What false alarms are held to.

    Attributes:
        fdr: the false discovery rate over rows, per rule.
        alarm: how often all rules together may raise a warning or an error on clean data.
    """

    fdr: float = 0.01
    alarm: float = 0.01


@dataclass(frozen=True)
class Policy:
    """Attributes:
    fdr, alarm_rate: what false alarms are held to, see `Rates`.
    reject_at: findings at this level or above reject.
    required: checks (ids or patterns) that must have run; else nothing is admitted.
    rules: the first pattern that matches a rule applies.
    """

    fdr: float
    alarm_rate: float
    reject_at: Level
    required: tuple[str, ...]
    rules: tuple[RulePolicy, ...]
    waivers: tuple[Waiver, ...]

    @property
    def rates(self) -> Rates:
        """What calibration is given."""
        return Rates(self.fdr, self.alarm_rate)

    def for_rule(self, rule: str) -> RulePolicy:
        """Return what applies to a rule."""
        for candidate in self.rules:
            if fnmatch.fnmatchcase(rule, candidate.pattern):
                return candidate
        return RulePolicy(rule)

    def as_of(self, today: datetime.date) -> Policy:
        """Return the policy without the waivers that hold no more."""
        return replace(self, waivers=tuple(w for w in self.waivers if today <= w.expires))

    def to_json(self) -> dict[str, Any]:
        """Return the policy as JSON values (what its digest is taken over)."""
        return {
            "version": POLICY_VERSION,
            "fdr": self.fdr,
            "alarm_rate": self.alarm_rate,
            "reject_at": self.reject_at.value,
            "required": list(self.required),
            "rules": [
                {"pattern": r.pattern, "level": r.level.value if r.level else None}
                | {"ignore": r.ignore}
                | {name: getattr(r, name) for name in _LIMITS}
                for r in self.rules
            ],
            "waivers": [{**vars(w), "expires": w.expires.isoformat()} for w in self.waivers],
        }

    @property
    def digest(self) -> str:
        """``sha256:<hex>`` over the canonical JSON of the policy."""
        return digest_of(self.to_json())


def parse_policy(value: Any, subject: str) -> Policy:
    """Read a policy from plain values (what a YAML or JSON loader gives).

    Raises:
        UsageError: for an unknown or missing field, a wrong type, or a waiver without reason,
            owner or expiry.
    """
    reader = _Reader(subject)
    top = reader.mapping(
        value,
        "policy",
        {"version", "fdr", "alarm_rate", "reject_at", "required", "rules", "waivers"},
    )
    if top.get("version") != POLICY_VERSION:
        raise reader.wrong("version", f"must be {POLICY_VERSION}")
    required = reader.strings(top.get("required", []), "required")
    rules = tuple(
        reader.rule(pattern, given)
        for pattern, given in reader.mapping(
            {} if top.get("rules") is None else top["rules"], "rules", None
        ).items()
    )
    waivers = [] if top.get("waivers") is None else top["waivers"]
    if not isinstance(waivers, list):
        raise reader.wrong("waivers", "must be a list")
    return Policy(
        reader.rate(top, "fdr", Rates.fdr),
        reader.rate(top, "alarm_rate", Rates.alarm),
        reader.level(top.get("reject_at", "warning"), "reject_at"),
        required,
        rules,
        tuple(reader.waiver(w, f"waivers[{i}]") for i, w in enumerate(waivers)),
    )


class _Reader:
    """Checks plain values; every complaint names the file and the field."""

    def __init__(self, subject: str) -> None:
        self.subject = subject

    def wrong(self, field: str, cause: str) -> UsageError:
        return UsageError(f"{self.subject}: {field}", cause, "see docs/policy.md")

    def mapping(self, value: Any, field: str, known: set[str] | None) -> Mapping[str, Any]:
        if not isinstance(value, dict) or not all(isinstance(k, str) for k in value):
            raise self.wrong(field, "must be a mapping")
        unknown = sorted(set(value) - known) if known is not None else []
        if unknown:
            raise self.wrong(field, f"has no field {unknown[0]!r}")
        return value

    def strings(self, value: Any, field: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self.wrong(field, "must be a list of names")
        return tuple(value)

    def number(self, value: Any, field: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(field, "must be a number")
        return float(value)

    def rate(self, given: Mapping[str, Any], field: str, usual: float) -> float:
        rate = self.number(given.get(field, usual), field)
        if not 0 < rate <= 0.05:
            raise self.wrong(field, "must be above 0 and at most 0.05")
        return rate

    def level(self, value: Any, field: str) -> Level:
        if value not in set(Level):
            raise self.wrong(field, "must be note, warning or error")
        return Level(value)

    def rule(self, pattern: str, value: Any) -> RulePolicy:
        field = f"rules[{pattern!r}]"
        given = self.mapping(value or {}, field, {"level", "ignore", *_LIMITS})
        limits: dict[str, Any] = {}
        for name in _LIMITS:
            if given.get(name) is None:
                continue
            limit = self.number(given[name], f"{field}.{name}")
            if limit < 0 or (name == "max_share" and limit > 1):
                raise self.wrong(f"{field}.{name}", "is out of range")
            if name != "max_share" and limit != int(limit):
                raise self.wrong(f"{field}.{name}", "must be a whole number")
            limits[name] = limit if name == "max_share" else int(limit)
        ignore = given.get("ignore", False)
        if not isinstance(ignore, bool):
            raise self.wrong(f"{field}.ignore", "must be true or false")
        level = given.get("level")
        return RulePolicy(
            pattern,
            None if level is None else self.level(level, f"{field}.level"),
            ignore=ignore,
            **limits,
        )

    def waiver(self, value: Any, field: str) -> Waiver:
        given = self.mapping(value, field, {"rule", "what", "reason", "owner", "expires"})
        for name in ("rule", "reason", "owner", "expires"):
            if not given.get(name):
                raise self.wrong(f"{field}.{name}", "is missing")
        expires = given["expires"]
        if isinstance(expires, str):
            try:
                expires = datetime.date.fromisoformat(expires)
            except ValueError as error:
                raise self.wrong(f"{field}.expires", "must be a day such as 2027-01-31") from error
        if isinstance(expires, datetime.datetime) or not isinstance(expires, datetime.date):
            raise self.wrong(f"{field}.expires", "must be a day such as 2027-01-31")
        texts = {n: given.get(n, "*") for n in ("rule", "what", "reason", "owner")}
        for name, text in texts.items():
            if not isinstance(text, str):
                raise self.wrong(f"{field}.{name}", "must be text")
        return Waiver(**texts, expires=expires)
