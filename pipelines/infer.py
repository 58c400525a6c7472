"""infer: a profile of every column, and the suite that it suggests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsList

from pipelines.fingerprint import survey
from pipelines.run import Run, keep_result, loading, pieces_of
from provender.beam.transforms import CallEach, Fold, Once, Placed
from provender.core.shard import Roles
from provender.expect.infer import ProfileAnalysis, infer_suite
from provender.io.states import StateStore
from provender.work.analyse import Analysed, AnalysePlan, analyse, span_bytes
from provender.work.dataset import raise_failures
from provender.work.fold import fold_states
from provender.work.wire import from_wire, to_wire


def infer(inputs: Sequence[str], name: str, run: Run) -> dict[str, Any]:
    """Return a Great Expectations suite, as JSON values, that the data passes.

    Raises:
        ProvenderError: naming a shard that cannot be read.
    """
    data = survey(inputs, Roles(), run)
    profile, store = ProfileAnalysis(data.schema), run.store
    plan = AnalysePlan(store, data.schema, (profile,), fresh=run.fresh)

    def build(root: beam.Pipeline, result: str) -> None:
        folded = (
            pieces_of(root, data, store)
            | "Read pieces"
            >> CallEach(
                analyse, plan, stage="profile", load=loading(store), size=span_bytes, give=_state
            )
            | "Fold states" >> Fold(fold_states, profile, store, count=data.pieces)
        )
        _ = root | "Keep profile" >> Once(_keep, AsList(folded), store, result)

    folded = run.execute(build, data.bytes)
    raise_failures(folded.failures)
    return infer_suite(name, profile, profile.unpack(store.require(folded.name)))


def _state(analysed: Analysed) -> Iterator[Placed]:
    yield "", analysed.index, to_wire(analysed.part(0))


def _keep(folded: list[tuple[str, bytes]], store: StateStore, result: str) -> str:
    return keep_result(from_wire(folded[0][1]), store, result)
