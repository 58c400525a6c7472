"""The objects in a remote that records need, each hashed as `dvc pull` would receive it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from provender.errors import InputError, IntegrityError, ProvenderError
from provender.provenance.dvc.finding import Findings, Tell
from provender.provenance.dvc.hashing import Digests, Job, digests_of, hash_all
from provender.provenance.dvc.objects import Known, check_object, object_path, take_tree
from provender.provenance.dvc.record import Record
from provender.provenance.dvc.remote import Remote
from provender.provenance.dvc.tree import MOST_BYTES

#: Reading a remote waits more than it works.
_THREADS = 8

#: (MD5, whether DVC 2 put it there), which say where an object lies.
Name = tuple[str, bool]


@dataclass
class _Read:
    """What was read of one remote."""

    remote: Remote
    known: Known
    findings: Findings
    count: int = 0
    bytes: int = 0
    absent: list[str] = field(default_factory=list)

    def where(self, name: Name) -> str:
        return f"{self.remote.name}:{object_path(*name)}"

    def took(self, name: Name, digests: Digests) -> bool:
        """Count an object; return whether it is what it says."""
        self.count, self.bytes = self.count + 1, self.bytes + digests.size
        where = self.where(name)
        return check_object(*name, digests, where, "remote", self.known, self.findings)


def audit_remote(
    remote: Remote, records: Iterable[Record], known: Known, findings: Findings, tell: Tell
) -> tuple[int, int]:
    """Hash every object in ``remote`` that a record needs; return how many and their bytes.

    Lists of folders are read first, so that the files they name can be looked for. An error that
    is no answer (no network, no permission) is told once, and the rest is not tried.
    """
    wanted = [
        record
        for record in records
        if record.is_output and record.cached and record.pushed and record.md5
        if record.remote in (None, remote.name)
    ]
    roots = list(dict.fromkeys((str(record.md5), record.legacy) for record in wanted))
    read = _Read(remote, known, findings)
    reached = all(_read_tree(read, name) for name in roots if name[0].endswith(".dir"))
    if reached:
        files = [(md5, old) for r, old in roots for md5 in _files_of(r, known)]
        _read_files(read, list(dict.fromkeys(files)), tell)
    if read.absent and not read.count:
        cause = f"holds none of the {len(read.absent):,} objects that are recorded"
        findings.add("absent", f"{remote.name}:", cause)
    else:
        for path in read.absent:
            findings.add("absent", f"{remote.name}:{path}", "is recorded, but not there")
    return read.count, read.bytes


def _files_of(md5: str, known: Known) -> Iterable[str]:
    return known.trees.get(md5, {}).values() if md5.endswith(".dir") else (md5,)


def _read_tree(read: _Read, name: Name) -> bool:
    """Read a folder's list; return whether the remote gave an answer."""
    path, where = object_path(*name), read.where(name)
    try:
        with read.remote.open(path) as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        read.absent.append(path)
        return True
    except IntegrityError as error:
        read.findings.add("refused", where, error.cause)
        return True
    except Exception as error:  # every store brings exception types of its own
        cause = error.cause if isinstance(error, ProvenderError) else str(error)
        first = (cause.splitlines() or [type(error).__name__])[0]
        read.findings.add("unreadable", where, f"cannot be read ({first})")
        return False
    if len(raw) > MOST_BYTES:
        read.findings.add("malformed", where, f"is larger than {MOST_BYTES:,} bytes")
        return True
    right = read.took(name, digests_of(io.BytesIO(raw)))
    take_tree(raw, name[0], where, right, read.known, read.findings)
    return True


def _read_files(read: _Read, names: list[Name], tell: Tell) -> None:
    paths = [object_path(*name) for name in names]
    jobs = [Job(path, partial(read.remote.open, path)) for path in paths]
    stage = f"remote {read.remote.name}"
    done = hash_all(jobs[:1], stage, tell)
    if not isinstance(next(iter(done), None), InputError):  # else it is out of reach for all
        done += hash_all(jobs[1:], stage, tell, _THREADS)
    for name, found in zip(names, done, strict=False):
        if found is None:
            read.absent.append(object_path(*name))
        elif isinstance(found, Digests):
            read.took(name, found)
        else:
            read.findings.refuse(type(found)(read.where(name), found.cause, found.mend))
