"""All files of a repository that say what data should be, wherever they lie in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from provender.errors import EXIT_BROKEN_TRUST, ProvenderError
from provender.provenance.dvc.dotdvc import read_dotdvc
from provender.provenance.dvc.finding import Findings
from provender.provenance.dvc.ignore import Rule, hiding_rule, read_rules
from provender.provenance.dvc.lock import read_lock
from provender.provenance.dvc.pipeline import read_pipeline
from provender.provenance.dvc.place import Place
from provender.provenance.dvc.record import Elsewhere, Record, names
from provender.provenance.dvc.yaml_text import MOST_BYTES

T = TypeVar("T")
_PRUNED = (".git", ".hg", ".dvc")


@dataclass
class References:
    """What was read.

    Attributes:
        records: what is vouched for, each once.
        rules: of all .dvcignore files, those of outer folders first.
        skipped: what is left to others, a line each.
    """

    records: list[Record] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def read_references(place: Place, findings: Findings) -> References:
    """Read every reference in the repository, also those that .dvcignore hides from DVC."""
    found = References()
    folders, files = _walk(place, findings, found.skipped)
    records: list[Record | Elsewhere] = []
    for path in files:
        if path.endswith(".dvc"):
            records += _read(place, path, findings, read_dotdvc) or []
        else:
            found.rules += _read(place, path, findings, read_rules) or []
    for folder in folders:
        prefix = f"{folder}/" if folder else ""
        shapes = _read(place, f"{prefix}dvc.yaml", findings, read_pipeline) or {}
        lock = partial(read_lock, shapes=shapes)
        records += _read(place, f"{prefix}dvc.lock", findings, lock) or []
    _tell_hidden(files, found.rules, findings)
    for record in records:
        if isinstance(record, Elsewhere):
            found.skipped.append(f"{record.path} lies outside the repository ({record.source})")
    kept = [record for record in records if isinstance(record, Record)]
    found.records = _not_data(list(dict.fromkeys(kept)))
    try:
        names(sorted({r.path for r in found.records if r.is_output and r.path}), "outputs")
    except ProvenderError as error:
        findings.add("name", error.subject, error.cause)
    return found


def _walk(place: Place, findings: Findings, skipped: list[str]) -> tuple[list[str], list[str]]:
    """Return (folders with a dvc.yaml or dvc.lock, .dvc and .dvcignore files), outermost first."""
    folders, files, todo = list[str](), list[str](), [""]
    while todo:
        folder = todo.pop()
        try:
            entries = place.entries(folder)
        except (ProvenderError, FileNotFoundError) as error:
            if isinstance(error, ProvenderError):
                findings.refuse(error)
            continue
        inside = {entry.name for entry in entries}
        if folder and ".dvc" in inside and any(e.name == ".dvc" and e.is_dir() for e in entries):
            skipped.append(f"{folder} is a DVC repository of its own: audit it by itself")
            continue
        prefix = f"{folder}/" if folder else ""
        below = []
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                below += [] if entry.name in _PRUNED else [prefix + entry.name]
            elif entry.name == ".dvcignore" or (
                entry.name.endswith(".dvc") and len(entry.name) > 4
            ):
                files.append(prefix + entry.name)
        if inside & {"dvc.yaml", "dvc.lock"}:
            folders.append(folder)
        todo += reversed(below)
    return folders, files


def _read(
    place: Place, path: str, findings: Findings, parse: Callable[[bytes, str], T]
) -> T | None:
    """Return what ``parse`` makes of a file, None where there is none or it is refused."""
    try:
        raw = place.read(path, MOST_BYTES)
        return None if raw is None else parse(raw, path)
    except ProvenderError as error:
        broken = error.exit_code == EXIT_BROKEN_TRUST
        findings.add("name" if broken else "malformed", path, error.cause)
        return None


def _tell_hidden(files: list[str], rules: list[Rule], findings: Findings) -> None:
    for path in files:
        rule = hiding_rule(rules, path) if path.endswith(".dvc") else None
        if rule is not None:
            findings.add("ignored", path, f"is hidden from DVC by {rule.said}")


def _not_data(records: list[Record]) -> list[Record]:
    """Leave out what .dvc files say that lie inside a folder of data: they are data."""
    folders = {r.path for r in records if r.is_output and r.is_folder}
    return [r for r in records if not any(f in folders for f in _above(r.source))]


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]
