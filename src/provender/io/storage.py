"""Files wherever they lie: local paths, and addresses of any fsspec file system.

Whatever a remote store raises comes out of here as an OSError (`remote.py`). Nothing is taken
from a listing made earlier, and no ETag is trusted: bytes are checked by digests of our own.
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final

import fsspec
from fsspec.core import url_to_fs

from provender.errors import InputError
from provender.io.chunks import CHUNK_BYTES
from provender.io.remote import RangedFile, beyond_end, first_line, plain_errors

#: How the name of everything begins that is not finished yet.
WRITING: Final = ".provender-writing-"
#: Given to a file system unless fsspec's own configuration (FSSPEC_S3_...) says otherwise: a
#: store that does not answer is an error within minutes, not a run that hangs.
_S3 = {
    "config_kwargs": {
        "connect_timeout": 5,
        "read_timeout": 15,
        "retries": {"mode": "standard", "total_max_attempts": 3},
    }
}
_OPTIONS: Final[dict[str, dict[str, Any]]] = {"s3": _S3, "s3a": _S3}


def is_address(place: str) -> bool:
    """Return whether ``place`` is an fsspec address of something that is no local path."""
    return "://" in place and not place.startswith("file://")


def local_path(place: str) -> Path:
    """Return the path of a place that is no address."""
    return Path(place.removeprefix("file://"))


def joined(place: str, name: str) -> str:
    """Return the place of ``name`` in the folder ``place``."""
    return f"{place.rstrip('/')}/{name}"


def file_system(address: str) -> tuple[Any, str]:
    """Return the fsspec file system of an address, and the path in it.

    Instances are fsspec's: one per process and kind, made anew in a process that was forked.

    Raises:
        ValueError: for an address of no known kind, or of nothing.
        ImportError: when the package that knows the kind is not installed.
    """
    protocol = address.split("://", 1)[0]
    configured = fsspec.config.conf.get(protocol, {})
    options = {**_OPTIONS.get(protocol, {}), **configured}
    if protocol in _OPTIONS:
        options.setdefault("session", s3_session(os.getpid(), options.pop("profile", None)))
    fs, path = url_to_fs(address, **{"use_listings_cache": False, **options})
    if protocol in _OPTIONS:
        fs.retries = 2  # s3fs tries that often what botocore has tried already, reads once more
    if not path.strip("/") and protocol != "memory":
        raise ValueError("the address names nothing")
    return fs, path.rstrip("/")


@lru_cache(maxsize=4)
def s3_session(pid: int, profile: str | None) -> Any:  # noqa: ARG001  one per process
    """Return what s3fs makes its connections from, without botocore's `Expect: 100-continue`.

    aiohttp waits for the answer to that without any limit, so a put to a server that does not
    answer would hang.
    """
    from aiobotocore.session import AioSession
    from botocore.handlers import add_expect_header

    session = AioSession(profile=profile)
    session.unregister("before-call.s3", add_expect_header)
    return session


def open_file(place: str) -> BinaryIO:
    """Open a file for reading.

    Raises:
        FileNotFoundError: when it does not exist.
        OSError: when it cannot be opened.
    """
    if not is_address(place):
        return local_path(place).open("rb")
    with plain_errors():
        return io.BufferedReader(RangedFile(*file_system(place)), CHUNK_BYTES)


def open_raw(uri: str, subject: str) -> BinaryIO:
    """Open the file at ``uri`` for reading; ``subject`` names it in errors.

    Raises:
        InputError: when it does not exist or cannot be opened.
    """
    try:
        if not is_address(uri):
            # Unbuffered: whoever reads asks for large pieces, or for all of a small file.
            return open(uri.removeprefix("file://"), "rb", buffering=0)  # noqa: PTH123
        return open_file(uri)
    except FileNotFoundError as error:
        raise InputError(subject, "no such file", "check the path") from error
    except PermissionError as error:
        said = f" ({first_line(error)})" if is_address(uri) else ""
        raise InputError(subject, f"no permission to read it{said}", "grant it") from error
    except OSError as error:
        cause = f"cannot be opened ({first_line(error)})"
        raise InputError(subject, cause, "check the address") from error


def file_size(place: str) -> int:
    """Return a file's size in bytes.

    Raises:
        FileNotFoundError: when it does not exist.
        OSError: when its store does not tell.
    """
    if not is_address(place):
        return local_path(place).stat().st_size
    with plain_errors():
        fs, path = file_system(place)
        return int(fs.info(path)["size"])


def read_whole(place: str) -> bytes:
    """Return the bytes of a small file.

    Raises:
        FileNotFoundError: when it does not exist.
        OSError: when it cannot be read.
    """
    if not is_address(place):
        return local_path(place).read_bytes()
    with plain_errors():
        fs, path = file_system(place)
        try:
            # With a start s3fs asks once; without, it first asks for the size.
            return bytes(fs.cat_file(path, start=0))
        except OSError as error:
            if beyond_end(error) and fs.info(path)["size"] == 0:
                return b""
            raise


def write_whole(place: str, data: bytes) -> None:
    """Write a small file whole or not at all; what stood there stays until then.

    Raises:
        OSError: when it cannot be written.
    """
    if is_address(place):
        # Object stores and memory:// show an object only once it is whole.
        with plain_errors():
            fs, path = file_system(place)
            fs.pipe_file(path, data)
        return
    with whole_file(place) as draft:
        draft.write_bytes(data)


@contextlib.contextmanager
def whole_file(place: str) -> Iterator[Path]:
    """Yield where to write a local file; on success it is at ``place``, whole.

    Writers of the same place do not meet: each has a file of its own, and the last one wins.

    Raises:
        OSError: when it cannot be written.
    """
    if is_address(place):
        with scratch_folder() as folder:
            yield folder / "file"
            with plain_errors():
                fs, path = file_system(place)
                fs.put_file(str(folder / "file"), path)
        return
    local = local_path(place)
    local.parent.mkdir(parents=True, exist_ok=True)
    draft = local.with_name(f"{WRITING}{os.getpid()}-{secrets.token_hex(6)}")
    try:
        yield draft
        draft.replace(local)
    finally:
        draft.unlink(missing_ok=True)


def make_folders(folder: str, names: Iterable[str]) -> None:
    """Make empty folders; an object store has none."""
    for name in () if is_address(folder) else names:
        (local_path(folder) / name).mkdir(parents=True, exist_ok=True)


def discard_drafts(folder: str) -> None:
    """Remove what writers that were killed left of ``whole_file`` in a local folder."""
    for left in () if is_address(folder) else local_path(folder).rglob(f"{WRITING}*"):
        left.unlink(missing_ok=True)


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty local folder that is gone afterwards.

    Raises:
        OSError: when there is no room for one (TMPDIR).
    """
    path = Path(tempfile.mkdtemp(prefix=f"{WRITING}{os.getpid()}-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def remove(place: str) -> None:
    """Remove a file, if it is there.

    Raises:
        OSError: when it cannot be removed.
    """
    if not is_address(place):
        local_path(place).unlink(missing_ok=True)
        return
    with contextlib.suppress(FileNotFoundError), plain_errors():
        fs, path = file_system(place)
        fs.rm_file(path)
