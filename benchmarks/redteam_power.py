"""Are the power statements of `provender redteam` true? The stated count, on fresh seeds.

    python -m benchmarks.redteam_power [--data DIR] [--sets bbc] [--rows 800] [--seeds 10] ...

A first run states for each attack and rule the least count that is found at 80 % power, and power
and bounds there. A second run plants that many rows with seeds the first has not seen; its share is
held against the bounds. Both store their trials: a run that was cut off goes on.
"""

from __future__ import annotations

import argparse
import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.table import show
from benchmarks.text.corpora import corpus
from pipelines.redteam import RedteamRequest, redteam
from pipelines.run import Run
from provender.io.states import StateStore

#: No waiver is in the default policy, so any day will do.
TODAY = datetime.date.min
_HEAD = ("set", "part", "attack", "arm", "rule", "count", "power", "bounds", "fresh", "holds")


Curve = dict[str, Any]


def stated(document: dict[str, Any]) -> list[Curve]:
    """Return the curves of single rules that state a least count."""
    curves = document["curves"]
    return [c for c in curves if c["minimum"]["count"] is not None and c["rule"] != "any"]


def at_minimum(curve: Curve, among: list[Curve]) -> dict[str, Any]:
    """Return what the same attack and rule have in ``among`` at the count that ``curve`` states."""
    same = ("attack", "arm", "rule")
    (one,) = [c for c in among if all(c[name] == curve[name] for name in same)]
    (point,) = [p for p in one["counts"] if p["count"] == curve["minimum"]["count"]]
    return dict(point)


def line(curve: Curve, more: list[Curve]) -> list[str]:
    """Return what trials with fresh seeds, beside the old ones in ``more``, say of a statement."""
    point, both = at_minimum(curve, [curve]), at_minimum(curve, more)
    found, trials = both["found"] - point["found"], both["trials"] - point["trials"]
    # As a reader sees the bounds: .9987 is written 1.00, and 20 of 20 are within that.
    low, high = round(point["low"], 2), round(point["high"], 2)
    holds = low <= found / trials <= high if trials else None
    return [
        curve["attack"],
        curve["arm"],
        curve["rule"],
        str(point["count"]),
        f"{point['fitted']:.2f}",
        f"{low:.2f}-{high:.2f}",
        f"{found}/{trials}",
        {True: "yes", False: "NO", None: "?"}[holds],
    ]


def main() -> None:
    """Print the statements of every set."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.redteam_power", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", default="bbc,spamassassin,books")
    parser.add_argument("--rows", type=int, default=800, help="most rows of a set")
    parser.add_argument("--attacks", default="rare-word,phrase,sentence,everyday-word")
    parser.add_argument("--counts", default="3,5,10,25")
    parser.add_argument("--seeds", type=int, default=20, help="plantings at each count")
    parser.add_argument("--fresh", type=int, default=60, help="more of them at each stated count")
    parser.add_argument("--minutes", type=float, help="time for each run")
    parser.add_argument("--scratch", type=Path, default=Path("bench-out") / "redteam")
    given = parser.parse_args()
    if not given.data.is_dir():
        print(f"{given.data}: no such folder, nothing measured; give --data")
        return
    lines = []
    for name in given.sets.split(","):
        data = corpus(name, given.data, given.rows)
        place = given.scratch / f"{name}-{given.rows}"
        place.mkdir(parents=True, exist_ok=True)
        pq.write_table(data.table, place / "data.parquet")
        request = RedteamRequest(
            (str(place / "data.parquet"),),
            str(place / "out"),
            data.roles,
            tuple(given.attacks.split(",")),
            tuple(int(count) for count in given.counts.split(",")),
            given.seeds,
            budget=given.minutes and 60 * given.minutes,
        )
        run = Run(StateStore(str(place / "trials")))
        statements = stated(redteam(request, run, TODAY))
        for count in sorted({curve["minimum"]["count"] for curve in statements}):
            held = [curve for curve in statements if curve["minimum"]["count"] == count]
            attacks = tuple(dict.fromkeys(curve["attack"] for curve in held))
            seeds = given.seeds + given.fresh
            again = redteam(
                replace(request, attacks=attacks, counts=(count,), seeds=seeds), run, TODAY
            )
            missing = sum(left["trials"] for left in again["not_measured"])
            if missing:
                print(f"{name}: {missing} trials were not made; the same command goes on")
            lines += [[name, data.part, *line(curve, again["curves"])] for curve in held]
    show("Power statements, and what fresh seeds say", _HEAD, lines)


if __name__ == "__main__":
    main()
