"""dvc.lock: what each stage of a dvc.yaml last ran with, and what it gave."""

from __future__ import annotations

import dataclasses
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from provender.provenance.dvc.pipeline import StageShape
from provender.provenance.dvc.record import (
    Elsewhere,
    Record,
    items,
    malformed,
    mapping,
    record_of,
)
from provender.provenance.dvc.yaml_text import read_yaml

_KEYS = frozenset(["schema", "stages", "datasets"])
_STAGE_KEYS = frozenset(["cmd", "deps", "params", "outs"])


def read_lock(raw: bytes, path: str, shapes: Mapping[str, StageShape]) -> list[Record | Elsewhere]:
    """Return what the dvc.lock at ``path`` vouches for.

    Args:
        shapes: the stages of the dvc.yaml beside it.

    Raises:
        InputError: when it is of no known form.
        IntegrityError: when it names what no file of the repository may be called.
    """
    whole = mapping(read_yaml(raw, path), _KEYS, path)
    if whole.get("schema") != "2.0":
        raise malformed(path, f"is of schema {str(whole.get('schema'))[:40]!r}, not '2.0'")
    return [
        record
        for name, value in mapping(whole.get("stages") or {}, None, path).items()
        for record in _stage(name, mapping(value, _STAGE_KEYS, path), path, shapes)
    ]


def _stage(
    name: str, stage: dict[str, Any], path: str, shapes: Mapping[str, StageShape]
) -> Iterator[Record | Elsewhere]:
    shape = shapes.get(name) or shapes.get(name.partition("@")[0])
    shape = shape or StageShape(posixpath.dirname(path), ())
    if shape.folder is None:
        raise malformed(path, f"has the stage {name[:80]!r}, whose wdir is a template")
    source = f"{path} ({name[:80]})"
    for key, is_output in (("outs", True), ("deps", False)):
        for item in items(stage.get(key), key, path):
            record = record_of(item, shape.folder, source, is_output)
            if isinstance(record, Record) and is_output:
                said = shape.flags(item["path"])
                record = dataclasses.replace(
                    record, cached=said.cached, pushed=said.pushed, remote=said.remote
                )
            yield record
