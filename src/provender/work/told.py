"""What a finished profile tells: causes and limits, kept apart from it.

A profile may list as many rows as a part of the data set has; who writes the findings needs a few
words of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from provender.core.canonical import compact_json
from provender.core.finding import Level
from provender.detect.base import Cause, Detector
from provender.io.states import StateStore
from provender.work.documents import plain


@dataclass(frozen=True)
class Told:
    """Attributes:
    causes: what rows are flagged for, by number.
    limits: what could not be looked at and why; '' where nothing was left out.
    """

    causes: tuple[Cause, ...] = ()
    limits: str = ""

    def cause(self, number: int) -> Cause:
        """Return a cause; one without a name where the rule itself is the cause."""
        return self.causes[number] if 0 <= number < len(self.causes) else Cause("", "")


def store_told(detector: Detector, profile: bytes, store: StateStore) -> str:
    """Store what a detector tells from its last profile, or from a part of it."""
    causes = [vars(cause) for cause in detector.causes(profile)]
    value = plain({"causes": causes, "limits": detector.limits(profile)})
    return store.put_content("told", compact_json(value))


def load_told(name: str, store: StateStore) -> Told:
    """Return what `store_told` stored."""
    value = json.loads(store.require(name))
    causes = (
        Cause(
            **{
                **cause,
                "level": cause["level"] and Level(cause["level"]),
                "trigger": tuple(cause["trigger"]),
            }
        )
        for cause in value["causes"]
    )
    return Told(tuple(causes), value["limits"])
