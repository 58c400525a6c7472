"""The audit: references, cache, remotes, workspace and manifest, each read and compared."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from provender.core.manifest import Manifest
from provender.errors import InputError, ProvenderError, UsageError
from provender.provenance.dvc import config
from provender.provenance.dvc.config import DvcConfig, read_config
from provender.provenance.dvc.finding import AuditResult, Findings, Tell
from provender.provenance.dvc.ignore import Rule
from provender.provenance.dvc.manifest import check_manifest, data_folder
from provender.provenance.dvc.objects import Known, audit_cache
from provender.provenance.dvc.place import Place
from provender.provenance.dvc.record import Record, inside
from provender.provenance.dvc.references import read_references
from provender.provenance.dvc.remote import open_remote
from provender.provenance.dvc.remote_objects import audit_remote
from provender.provenance.dvc.workspace import Workspace, check_record, hash_workspace


def audit(
    repository: Path,
    remotes: Sequence[str] | None = None,
    manifest: Manifest | None = None,
    data: str | None = None,
    cache: Path | None = None,
    tell: Tell = lambda *_: None,
) -> AuditResult:
    """Read and hash a DVC repository, its cache and its remotes, and compare.

    Args:
        repository: the folder with .dvc in it.
        remotes: names of those to read; None for all that are configured.
        manifest: what the data must be.
        data: the folder the manifest is of, relative to the repository.
        cache: DVC's cache, where it lies outside the repository and may be read.

    Raises:
        InputError: when there is no DVC repository, or its configuration cannot be read.
        UsageError: when a remote is not configured, or it is not clear what the manifest is of.
    """
    place = Place(repository, [cache] if cache else [])
    if not place.is_folder(".dvc"):
        raise InputError(str(repository), "holds no folder .dvc", "name a DVC repository")
    settings = _settings(place)
    findings, known = Findings(), Known()
    found = read_references(place, findings)
    skipped = found.skipped
    cache_place = _cache_place(place, settings, cache, findings)
    cached, read = (0, 0)
    if cache_place is not None:
        cached, read = audit_cache(cache_place, known, findings, tell)
    counts: dict[str, int] = {}
    for name in _chosen(settings, remotes, skipped):
        try:
            remote = open_remote(name, settings.remotes[name], place.root)
        except ProvenderError as error:
            findings.add("unreadable", f"{name}:", error.cause)
            continue
        counts[name], more = audit_remote(remote, found.records, known, findings, tell)
        read += more
    paths = {r.path for r in found.records} | _data_paths(data)
    workspace = hash_workspace(place, paths, known, findings, tell)
    _check_records(found.records, workspace, known, found.rules, findings, skipped)
    if manifest is None:
        skipped.append("SHA-256: no manifest was given to compare with (--manifest)")
    else:
        folder = data_folder(manifest, data, found.records, workspace, known)
        check_manifest(manifest, folder, found.records, workspace, known, findings)
    _check_collisions(known, findings)
    read += sum(digests.size for digests in workspace.files.values())
    return AuditResult(
        tuple(sorted(findings.found)), len(workspace.files), cached, counts, read, tuple(skipped)
    )


def _settings(place: Place) -> DvcConfig:
    """Read .dvc/config and .dvc/config.local; DVC's files elsewhere on the machine are not read."""
    texts = []
    for name in (".dvc/config", ".dvc/config.local"):
        raw = place.read(name, config.MOST_BYTES)
        if raw is not None:
            texts.append((name, raw))
    return read_config(texts)


def _cache_place(
    place: Place, settings: DvcConfig, named: Path | None, findings: Findings
) -> Place | None:
    """Return the cache, None where there is none; one outside must have been named."""
    if named is not None:
        return Place(named)
    if settings.cache is None:
        path: str | None = ".dvc/cache"
    elif settings.cache.startswith("/"):
        path = inside(os.path.relpath(settings.cache, place.root), "")
    else:
        path = inside(settings.cache, ".dvc")
    if path is None:
        cause = f"the cache {settings.cache} lies outside the repository (--cache reads it)"
        findings.add("unreadable", ".dvc/config", cause)
        return None
    try:
        return Place(place.real(path)) if place.is_folder(path) else None
    except ProvenderError as error:
        findings.refuse(error)
        return None


def _chosen(settings: DvcConfig, asked: Sequence[str] | None, skipped: list[str]) -> list[str]:
    """Return the names of the remotes to read."""
    wanted = list(settings.remotes) if asked is None else [name.lower() for name in asked]
    for name in wanted:
        if name not in settings.remotes:
            known = ", ".join(settings.remotes) or "none"
            cause = f"no remote {name!r} in .dvc/config (there are: {known})"
            raise UsageError("--remote", cause, "name one of them")
    skipped += [f"the remote {n}: not asked for" for n in settings.remotes if n not in wanted]
    return wanted


def _data_paths(data: str | None) -> set[str]:
    if data is None:
        return set()
    folder = inside(data, "")
    if folder is None:
        raise UsageError("--data", f"{data} is not inside the repository", "name a folder in it")
    return {folder}


def _check_records(
    records: Iterable[Record],
    workspace: Workspace,
    known: Known,
    rules: list[Rule],
    findings: Findings,
    skipped: list[str],
) -> None:
    """Compare each record once: outputs first, then inputs that no output record speaks for."""
    records = sorted(records, key=lambda r: not r.is_output)
    outputs = {(r.path, r.md5) for r in records if r.is_output}
    if workspace.files or workspace.folders or workspace.unread or not known.good:
        for record in records:
            if record.is_output or (record.path, record.md5) not in outputs:
                check_record(record, workspace, known, rules, findings)
    elif records:
        skipped.append("the workspace: nothing is checked out")


def _check_collisions(known: Known, findings: Findings) -> None:
    for md5, contents in known.contents.items():
        if len(contents) > 1:
            first, *others = sorted(contents.values())
            for where in others:
                cause = f"differs from {first}, though both have the MD5 {md5}"
                findings.add("collision", where, cause)
