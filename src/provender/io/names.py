"""Which names a shard may have: they are hashed, so they must mean one thing everywhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from urllib.parse import unquote

from provender.errors import InputError

_SUFFIXES = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
}
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_TEXT = ("jsonl", "csv")


def format_of(name: str) -> tuple[str, str | None]:
    """Return (format, compression or None) of a shard by the suffix of its name, in any case.

    Raises:
        InputError: when the suffix is none that the product reads.
    """
    stem, compression = name.lower(), None
    for suffix, kind in _COMPRESSIONS.items():
        if stem.endswith(suffix):
            stem, compression = stem.removesuffix(suffix), kind
    for suffix, format_ in _SUFFIXES.items():
        if stem.endswith(suffix) and (compression is None or format_ in _TEXT):
            return format_, compression
    mend = f"name the shards with a glob, such as {name.rpartition('/')[0] or 'DIR'}/*.parquet"
    if stem.endswith(".json"):
        mend = "write its records one a line, as jq -c '.[]' does of a list, and name it .jsonl"
    cause = "is of no format that can be read (Parquet, Arrow, JSON Lines, CSV)"
    raise InputError(name, cause, mend)


def check_names(names: Sequence[str]) -> None:
    """Refuse names that could mean two things on two machines.

    Raises:
        InputError: for a name that is absolute, has '..' or an empty part, is not NFC, holds
            control characters or bytes that are not UTF-8, or equals another under case folding.
    """
    folded: dict[str, str] = {}
    for name in names:
        cause = _fault(name)
        if cause:
            raise InputError(ascii(name), cause, "rename the file")
        key = name.casefold()
        key = key if key.isascii() else unicodedata.normalize("NFC", key)
        if key in folded:
            cause = f"is the same name as {folded[key]!r} where upper and lower case are one"
            raise InputError(name, cause, "rename one of them")
        folded[key] = name


def partition_of(name: str) -> tuple[tuple[str, str], ...]:
    """Return the Hive-style (column, value) pairs in the folders of ``name``, percent-decoded.

    Raises:
        InputError: when a column appears twice.
    """
    if "=" not in name:
        return ()
    pairs = []
    for part in name.split("/")[:-1]:
        column, equals, value = part.partition("=")
        if equals and column:
            pairs.append((unquote(column), unquote(value)))
    columns = [column for column, _ in pairs]
    if len(set(columns)) < len(columns):
        raise InputError(name, "names a partition column twice", "rename the folders")
    return tuple(pairs)


def _fault(name: str) -> str:
    if not name or name.startswith("/") or any(p in ("", ".", "..") for p in name.split("/")):
        return "is not a plain relative path"
    if name.isascii() and name.isprintable():  # the rule; the rest is slow
        return ""
    categories = {unicodedata.category(character) for character in name}
    if "Cs" in categories:
        return "has a name that is not UTF-8"
    if categories & {"Cc", "Zl", "Zp"}:
        return "has a control character in its name"
    if unicodedata.normalize("NFC", name) != name:
        return "has a name that is not in Unicode normal form C"
    return ""
