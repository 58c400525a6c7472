"""ed25519 keys in PEM files: the private one as PKCS #8, encrypted under a passphrase."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from provender.core.trust import PublicKey
from provender.errors import InputError, StoreError, UsageError
from provender.provenance.files import read_document

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner

_MAX_BYTES = 2**14


def new_key(folder: Path, name: str, passphrase: bytes | None) -> tuple[Path, Path]:
    """Write NAME.key and NAME.pub and return their paths; neither replaces a file.

    Args:
        passphrase: what the private key is encrypted under; None to leave it open.

    Raises:
        UsageError: when a file is there already, or ``name`` is not a plain name.
        StoreError: when they cannot be written.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if Path(name).name != name or name in ("", ".", ".."):
        raise UsageError("NAME", f"{name!r} is not a plain name", "name the folder with --out")
    private = Ed25519PrivateKey.generate()
    locked = (
        serialization.NoEncryption()
        if passphrase is None
        else serialization.BestAvailableEncryption(passphrase)
    )
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked
    )
    open_ = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    paths = folder / f"{name}.key", folder / f"{name}.pub"
    for path in paths:
        if os.path.lexists(path):
            raise UsageError(str(path), "is there already", "choose another name; keep old keys")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(paths[0], secret, 0o600)
        _write(paths[1], open_, 0o644)
    except OSError as error:
        cause = f"cannot be written ({error.strerror})"
        raise StoreError(str(error.filename or folder), cause, "check --out") from error
    return paths


def load_public(path: Path) -> PublicKey:
    """Return the ed25519 key in a PEM file.

    Raises:
        InputError: when it cannot be read or is no such key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.signer import SSlibKey

    try:
        key = load_pem_public_key(read_document(path, _MAX_BYTES))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(str(path), "is no public key in PEM", "name a .pub file") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(str(path), "is no ed25519 key", "make one with `provender keys new`")
    known = SSlibKey.from_crypto(key)
    return PublicKey(known.keytype, known.scheme, known.keyval["public"])


def public_of(signer: CryptoSigner) -> PublicKey:
    """Return the key that verifies what ``signer`` signs."""
    known = signer.public_key
    return PublicKey(known.keytype, known.scheme, known.keyval["public"])


def load_signer(path: Path, passphrase: Callable[[], bytes]) -> CryptoSigner:
    """Return what signs with the ed25519 key in a PEM file.

    Args:
        passphrase: asked only where the key is encrypted.

    Raises:
        InputError: when the file cannot be read or is no such key.
        UsageError: when the passphrase is not the one.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from securesystemslib.signer import CryptoSigner

    data = read_document(path, _MAX_BYTES)
    mend = "name a .key file that `provender keys new` wrote"
    given = passphrase() if b"ENCRYPTED" in data else None
    try:
        key = load_pem_private_key(data, given)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if given is not None:
            raise UsageError(
                str(path), "does not open under this passphrase", "check PROVENDER_PASSPHRASE"
            ) from error
        raise InputError(str(path), "is no private key in PEM", mend) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(str(path), "is no ed25519 key", mend)
    return CryptoSigner(key)


def _write(path: Path, data: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
