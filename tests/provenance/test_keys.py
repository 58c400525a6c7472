"""Keys: encrypted at rest, never overwritten, and nothing but ed25519."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from provender.errors import InputError, StoreError, UsageError
from provender.provenance.keys import load_public, load_signer, new_key


def never() -> bytes:
    raise AssertionError("nobody is asked for the passphrase of an open key")


def test_a_key_signs_what_its_public_half_verifies(tmp_path: Path) -> None:
    private, public = new_key(tmp_path / "keys", "alice", b"secret")
    signer = load_signer(private, lambda: b"secret")
    signature = bytes.fromhex(signer.sign(b"payload").signature)
    key = serialization.load_pem_public_key(public.read_bytes())
    assert isinstance(key, ed25519.Ed25519PublicKey)
    key.verify(signature, b"payload")
    assert load_public(public).keyid == signer.public_key.keyid
    assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_a_private_key_opens_under_its_passphrase_alone(tmp_path: Path) -> None:
    private, _ = new_key(tmp_path, "alice", b"secret")
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in private.read_bytes()
    with pytest.raises(UsageError, match="does not open"):
        load_signer(private, lambda: b"other")


def test_a_key_without_passphrase_asks_for_none(tmp_path: Path) -> None:
    private, _ = new_key(tmp_path, "alice", None)
    assert load_signer(private, never)


def test_an_existing_key_is_never_replaced(tmp_path: Path) -> None:
    private, public = new_key(tmp_path, "alice", None)
    before = private.read_bytes()
    for gone, left in ((public, private), (private, public)):
        gone.rename(tmp_path / "aside")
        with pytest.raises(UsageError, match=left.name):
            new_key(tmp_path, "alice", None)
        (tmp_path / "aside").rename(gone)
    assert private.read_bytes() == before


@pytest.mark.parametrize("name", ["", "..", "a/b", "/etc/x"])
def test_a_key_is_written_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        new_key(tmp_path, name, None)


def test_what_is_no_ed25519_key_is_refused(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    private = other.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = other.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for data in (private, public, b"", b"-----BEGIN PUBLIC KEY-----", b"\x00" * 100):
        (tmp_path / "key").write_bytes(data)
        with pytest.raises(InputError):
            load_public(tmp_path / "key")
        with pytest.raises(InputError):
            load_signer(tmp_path / "key", never)
    (tmp_path / "key").write_bytes(b"x" * 2**20)
    with pytest.raises(InputError, match="longer than"):
        load_public(tmp_path / "key")


def test_a_missing_key_and_a_folder_that_cannot_be_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_public(tmp_path / "nobody.pub")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError):
        new_key(tmp_path / "file" / "keys", "alice", None)
