"""Run benchmarks: python -m benchmarks [names...] [--data DIR] [--quick].

Each runs in a process of its own, one after the other; without names, all of them do.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Benchmark:
    """One script of this folder.

    Attributes:
        reads_data: takes --data, the folder of real data that is not part of this repository.
        quick: arguments for a run of a minute or so.
    """

    name: str
    what: str
    reads_data: bool = True
    quick: tuple[str, ...] = ()


BENCHMARKS = (
    Benchmark(
        "scale",
        "memory, Beam's overhead, speed-up",
        quick=("--bytes", "16e6", "--slice", "4e6", "--repeats", "1"),
    ),
    Benchmark("kills", "SIGKILL and resume", quick=("--kills", "3", "--bytes", "8e6")),
    Benchmark("cost", "the cost model against counters", quick=("--sizes", "4x2000,16x2000")),
    Benchmark(
        "many_shards",
        "100,000 shards: time, and memory of the driver",
        quick=("--sizes", "200x20,600x20", "--distinct", "50"),
    ),
    Benchmark(
        "engines",
        "the same shards here and on Flink",
        quick=("--bytes", "2e6", "--parallelism", "2"),
    ),
    Benchmark(
        "identity_speed",
        "row identity and the hash pass",
        quick=("--rows", "50000", "--megabytes", "64"),
    ),
    Benchmark(
        "diff_speed",
        "records and cells that differ",
        reads_data=False,
        quick=("--rows", "50000"),
    ),
    Benchmark("text_speed", "CPU of the text rules", quick=("--rows", "4000")),
    Benchmark(
        "verify_speed",
        "verification of a seal beside the hash alone",
        reads_data=False,
        quick=("--megabytes", "128", "--files", "2000"),
    ),
    Benchmark("sealed_reader", "the sealed reader", quick=("--bytes", "64e6", "--repeats", "2")),
    Benchmark(
        "reseal_speed",
        "reseal and provable absence beside sealing afresh",
        reads_data=False,
        quick=("--rows", "50000"),
    ),
    Benchmark(
        "bytes_speed",
        "byte fingerprint beside the hashes alone, dvc add and model-signing",
        reads_data=False,
        quick=("--megabytes", "128", "--files", "2000", "--repeats", "2"),
    ),
    Benchmark("tamper_corpus", "the tamper corpus, case × tool", reads_data=False),
    Benchmark(
        "hostile_documents",
        "doctored seals, trust files and manifests",
        reads_data=False,
        quick=("--inputs", "50000"),
    ),
    Benchmark(
        "expectations_speed",
        "expectations beside Great Expectations",
        reads_data=False,
        quick=("--rows", "100000"),
    ),
    Benchmark("fuzz", "hostile inputs", reads_data=False, quick=("--inputs", "20000")),
    Benchmark("detectors_duplicates", "repeated records on real data"),
    Benchmark("detectors_numeric", "outliers on real data"),
    Benchmark(
        "detectors_trusted",
        "rows ranked among trusted ones",
        quick=("--splits", "2", "--rows", "1500"),
    ),
    Benchmark(
        "detectors_sources",
        "one poisoned source of twenty",
        quick=("--sets=bbc,turns", "--trials=1", "--resamples=1", "--parts=planted,clean"),
    ),
    Benchmark(
        "detectors_random_words",
        "random words on real data",
        quick=("--sets=r8", "--seeds=1", "--draws=2"),
    ),
    Benchmark(
        "detectors_corpora",
        "one sentence in many texts, floods",
        quick=("--sets=bbc", "--seeds=1", "--resamples=1", "--counts=10", "--parts=planted,clean"),
    ),
    Benchmark("detectors_hidden", "hidden text on real data", quick=("--resamples", "2")),
    Benchmark(
        "detectors_flips",
        "flipped labels beside cleanlab",
        quick=("--sets=bbc", "--seeds=1", "--resamples=2", "--draws=50", "--no-regression"),
    ),
    Benchmark(
        "redteam_power",
        "power statements of the red team, on fresh seeds",
        quick=("--sets=bbc", "--rows=400", "--attacks=rare-word", "--counts=5,25", "--seeds=2"),
    ),
    Benchmark(
        "clean_alarms",
        "how often clean data raises an alarm",
        quick=("--sets", "bbc,mails", "--rows", "1500", "--resamples", "2"),
    ),
    Benchmark("text", "poisoned text beside Z-TOKEN and cleanlab", quick=("--quick",)),
    Benchmark(
        "detectors_alike",
        "messages in changing words",
        quick=("--parts", "planted", "--seeds", "1"),
    ),
    Benchmark("detectors_instruct", "links in dialogues", quick=("--parts", "speed")),
    Benchmark(
        "peers_spectral",
        "spectral detector beside published methods",
        reads_data=False,
        quick=("--seeds", "1"),
    ),
)


def main() -> None:
    """Run what was named; exit with 1 when one fails."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--quick", action="store_true", help="small data, few repeats")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(names))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(names)}")
    failed = []
    for benchmark in BENCHMARKS:
        if given.names and benchmark.name not in given.names:
            continue
        print(f"\n== {benchmark.name}: {benchmark.what}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{benchmark.name}"]
        command += ["--data", str(given.data)] if benchmark.reads_data else []
        command += benchmark.quick if given.quick else ()
        if subprocess.run(command, check=False).returncode:
            failed.append(benchmark.name)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
