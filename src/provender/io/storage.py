"""Opening shards wherever they lie."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, cast

from fsspec.core import url_to_fs

from provender.errors import InputError
from provender.io.chunks import CHUNK_BYTES


def open_raw(uri: str, subject: str) -> BinaryIO:
    """Open the file at ``uri`` for reading; ``subject`` names it in errors.

    Raises:
        InputError: when it does not exist or cannot be opened.
    """
    try:
        if uri.startswith("file://"):
            return Path(uri.removeprefix("file://")).open("rb")
        fs, path = url_to_fs(uri)
        return cast(BinaryIO, fs.open(path, "rb", block_size=CHUNK_BYTES))
    except FileNotFoundError as error:
        raise InputError(subject, "no such file", "check the path") from error
    except PermissionError as error:
        raise InputError(subject, "no permission to read it", "grant it") from error
    except Exception as error:  # every remote store brings exception types of its own
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(subject, f"cannot be opened ({cause})", "check the address") from error
