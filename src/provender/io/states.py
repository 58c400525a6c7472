"""The state store: what was computed from content, kept under a name made of that content.

Entries appear whole or not at all, so an interrupted run resumes and a repeated write is
harmless. Whoever can write to the store must not be able to make a poisoned shard look clean:
each entry carries an HMAC-SHA256 (RFC 2104) over its name and bytes under a key that never lies
in the store. An entry that fails the check counts as absent and is computed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from provender.core.digest import digest_of
from provender.errors import StoreError
from provender.io.remote import first_line
from provender.io.storage import is_address, joined, read_whole, remove, write_whole

_MAGIC = b"provender-state/1\n"
_TAG_BYTES = 32
KEY_VARIABLE = "PROVENDER_CACHE_KEY"


def default_store() -> str:
    """Return where states are kept unless told otherwise: PROVENDER_CACHE or the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return os.environ.get("PROVENDER_CACHE") or str(Path(home) / "provender" / "states")


@lru_cache(maxsize=1)
def store_key() -> bytes:
    """Return the 32-byte key that authenticates entries.

    From PROVENDER_CACHE_KEY (64 hex digits; what workers on an engine are given), else from the
    user's data folder, where it is made at first use and readable by the user alone.

    Raises:
        StoreError: when the variable is not 64 hex digits or the key file cannot be kept.
    """
    given = os.environ.get(KEY_VARIABLE)
    if given:
        try:
            key = bytes.fromhex(given)
        except ValueError:
            key = b""
        if len(key) != 32:
            raise StoreError(KEY_VARIABLE, "is not 64 hex digits", "give 32 random bytes as hex")
        return key
    home = os.environ.get("XDG_DATA_HOME") or str(Path("~/.local/share").expanduser())
    path = Path(home) / "provender" / "cache.key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Written aside and linked into place: two first runs agree on one whole key.
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        if not path.exists():
            draft.touch(mode=0o600)
            draft.write_bytes(secrets.token_bytes(32))
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        key = path.read_bytes()
    except OSError as error:
        raise StoreError(
            str(path), f"the cache key cannot be kept ({error.strerror})", f"set {KEY_VARIABLE}"
        ) from error
    if len(key) != 32:
        raise StoreError(str(path), "is not a 32-byte cache key", "delete it; a new one is made")
    return key


def state_name(kind: str, *parts: Any) -> str:
    """Return an entry's name: a digest over what it was computed from (JSON values)."""
    return f"{kind}/{digest_of(list(parts)).removeprefix('sha256:')}"


@dataclass(frozen=True)
class StateStore:
    """Entries under one folder or fsspec address; safe for many writers of the same entry."""

    uri: str

    def get(self, name: str) -> bytes | None:
        """Return an entry's bytes, or None when absent, damaged or forged.

        Raises:
            StoreError: when the store cannot be read at all.
        """
        try:
            raw = read_whole(self._place(name))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failure("a stored state cannot be read", error) from error
        head = len(_MAGIC)
        tag, data = raw[head : head + _TAG_BYTES], raw[head + _TAG_BYTES :]
        if raw[:head] != _MAGIC or not hmac.compare_digest(tag, self._tag(name, data)):
            return None
        return data

    def put(self, name: str, data: bytes) -> str:
        """Write an entry atomically and return its name.

        Raises:
            StoreError: when it cannot be written (no room, no permission).
        """
        try:
            write_whole(self._place(name), _MAGIC + self._tag(name, data) + data)
        except OSError as error:
            raise self._failure("a state cannot be stored", error) from error
        return name

    def put_content(self, kind: str, data: bytes) -> str:
        """Store ``data`` under its own digest and return the name."""
        return self.put(f"{kind}/{hashlib.sha256(data).hexdigest()}", data)

    def require(self, name: str) -> bytes:
        """Return an entry that this run has stored.

        Raises:
            StoreError: when it is gone or was changed since.
        """
        data = self.get(name)
        if data is None:
            raise StoreError(
                f"{self.uri} ({name})",
                "a state this run stored is gone or was changed",
                "run again; if it repeats, somebody else writes to the store",
            )
        return data

    def discard(self, name: str) -> None:
        """Remove an entry that nobody will ask for again."""
        with contextlib.suppress(OSError):
            remove(self._place(name))

    def _tag(self, name: str, data: bytes) -> bytes:
        return hmac.digest(store_key(), name.encode() + b"\x00" + data, "sha256")

    def _place(self, name: str) -> str:
        kind, _, digest = name.rpartition("/")
        return joined(self.uri, f"{kind}/{digest[:2]}/{digest[2:]}")

    def _failure(self, what: str, error: OSError) -> StoreError:
        mend = "free space or permissions there"
        if is_address(self.uri):
            mend = "check the address, its endpoint and your credentials"
        return StoreError(
            self.uri, f"{what} ({first_line(error)})", f"{mend}, or name another store with --cache"
        )
