"""What remote stores say and give: their failures as OSErrors, their files range by range.

Whatever a store raises comes out of here as an OSError in the store's own words, so that callers
handle one kind of failure.
"""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Iterator
from typing import Any

from provender.errors import ProvenderError
from provender.io.seekable import SeekableFile

_NO_BUCKET = re.compile(r"(bucket|container) does not exist")


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Turn whatever a store raises into an OSError with its first line.

    A bucket that does not exist is no absent file: it is never a FileNotFoundError.
    """
    try:
        yield
    except FileNotFoundError as error:
        if _NO_BUCKET.search(str(error)):
            raise OSError(first_line(error)) from error
        raise
    except (OSError, ProvenderError):
        raise
    except Exception as error:  # every remote store brings exception types of its own
        raise OSError(first_line(error)) from error


def first_line(error: Exception) -> str:
    """Return what an exception says, in one line without a full stop."""
    said = getattr(error, "strerror", None) or str(error)
    return said.splitlines()[0].rstrip(" .") if said.strip() else type(error).__name__


class RangedFile(SeekableFile):
    """A remote file of which every read is one request for just these bytes.

    Shards are read in whole chunks by whoever checks their digests, so there is no reading ahead.
    """

    def __init__(self, fs: Any, path: str) -> None:
        super().__init__()
        info = fs.info(path)
        if info["type"] != "file":
            raise FileNotFoundError(path)
        self._fs, self._path, self.size = fs, path, int(info["size"])

    def readinto(self, buffer: Any) -> int:
        wanted = self.wanted(len(buffer))
        if not wanted:
            return 0
        end = self._position + wanted
        try:
            with plain_errors():
                data = self._fs.cat_file(self._path, start=self._position, end=end)
        except OSError as error:
            if beyond_end(error):
                return 0  # it has become shorter: the digests will not fit
            raise
        if len(data) > wanted:
            raise OSError("the store sends whole files where a part was asked for")
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def beyond_end(error: OSError) -> bool:
    """Return whether a store refused a range because the object is shorter."""
    return error.errno == errno.EINVAL and "range" in str(error)
