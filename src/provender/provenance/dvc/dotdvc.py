""".dvc files: one output each, mostly, beside the data."""

from __future__ import annotations

import posixpath

from provender.provenance.dvc.record import (
    Elsewhere,
    Record,
    inside,
    items,
    mapping,
    record_of,
    refuse_name,
    text,
)
from provender.provenance.dvc.yaml_text import read_yaml

_KEYS = frozenset(
    ["md5", "wdir", "deps", "outs", "locked", "frozen", "meta", "always_changed", "desc", "cmd"]
)


def read_dotdvc(raw: bytes, path: str) -> list[Record | Elsewhere]:
    """Return what the .dvc file at ``path`` vouches for.

    Raises:
        InputError: when it is of no known form.
        IntegrityError: when it names what no file of the repository may be called.
    """
    whole = mapping(read_yaml(raw, path), _KEYS, path)
    wdir = whole.get("wdir")
    folder = posixpath.dirname(path)
    if wdir is not None:
        below = inside(text(wdir, "wdir", path), folder)
        if below is None:
            refuse_name("wdir", "leads out of the repository", path)
        folder = below
    outs = [record_of(o, folder, path, True) for o in items(whole.get("outs"), "outs", path)]
    deps = [record_of(d, folder, path, False) for d in items(whole.get("deps"), "deps", path)]
    return [*outs, *deps]
