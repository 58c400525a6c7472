""".dir objects: the files of a folder, as DVC lists them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from provender.provenance.dvc.record import malformed, names

#: A list of about 700,000 files.
MOST_BYTES = 64 * 2**20
_MOST_ENTRY = 65_536
#: One flat object; possessive, so that it takes linear time.
_ENTRY = re.compile(r'\s*+(\{(?:"(?:[^"\\]++|\\.)*+"|[^"{}\[\]]++)*+\})\s*+([,\]])\s*+')
_START = re.compile(r"\s*+\[\s*+")
_KEYS = frozenset(["md5", "relpath", "size", "isexec", "version_id", "etag", "checksum"])
_MD5 = re.compile(r"[0-9a-f]{32}")


def read_tree(raw: bytes, subject: str) -> dict[str, str]:
    """Return name → MD5 of the files that a .dir object lists, in its order.

    Entries are read one at a time, so that no nesting and no number of values costs memory.

    Raises:
        InputError: when it is not the list that DVC writes: flat objects in ASCII, each with md5
            and relpath and no key twice.
        IntegrityError: when a name is absolute, has '..', a control character, another Unicode
            form than NFC, or is that of another file but for case.
    """
    if len(raw) > MOST_BYTES:
        raise malformed(subject, f"is larger than {MOST_BYTES:,} bytes")
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        raise malformed(subject, "holds bytes that are not ASCII") from None
    start = _START.match(text)
    if start is None:
        raise malformed(subject, "is no list")
    entries: dict[str, str] = {}
    place = start.end()
    if text[place:].strip() == "]":
        return entries
    while True:
        found = _ENTRY.match(text, place)
        if found is None or found.end(1) - found.start(1) > _MOST_ENTRY:
            raise malformed(subject, f"holds no entry at character {place:,}")
        name, md5 = _entry(found[1], subject)
        if name in entries:
            names([name, name], subject)
        entries[name] = md5
        place = found.end()
        if found[2] == "]":
            break
    if place != len(text):
        raise malformed(subject, "goes on behind its end")
    names(list(entries), subject)
    return entries


def tree_md5(entries: Mapping[str, str]) -> str:
    """Return the name that DVC gives the .dir object of these files (name → MD5)."""
    listed = [{"md5": entries[name], "relpath": name} for name in sorted(entries)]
    whole = json.dumps(listed, sort_keys=True).encode()
    return hashlib.md5(whole, usedforsecurity=False).hexdigest() + ".dir"


def _entry(text: str, subject: str) -> tuple[str, str]:
    try:
        entry = dict(json.loads(text, object_pairs_hook=_once, parse_constant=_refuse))
    except ValueError as error:
        raise malformed(subject, f"holds an entry that is not JSON ({error})") from error
    name, md5 = entry.get("relpath"), entry.get("md5")
    if not set(entry) <= _KEYS or not isinstance(name, str) or not isinstance(md5, str):
        raise malformed(subject, "holds an entry of another form than md5 and relpath")
    if not _MD5.fullmatch(md5):
        raise malformed(subject, f"says md5: {md5[:80]!r}")
    return name, md5


def _once(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key twice")
    return pairs


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
