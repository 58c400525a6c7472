"""trusted: what data that the user trusts say to the rules that compare with them."""

from __future__ import annotations

from dataclasses import replace

import apache_beam as beam
from apache_beam.pvalue import AsSingleton

from pipelines.fingerprint import fingerprint, survey
from pipelines.rounds import standing_after
from pipelines.run import Run, keep_result, pieces_of
from provender.beam.progress import Listener
from provender.beam.transforms import Once
from provender.core.shard import Roles
from provender.detect.base import DataView
from provender.detect.registry import trusted_standards
from provender.io.states import StateStore
from provender.work.dataset import DataSet, raise_failures
from provender.work.rounds import Detection, Standing
from provender.work.starts import store_starts
from provender.work.trusted import StoredBytes, Trusted, TrustRequest, as_data, check_root
from provender.work.wire import from_wire


def trust(request: TrustRequest | None, data: DataSet, run: Run) -> Trusted | None:
    """Read the trusted data, or what is stored of them.

    Raises:
        ProvenderError: when they cannot be read, do not fit ``data`` or are not what was named.
    """
    if request is None:
        return None
    run = replace(run, listener=_apart(run.listener))
    surveyed = survey(request.inputs, Roles(), run)
    known = as_data(surveyed, data, run.store)
    standards = trusted_standards(DataView(data.view, data.roles))
    manifest, _ = fingerprint(known, run, tuple(s.analysis(0, None) for s in standards))
    check_root(manifest.root, request.root)
    store = run.store
    starts = store_starts(known.starts(), store)
    detection = Detection(store, known.view, standards, known.rows, starts, run.fresh)

    def build(root: beam.Pipeline, result: str) -> None:
        pieces = pieces_of(root, known, store)
        standing = root | "Begin" >> Once(Standing)
        for number in range(detection.rounds):
            standing = standing_after(root, pieces, standing, detection, number, known.pieces)
        _ = root | "Keep standards" >> Once(_keep, AsSingleton(standing), store, result)

    standing: Standing = run.execute(build, known.bytes)
    raise_failures(standing.failures)
    found = {
        standard.rule.id: StoredBytes(names[0], store)
        for standard, names in zip(standards, standing.profiles, strict=True)
    }
    pinned = request.root is not None
    return Trusted(manifest.root, known.rows, len(known.names), pinned, found)


def _apart(listener: Listener | None) -> Listener | None:
    """Return what tells of these steps under names of their own: the data under test come next."""
    if listener is None:
        return None
    return lambda step: listener(replace(step, stage=f"trusted: {step.stage}"))


def _keep(standing: bytes, store: StateStore, result: str) -> str:
    return keep_result(from_wire(standing), store, result)
