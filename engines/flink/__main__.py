"""python -m engines.flink install | up | down | test [pytest's arguments]"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

from engines.flink.cluster import Cluster
from engines.flink.install import BUILD, install
from engines.flink.network import LOUD, isolated

RUN = BUILD / "run"


def main() -> int:
    """Do what was asked; the exit code is the tests' for `test`."""
    verb, *rest = sys.argv[1:] or ["help"]
    if verb == "install":
        install()
    elif verb == "up":
        _up()
    elif verb == "down":
        Cluster(RUN).down()
    elif verb == "test":
        install()
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-n0",
            "-m",
            "flink",
            *(rest or ["tests/engines"]),
        ]
        return subprocess.call(isolated(command), env={**os.environ, "PROVENDER_FLINK": "1"})
    else:
        raise SystemExit(__doc__)
    return 0


def _up() -> None:
    install()
    cluster = Cluster(RUN)
    cluster.up()
    options = " ".join(map(shlex.quote, cluster.options(2)))
    print(
        f"Flink is up: http://127.0.0.1:8081 shows it; `make flink-down` stops it.\n"
        f"WARNING: {LOUD}; keep this machine's ports closed.\n\n"
        f"export PROVENDER_CACHE_KEY=$(cat {shlex.quote(str(RUN / 'cache.key'))})\n"
        f"provender scan DATA --out out --cache {shlex.quote(str(RUN / 'states'))} -- {options}"
    )


if __name__ == "__main__":
    sys.exit(main())
