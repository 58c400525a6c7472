"""The state store: whole or absent, and nothing that somebody else wrote."""

import pytest

from provender.errors import StoreError
from provender.io import states
from provender.io.states import StateStore, state_name, store_key


@pytest.fixture(params=["local", "memory"])
def store(request, tmp_path):
    return StateStore(str(tmp_path / "s") if request.param == "local" else f"memory://{tmp_path}")


def files(folder):
    return [p for p in folder.rglob("*") if p.is_file()]


def test_what_is_put_comes_back(store):
    assert store.get("a/0011") is None
    store.put("a/0011", b"state")
    assert store.get("a/0011") == b"state"
    store.discard("a/0011")
    assert store.get("a/0011") is None


def test_content_is_named_by_its_digest(store):
    name = store.put_content("profile", b"x")
    assert name == store.put_content("profile", b"x")
    assert store.require(name) == b"x"


def test_a_missing_state_that_this_run_needs_is_an_error(store):
    with pytest.raises(StoreError, match="gone or was changed"):
        store.require("a/0011")


def test_every_flipped_bit_makes_an_entry_absent(tmp_path):
    store = StateStore(str(tmp_path))
    store.put("a/0011", b"state")
    (path,) = files(tmp_path)
    good = path.read_bytes()
    for position in range(len(good)):
        path.write_bytes(good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :])
        assert store.get("a/0011") is None
    path.write_bytes(good[:-1])
    assert store.get("a/0011") is None


def test_a_genuine_entry_under_another_name_is_absent(tmp_path):
    store = StateStore(str(tmp_path))
    store.put("a/0011", b"poisoned")
    store.put("a/0022", b"clean")
    one, other = sorted(files(tmp_path))
    one.write_bytes(other.read_bytes())
    assert store.get("a/0011") is None


def test_entries_of_another_key_are_absent(tmp_path, monkeypatch):
    store = StateStore(str(tmp_path))
    monkeypatch.setenv("PROVENDER_CACHE_KEY", "11" * 32)
    store_key.cache_clear()
    store.put("a/0011", b"state")
    monkeypatch.setenv("PROVENDER_CACHE_KEY", "22" * 32)
    store_key.cache_clear()
    assert store.get("a/0011") is None
    store_key.cache_clear()


def test_the_key_is_made_once_and_is_private(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    store_key.cache_clear()
    first = store_key()
    store_key.cache_clear()
    assert store_key() == first
    (path,) = files(tmp_path)
    assert path.stat().st_mode & 0o077 == 0
    store_key.cache_clear()


def test_a_bad_key_is_refused(monkeypatch):
    monkeypatch.setenv("PROVENDER_CACHE_KEY", "secret")
    store_key.cache_clear()
    with pytest.raises(StoreError, match="64 hex digits"):
        store_key()
    store_key.cache_clear()


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    store = StateStore(str(tmp_path))

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(states.Path, "replace", full)
    with pytest.raises(StoreError, match="No space left"):
        store.put("a/0011", b"state")
    assert files(tmp_path) == []


def test_names_depend_on_every_part():
    assert state_name("a", 1, "x") != state_name("a", 1, "y")
    assert state_name("a", 1) == state_name("a", 1)
    assert state_name("a", 1).startswith("a/")
