"""How the rate of false alarms that a data set may have is split over all that can raise one.

An alarm is a finding of level warning or error. On clean data it comes about in two ways: a rule
with findings of such a level flags rows, or flagged rows of any rule seem to gather in one shard
or source. The rate is split evenly (Bonferroni) over the rules with findings of such a level, and
one share for all gathering, which is split again over findings and places. So all of it together
alarms no more often than the rate, if each p-value is valid, whatever depends on what. No rule has
a limit of its own beside it.

A place that is named is no alarm, but a name all the same: as often as the rate says, and no more,
clean data may have one named for what gathers there, split evenly over findings and kinds of place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from provender.core.finding import Level, Rule


@dataclass(frozen=True)
class Alarms:
    """Attributes:
    share: what each rule that can alarm may spend, and all gathering together.
    rules: ids of those rules; others alarm by gathering alone.
    findings: how many findings share what gathering may spend.
    rate: how often clean data may have an alarm; as often may they have a place named.
    """

    share: float
    rules: frozenset[str]
    findings: int
    rate: float

    @staticmethod
    def of(rate: float, rules: Iterable[Rule], findings: int) -> Alarms:
        """Split ``rate`` over those of the rules that run which can alarm, and gathering."""
        able = frozenset(rule.id for rule in rules if rule.can_alarm)
        return Alarms(rate / (len(able) + 1), able, findings, rate)

    def by_rows(self, rule: Rule, p_value: float) -> bool:
        """Return whether a rule may alarm for what has this p-value, see `alarm_p`."""
        return rule.id in self.rules and p_value <= self.share

    def naming(self, tried: Mapping[str, int]) -> float:
        """Return how often a finding may have any place of one of the kinds ``tried`` named."""
        return self.rate / (max(self.findings, 1) * max(len(tried), 1))

    def by_gathering(
        self, places: Iterable[tuple[str, str, float]], tried: Mapping[str, int]
    ) -> bool:
        """Return whether a finding's rows gather so that it may alarm.

        Args:
            places: (kind, name, p-value) where they gather.
            tried: how many places of each kind there are.
        """
        limit = self.share / (max(self.findings, 1) * max(len(tried), 1))
        return any(p_value * tried[kind] <= limit for kind, _, p_value in places)


def alarm_p(rule: Rule, whole: float, level: Level | None, own: float | None) -> float:
    """Return in how many clean data sets a rule would have as grave a finding as this.

    What stands beside a graver cause alarms no sooner for it: each has to pass by itself.

    Args:
        whole: p-value of all of the rule's rows together.
        level: level of the finding's cause, where it has one of its own.
        own: in how many clean data sets any such cause would stand (`Cause.alarm_p`).
    """
    if own is None:
        return 1.0 if level is not None and level.rank > rule.level.rank else whole
    return max(whole, own)
