"""infer: a profile of every column, and the suite that it suggests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run
from provender.core.shard import Roles
from provender.expect.infer import ProfileAnalysis, infer_suite
from provender.work.task import span_state_name


def infer(inputs: Sequence[str], name: str, run: Run) -> dict[str, Any]:
    """Return a Great Expectations suite, as JSON values, that the data passes.

    Raises:
        ProvenderError: naming a shard that cannot be read.
    """
    data = survey(inputs, Roles(), run)
    profile = ProfileAnalysis(data.schema)
    fingerprint(data, run, (profile,))
    names = [span_state_name(profile, task, data.schema) for task in data.tasks()]
    state = profile.merge([profile.unpack(run.store.require(n)) for n in names])
    return infer_suite(name, profile, state)
