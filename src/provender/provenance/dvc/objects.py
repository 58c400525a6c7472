"""Objects: files named by their MD5, in a cache or a remote, and whether they are what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from provender.errors import EXIT_BROKEN_TRUST, ProvenderError
from provender.provenance.dvc.finding import Findings, Tell
from provender.provenance.dvc.hashing import Digests, Job, hash_all
from provender.provenance.dvc.place import Place
from provender.provenance.dvc.tree import MOST_BYTES, read_tree

_FOLDER = re.compile(r"[0-9a-f]{2}")
_REST = re.compile(r"[0-9a-f]{30}(\.dir)?")


def object_path(md5: str, legacy: bool) -> str:
    """Return where an object lies in a cache or remote; DVC 2 did without files/md5."""
    return ("" if legacy else "files/md5/") + f"{md5[:2]}/{md5[2:]}"


@dataclass
class Known:
    """What was read so far, whatever it was read from.

    Attributes:
        trees: .dir object's name → its files (name → MD5), of objects whose bytes bear that name.
        contents: MD5 → SHA-256 → where such bytes lie; more than one is a collision.
        good: names of objects that are right in the cache or a remote.
    """

    trees: dict[str, dict[str, str]] = field(default_factory=dict)
    contents: dict[str, dict[str, str]] = field(default_factory=dict)
    good: set[str] = field(default_factory=set)

    def saw(self, digests: Digests, where: str) -> None:
        self.contents.setdefault(digests.md5, {}).setdefault(digests.sha256, where)


def check_object(
    md5: str,
    legacy: bool,
    digests: Digests,
    where: str,
    kind: str,
    known: Known,
    findings: Findings,
) -> bool:
    """Compare an object's bytes with its name; ``kind`` is said where they differ."""
    if digests.md5 == md5.removesuffix(".dir"):
        known.saw(digests, where)
        known.good.add(md5)
        return True
    if legacy and not md5.endswith(".dir"):
        cause = "was kept by DVC 2, which hashes texts otherwise; run `dvc cache migrate`"
        findings.add("legacy", where, cause)
    else:
        cause = f"is no object of this name: its {digests.size:,} bytes have the MD5 {digests.md5}"
        findings.add(kind, where, cause)
    return False


def take_tree(
    raw: bytes, md5: str, where: str, right: bool, known: Known, findings: Findings
) -> None:
    """Read a .dir object strictly; its list counts only where its bytes bear its name."""
    try:
        entries = read_tree(raw, where)
    except ProvenderError as error:
        broken = error.exit_code == EXIT_BROKEN_TRUST
        findings.add("name" if broken else "malformed", where, error.cause)
        return
    if right:
        known.trees[md5] = entries


def audit_cache(place: Place, known: Known, findings: Findings, tell: Tell) -> tuple[int, int]:
    """Hash every object in a cache; return how many there are and their bytes."""
    found = [(md5, legacy) for legacy in (False, True) for md5 in _listed(place, legacy, findings)]
    paths = [object_path(md5, legacy) for md5, legacy in found]
    jobs = [Job(path, partial(place.open, path)) for path in paths]
    read = 0
    for (md5, legacy), path, done in zip(found, paths, hash_all(jobs, "cache", tell), strict=True):
        where = f"cache:{path}"
        if not isinstance(done, Digests):
            if done is not None:
                findings.refuse(type(done)(where, done.cause, done.mend))
            continue
        read += done.size
        right = check_object(md5, legacy, done, where, "cache", known, findings)
        if md5.endswith(".dir"):
            try:
                raw = place.read(path, MOST_BYTES)
            except ProvenderError as error:
                findings.add("malformed", where, error.cause)
                continue
            take_tree(raw or b"", md5, where, right, known, findings)
    return len(found), read


def _listed(place: Place, legacy: bool, findings: Findings) -> Iterator[str]:
    """Yield the names of all objects of one layout."""
    root = "" if legacy else "files/md5"
    try:
        folders = [e.name for e in place.entries(root) if _FOLDER.fullmatch(e.name)]
        for folder in folders:
            for entry in place.entries(f"{root}/{folder}" if root else folder):
                if _REST.fullmatch(entry.name):
                    yield folder + entry.name
    except FileNotFoundError:
        return
    except ProvenderError as error:
        findings.refuse(type(error)(f"cache:{error.subject}", error.cause, error.mend))
