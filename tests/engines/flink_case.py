"""Provender's commands as processes, here and on a cluster, and what they leave."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from engines.flink.cluster import Cluster, rest
from provender.io.states import StateStore

SCAN = ("-c", "import sys; from provender.cli.main import main; main(sys.argv[1:])", "scan")
_ENDS_WITHIN = 400


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def start(
    cluster: Cluster, *command: object, parallelism: int | None = None
) -> subprocess.Popen[str]:
    """Start ``python *command``, on the cluster where a parallelism is given."""
    given = [*map(str, command)]
    if parallelism:
        given += ["--"] * (given[0] == "-c") + cluster.options(parallelism)
    environment = {**os.environ, "PROVENDER_CACHE_KEY": cluster.key()}
    return subprocess.Popen(
        [sys.executable, *given],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for a command to end by itself."""
    try:
        out, err = process.communicate(timeout=_ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Ended(process.returncode, out, err)


def run(cluster: Cluster, *command: object, parallelism: int | None = None) -> Ended:
    """Run ``python *command`` to its end."""
    return ended(start(cluster, *command, parallelism=parallelism))


def digests(out: Path) -> dict[str, str]:
    """Return file → digest of everything in an output folder; of tables, that of the content."""
    return {
        str(path.relative_to(out)): _digest(path)
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def _digest(path: Path) -> str:
    if path.suffix != ".parquet":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    table = pq.read_table(path)
    return hashlib.sha256(repr((table.schema, table.to_pydict())).encode()).hexdigest()


def jobs() -> dict[str, dict[str, Any]]:
    """Return id → overview of every job the job manager knows."""
    return {job["jid"]: job for job in rest("/jobs/overview")["jobs"]}


def felt(job: str) -> list[str]:
    """Return the failures a job has recovered from, or died of."""
    history = rest(f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
    return [entry["exceptionName"] for entry in history]


def entries(cache: Path) -> dict[str, tuple[int, int]]:
    """Return name → (inode, time of writing) of every whole entry of a state store."""
    found = {}
    for path in cache.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            *kind, head, tail = path.relative_to(cache).parts
            status = path.stat()
            found["/".join((*kind, head + tail))] = (status.st_ino, status.st_mtime_ns)
    return found


def damaged(cache: Path, cluster: Cluster, monkeypatch: Any) -> list[str]:
    """Return the entries of a state store that are not what was written."""
    from provender.io.states import store_key

    monkeypatch.setenv("PROVENDER_CACHE_KEY", cluster.key())
    store_key.cache_clear()
    store = StateStore(str(cache))
    bad = [name for name in entries(cache) if store.get(name) is None]
    store_key.cache_clear()
    return bad


def until(process: subprocess.Popen[str], moment: Callable[[], object]) -> None:
    """Wait for a moment in the life of a command; it is an error when the command ends first."""
    while not moment():
        if process.poll() is not None:
            raise AssertionError(f"ended before the moment came: {process.communicate()[1]}")
        time.sleep(0.05)
