"""Remotes: where `dvc pull` takes objects from. Nothing they say of themselves is believed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from provender.errors import InputError
from provender.provenance.dvc.place import Place

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
_S3_FLAGS = frozenset(["allow_anonymous_login", "use_ssl"])


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
            if key in _S3_FLAGS:
                value = value.lower() == "true"
            if rest:
                given.setdefault(first, {})[rest[0]] = value
            else:
                given[first] = value
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
