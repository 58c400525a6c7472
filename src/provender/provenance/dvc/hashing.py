"""One read of a file gives DVC's MD5, which its references need, and SHA-256, which is evidence."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import BinaryIO

from provender.errors import InputError, ProvenderError
from provender.provenance.dvc.finding import Tell

_CHUNK = 2**20
_AT_ONCE = 2_000


@dataclass(frozen=True)
class Digests:
    """Of all bytes of a file; MD5 and SHA-256 in hex."""

    size: int
    md5: str
    sha256: str


@dataclass(frozen=True)
class Job:
    """A file to hash: its name in messages, and how it is opened."""

    name: str
    open: Callable[[], BinaryIO]


def digests_of(file: BinaryIO) -> Digests:
    """Read ``file`` from where it stands to its end, 1 MiB at a time."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    size = 0
    while chunk := file.read(_CHUNK):
        md5.update(chunk)
        sha256.update(chunk)
        size += len(chunk)
    return Digests(size, md5.hexdigest(), sha256.hexdigest())


def hash_all(
    jobs: Sequence[Job], stage: str, tell: Tell, threads: int | None = None
) -> list[Digests | ProvenderError | None]:
    """Return the digests of each file, None where there is none, or why it cannot be read.

    Args:
        threads: how many files are read at a time (default: one for each core; hashing holds no
            lock). A buffer of 1 MiB each is all the memory that they take.
    """
    tell(stage, len(jobs), 0, 0)
    workers = threads or len(os.sched_getaffinity(0))
    results: list[Digests | ProvenderError | None] = []
    with ThreadPoolExecutor(workers) as pool:
        for first in range(0, len(jobs), _AT_ONCE):
            futures = [pool.submit(_hash, job) for job in jobs[first : first + _AT_ONCE]]
            for future in as_completed(futures):
                done = future.result()
                size = done.size if isinstance(done, Digests) else 0
                tell(stage, len(jobs), 1, size)
            results += [future.result() for future in futures]
    return results


def _hash(job: Job) -> Digests | ProvenderError | None:
    try:
        with job.open() as file:
            return digests_of(file)
    except ProvenderError as error:
        return error
    except FileNotFoundError:
        return None
    except Exception as error:  # every remote store brings exception types of its own
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        return InputError(job.name, f"cannot be read ({cause})", "see to access and network")
