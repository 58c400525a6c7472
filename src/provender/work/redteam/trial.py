"""One trial, which ones there are, and what names a trial's result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from zlib import crc32

import numpy as np

from provender import __version__
from provender.attacks.base import parameters
from provender.attacks.registry import attack
from provender.core.digest import digest_of
from provender.core.policy import Policy
from provender.core.shard import Roles
from provender.detect.base import Detector
from provender.io.states import state_name
from provender.stats.analysis import analysis_key

#: Planted rows keep their sources and annotators, or all come from one: the arm is the role's name.
SPREAD, SOURCE, ANNOTATOR = "spread", "source", "annotator"
#: The zero arm: the data as they are, and random halves of them.
CLEAN, HALF = "clean", "half"
_PLAIN = {CLEAN: "the data as they are", HALF: "a random half"}
_WHERE = {SPREAD: "spread", SOURCE: "from one source", ANNOTATOR: "by one annotator"}
#: Raised when a trial's result changes its meaning.
TRIAL_SCHEMA = 2


@dataclass(frozen=True)
class Trial:
    """What is planted in one copy.

    Attributes:
        attack: its name; '' in the zero arm.
        arm: SPREAD, SOURCE or ANNOTATOR, or, where nothing is planted, CLEAN or HALF.
        count: planted rows; 0 in the zero arm.
        seed: of all that is drawn.
    """

    attack: str
    arm: str
    count: int
    seed: int

    def random(self) -> np.random.Generator:
        """Return the trial's generator: the same in all arms, so that they share their rows."""
        return np.random.default_rng([crc32(self.attack.encode()), self.count, self.seed])

    def __str__(self) -> str:
        if self.arm in _PLAIN:
            return f"nothing planted, {_PLAIN[self.arm]}, seed {self.seed}"
        rows = "1 row" if self.count == 1 else f"{self.count:,} rows"
        return f"{self.attack}, {rows}, {_WHERE[self.arm]}, seed {self.seed}"


def cells_of(attacks: Sequence[str], roles: Roles) -> tuple[tuple[str, str], ...]:
    """Return (attack, arm) of all that can be tried.

    An annotator gives labels and responses: attacks on texts alone are not theirs.
    """
    arms = (SPREAD, *roles.contributors())
    return tuple(
        (name, arm) for name in attacks for arm in arms if arm != ANNOTATOR or attack(name).answers
    )


def trials_of(cells: Sequence[tuple[str, str]], counts: Sequence[int], seeds: int) -> list[Trial]:
    """Return all trials, in an order that leaves something of everything when time runs out."""
    found = [Trial("", CLEAN, 0, 0)]
    for seed in range(seeds):
        found.append(Trial("", HALF, 0, seed))
        found += [Trial(name, arm, count, seed) for count in counts for name, arm in cells]
    return found


def search_digest(
    detectors: Sequence[Detector], policy: Policy, standards: Mapping[str, str]
) -> str:
    """Return ``sha256:<hex>`` over how a trial is searched and judged.

    Args:
        policy: without waivers that hold no more.
        standards: by rule, what names all that trusted data say to it.
    """
    rules: list[Any] = [[d.rule.id, analysis_key(d.analysis(0, None))] for d in detectors]
    return digest_of([__version__, rules, policy.digest, dict(standards)])


def trial_name(trial: Trial, manifest_root: str, roles: Roles, search: str) -> str:
    """Return the store name of a trial's result: over all that it depends on."""
    planted = parameters(attack(trial.attack)) if trial.attack else {}
    return state_name(
        "trial", TRIAL_SCHEMA, asdict(trial), planted, manifest_root, roles.given(), search
    )
