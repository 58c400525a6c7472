"""explain: the examples of grave findings are read, then every row is compared with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import apache_beam as beam
from apache_beam.pvalue import AsList, AsSingleton

from pipelines.run import Run, keep_result, loading, pieces_of
from provender.beam.transforms import CallEach, Fold, Once, Placed, elements
from provender.core.finding import Finding
from provender.io.states import StateStore
from provender.work.analyse import Analysed, span_bytes
from provender.work.dataset import DataSet, raise_failures
from provender.work.explaining.asked import (
    Asked,
    Compared,
    answer,
    ask,
    ask_rows,
    explained,
    fold_nearest,
    pieces_asked,
    read_nearest,
    read_words,
)
from provender.work.fold import Block, Folded, fold_states
from provender.work.task import SpanTask
from provender.work.wire import from_wire, to_wire


def explain(
    findings: Sequence[Finding], data: DataSet, tally: str, run: Run, show_content: bool
) -> list[Finding]:
    """Return the findings with context and nearest clean rows, where data have a text for it.

    Nothing is read where no finding is graver than a note.

    Args:
        tally: store name of what was flagged.
        show_content: let both carry what rows hold.

    Raises:
        ProvenderError: naming a shard that cannot be read (any more).
    """
    store = run.store
    asked = ask(findings, data, tally, show_content, run.fresh, store)
    if asked is None:
        return list(findings)

    def build(root: beam.Pipeline, result: str) -> None:
        words = (
            elements(root, "List examples", pieces_asked(asked, data), store)
            | "Read examples"
            >> CallEach(
                read_words,
                asked,
                stage="explain",
                load=loading(store),
                size=span_bytes,
                give=_placed,
            )
            | "Fold words" >> Fold(fold_states, asked.words(), store, count=data.pieces)
        )
        compared = root | "Make queries" >> Once(_ask_rows, AsList(words), asked)
        queries = AsSingleton(compared)
        found = (
            pieces_of(root, data, store)
            | "Compare rows"
            >> CallEach(
                _read_nearest,
                queries,
                asked,
                stage="explain",
                load=loading(store),
                size=span_bytes,
                give=_placed,
            )
            | "Fold rows" >> Fold(_fold_nearest, queries, asked, count=data.pieces)
        )
        _ = root | "Keep answers" >> Once(_keep, queries, AsList(found), store, result)

    compared = run.execute(build, data.bytes)
    raise_failures(compared.failures)
    return explained(findings, compared, asked, data)


def _placed(analysed: Analysed) -> Iterator[Placed]:
    yield "", analysed.index, to_wire(analysed.part(0))


def _ask_rows(words: list[tuple[str, bytes]], asked: Asked) -> Compared:
    return ask_rows([from_wire(part) for _, part in words], asked)


def _read_nearest(task: SpanTask, queries: bytes, asked: Asked) -> Analysed:
    return read_nearest(task, from_wire(queries), asked)


def _fold_nearest(block: Block, queries: bytes, asked: Asked) -> Folded:
    return fold_nearest(block, from_wire(queries), asked)


def _keep(queries: bytes, found: list[tuple[str, bytes]], store: StateStore, result: str) -> str:
    parts = [from_wire(part) for _, part in found]
    return keep_result(answer(from_wire(queries), parts), store, result)
