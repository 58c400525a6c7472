"""Are the power statements of `provender redteam` true? The stated count, on fresh seeds.

    python -m benchmarks.redteam_power [--data DIR] [--sets bbc] [--rows 800] [--seeds 10] ...

A first run states for each attack and rule the least count that is found at 80 % power, and power
and bounds there. A second run plants as many again with seeds the first has not seen; its share is
held against the bounds. Both store their trials: a run that was cut off goes on.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.table import show
from benchmarks.text.corpora import corpus
from pipelines.redteam import RedteamRequest, redteam
from pipelines.run import Run
from provender.io.states import StateStore

_HEAD = ("set", "part", "attack", "arm", "rule", "count", "power", "bounds", "fresh", "holds")


def statements(first: dict[str, Any], second: dict[str, Any]) -> list[list[str]]:
    """Return a line for each statement of the first document: what the fresh trials say of it."""
    again = {(c["attack"], c["arm"], c["rule"]): c for c in second["curves"]}
    lines = []
    for curve in first["curves"]:
        count = curve["minimum"]["count"]
        if count is None or curve["rule"] == "any":
            continue
        (stated,) = [point for point in curve["counts"] if point["count"] == count]
        more = again[curve["attack"], curve["arm"], curve["rule"]]
        (both,) = [point for point in more["counts"] if point["count"] == count]
        found, trials = both["found"] - stated["found"], both["trials"] - stated["trials"]
        # As a reader sees the bounds: .9987 is written 1.00, and 20 of 20 are within that.
        low, high = round(stated["low"], 2), round(stated["high"], 2)
        holds = low <= found / trials <= high if trials else None
        lines.append(
            [
                curve["attack"],
                curve["arm"],
                curve["rule"],
                str(count),
                f"{stated['fitted']:.2f}",
                f"{low:.2f}-{high:.2f}",
                f"{found}/{trials}",
                {True: "yes", False: "NO", None: "?"}[holds],
            ]
        )
    return lines


def main() -> None:
    """Print the statements of every set."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.redteam_power", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", default="bbc,spamassassin,books")
    parser.add_argument("--rows", type=int, default=800, help="most rows of a set")
    parser.add_argument("--attacks", default="rare-word,phrase,sentence,everyday-word")
    parser.add_argument("--counts", default="3,5,10,25")
    parser.add_argument("--seeds", type=int, default=20, help="plantings, and as many fresh ones")
    parser.add_argument("--minutes", type=float, help="time for each of the two runs")
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
        documents = []
        for seeds in (given.seeds, 2 * given.seeds):
            request = RedteamRequest(
                (str(place / "data.parquet"),),
                str(place / "out"),
                data.roles,
                tuple(given.attacks.split(",")),
                tuple(int(count) for count in given.counts.split(",")),
                seeds,
                budget=given.minutes and 60 * given.minutes,
            )
            documents.append(redteam(request, Run(StateStore(str(place / "trials")))))
        missing = sum(line["trials"] for line in documents[1]["not_measured"])
        if missing:
            print(f"{name}: {missing} trials were not made; the same command goes on")
        lines += [[name, data.part, *line] for line in statements(*documents)]
    show("Power statements, and what fresh seeds say", _HEAD, lines)


if __name__ == "__main__":
    main()
