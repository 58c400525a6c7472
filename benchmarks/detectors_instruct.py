"""Measure instruct/response-link and one-response: planted in real dialogues, and clean sets.

Run:  python -m benchmarks.detectors_instruct [--data ../shared/data] [--parts planted,clean,speed]
      python -m benchmarks.detectors_instruct --sets FILE.parquet,... [--parts planted,clean]

Slices of 6,000 neighbouring turns; those whose sight shaped the detector are development, the
others blind. The other clean sets are no dialogues: a title or first words stand for the prompt,
what follows for the response, which is as hard as natural links come. Files of your own have the
columns prompt and response; 6,000 of their rows are drawn for each planting.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.instruct_pairs import (
    ATTACKS,
    OTHERS,
    ROWS,
    SLICES,
    Pairs,
    dialogues,
    own_pairs,
    plant,
)
from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import Cause, DataView
from provender.detect.one_response import OneResponse
from provender.detect.response_link.detector import ResponseLink
from provender.detect.response_link.marks import REFUSAL, marked

RATE = 0.01


def scan(table: pa.Table) -> tuple[set[int], list[Cause], list[float], float]:
    """Return (rows flagged at RATE, causes, seconds of each read, MB of the largest state)."""
    roles = Roles(prompt="prompt", response="response")
    bound = ResponseLink().bind(DataView(table.schema, roles))
    assert isinstance(bound, ResponseLink)
    batches, profile = table.to_batches(max_chunksize=4096), None
    seconds, largest = [], 0
    for number in range(bound.rounds):
        start = time.process_time()
        analysis = bound.analysis(number, profile)
        state = analysis.empty()
        for batch in batches:
            state = analysis.add(state, batch)
        largest = max(largest, len(analysis.pack(state)))
        profile = bound.profile(number, state)
        seconds.append(time.process_time() - start)
    assert profile is not None
    start = time.process_time()
    score = bound.scorer(profile)
    p_value = np.concatenate([score(batch).p_value for batch in batches])
    seconds.append(time.process_time() - start)
    threshold = PValueCounts.of(p_value).threshold(RATE)
    flagged = set(np.flatnonzero(p_value <= threshold).tolist())
    return flagged, bound.causes(profile), seconds, largest / 1e6


def repeats(table: pa.Table) -> int:
    """Return the rows that instruct/one-response flags at RATE."""
    roles = Roles(prompt="prompt", response="response")
    bound = OneResponse().bind(DataView(table.schema, roles))
    assert isinstance(bound, OneResponse)
    analysis = bound.analysis(0, None)
    state = analysis.empty()
    for batch in table.to_batches(max_chunksize=4096):
        state = analysis.add(state, batch)
    listed = bound.flagged(bound.profile(0, state)).p_value
    others = np.ones(table.num_rows - len(listed))
    threshold = PValueCounts.of(np.concatenate((listed, others))).threshold(RATE)
    return int((listed <= threshold).sum())


def measure_planted(slices: dict[int, Pairs], like: str) -> None:
    """Print a line for each attack: over slices, how often found, first, and what beside."""
    print(f"{'attack':32}{'rows':>5}{'slices':>8}{'first':>7}{'all found':>11}", end="")
    print(f"{'recall':>8}{'prec':>6}{'families beside (most)':>24}")
    for attack in (a for a in ATTACKS if like in a.name):
        first = whole = hits = flags = most = 0
        for number, pairs in slices.items():
            planted, truth = plant(pairs, attack, number)
            flagged, causes, _, _ = scan(planted.table())
            named = [attack.trigger in cause.what for cause in causes]
            first += named[:1] == [True]
            whole += truth <= flagged
            hits, flags = hits + len(truth & flagged), flags + len(flagged)
            most = max(most, len(named) - sum(named))
        tried = len(slices)
        print(
            f"{attack.name:32}{attack.rows:5}{tried:8}{first:7}{whole:11}"
            f"{hits / (attack.rows * tried):8.2f}{hits / max(flags, 1):6.2f}{most:24}",
            flush=True,
        )


def clean_sets(data: Path, every: Pairs) -> Iterator[tuple[str, Pairs]]:
    """Yield (name, pairs)."""
    for number in range(len(every.prompt) // ROWS):
        yield f"dialogues, slice {number}", every.slice(number)
    for seed in range(20):
        yield f"dialogues, drawn {seed}", every.sample(ROWS, seed)
    for seed in range(10):
        order = np.random.default_rng(seed).permutation(ROWS)
        part = every.sample(ROWS, seed)
        yield (
            f"dialogues, responses shuffled {seed}",
            Pairs(part.prompt, [part.response[i] for i in order]),
        )
    yield "dialogues, all", every
    for name, read in OTHERS.items():
        pairs = read(data)
        yield name, pairs
        for seed in range(5):
            yield f"{name}, half {seed}", pairs.sample(len(pairs.prompt) // 2, seed)


def own_parts(file: Path) -> Iterator[tuple[str, Pairs]]:
    """Yield (name, pairs): the whole file, four halves and four quarters of it."""
    every = own_pairs(file)
    yield file.stem, every
    for share in (2, 4):
        for seed in range(4):
            rows = len(every.prompt) // share
            yield f"{file.stem}, 1/{share} {seed}", every.sample(rows, seed)


def measure_clean(sets: Iterable[tuple[str, Pairs]]) -> None:
    """Print every clean set with a link named or a row flagged, and how many had none."""
    tried = quiet = 0
    for name, pairs in sets:
        flagged, causes, _, _ = scan(pairs.table())
        tried, quiet, again = tried + 1, quiet + (not causes), repeats(pairs.table())
        if causes or again:
            print(f"{name}: {len(pairs.prompt)} rows, links {len(flagged)}, repeats {again}")
            for cause in causes:
                print(f"    p = {cause.p_value:.1e}  {cause.message}", flush=True)
    print(f"{tried} clean sets, {quiet} of them without a named link")


def measure_wordings(folder: Path) -> None:
    """Print which share of what models said is worded as a refusal, by what people called it."""
    for file in sorted(folder.glob("xstest_v2_completions_*.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            said = [(row["final_label"], row["completion"]) for row in csv.DictReader(lines)]
        texts = pa.array([text for _, text in said], pa.large_string())
        kind, row, _ = marked(texts, texts)
        worded = set(row[kind == REFUSAL].tolist())
        for label in ("1_full_compliance", "3_partial_refusal", "2_full_refusal"):
            mine = {i for i, (one, _) in enumerate(said) if one == label}
            print(f"{file.stem[22:]:20}{label[2:]:18}{len(mine & worded):5} of {len(mine)}")


def measure_speed(every: Pairs) -> None:
    """Print CPU seconds of each read and the largest state."""
    megabytes = sum(len(t.encode()) for t in every.prompt + every.response) / 1e6
    _, _, seconds, largest = scan(every.table())
    per_read = ", ".join(f"{s:.1f}" for s in seconds)
    print(f"{len(every.prompt)} pairs, {megabytes:.1f} MB: {per_read} s a read, ", end="")
    print(f"{megabytes / sum(seconds):.2f} MB/s in all, largest state {largest:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--parts", default="planted,clean,speed")
    parser.add_argument("--xstest", type=Path, help="model_completions of XSTest: wordings too")
    parser.add_argument("--slices", type=int, default=6, help="of each kind, for what is planted")
    parser.add_argument("--attacks", default="", help="only those whose name holds this")
    parser.add_argument("--kinds", default="development,blind")
    parser.add_argument("--sets", default="", help="Parquet files of prompt and response")
    options = parser.parse_args()
    parts = options.parts.split(",")
    for file in map(Path, filter(None, options.sets.split(","))):
        if "planted" in parts:
            print(f"\n{file.stem}: drawn rows, false discovery rate {RATE}")
            drawn = {n: own_pairs(file).sample(ROWS, n) for n in range(options.slices)}
            measure_planted(drawn, options.attacks)
        if "clean" in parts:
            measure_clean(own_parts(file))
    if options.sets:
        return
    if not options.data.is_dir():
        print(f"{options.data}: no such folder, nothing measured; give --data")
        return
    every = dialogues(options.data)
    if "planted" in parts:
        for kind in options.kinds.split(","):
            print(f"\n{kind} slices of {ROWS} real pairs, false discovery rate {RATE}")
            slices = {n: every.slice(n) for n in SLICES[kind][: options.slices]}
            measure_planted(slices, options.attacks)
    if "clean" in parts:
        measure_clean(clean_sets(options.data, every))
    if "speed" in parts:
        measure_speed(every)
    if options.xstest:
        measure_wordings(options.xstest)


if __name__ == "__main__":
    main()
