"""One round of detection: read the pieces, fold their states, make the profiles."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import apache_beam as beam
from apache_beam.pvalue import AsList, AsSingleton

from pipelines.run import loading
from provender.beam.transforms import CallEach, Fold, Once, Placed
from provender.work.analyse import Analysed, span_bytes
from provender.work.fold import Block, Folded
from provender.work.rounds import (
    Detection,
    Profiled,
    Standing,
    fold_parts,
    is_profiled,
    make_profile,
    next_standing,
    parts_of,
    read_round,
)
from provender.work.task import SpanTask
from provender.work.wire import from_wire, to_wire


def standing_after(
    root: beam.Pipeline,
    pieces: beam.PCollection,
    standing: beam.PCollection,
    detection: Detection,
    number: int,
    count: int,
) -> beam.PCollection:
    """Return where the detection stands after round ``number``.

    Args:
        pieces: of all shards, as they travel; ``count`` of them.
        standing: one message, where it stood before.
    """
    before = AsSingleton(standing)
    folded = (
        pieces
        | f"Read round {number}"
        >> CallEach(
            _read,
            before,
            detection,
            number,
            stage=f"round {number}",
            load=loading(detection.store),
            size=span_bytes,
            give=partial(_parts, detection, number),
        )
        | f"Fold round {number}" >> Fold(_fold, before, detection, number, count=count)
    )
    shared = folded | f"Share round {number}" >> beam.Filter(_is_shared)
    profiled = (
        folded
        | f"Pick round {number}" >> beam.Filter(_is_profiled)
        | f"Profile round {number}" >> CallEach(_profile, AsList(shared), before, detection, number)
    )
    return root | f"End round {number}" >> Once(_after, before, AsList(profiled), detection)


def _read(task: SpanTask, standing: bytes, detection: Detection, number: int) -> Analysed:
    return read_round(task, from_wire(standing), detection, number)


def _parts(detection: Detection, number: int, analysed: Analysed) -> Iterator[Placed]:
    for group, part in parts_of(analysed, detection, number):
        yield group, analysed.index, to_wire(part)


def _fold(block: Block, standing: bytes, detection: Detection, number: int) -> Folded:
    return fold_parts(block, from_wire(standing), detection, number)


def _is_profiled(folded: tuple[str, bytes]) -> bool:
    return is_profiled(folded[0])


def _is_shared(folded: tuple[str, bytes]) -> bool:
    return not is_profiled(folded[0]) or bool(from_wire(folded[1]).failures)


def _profile(
    folded: tuple[str, bytes],
    shared: list[tuple[str, bytes]],
    standing: bytes,
    detection: Detection,
    number: int,
) -> Profiled:
    group, own = folded
    common = {name: from_wire(part) for name, part in shared}
    return make_profile((group, from_wire(own)), common, from_wire(standing), detection, number)


def _after(standing: bytes, profiled: list[bytes], detection: Detection) -> Standing:
    return next_standing(from_wire(standing), [from_wire(p) for p in profiled], detection)
