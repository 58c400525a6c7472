"""From the exponents of all groups to the p-value that the family of them pays for.

A trigger breaks two null hypotheses, so a group is as strong as its weaker rejection. Most natural
groups break neither: were the weaker p-value multiplied by all of them, the test would be far too
strict. Instead only the stronger rejection pays for all groups; the weaker one pays for those
groups whose stronger rejection stands (ScreenMin; Djordjilovic, Hemerik and Thoresen 2022, On
optimal two-stage testing of multiple mediators). That holds where the two do not lean on each
other given that one hypothesis is true.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from provender.calibrate.fdr import KEEP_BELOW

_FEWEST_FOR_BULK = 100


class Strengths(NamedTuple):
    """Nats, float64 (groups,), against *labels follow content* and *content follows labels*."""

    by_label: np.ndarray
    by_content: np.ndarray

    @property
    def weaker(self) -> np.ndarray:
        """Both hypotheses must fall: a group is as strong as the weaker rejection."""
        return np.asarray(np.minimum(self.by_label, self.by_content))

    @property
    def stronger(self) -> np.ndarray:
        """What screens the groups."""
        return np.asarray(np.maximum(self.by_label, self.by_content))

    def at(self, chosen: np.ndarray) -> Strengths:
        """Return the chosen groups' (any index)."""
        return Strengths(self.by_label[chosen], self.by_content[chosen])

    def times(self, share: np.ndarray | float) -> Strengths:
        """Return what is left where documents count as such a share."""
        return Strengths(self.by_label * share, self.by_content * share)

    def order(self) -> np.ndarray:
        """Return the order of groups, strongest first.

        Where the weaker test says nothing the labels alone decide: it orders what is no more than
        a lead, in data whose content hardly foretells labels.
        """
        return np.lexsort((-self.by_label, -np.maximum(self.weaker, 0.0)))


class Family(NamedTuple):
    """How many groups were searched, and how many of them stand by their stronger test alone."""

    searched: int
    screened: int

    @staticmethod
    def of(strengths: Strengths, searched: int) -> Family:
        """Count the groups that pass the screen: before anything weakens them, so at their most."""
        passing = _paid(strengths.stronger, 1.0, searched) <= np.log(KEEP_BELOW)
        return Family(searched, max(int(passing.sum()), 1))

    def log_p(self, strengths: Strengths, stretch: float) -> np.ndarray:
        """Return the natural logarithm of the family-wise p-value, at most 0.

        Args:
            strengths: of any of the groups.
            stretch: how much slower than the bounds the bulk's tail falls, as `inflation`.
        """
        screen = _paid(strengths.stronger, stretch, self.searched)
        return np.asarray(np.maximum(screen, _paid(strengths.weaker, stretch, self.screened)))


def striking(weaker: np.ndarray, searched: int) -> np.ndarray:
    """Return which groups would stand if the weaker test paid for all and the bounds were exact."""
    return np.asarray(_paid(weaker, 1.0, searched) <= np.log(KEEP_BELOW))


def inflation(highest: np.ndarray, weight: np.ndarray, many: float) -> float:
    """Return how much slower than exp(-strength) the bulk's upper tail falls; at least 1.

    Args:
        highest: strengths of the groups, the highest tenth at least, in any order.
        weight: how much each of them counts.
        many: how much all groups count, these and the others.
    """
    if many < _FEWEST_FOR_BULK:
        return 1.0
    order = np.argsort(-highest)
    above = np.cumsum(weight[order])
    last, ninth = highest[order[np.searchsorted(above, [many // 100, many // 10], side="right")]]
    return max(1.0, float((last - ninth) / np.log(10)))


def _paid(strength: np.ndarray, stretch: float, searched: int) -> np.ndarray:
    return np.asarray(np.minimum(0.0, np.log(max(searched, 1)) - strength / stretch))
