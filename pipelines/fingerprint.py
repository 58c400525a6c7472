"""fingerprint: one read of every changed shard; a manifest of bytes and rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsList

from pipelines.arguments import as_command, standalone
from pipelines.run import Run, keep_result, loading, pieces_of
from provender.beam.transforms import CallEach, Grouped, Once, elements
from provender.core.manifest import Manifest
from provender.core.shard import Roles
from provender.io.discover import discover
from provender.io.outputs import OutputFolder, write_json
from provender.io.states import StateStore
from provender.stats.analysis import Analysis
from provender.work.analyse import Analysed, AnalysePlan, analyse, span_bytes
from provender.work.dataset import DataSet, data_set, raise_failures
from provender.work.identities import IDENTITY, identities, manifest_of
from provender.work.shards import SHARDS_ON_A_PAGE
from provender.work.survey import Surveyed, keep_page, listed_shards, shard_size, survey_shard
from provender.work.wire import from_wire, some_failures, to_wire


def survey(inputs: Sequence[str], roles: Roles, run: Run) -> DataSet:
    """Hash every shard's bytes and find out how it reads.

    Raises:
        ProvenderError: naming every shard that cannot be read, or what does not fit together.
    """
    refs = discover(inputs)
    store = run.store

    def build(root: beam.Pipeline, result: str) -> None:
        pages = (
            elements(root, "List shards", listed_shards(refs), store)
            | "Survey shards"
            >> CallEach(
                survey_shard,
                store,
                run.span_bytes,
                run.fresh,
                stage="hash",
                size=shard_size,
                give=_on_page,
            )
            | "Keep pages" >> Grouped(keep_page, store)
        )
        _ = root | "Keep survey" >> Once(_keep, AsList(pages), store, result)

    return data_set(run.execute(build, sum(ref.size for ref in refs)), roles, store)


def fingerprint(
    data: DataSet, run: Run, analyses: tuple[Analysis[Any], ...] = ()
) -> tuple[Manifest, dict[str, int]]:
    """Compute the manifest, and the states of ``analyses`` in the same read.

    Returns:
        The manifest, and what was read: shards and rows whose states were not stored yet.
    """
    store = run.store
    plan = AnalysePlan(store, data.view, analyses, (IDENTITY,), run.fresh)

    def build(root: beam.Pipeline, result: str) -> None:
        pages = (
            pieces_of(root, data, store)
            | "Read pieces"
            >> CallEach(
                analyse,
                plan,
                stage="fingerprint",
                load=loading(store),
                size=span_bytes,
                give=_piece_on_page,
            )
            | "Merge pieces" >> Grouped(identities, data.pages, store)
        )
        _ = root | "Keep manifest" >> Once(_keep, AsList(pages), store, result)

    pages = run.execute(build, data.bytes)
    raise_failures(some_failures(f for page in pages for f in page.failures))
    read = {
        "shards": len(data.names),
        "shards_read": sum(page.shards_read for page in pages),
        "rows_read": sum(page.rows_read for page in pages),
    }
    return manifest_of(pages, store), read


def _on_page(found: Surveyed) -> Iterator[tuple[int, int, bytes]]:
    yield found.index // SHARDS_ON_A_PAGE, found.index, to_wire(found)


def _piece_on_page(read: Analysed) -> Iterator[tuple[int, int, bytes]]:
    yield read.shard_index // SHARDS_ON_A_PAGE, read.index, to_wire(read)


def _keep(messages: list[bytes], store: StateStore, result: str) -> str:
    return keep_result([from_wire(message) for message in messages], store, result)


def main(argv: Sequence[str] | None = None) -> None:
    """Write manifest.json for --input into --output."""
    given = standalone("fingerprint", argv)
    data = survey(given.input, given.roles, given.run)
    manifest, _ = fingerprint(data, given.run)
    with OutputFolder(given.output).staging("manifest.json") as draft:
        write_json(draft / "manifest.json", manifest.document())


if __name__ == "__main__":
    as_command(main)
