"""dvc.yaml: where each stage works, and which outputs DVC keeps. Templates are matched, not run."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from dataclasses import dataclass
from typing import Any

from provender.provenance.dvc.record import (
    flag,
    inside,
    items,
    malformed,
    mapping,
    refuse_name,
    text,
)
from provender.provenance.dvc.yaml_text import read_yaml

_TEMPLATE = re.compile(r"\$\{[^}]*\}")
_MOST_OUTS = 20_000


@dataclass(frozen=True)
class OutFlags:
    """What dvc.yaml says of an output; ``pattern`` matches its path relative to the stage."""

    pattern: re.Pattern[str]
    cached: bool = True
    pushed: bool = True
    remote: str | None = None


@dataclass(frozen=True)
class StageShape:
    """A stage as written.

    Attributes:
        folder: where it works, relative to the repository; None where that is a template.
    """

    folder: str | None
    outs: tuple[OutFlags, ...]

    def flags(self, path: str) -> OutFlags:
        """Return what is said of the output ``path``, relative to the stage's folder."""
        for out in self.outs:
            if out.pattern.match(path):
                return out
        return OutFlags(_pattern(path))


def read_pipeline(raw: bytes, path: str) -> dict[str, StageShape]:
    """Return the stages of the dvc.yaml at ``path`` by name.

    Raises:
        InputError: when it is of no known form.
        IntegrityError: when an output lies outside the repository.
    """
    whole = mapping(read_yaml(raw, path, aliases=True) or {}, None, path)
    shapes: dict[str, StageShape] = {}
    seen = 0
    for name, value in mapping(whole.get("stages") or {}, None, path).items():
        stage = mapping(value, None, path)
        stage = mapping(stage.get("do", stage), None, path)
        folder: str | None = posixpath.dirname(path)
        if (wdir := stage.get("wdir")) is not None:
            if _TEMPLATE.search(text(wdir, "wdir", path)):
                folder = None
            else:
                folder = inside(wdir, posixpath.dirname(path))
                if folder is None:
                    refuse_name("wdir", "leads out of the repository", path)
        outs = [o for k in ("outs", "metrics", "plots") for o in items(stage.get(k), k, path)]
        seen += len(outs) + 1
        if seen > _MOST_OUTS:
            raise malformed(path, f"has more than {_MOST_OUTS:,} outputs")
        shapes[name] = StageShape(folder, tuple(_flags(out, folder, path) for out in outs))
    return shapes


def _flags(value: Any, folder: str | None, source: str) -> OutFlags:
    flags: dict[str, Any] = {}
    if isinstance(value, dict) and len(value) == 1:
        [(value, below)] = value.items()
        flags = mapping(below or {}, None, source) if not isinstance(below, list) else {}
    out = text(value, "outs", source)
    if not _TEMPLATE.search(out) and inside(out, folder or "") is None:
        refuse_name(out, "is an output outside the repository", source)
    remote = flags.get("remote")
    return OutFlags(
        _pattern(out),
        flag(flags, "cache", source),
        flag(flags, "push", source),
        None if remote is None else text(remote, "remote", source),
    )


def _pattern(out: str) -> re.Pattern[str]:
    # fnmatch's patterns take linear time, whatever stands between the templates.
    fixed = [re.sub(r"([*?[])", r"[\1]", part) for part in _TEMPLATE.split(out)]
    return re.compile(fnmatch.translate("*".join(fixed)))
