"""manifest.json against workspace, cache and remotes: SHA-256 says what MD5 no longer can."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from pathlib import Path

from provender.core.manifest import Manifest
from provender.core.strict_json import strict_json
from provender.errors import UsageError
from provender.io.names import check_names
from provender.provenance.dvc.finding import Findings
from provender.provenance.dvc.objects import Known
from provender.provenance.dvc.record import Record, inside
from provender.provenance.dvc.workspace import Workspace
from provender.provenance.files import read_document

_MOST_BYTES = 64 * 2**20
_MOST_VALUES = 1_500_000


def load_manifest(file: Path) -> Manifest:
    """Read a manifest.json.

    Raises:
        InputError: when it cannot be read or is no manifest.
    """
    return parse_manifest(read_document(file, _MOST_BYTES), str(file))


def parse_manifest(raw: bytes, subject: str) -> Manifest:
    """Read a manifest strictly: one meaning, and names that mean one thing everywhere.

    Raises:
        InputError: when it is no manifest.
    """
    value = strict_json(raw, subject, _MOST_BYTES, _MOST_VALUES)
    manifest = Manifest.from_json(value, subject)
    check_names([shard.name for shard in manifest.shards])
    return manifest


def data_folder(
    manifest: Manifest,
    given: str | None,
    records: Iterable[Record],
    workspace: Workspace,
    known: Known,
) -> str:
    """Return the folder that the manifest's names are relative to: as given, or the only one.

    Raises:
        UsageError: when several, or none, of the recorded folders hold one of its names.
    """
    if given is not None:
        return inside(given, "") or ""
    names = {shard.name for shard in manifest.shards}
    found = set()
    for record in records:
        if record.is_folder:
            head = len(record.path) + 1 if record.path else 0
            there = {path[head:] for path in workspace.folders.get(record.path, ())}
            if names & (there | recorded_files([record], known).keys()):
                found.add(record.path)
        elif record.is_output and posixpath.basename(record.path) in names:
            found.add(posixpath.dirname(record.path))
    if len(found) == 1:
        return found.pop()
    which = ", ".join(sorted(found)[:5]) or "none of the recorded folders"
    cause = f"is of one folder of data, and that may be {which}"
    raise UsageError("--manifest", cause, "name the folder with --data")


def recorded_files(records: Iterable[Record], known: Known) -> dict[str, str]:
    """Return name → MD5 for what records say, names relative to the record's folder."""
    found: dict[str, str] = {}
    for record in records:
        found |= dict(record.files or ()) or known.trees.get(str(record.md5), {})
    return found


def check_manifest(
    manifest: Manifest,
    folder: str,
    records: Iterable[Record],
    workspace: Workspace,
    known: Known,
    findings: Findings,
) -> None:
    """Compare the files below ``folder``, and the objects recorded for them, with the manifest."""
    prefix = f"{folder}/" if folder else ""
    expected = {prefix + shard.name: shard.sha256 for shard in manifest.shards}
    vouched: dict[str, set[str]] = {}
    for record in records:
        if record.is_folder:
            head = f"{record.path}/" if record.path else ""
            for name, md5 in recorded_files([record], known).items():
                vouched.setdefault(head + name, set()).add(md5)
        elif record.md5:
            vouched.setdefault(record.path, set()).add(record.md5)
    there = {
        path for below in workspace.folders.values() for path in below
    } | workspace.files.keys()
    checked_out = any(path.startswith(prefix) for path in there)
    for path, sha256 in expected.items():
        if path in workspace.files:
            if workspace.files[path].sha256 != sha256:
                findings.add("manifest-changed", path, "is not the bytes of the manifest")
        elif path in workspace.unread:
            pass  # told already, as unreadable
        elif checked_out:
            findings.add(
                "manifest-missing", path, "is in the manifest, but not among the files here"
            )
        elif not any(known.contents.get(md5) for md5 in vouched.get(path, ())):
            findings.add("absent", path, "is in the manifest, and was found nowhere")
        for md5 in vouched.get(path, ()):
            for other, where in known.contents.get(md5, {}).items():
                if other != sha256 and where != path:
                    cause = f"is recorded for {path}, but is not the bytes of the manifest"
                    findings.add("manifest-changed", where, cause)
    for path in sorted(there | vouched.keys()):
        if path.startswith(prefix) and path not in expected and _is_data(path, vouched, workspace):
            findings.add("manifest-added", path, "is not in the manifest")


def _is_data(path: str, vouched: dict[str, set[str]], workspace: Workspace) -> bool:
    """Beside files that are tracked one by one lies more than data (.gitignore, data.csv.dvc)."""
    return path in vouched or any(_below(path, folder) for folder in workspace.folders)


def _below(path: str, folder: str) -> bool:
    return folder == "" or path.startswith(f"{folder}/")
