"""Measure instruct/alike-responses: messages in changing words in real pairs, and clean sets.

Run:  python -m benchmarks.detectors_alike [--data ../shared/data] [--parts planted,clean]

Dialogues shaped the rule, and so did one draw of each other set; the messages are the red team's.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.detectors_instruct import clean_sets
from benchmarks.instruct_pairs import OTHERS, ROWS, Pairs, dialogues
from provender.attacks.changing_response import ChangingResponse
from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.alike_responses.detector import AlikeResponses
from provender.detect.base import DataView

RATE = 0.01
ROLES = Roles(prompt="prompt", response="response")


def flagged(table: pa.Table) -> tuple[set[int], float]:
    """Return the rows flagged at RATE, and CPU seconds."""
    began = time.process_time()
    bound = AlikeResponses().bind(DataView(table.schema, ROLES))
    assert isinstance(bound, AlikeResponses)
    analysis = bound.analysis(0, None)
    state = analysis.empty()
    for batch in table.to_batches(max_chunksize=4096):
        state = analysis.add(state, batch)
    listed = bound.flagged(bound.profile(0, state))
    p_value = np.ones(table.num_rows)
    p_value[listed.rows] = listed.p_value
    found = np.flatnonzero(p_value <= PValueCounts.of(p_value).threshold(RATE))
    return set(found.tolist()), time.process_time() - began


def measure_planted(sets: dict[str, Pairs], seeds: int) -> None:
    """Print a line for each set, count and share of words that stay."""
    print(f"{'set':26}{'rows':>5}{'kept':>6}{'seeds':>7}{'found':>7}{'recall':>8}{'beside':>8}")
    for name, pairs in sets.items():
        for count in (5, 10, 25, 50):
            for kept in (90, 80, 70):
                found, recall, beside = 0, 0.0, 0
                for seed in range(seeds):
                    random = np.random.default_rng([seed, count, 3])
                    some = pairs.sample(ROWS, seed).table()
                    before, _ = flagged(some)
                    made = ChangingResponse(kept=kept).plant(some, ROLES, count, random)
                    rows, truth = flagged(made.table)[0], set(made.rows.tolist())
                    share = len(rows & truth) / count
                    found, recall = found + (share >= 0.5), recall + share / seeds
                    beside += len(rows - truth - before)
                print(
                    f"{name:26}{count:5}{kept:6}{seeds:7}{found:7}{recall:8.2f}{beside:8}",
                    flush=True,
                )


def measure_clean(data: Path, every: Pairs) -> None:
    """Print each clean set with a row flagged, and how many had none."""
    tried = quiet = 0
    for name, pairs in clean_sets(data, every):
        rows, seconds = flagged(pairs.table())
        tried, quiet = tried + 1, quiet + (not rows)
        if rows or name == "dialogues, all":
            print(f"{name}: {len(rows)} of {len(pairs.prompt)} rows, {seconds:.1f} s", flush=True)
    print(f"{tried} clean sets, {quiet} of them without a flagged row")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--parts", default="planted,clean")
    parser.add_argument("--seeds", type=int, default=6)
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"{options.data}: no such folder, nothing measured; give --data")
        return
    every = dialogues(options.data)
    if "planted" in options.parts.split(","):
        others = {name: read(options.data) for name, read in OTHERS.items()}
        measure_planted({"dialogues": every, **others}, options.seeds)
    if "clean" in options.parts.split(","):
        measure_clean(options.data, every)


if __name__ == "__main__":
    main()
