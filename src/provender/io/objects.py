"""Publishing to an object store, where nothing can be renamed but every object appears whole.

Documents are drafted on the local disk and put. What workers write themselves lies meanwhile
under `.provender-writing-…` in the output folder, where all of them reach it, and is copied into
place by the store. An object `owner` there tells a run that is still going on from what an
interrupted one left.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from provender.io.remote import plain_errors
from provender.io.storage import WRITING, file_system, joined

_OWNER = "owner"
_REQUESTS_AT_ONCE = 16
#: After this long what a run on another machine left counts as abandoned.
_ABANDONED_AFTER = datetime.timedelta(days=7)


def reserve(out: str, draft: str) -> None:
    """Remove what interrupted runs left under ``out``, and make sure that it can be written to.

    Raises:
        OSError: when it cannot.
    """
    with plain_errors():
        fs, base = file_system(out)
        with contextlib.suppress(FileNotFoundError), plain_errors():
            for path in fs.ls(base, detail=False):
                folder = path.rstrip("/")
                if folder.rpartition("/")[2].startswith(WRITING) and _abandoned(fs, folder):
                    _clear(fs, folder)
        fs.pipe_file(f"{base}/{_reserved(draft)}/{_OWNER}", b"-")


def shared(out: str, draft: str, name: str) -> str:
    """Return the address under which workers write the folder ``name``."""
    return joined(out, f"{_reserved(draft)}/{name}")


def publish(draft: Path, out: str, last: str | None) -> None:
    """Replace what stands at ``out`` by what was drafted here and by workers; ``last`` at the end.

    Raises:
        OSError: when it cannot be done; then there is no ``last``, unless that was not removed.
    """
    with plain_errors():
        fs, base = file_system(out)
        aside = f"{base}/{_reserved(draft.name)}"
        files = sorted(path for path in draft.rglob("*") if path.is_file())
        puts = [(str(f), f"{base}/{f.relative_to(draft).as_posix()}") for f in files]
        copies = [(path, base + path.removeprefix(aside)) for path in fs.find(aside)]
        copies = [pair for pair in copies if pair[0] != f"{aside}/{_OWNER}"]
        if last is not None:
            with contextlib.suppress(FileNotFoundError):
                fs.rm_file(f"{base}/{last}")
        places = (place.removeprefix(f"{base}/") for _, place in puts + copies)
        for folder in sorted({place.split("/")[0] for place in places if "/" in place}):
            _clear(fs, f"{base}/{folder}")
        _each(fs.cp_file, copies)
        _each(fs.put_file, (pair for pair in puts if pair[1] != f"{base}/{last}"))
        _each(fs.put_file, (pair for pair in puts if pair[1] == f"{base}/{last}"))


def release(out: str, draft: str) -> None:
    """Remove what a run wrote aside; where that cannot be done, a later run does it."""
    with contextlib.suppress(OSError), plain_errors():
        fs, base = file_system(out)
        _clear(fs, f"{base}/{_reserved(draft)}")


def running(pid: int) -> bool:
    """Return whether a process of that id runs on this machine."""
    try:
        os.kill(pid, 0)
    except (OverflowError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _reserved(draft: str) -> str:
    return f"{draft}@{socket.gethostname()}"


def _abandoned(fs: Any, folder: str) -> bool:
    name, _, host = folder.rpartition("/")[2].removeprefix(WRITING).partition("@")
    owner = name.partition("-")[0]
    if host == socket.gethostname() and owner.isdigit():
        return not running(int(owner))
    try:
        since = fs.modified(f"{folder}/{_OWNER}")
    except FileNotFoundError:
        return True  # somebody began to remove it
    return bool(datetime.datetime.now(datetime.UTC) - since > _ABANDONED_AFTER)


def _clear(fs: Any, folder: str) -> None:
    """Remove everything in a folder, the mark of its owner last.

    One by one: fsspec's removal of many would read a `*` or `[` in a name as a pattern.
    """
    paths = fs.find(folder)
    mark = f"{folder}/{_OWNER}"
    _each(fs.rm_file, ((path,) for path in paths if path != mark))
    if mark in paths:
        fs.rm_file(mark)


def _each(function: Callable[..., Any], arguments: Iterable[tuple[Any, ...]]) -> None:
    with ThreadPoolExecutor(_REQUESTS_AT_ONCE) as threads:
        for _ in threads.map(lambda given: function(*given), arguments):
            pass  # each result is taken so that what a request raised is raised here
