"""provender doctor: what is installed, and what its absence leaves unchecked."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import platform
from pathlib import Path
from typing import Any

import click

from provender import __version__
from provender.cli.options import format_option

_NEEDED = (
    "apache-beam",
    "pyarrow",
    "numpy",
    "scikit-learn",
    "great-expectations",
    "datasketch",
    "dvc",
)
#: package → (extra that installs it, what is not possible without it)
_OPTIONAL = {
    "s3fs": ("s3", "s3:// addresses cannot be read"),
    "gcsfs": ("", "gs:// addresses cannot be read"),
    "adlfs": ("", "abfs:// addresses cannot be read"),
}


@click.command()
@format_option
def doctor(format_: str) -> int:
    """Show what is installed, and what its absence leaves unchecked."""
    from provender.io.states import default_store, store_key

    needed = {name: _version(name) for name in _NEEDED}
    optional = [
        {"package": name, "version": _version(name), "without_it": lost, "extra": extra}
        for name, (extra, lost) in _OPTIONAL.items()
    ]
    store = default_store()
    store_key()
    found: dict[str, Any] = {
        "provender": __version__,
        "python": platform.python_version(),
        "needed": needed,
        "optional": optional,
        "cache": {"address": store, "bytes": _size(store)},
    }
    if format_ == "json":
        print(json.dumps(found, indent=2, sort_keys=True))
    else:
        _print(found)
    return 0 if all(needed.values()) else 2


def _print(found: dict[str, Any]) -> None:
    print(f"provender {found['provender']} on Python {found['python']}\n")
    for name, version in found["needed"].items():
        print(f"  {name:20} {version or 'MISSING: nothing works without it'}")
    print("\noptional")
    for part in found["optional"]:
        install = f" (pip install 'provender[{part['extra']}]')" if part["extra"] else ""
        print(f"  {part['package']:20} {part['version'] or part['without_it'] + install}")
    cache = found["cache"]
    print(f"\nstates are kept in {cache['address']}", end="")
    print(f" ({cache['bytes'] / 1e6:,.1f} MB)" if cache["bytes"] is not None else "")


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _size(store: str) -> int | None:
    if "://" in store:
        return None
    return sum(f.stat().st_size for f in Path(store).rglob("*") if f.is_file())
