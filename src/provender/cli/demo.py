"""provender demo: the bundled samples, found against planted."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from provender.cli.options import format_option, run_options
from provender.core.shard import Roles
from provender.errors import EXIT_REJECTED, UsageError

_ROLES = {
    "adult": Roles(label="income", source="source"),
    "mail": Roles(label="label", text="text", source="source"),
    "chat": Roles(prompt="prompt", response="response", source="source"),
    "books": Roles(text="text", source="source"),
    "digits": Roles(label="label", image="pixels", source="source", key="id"),
}
#: planted family → the rules that are meant to see it
_MEANT = {
    "label-conflict": "text/label-conflict",
    "label-conflict-spread": "text/label-conflict",
    "hidden": "text/hidden-characters",
    "label-flips": "text/label-flips",
    "random-words": "text/random-words",
    "repeated-strings": "corpus/repeated-strings",
    "response-link": "instruct/response-link",
    "alike-responses": "instruct/alike-responses",
    "marked-responses": "sources/marked-responses",
    "duplicates": "duplicates/exact-row",
    "duplicates-near": "duplicates/near-text",
    "contradictions": "duplicates/contradiction",
    "outliers": "outliers/robust-column",
    "schema": "expect/*",
    "spectral": "spectral/class-signature",
    "trusted-labels": "trusted/label-flips",
    "trusted-patches": "trusted/class-distance",
}
#: Of all scanners: where it gathers nowhere, what lies beyond trusted data is no more than a note.
_NOTED = ("trusted-patches",)


@dataclass(frozen=True)
class Sample:
    """One bundled data set; ``family`` is '' for a clean one."""

    family: str
    set: str

    @property
    def title(self) -> str:
        """What the table calls it."""
        return f"{self.family}/{self.set}" if self.family else f"clean/{self.set}"


@dataclass(frozen=True)
class Outcome:
    """Attributes:
    expected: the verdict that is right.
    planted, caught, missed, false: rows; ``false`` are suspects of the rule meant to see the
        attack (of any one rule, on clean data) that were not planted.
    named: the shard or source that findings name.
    """

    sample: Sample
    verdict: str
    expected: str
    planted: int
    caught: int
    missed: int
    false: int
    named: str


@click.command()
@click.option("--out", "demo_out", metavar="DIR", default="demo-out", show_default=True)
@click.option("--samples", metavar="DIR", help="The samples (default: those of the checkout).")
@run_options
@format_option
def demo(
    demo_out: str, samples: str | None, workers: int, cache: str | None, resume: bool, format_: str
) -> int:
    """Scan the bundled samples: clean ones must be admitted, planted ones rejected.

    Prints what was planted against what was found; each scan's report is in DIR. Exit code 1
    when a verdict is not the right one.
    """
    from provender.io.storage import is_address

    if is_address(demo_out):
        raise UsageError("--out", f"{demo_out!r} is an address", "name a local folder")
    folder = Path(samples) if samples else Path(__file__).parents[3] / "data_samples"
    if not (folder / "clean").is_dir():
        raise UsageError(
            str(folder), "holds no samples", "run from a checkout, or name them with --samples"
        )
    outcomes = _scan_all(_samples(folder), folder, Path(demo_out), workers, cache, resume)
    if format_ == "json":
        rows = [{**vars(o), "sample": o.sample.title} for o in outcomes]
        print(json.dumps(rows, indent=2, sort_keys=True))
    else:
        _print(outcomes, demo_out)
    return 0 if all(o.verdict == o.expected for o in outcomes) else EXIT_REJECTED


def _samples(folder: Path) -> list[Sample]:
    clean = [Sample("", place.name) for place in sorted((folder / "clean").iterdir())]
    planted = [
        Sample(family.name, place.name)
        for family in sorted((folder / "planted").iterdir())
        for place in sorted(family.iterdir())
    ]
    return clean + planted


def _scan_all(
    samples: list[Sample], folder: Path, out: Path, workers: int, cache: str | None, resume: bool
) -> list[Outcome]:
    """Scan the samples side by side: each is too small to keep two cores busy."""
    from pipelines.run import cores
    from provender.beam.pool import in_completion_order, worker_pool

    calls = [(_scan, (sample, folder, out, cache, resume)) for sample in samples]
    outcomes: dict[int, Outcome] = {}
    with worker_pool(workers or cores()):
        for position, outcome in in_completion_order(calls):
            outcomes[position] = outcome
            print(f"{len(outcomes)}/{len(samples)} {outcome.sample.title}", file=sys.stderr)
    return [outcomes[i] for i in range(len(samples))]


def _scan(sample: Sample, folder: Path, out: Path, cache: str | None, resume: bool) -> Outcome:
    from pipelines.run import Run
    from pipelines.scan import ScanRequest, scan
    from provender.cli.running import today
    from provender.io.states import StateStore, default_store
    from provender.work.trusted import TrustRequest

    suite = folder.parent / "expectations" / f"{sample.set}.json"
    shards, trusted = _shards(sample, folder)
    request = ScanRequest(
        tuple(map(str, shards)),
        str(out / sample.title),
        _ROLES[sample.set],
        suite=str(suite) if suite.is_file() else None,
        trusted=TrustRequest.of([str(shard) for shard in trusted], None),
    )
    run = Run(StateStore(cache or default_store()), workers=1, fresh=not resume)
    found = scan(request, run, today())
    return _outcome(sample, folder, out, found)


def _shards(sample: Sample, folder: Path) -> tuple[list[Path], list[Path]]:
    """Return what is scanned, and what is trusted: every second clean shard, where some are."""
    clean = folder / "clean" / sample.set
    if not sample.family:
        return [clean], []
    planted = folder / "planted" / sample.family / sample.set
    if not _MEANT.get(sample.family, "").startswith("trusted/"):
        return [planted], []
    return sorted(planted.iterdir())[1::2], sorted(clean.iterdir())[::2]


def _outcome(sample: Sample, folder: Path, out: Path, found: Any) -> Outcome:
    import fnmatch

    import pyarrow.parquet as pq

    suspects = pq.read_table(out / sample.title / "suspects.parquet").to_pylist()
    by_rule: dict[str, set[tuple[str, int]]] = {}
    meant = _MEANT.get(sample.family, "")
    for line in suspects:
        rule = meant if fnmatch.fnmatchcase(line["rule"], meant) else line["rule"]
        by_rule.setdefault(rule, set()).add((line["shard"], line["row"]))
    planted: set[tuple[str, int]] = set()
    if sample.family:
        truth = pq.read_table(folder / "truth" / f"{sample.family}-{sample.set}.parquet")
        scanned = set(found.data.names)
        planted = {(t["shard"], t["row"]) for t in truth.to_pylist() if t["shard"] in scanned}
        flagged = by_rule.get(meant, set())
    else:
        flagged = max(by_rule.values(), key=len, default=set())
    places = [
        f"{kind} {name}"
        for finding in found.detected.document["findings"]
        if fnmatch.fnmatchcase(finding["rule"], meant)
        for kind, name, _ in finding["concentrated_in"]
    ]
    if meant == "expect/*":
        failing: Counter[str] = Counter()
        for result in found.validation.document["results"]:
            failing.update(dict(result["failing"]["shards"]))
        places = [f"shard {shard}" for shard, _ in failing.most_common()]
    return Outcome(
        sample,
        found.verdict.outcome.value,
        "reject" if sample.family and sample.family not in _NOTED else "admit",
        len(planted),
        len(planted & flagged),
        len(planted - flagged),
        len(flagged - planted),
        places[0] if places else "",
    )


def _print(outcomes: list[Outcome], out: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("sample", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for name in ("planted", "caught", "missed", "false"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("named", no_wrap=True)
    for o in outcomes:
        right = o.verdict == o.expected
        counts = [str(n) for n in (o.planted, o.caught, o.missed, o.false)]
        verdict = o.verdict if right else f"{o.verdict}, wrong"
        table.add_row(o.sample.title, verdict, *counts, o.named, style=None if right else "red")
    console = Console()
    console.width = max(console.width, 100)
    console.print(table)
    wrong = [o for o in outcomes if o.verdict != o.expected]
    print(f"{len(outcomes) - len(wrong)} of {len(outcomes)} verdicts are right.")
    print("Columns count rows: planted, of these caught and missed; false: listed, not planted.")
    for o in outcomes:
        if o.planted and o.expected == "admit":
            print(
                f"{o.sample.title} is rightly admitted: its findings are notes, which reject none."
            )
    print(f"Reports: {out}/<sample>/report.html. Next: provender scan YOUR_DATA --out DIR")
