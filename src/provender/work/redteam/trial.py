"""One trial, which ones there are, and what names a trial's result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from zlib import crc32

import numpy as np

from provender import __version__
from provender.attacks.base import parameters
from provender.attacks.registry import attack
from provender.core.digest import digest_of
from provender.core.policy import Rates
from provender.core.shard import Roles
from provender.detect.base import Detector
from provender.io.states import state_name
from provender.stats.analysis import analysis_key

#: Planted rows keep their sources, or all come from one.
SPREAD, SOURCE = "spread", "source"
#: The zero arm: the data as they are, and random halves of them.
CLEAN, HALF = "clean", "half"
#: Raised when a trial's result changes its meaning.
TRIAL_SCHEMA = 1


@dataclass(frozen=True)
class Trial:
    """What is planted in one copy.

    Attributes:
        attack: its name; '' in the zero arm.
        arm: SPREAD or SOURCE, or, where nothing is planted, CLEAN or HALF.
        count: planted rows; 0 in the zero arm.
        seed: of all that is drawn.
    """

    attack: str
    arm: str
    count: int
    seed: int

    def random(self) -> np.random.Generator:
        """Return the trial's generator: the same in both arms, so that they share their rows."""
        return np.random.default_rng([crc32(self.attack.encode()), self.count, self.seed])

    def __str__(self) -> str:
        what = f"{self.attack}, {self.count} rows" if self.attack else "nothing planted"
        return f"{what}, {self.arm}, seed {self.seed}"


def trials_of(
    attacks: Sequence[str], arms: Sequence[str], counts: Sequence[int], seeds: int
) -> list[Trial]:
    """Return all trials, in an order that leaves something of everything when time runs out."""
    found = [Trial("", CLEAN, 0, 0)]
    for seed in range(seeds):
        found.append(Trial("", HALF, 0, seed))
        found += [Trial(a, arm, n, seed) for n in counts for a in attacks for arm in arms]
    return found


def search_digest(detectors: Sequence[Detector], rates: Rates) -> str:
    """Return ``sha256:<hex>`` over how a trial is searched: release, rules and rates."""
    rules: list[Any] = [[d.rule.id, analysis_key(d.analysis(0, None))] for d in detectors]
    return digest_of([__version__, rules, vars(rates)])


def trial_name(trial: Trial, manifest_root: str, roles: Roles, search: str) -> str:
    """Return the store name of a trial's result: over all that it depends on."""
    planted = parameters(attack(trial.attack)) if trial.attack else {}
    return state_name(
        "trial", TRIAL_SCHEMA, asdict(trial), planted, manifest_root, roles.given(), search
    )
