"""What the two sides of a comparison are: a manifest, or data to make one of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from provender.core.manifest import Manifest
from provender.errors import InputError
from provender.io.git import Blob, Revision
from provender.io.storage import is_address
from provender.work.baseline import holds_manifest, parse_manifest, read_manifest

if TYPE_CHECKING:
    from pipelines.run import Run
    from provender.work.sides import Side


def locate(place: str, folder: Path) -> Manifest | str:
    """Return the manifest that ``place`` names, or where its data can be read.

    Args:
        place: a manifest.json, a folder that holds one, data, or any of these as REV:PATH.
        folder: where files of a revision may be put; made when needed.

    Raises:
        ProvenderError: when it is none of them.
    """
    here = is_address(place) or Path(place).exists()
    revision = None if here else Revision.parse(place)
    if revision is not None:
        return _of_revision(revision, folder)
    return read_manifest(place) if holds_manifest(place) else place


def side_of(found: Manifest | str, run: Run) -> Side:
    """Return a side whose manifest is there, or is made now of the data."""
    from pipelines.fingerprint import fingerprint, survey
    from provender.core.shard import Roles
    from provender.work.sides import Side

    if isinstance(found, Manifest):
        return Side(found)
    data = survey([found], Roles(), run)
    return Side(fingerprint(data, run)[0], data)


def _of_revision(revision: Revision, folder: Path) -> Manifest | str:
    try:
        blobs = revision.blobs()
    except InputError:
        _refuse_pointer(revision, f"{revision.path}.dvc")
        raise
    named = {blob.path: blob for blob in blobs}
    for path in (revision.path, f"{revision.path}/manifest.json".lstrip("/")):
        if path.endswith(".json") and path in named:
            return parse_manifest(revision.read(named[path]), revision.given)
    _refuse_pointer(revision, revision.path, blobs)
    revision.extract(blobs, folder)
    only = blobs[0].path == revision.path
    return str(folder / Path(revision.path).name) if only else str(folder)


def _refuse_pointer(revision: Revision, path: str, blobs: list[Blob] | None = None) -> None:
    """Refuse what DVC tracks: git holds its MD5 only, and no record.

    Raises:
        InputError: naming the manifests there are in the commit.
    """
    commit = Revision(revision.given, revision.commit, "")
    known = {blob.path for blob in blobs or commit.blobs()}
    if path not in known or not (path.endswith(".dvc") or Path(path).name == "dvc.lock"):
        return
    there = [blob.path for blob in commit.blobs() if Path(blob.path).name == "manifest.json"]
    raise InputError(
        revision.given,
        f"{path} only points at data that DVC keeps elsewhere: git holds its MD5, and no record",
        "name a manifest.json that was committed beside it"
        + (f" ({', '.join(there[:5])})" if there else " (that commit has none)"),
    )
