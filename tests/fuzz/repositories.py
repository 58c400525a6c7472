"""Whole DVC repositories made hostile: records, lists, configuration, rules and links at once."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from functools import partial
from pathlib import Path

from provender.provenance.dvc.audit import audit
from tests.fuzz.hostile import hostile
from tests.fuzz.targets import TARGETS, Target
from tests.fuzz.watch import MOST_SECONDS, Tally, fed

_BY_NAME = {target.name: target for target in TARGETS}
_FILES = {
    ".dvc/config": "config",
    "data.dvc": ".dvc",
    "sub/one.csv.dvc": ".dvc",
    "dvc.yaml": "dvc.yaml",
    "dvc.lock": "dvc.lock",
    ".dvcignore": ".dvcignore",
}
_LINKS = ("..", ".", "../outside", "/", "/etc/passwd", "/proc/self/mem", "data", "nowhere", "link")
_PLACES = ("link", "data/link", "data/a.csv", "data", "sub", "x.dvc", ".dvc/cache", "dvc.lock")


REPOSITORY = Target("repository", lambda raw: audit(Path(os.fsdecode(raw)), remotes=()), ())


def fed_repository(base: Path, seed: int, most_seconds: float = MOST_SECONDS) -> Tally:
    """Make the repository of a seed below ``base``, audit it, and return what that did."""
    make_repository(base, seed)
    raw = os.fsencode(base / "repo")
    return fed(REPOSITORY, raw, f"seed {seed}", most_seconds, partial(strays, base=base))


def make_repository(base: Path, seed: int) -> None:
    """Write a repository below ``base``, beside a folder 'outside' that nobody may look into."""
    chance = random.Random(seed)
    repo = base / "repo"
    shutil.rmtree(repo, ignore_errors=True)
    (base / "outside").mkdir(exist_ok=True)
    for path in (".dvc/cache/files/md5/05", "data/sub", "sub"):
        (repo / path).mkdir(parents=True)
    for path in ("data/a.csv", "data/sub/b.csv", "one.csv"):
        (repo / path).write_text(path)
    tree = hostile(_BY_NAME[".dir"], seed)
    name = hashlib.md5(tree).hexdigest()
    _write(repo / f".dvc/cache/files/md5/{name[:2]}/{name[2:]}.dir", tree)
    for path, kind in _FILES.items():
        if chance.random() < 0.9:
            target = _BY_NAME[kind]
            plain = chance.random() < (0.9 if kind == "config" else 0.5)
            raw = target.seeds[0] if plain else hostile(target, chance.randrange(10**9))
            known = b"05faf946d829522f95d90a5e96669bce.dir"
            raw = raw.replace(known, name.encode() + b".dir")  # so that the list is believed
            _write(repo / path, raw)
    for _ in range(chance.choice((0, 0, 1, 3))):
        link = repo / chance.choice(_PLACES)
        if link.parent.is_dir() and not link.parent.is_symlink():
            if link.is_dir() and not link.is_symlink():
                shutil.rmtree(link)
            link.unlink(missing_ok=True)
            link.symlink_to(chance.choice((*_LINKS, str(repo / "data"), str(base / "outside"))))


def _write(path: Path, raw: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)


def strays(opened: list[tuple[str, object]], base: Path) -> list[str]:
    """Return what was opened outside of ``base``/repo, given (event, path) pairs.

    Below the root folders are opened name by name, without following links: a single name that is
    not '..' can lead nowhere else.
    """
    found = []
    for event, path in opened:
        if isinstance(path, int):  # a folder that was opened before
            continue
        text = os.fsdecode(path)  # type: ignore[arg-type]
        absolute = text.startswith("/")
        real, root = os.path.realpath(text), os.path.realpath(base / "repo")
        inside = real == root or real.startswith(f"{root}/")
        if (absolute and not inside) or ".." in text.split("/") or (not absolute and "/" in text):
            found.append(f"{event} {text!r}")
    return found
