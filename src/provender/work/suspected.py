"""What a state detector lists, part by part: counted for calibration, then sent to the shards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from provender.detect.base import RowScores, StateDetector
from provender.io.states import StateStore
from provender.stats.packing import pack, unpack
from provender.work.fold import Part
from provender.work.listed import shards_of, suspects_among
from provender.work.rounds import Detection, Standing, load_crowd
from provender.work.starts import load_starts
from provender.work.summary import ScoreSummary, store_summary, summarise
from provender.work.wire import message

_KIND = "hits/1"


@message
@dataclass(frozen=True)
class Hits:
    """Listed rows of one shard, by one part of a detector.

    Attributes:
        name: store name of their rows (global numbers), scores, p-values and causes.
    """

    detector: int
    name: str


@dataclass(frozen=True)
class ListedRows:
    """int64, float64, float64 and int32 (rows,); rows ascending."""

    rows: np.ndarray
    score: np.ndarray
    p_value: np.ndarray
    cause: np.ndarray


def listing_parts(standing: Standing, detection: Detection) -> Iterator[tuple[int, int]]:
    """Yield (detector, part) for every part of every detector that lists rows."""
    for index, names in enumerate(standing.profiles):
        if isinstance(detection.detectors[index], StateDetector):
            yield from ((index, part) for part in range(len(names)))


def count_listed(part: tuple[int, int], standing: Standing, detection: Detection) -> Part:
    """Store the counts of the p-values of one part's suspects."""
    if standing.failures:
        return Part("", standing.failures)
    summary = summarise(_suspects(part, standing, detection).p_value, None)
    return Part(store_summary(summary, detection.store))


def with_others(listed: ScoreSummary, rows: int) -> ScoreSummary:
    """Add the rows that a state detector does not list: nothing is against them, p = 1.

    Args:
        rows: records of the data set.
    """
    others = summarise(np.ones(1), None)
    left = max(rows - listed.p_values.tested, 0)
    others.p_values.counts[:] *= left
    others.histograms[""][:] *= left
    return listed.merge(others)


def send_hits(
    part: tuple[int, int],
    standing: Standing,
    detection: Detection,
    threshold: float,
) -> Iterator[tuple[int, Hits]]:
    """Yield (shard, hits) for the suspects of one part whose p-value is at most ``threshold``."""
    found = _suspects(part, standing, detection)
    assert found.rows is not None
    shards = shards_of(found, load_starts(detection.starts, detection.store))
    hit = np.flatnonzero(found.p_value <= threshold)
    cuts = np.flatnonzero(np.diff(shards[hit])) + 1
    for places in np.split(hit, cuts) if len(hit) else []:
        arrays = {
            "rows": found.rows[places],
            "score": found.score[places],
            "p": found.p_value[places],
            "cause": found.cause[places].astype(np.int32),
        }
        name = detection.store.put_content("hits", pack(_KIND, {}, arrays))
        yield int(shards[places[0]]), Hits(part[0], name)


def load_hits(hits: Hits, store: StateStore) -> ListedRows:
    """Return what `send_hits` stored."""
    arrays = unpack(_KIND, store.require(hits.name))[1]
    return ListedRows(arrays["rows"], arrays["score"], arrays["p"], arrays["cause"])


def _suspects(part: tuple[int, int], standing: Standing, detection: Detection) -> RowScores:
    index, number = part
    detector, store = detection.detectors[index], detection.store
    assert isinstance(detector, StateDetector)
    listed = detector.flagged(store.require(standing.profiles[index][number]))
    starts = load_starts(detection.starts, store)
    return suspects_among(listed, starts, load_crowd(standing.crowds[index], store))
