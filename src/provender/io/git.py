"""What a git revision holds, read from the object store alone: nothing is checked out or run.

Blobs come out as they were committed: no filter, attribute or ignore rule applies.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from provender.errors import InputError, StoreError
from provender.io.names import check_names

_FILE_MODES = {"100644", "100755"}
_LFS = b"version https://git-lfs.github.com/spec/"
_MOST_BYTES = 2**30


@dataclass(frozen=True)
class Blob:
    """A committed file: its path in the tree, its object's name and its size in bytes.

    ``plain`` is false for links and submodules.
    """

    path: str
    object: str
    size: int
    plain: bool


@dataclass(frozen=True)
class Revision:
    """A path of a commit, written REV:PATH.

    Attributes:
        given: as it was written.
        commit: the commit's full object name.
        path: POSIX path in the commit, '' for all of it.
    """

    given: str
    commit: str
    path: str

    @staticmethod
    def parse(given: str) -> Revision | None:
        """Return what REV:PATH means in this folder's repository; None where it means nothing."""
        rev, colon, path = given.partition(":")
        if not colon or not rev or "://" in given:
            return None
        found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
        return None if found is None else Revision(given, found.decode().strip(), path.strip("/"))

    def blobs(self) -> list[Blob]:
        """Return the files at the path or below it.

        Raises:
            InputError: when there is none.
        """
        # The commit's own tree, whatever folder this runs in.
        where = ["--", self.path] if self.path else []
        listed = _git("ls-tree", "-r", "-l", "-z", "--full-tree", self.commit, *where)
        entries = [line for line in (listed or b"").split(b"\0") if line]
        if not entries:
            raise InputError(self.given, "that revision has no such file or folder", "check both")
        blobs = []
        for entry in entries:
            about, _, name = entry.partition(b"\t")
            mode, _, object_, size = about.decode().split()
            plain = mode in _FILE_MODES
            blobs.append(Blob(os.fsdecode(name), object_, int(size) if plain else 0, plain))
        return blobs

    def read(self, blob: Blob) -> bytes:
        """Return the bytes of a file of at most 1 GiB, such as a manifest."""
        if blob.size > _MOST_BYTES:
            raise InputError(f"{self.given}", f"has {blob.size} bytes", "that is no manifest")
        with _batch() as ask:
            return ask(self, blob).read(blob.size)

    def extract(self, blobs: Sequence[Blob], folder: Path) -> None:
        """Write files to ``folder``, named relative to the path (a single one by its own name).

        Raises:
            InputError: for a link, a submodule, a name not to be trusted, or a file that only
                points (Git LFS) at what lies elsewhere.
        """
        check_names([blob.path for blob in blobs])
        for blob in blobs:
            if not blob.plain:
                subject = f"{self.given}: {blob.path}"
                raise InputError(subject, "is a link or a submodule", "name a folder without it")
        base = self.path.rpartition("/")[0] if len(blobs) == 1 else self.path
        with _batch() as ask, _written(folder):
            for blob in blobs:
                name = blob.path[len(base) :].lstrip("/")
                place = folder / name
                place.parent.mkdir(parents=True, exist_ok=True)
                source, left = ask(self, blob), blob.size
                with place.open("wb") as target:
                    while left:
                        piece = source.read(min(left, 2**20))
                        if left == blob.size and piece.startswith(_LFS):
                            cause = "is a Git LFS pointer: the data is not in git"
                            raise InputError(
                                f"{self.given}: {name}", cause, "name checked-out data"
                            )
                        if not piece:
                            raise InputError(
                                f"{self.given}: {name}", "git gave less", "run git fsck"
                            )
                        target.write(piece)
                        left -= len(piece)
                source.read(1)  # the line end that git puts behind each object


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        cause = f"cannot be written ({error.strerror})"
        raise StoreError(str(folder), cause, "free space there") from error


def _environment() -> dict[str, str]:
    # Objects that a partial clone lacks are not fetched: nothing is downloaded at run time.
    return {**os.environ, "GIT_NO_LAZY_FETCH": "1", "GIT_LITERAL_PATHSPECS": "1", "LC_ALL": "C"}


def _git(*words: str) -> bytes | None:
    """Return what git prints; None where it fails or is missing."""
    try:
        done = subprocess.run(
            ["git", "--no-replace-objects", *words],
            capture_output=True,
            check=False,
            env=_environment(),
            stdin=subprocess.DEVNULL,
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


class _Asked:
    """One `git cat-file --batch`, asked for object after object."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def __call__(self, revision: Revision, blob: Blob) -> IO[bytes]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{blob.object}\n".encode())
        stdin.flush()
        answer = stdout.readline().decode().split()
        if answer != [blob.object, "blob", str(blob.size)]:
            raise InputError(
                f"{revision.given}: {blob.path}", "is not in this clone", "git fetch it"
            )
        return stdout


@contextmanager
def _batch() -> Iterator[_Asked]:
    with subprocess.Popen(
        ["git", "--no-replace-objects", "cat-file", "--batch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
    ) as process:
        try:
            yield _Asked(process)
        finally:
            process.kill()
