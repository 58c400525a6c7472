"""``dvc`` in a process of its own that has imported it already (tests/forking.py)."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

from tests import forking

#: What its commands import when they run; what is missing here costs a command its import.
_LATE = (
    "configobj",
    "dulwich.porcelain",
    "dulwich.worktree",
    "dvc._debug",
    "dvc.cachemgr",
    "dvc.cli.parser",
    "dvc.data_cloud",
    "dvc.dirs",
    "dvc.lock",
    "dvc.repo.brancher",
    "dvc.repo.graph",
    "dvc.repo.index",
    "dvc.repo.open_repo",
    "dvc.repo.params",
    "dvc.repo.plots",
    "dvc.repo.stage",
    "dvc.repo.trie",
    "dvc.repo.worktree",
    "dvc.rwlock",
    "dvc.stage.cache",
    "dvc.utils.strictyaml",
    "dvc_data.hashfile.db.local",
    "dvc_data.hashfile.status",
    "dvc_data.index.push",
    "fsspec.implementations.memory",
    "networkx",
    "rich.json",
    "rich.status",
    "ruamel.yaml",
)


def dvc(
    words: tuple[str, ...], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run ``dvc`` as ``python -m dvc`` does, but for its imports."""
    return forking.run(__name__, words, folder, environment)


def import_all() -> None:
    for name in _LATE:
        importlib.import_module(name)


def main() -> None:
    from dvc.cli import main

    sys.exit(main(sys.argv[1:]))
