"""Remotes: where `dvc pull` takes objects from. Nothing they say of themselves is believed."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from provender.errors import InputError, IntegrityError, ProvenderError
from provender.provenance.dvc.finding import Findings, Tell
from provender.provenance.dvc.hashing import Digests, Job, digests_of, hash_all
from provender.provenance.dvc.objects import Known, check_object, object_path, take_tree
from provender.provenance.dvc.place import Place
from provender.provenance.dvc.record import Record
from provender.provenance.dvc.tree import MOST_BYTES

_THREADS = 8
#: DVC's scheme → fsspec's.
_SCHEMES = {
    "s3": "s3",
    "gs": "gs",
    "azure": "abfs",
    "ssh": "sftp",
    "hdfs": "hdfs",
    "oss": "oss",
    "http": "http",
    "https": "https",
    "memory": "memory",
}
#: Options that change how fast or how often DVC reads, not what.
_IDLE = frozenset(["url", "jobs", "checksum_jobs", "no_traverse", "verify", "type", "shared"])
#: S3: DVC's option → where s3fs takes it.
_S3 = {
    "endpointurl": ("client_kwargs", "endpoint_url"),
    "region": ("client_kwargs", "region_name"),
    "profile": ("profile",),
    "access_key_id": ("key",),
    "secret_access_key": ("secret",),
    "session_token": ("token",),
    "allow_anonymous_login": ("anon",),
    "use_ssl": ("use_ssl",),
}


@dataclass(frozen=True)
class Remote:
    """A remote that can be read from; ``open`` takes a path below its root."""

    name: str
    open: Callable[[str], BinaryIO]


def open_remote(name: str, options: Mapping[str, str], repository: Path) -> Remote:
    """Return the remote ``name``; a relative url starts at .dvc/, where the configuration lies.

    Raises:
        InputError: when its scheme or an option is not known, or it cannot be reached.
    """
    url = options["url"]
    scheme = re.match(r"([a-z0-9+]+)://", url)
    if "::" in url or (scheme and scheme[1] not in (*_SCHEMES, "file", "remote")):
        raise InputError(name, f"the address {url!r} is of no known kind", "see docs/dvc.md")
    if scheme and scheme[1] == "remote":
        raise InputError(name, "is written in terms of another remote", "name that one")
    is_s3 = scheme is not None and scheme[1] == "s3"
    unknown = sorted(set(options) - _IDLE - (set(_S3) if is_s3 else set()))
    if unknown:
        cause = f"has the option {unknown[0]!r}, which is not understood"
        raise InputError(name, cause, "see docs/dvc.md")
    if scheme is None or scheme[1] == "file":
        path = repository / ".dvc" / Path(url.removeprefix("file://"))
        if not path.is_dir():
            raise InputError(name, f"there is no folder {path}", "mount it, or mend .dvc/config")
        return Remote(name, Place(path).open)
    return _fsspec_remote(name, _SCHEMES[scheme[1]], url[scheme.end() :], _s3_options(options))


def _s3_options(options: Mapping[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for key, (first, *rest) in _S3.items():
        if key in options:
            value: Any = options[key]
            value = (
                value.lower() == "true" if key in ("allow_anonymous_login", "use_ssl") else value
            )
            (given.setdefault(first, {}) if rest else given)[rest[0] if rest else first] = value
    return given


def _fsspec_remote(name: str, scheme: str, path: str, options: dict[str, Any]) -> Remote:
    from fsspec.core import url_to_fs

    try:
        fs, root = url_to_fs(f"{scheme}://{path}", **options)
    except Exception as error:  # every store brings exception types of its own
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(name, f"cannot be reached ({cause})", "install what it needs") from error

    def open_object(below: str) -> BinaryIO:
        return cast(BinaryIO, fs.open(f"{root.rstrip('/')}/{below}", "rb", cache_type="readahead"))

    return Remote(name, open_object)


def audit_remote(
    remote: Remote,
    records: Iterable[Record],
    known: Known,
    findings: Findings,
    tell: Tell,
) -> tuple[int, int]:
    """Hash every object in ``remote`` that a record needs; return how many and their bytes.

    Lists of folders are read first, so that the files they name can be looked for.
    """
    wanted = [
        r
        for r in records
        if r.is_output and r.cached and r.pushed and r.md5 and r.remote in (None, remote.name)
    ]
    roots = list(dict.fromkeys((str(r.md5), r.legacy) for r in wanted))
    count = read = 0
    absent: list[str] = []
    for md5, legacy in roots:
        if md5.endswith(".dir"):
            try:
                size = _read_tree(remote, md5, legacy, known, findings)
            except _LostError:
                return count, read
            except IntegrityError as error:
                findings.refuse(error)
                continue
            count, read = count + (size is not None), read + (size or 0)
            absent += [object_path(md5, legacy)] if size is None else []
    files = [
        (md5, legacy)
        for root, legacy in roots
        for md5 in (known.trees.get(root, {}).values() if root.endswith(".dir") else [root])
    ]
    files = list(dict.fromkeys(files))
    listed = [object_path(md5, legacy) for md5, legacy in files]
    jobs = [Job(path, lambda path=path: remote.open(path)) for path in listed]  # type: ignore[misc]
    done = hash_all(jobs[:1], f"remote {remote.name}", tell)
    if not isinstance(next(iter(done), None), ProvenderError):  # else it is out of reach for all
        done += hash_all(jobs[1:], f"remote {remote.name}", tell, _THREADS)
    for (md5, legacy), path, found in zip(files, listed, done, strict=False):
        where = f"{remote.name}:{path}"
        if found is None:
            absent.append(path)
        elif isinstance(found, ProvenderError):
            findings.refuse(type(found)(where, found.cause, found.mend))
        else:
            count, read = count + 1, read + found.size
            check_object(md5, legacy, found, where, "remote", known, findings)
    if absent and not count:
        cause = f"holds none of the {len(absent):,} objects that are recorded"
        findings.add("absent", f"{remote.name}:", cause)
    else:
        for path in absent:
            findings.add("absent", f"{remote.name}:{path}", "is recorded, but not there")
    return count, read


class _LostError(Exception):
    """The remote gave an error that is no answer; told already."""


def _read_tree(
    remote: Remote, md5: str, legacy: bool, known: Known, findings: Findings
) -> int | None:
    path = object_path(md5, legacy)
    where = f"{remote.name}:{path}"
    try:
        with remote.open(path) as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except IntegrityError as error:
        raise IntegrityError(where, error.cause, error.mend) from error
    except Exception as error:  # every store brings exception types of its own
        cause = error.cause if isinstance(error, ProvenderError) else str(error)
        first = (cause.splitlines() or [type(error).__name__])[0]
        findings.add("unreadable", where, f"cannot be read ({first})")
        raise _LostError from error
    digests: Digests = digests_of(io.BytesIO(raw))
    right = check_object(md5, legacy, digests, where, "remote", known, findings)
    take_tree(raw, md5, where, right, known, findings)
    return len(raw)
