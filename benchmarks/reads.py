"""All reads of one detector in a plain loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa


def last_profile(detector: Any, batches: Sequence[pa.RecordBatch]) -> bytes:
    """Return the profile that a bound detector ends in."""
    profile = None
    for number in range(detector.rounds):
        analysis = detector.analysis(number, profile)
        state = analysis.empty()
        for batch in batches:
            state = analysis.add(state, batch)
        profile = detector.profile(number, state)
    assert profile is not None
    return bytes(profile)
