"""Measure what names one poisoned source of twenty, and clean sources, random and real ones.

Run:  python -m benchmarks.detectors_sources [--data ../shared/data] [--parts planted,clean,real]

`planted`: every attack on text, 10 rows, all given one drawn source of 20; other rows have a source
at random, drawn anew a few times for each planting. How often is that source named at a false
discovery rate of 5 % and of 1 %, how often by an alarm, and how often is another one named at 5 %?
A source is named by a finding that is about it, or whose rows gather in it, of whatever rule: all
on text run, with calibration and findings as in a scan.
`clean`: the same for sources at random in wholes, halves and eighths: how often is any named?
`real`: sources that data really have, or stand for real ones: is the null of sources/own-words
disbelieved? Which of them does text/label-flips name, where there are labels?

The sets chose one constant of sources/own-words, how much sources may differ (GATHERED). Of
text/label-flips BBC, R8, SpamAssassin and turns chose the design; R8's test part and `functions`
are blind.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.detectors_flips import read
from benchmarks.in_memory import InMemory, named
from benchmarks.reads import last_profile
from benchmarks.text.corpora import corpus
from provender.attacks.base import TooFewRowsError
from provender.attacks.registry import fitting
from provender.calibrate.fdr import PValueCounts
from provender.core.finding import Finding, Level
from provender.core.policy import Rates
from provender.core.shard import Roles
from provender.detect.base import DataView, RowDetector
from provender.detect.label_flips.detector import LabelFlips
from provender.detect.own_words.detector import OwnWords

RATE = 0.01
#: Rows, and names, at a false discovery rate of 5 %, and as the built-in policy has it.
AT = (Rates(fdr=0.05), Rates())
SETS = ("bbc", "r8", "spamassassin", "books", "turns", "pairs", "chapters")
_HEADER = {
    "list": r"^List-Id:.*<([^>]+)>",
    "domain": r"^From:.*@([\w.-]+)",
    "country": r"^From:.*\.(\w+)\W*$",
}


@dataclass(frozen=True)
class Answer:
    """What the rule says of one table: the sources of the rows that it flags, and those rows."""

    named: tuple[str, ...]
    flagged: np.ndarray
    unseen: str
    seconds: float


def ask(table: pa.Table, roles: Roles, rule: Any = None) -> Answer:
    """Run a rule on a table whose sources stand in the column `from`.

    Args:
        rule: `OwnWords` or another one whose causes name their source.
    """
    found = (rule or OwnWords()).bind(DataView(table.schema, replace(roles, source="from")))
    if not isinstance(found, RowDetector):
        return Answer((), np.zeros(table.num_rows, bool), "does not run", 0.0)
    detector = found
    batches, start = table.to_batches(max_chunksize=4096), time.process_time()
    profile = last_profile(detector, batches)
    score = detector.scorer(profile)
    scores = [score(batch) for batch in batches]
    p_value, cause = (np.concatenate([getattr(s, n) for s in scores]) for n in ("p_value", "cause"))
    threshold = PValueCounts.of(p_value).threshold(RATE)
    flagged, unseen = p_value <= threshold, detector.limits(profile)
    every = [cause.evidence.get("source") for cause in detector.causes(profile)]
    of_source = np.array([*(name is not None for name in every), False])
    flagged = flagged & of_source[cause]
    named = tuple(str(every[i]) for i in np.unique(cause[flagged]))
    return Answer(named, flagged, unseen, time.process_time() - start)


def at_random(rows: int, many: int, random: np.random.Generator) -> np.ndarray:
    """Return a source for each row."""
    return np.array([f"s{i:02}" for i in random.integers(many, size=rows)], object)


def planted(given: argparse.Namespace) -> Iterator[str]:
    """Yield one line for each set and attack."""
    yield f"{'set':14}{'attack':20} trials  named at .05   .01  alarm  another  by"
    for name in given.sets:
        data = read(name, given.data, given.rows)
        able, _ = fitting(data.table.schema, data.roles)
        wanted = given.attacks.split(",") if given.attacks else [one.name for one in able]
        for one in (attack for attack in able if attack.name in wanted):
            lines, by = [], Counter[str]()
            for seed in range(given.seed, given.seed + given.trials):
                random = np.random.default_rng([crc32(one.name.encode()), seed])
                try:
                    found = one.plant(data.table, data.roles, given.count, random)
                except TooFewRowsError:
                    continue
                whole = InMemory(found.table, data.roles, given.only)
                for _ in range(given.draws):
                    source = at_random(data.table.num_rows, given.sources, random)
                    first = int(random.integers(given.sources))
                    own = [f"s{(first + i) % given.sources:02}" for i in range(given.few)]
                    source[found.rows] = np.resize(own, len(found.rows))
                    told = whole.findings(source, *AT)
                    lines.append(_judged(told, set(own)))
                    by.update({f.rule for f in told[0] if named([f]) & set(own)})
            if lines:
                mean = np.mean(lines, axis=0)
                line = "".join(f"{x:8.3f}" for x in mean)
                yield f"{name:14}{one.name:20}{len(lines):7}  {line}  {_counted(by)}"


def _judged(told: list[list[Finding]], own: set[str]) -> list[float]:
    """Return what is named of ``own`` at the two rates and by an alarm, and of others."""
    loose, strict = told
    return [
        bool(named(loose) & own),
        bool(named(strict) & own),
        bool(named(_alarms(strict)) & own),
        bool(named(loose) - own),
    ]


def _alarms(findings: list[Finding]) -> list[Finding]:
    return [one for one in findings if one.level is not Level.NOTE]


def _counted(by: Counter[str]) -> str:
    return ", ".join(f"{rule} {many}" for rule, many in by.most_common())


def clean(given: argparse.Namespace) -> Iterator[str]:
    """Yield one line for each set: sources named in parts of it, sources drawn at random."""
    yield f"{'set':14}  draws  any named at .05    .01  by an alarm  by (at .05)"
    for name in given.sets:
        data = read(name, given.data, given.rows)
        lines, by = [], Counter[str]()
        for seed in range(given.resamples):
            sample = data.sample(data.table.num_rows // (1, 2, 8)[seed % 3], 1000 + seed)
            whole = InMemory(sample.table, data.roles, given.only)
            for draw in range(given.draws):
                random = np.random.default_rng([seed, draw, 5])
                source = at_random(sample.table.num_rows, given.sources, random)
                told = whole.findings(source, *AT)
                lines.append(
                    [bool(named(told[0])), bool(named(told[1])), bool(named(_alarms(told[1])))]
                )
                by.update({f.rule for f in told[0] if named([f])})
        loose, strict, alarm = np.sum(lines, axis=0)
        yield f"{name:14}{len(lines):7}{loose:17}{strict:7}{alarm:13}  {_counted(by)}"


def real(given: argparse.Namespace) -> Iterator[str]:
    """Yield one line for each set with sources that differ as real ones do."""
    for name, table, roles in _with_real_sources(given.data):
        answer = ask(table, roles)
        size = sum(table[c].nbytes for c in table.column_names) / 1e6
        yield (
            f"{name:32}{table.num_rows:8,} rows{len(pc.unique(table['from'])):6} sources, "
            f"{len(answer.named)} named, {size / max(answer.seconds, 1e-9):.1f} MB/s; "
            f"{answer.unseen}"
        )
        if roles.label:
            flips = ask(table, roles, LabelFlips())
            told = ", ".join(flips.named) or "-"
            yield f"{'':32}label flips: {told}, {flips.flagged.sum()} rows {flips.unseen}"


def _with_real_sources(data: Path) -> Iterator[tuple[str, pa.Table, Roles]]:
    text, labelled = Roles(text="text"), Roles(text="text", label="label")
    for name in ("bbc", "r8"):
        table = corpus(name, data, 12_000).table
        block = pa.array([f"b{20 * row // table.num_rows:02}" for row in range(table.num_rows)])
        yield f"{name}, in order, 20 blocks", table.append_column("from", block), labelled
    for name in ("books", "bbc", "r8"):
        table = corpus(name, data, 12_000).table
        yield f"{name}, by label", table.append_column("from", table["label"]), text
    mails = pq.read_table(data / "spamassassin.parquet")
    bodies = mails["text"].to_pylist()
    yield "mails, by group", mails.append_column("from", mails["group"]), labelled
    for name, pattern in _HEADER.items():
        met = [re.search(pattern, body, re.I | re.M) for body in bodies]
        source = pa.array([one[1].lower() if one else None for one in met], pa.string())
        yield f"mails, by {name}", mails.append_column("from", source), labelled
    pairs = Roles(prompt="prompt", response="response")
    chat = pq.read_table(data / "chitchat_pairs.parquet")
    yield "chat, by sender", chat.append_column("from", chat["sender"]), pairs
    block = pa.array([f"b{row // 6600}" for row in range(chat.num_rows)])
    yield "chat, by time", chat.append_column("from", block), pairs
    whole = np.unique(chat["conversation"].to_pylist(), return_inverse=True)[1]
    for many in (20, 100):
        who = np.random.default_rng(1).integers(many, size=whole.max() + 1)
        column = pa.array([f"s{who[i]}" for i in whole])
        yield f"chat, whole dialogues, {many}", chat.append_column("from", column), pairs


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--parts", default="planted,clean,real")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--attacks", default="", help="names; all when left out")
    parser.add_argument("--rows", type=int, default=12_000, help="most rows of a set")
    parser.add_argument("--count", type=int, default=10, help="planted rows")
    parser.add_argument("--sources", type=int, default=20)
    parser.add_argument("--few", type=int, default=1, help="sources that the planted rows are of")
    parser.add_argument("--trials", type=int, default=20, help="plantings of each attack")
    parser.add_argument("--seed", type=int, default=0, help="of the first planting")
    parser.add_argument("--draws", type=int, default=2, help="of sources for each table")
    parser.add_argument("--resamples", type=int, default=20, help="clean parts of each set")
    parser.add_argument("--only", default="", help="rules that run; all on text when left out")
    given = parser.parse_args()
    given.sets = given.sets.split(",")
    given.only = tuple(filter(None, given.only.split(",")))
    if not given.data.is_dir():
        print(f"{given.data}: no such folder, nothing measured; give --data")
        return
    parts = {"planted": planted, "clean": clean, "real": real}
    for part in given.parts.split(","):
        for line in parts[part](given):
            print(line, flush=True)


if __name__ == "__main__":
    main()
