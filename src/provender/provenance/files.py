"""Small documents from whoever may have written them: never a device, never without a bound."""

from __future__ import annotations

import stat
from pathlib import Path

from provender.errors import InputError


def read_document(path: Path, max_bytes: int) -> bytes:
    """Return a local file's bytes.

    Raises:
        InputError: when it is missing, may not be read, is no regular file, or is longer than
            ``max_bytes``.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise InputError(str(path), "is no regular file", "name a file")
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError as error:
        raise InputError(str(path), "no such file", "check the path") from error
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise InputError(str(path), f"cannot be read ({cause})", "check the path") from error
    if len(data) > max_bytes:
        raise InputError(
            str(path), f"is longer than {max_bytes:,} bytes", "check that it is the right file"
        )
    return data
