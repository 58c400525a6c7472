"""How the rate of false alarms that a data set may have is split over all that can raise one.

An alarm is a finding of level warning or error. On clean data it comes about in two ways: a rule
of such a level flags rows, or flagged rows of any rule seem to gather in one shard or source. The
rate is split evenly (Bonferroni) over the rules of such a level, and one share for all gathering,
which is split again over findings and places. So all of it together alarms no more often than the
rate, if each p-value is valid, whatever depends on what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Alarms:
    """Attributes:
    share: what each rule of level warning or error may spend, and all gathering together.
    findings: how many findings share what gathering may spend.
    """

    share: float
    findings: int

    @staticmethod
    def of(rate: float, rules: int, findings: int) -> Alarms:
        """Split ``rate`` over so many rules that can alarm, and gathering."""
        return Alarms(rate / (rules + 1), findings)

    def by_rows(self, whole: float) -> bool:
        """Return whether a rule may alarm whose rows together have this p-value."""
        return whole <= self.share

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
