"""Our spectral detector beside the published ones, on digits with a BadNets patch.

    python -m benchmarks.peers_spectral [--seeds 10] [--rate 0.05]

Features are the 64 raw pixels for everyone: no victim model is trained. Plantings: the bundled
planted/spectral/digits, and for each seed the target class `seed % 10` at 2, 5 and 10 % poison,
from all sources. The published rules are told the true share (on the clean set: 5 %). Ours is told
nothing and flags by Benjamini-Hochberg at --rate over all rows. When `art` can be imported
(adversarial-robustness-toolbox, not a dependency), its two defences run as shipped.
The corner's pixels are 0 in most clean digits, so the patch is an easy one for whitened methods.
"""

from __future__ import annotations

import argparse
import logging
import warnings
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.published_spectral import (
    Method,
    Result,
    activation_clustering,
    art_clustering,
    art_spectral,
    spectral_signature,
    spectre,
)
from benchmarks.ranked import auroc
from data_samples.attacks.digits import patch
from data_samples.rows import HERE, Random, every_row, read_set

SHARES = (0.02, 0.05, 0.10)
CLEAN_SHARE = 0.05


def ours(rate: float) -> Method:
    """Run our detector with its defaults through its contract: a plain loop over batches."""
    from provender.calibrate.fdr import PValueCounts
    from provender.core.shard import Roles
    from provender.detect.base import DataView, Unchecked
    from provender.detect.spectral.detector import ClassSignature

    roles = Roles(label="label", embedding="pixels", source="source", key="id")

    def method(tables: list[pa.Table], *_: object) -> Result:
        bound = ClassSignature().bind(DataView(tables[0].schema, roles))
        if isinstance(bound, Unchecked):
            raise SystemExit(f"ClassSignature: {bound.reason}")
        profile: Any = None
        for number in range(bound.rounds):
            analysis: Any = bound.analysis(number, profile)
            states = []
            for table in tables:
                state = analysis.empty()
                for batch in table.select(analysis.columns() or table.column_names).to_batches():
                    state = analysis.add(state, batch)
                states.append(state)
            profile = bound.profile(number, analysis.merge(states))
        score = bound.scorer(profile)
        rows = [score(b) for t in tables for b in t.select(bound.score_columns()).to_batches()]
        p_values = np.concatenate([r.p_value for r in rows])
        scores = np.nan_to_num(np.concatenate([r.score for r in rows]), nan=-np.inf)
        return scores, p_values <= PValueCounts.of(p_values).threshold(rate)

    return method


def plantings(seeds: int) -> list[tuple[str, float, int, list[pa.Table], np.ndarray]]:
    """Return (set, told share, target class, shards, planted (rows,)); target -1: clean."""
    shards, schema = read_set("digits")
    clean = [pa.Table.from_pylist(rows, schema) for rows in shards.values()]
    sets = [("clean", CLEAN_SHARE, -1, clean, np.zeros(sum(map(len, clean)), bool))]
    bundled = HERE / "planted" / "spectral" / "digits"
    tables = {path.name: pq.read_table(path) for path in sorted(bundled.iterdir())}
    truth = pq.read_table(HERE / "truth" / "spectral-digits.parquet").to_pylist()
    known = {(row["shard"], row["row"]) for row in truth}
    planted = np.array([(name, i) in known for name, t in tables.items() for i in range(len(t))])
    sets.append(("bundled", 0.05, 7, list(tables.values()), planted))
    for share in SHARES:
        for seed in range(seeds):
            shards, _ = read_set("digits")
            attack = patch(None, seed % 10, share)
            ids = {id(row) for row in attack(shards, Random(1000 + seed))}
            planted = np.array([id(row) in ids for row in every_row(shards)])
            tables_ = [pa.Table.from_pylist(rows, schema) for rows in shards.values()]
            sets.append((f"{share:.0%}", share, seed % 10, tables_, planted))
    return sets


def ratio(part: float, whole: float) -> str:
    return f"{part / whole:6.3f}" if whole else "     -"


def measure(method: Method, sets: list[Any]) -> list[tuple[str, list[float]]]:
    """Return per set (name, [AUROC in class, over all rows, hits, flagged, planted])."""
    lines = []
    for name, share, target, tables, planted in sets:
        pixels = np.array([row for t in tables for row in t["pixels"].to_pylist()], np.float64)
        labels = np.concatenate([t["label"].to_numpy() for t in tables])
        scores, flagged = method(tables, pixels, labels, share)
        mine, areas = labels == target, [np.nan, np.nan]
        if target >= 0:
            areas = [auroc(scores[mine], planted[mine]), auroc(scores, planted)]
        counts = [(flagged & planted).sum(), flagged.sum(), planted.sum()]
        lines.append((name, [*areas, *map(float, counts)]))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Spectral detectors side by side on digits.")
    parser.add_argument("--seeds", type=int, default=10, help="plantings per poison share")
    parser.add_argument("--rate", type=float, default=0.05, help="our false discovery rate")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    methods: dict[str, Method] = {
        "spectral signature (Tran 2018)": spectral_signature,
        "SPECTRE (Hayase 2021)": spectre,
        "activation clustering (Chen 2018)": activation_clustering,
    }
    try:
        print("adversarial-robustness-toolbox", version("adversarial-robustness-toolbox"))
        methods |= {
            "ART SpectralSignatureDefense": art_spectral,
            "ART ActivationDefence": art_clustering,
        }
    except PackageNotFoundError:
        print("adversarial-robustness-toolbox is not installed: its two defences are left out")
    methods["provender (ours)"] = ours(options.rate)
    sets = plantings(options.seeds)
    print(
        "AUROC: mean over plantings (lowest in brackets); precision and recall: of all their rows"
    )
    print("taken together; whole: plantings found to the last row; flagged: rows of 1,797, mean")
    print(
        f"{'method':34} {'poison':8} {'AUROC in class':>14} {'AUROC':>6} "
        f"{'prec':>6} {'recall':>6} {'whole':>6} {'flagged':>8}"
    )
    for title, method in methods.items():
        lines = measure(method, sets)
        for name in dict.fromkeys(name for name, _ in lines):
            figures = np.array([f for n, f in lines if n == name])
            hits, flagged, planted = figures[:, 2:].sum(0)
            whole = int((figures[:, 2] == figures[:, 4]).sum()) if planted else 0
            print(
                f"{title:34} {name:8} {figures[:, 0].mean():6.3f} ({figures[:, 0].min():5.3f}) "
                f"{figures[:, 1].mean():6.3f} {ratio(hits, flagged)} {ratio(hits, planted)} "
                f"{whole:3}/{len(figures):<2} {flagged / len(figures):8.1f}"
            )


if __name__ == "__main__":
    main()
