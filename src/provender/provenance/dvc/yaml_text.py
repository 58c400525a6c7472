"""YAML as DVC writes it, read strictly: mappings, lists and text, and nothing else.

Scalars stay text, so that no two readers can disagree on what a value is (YAML 1.1 and 1.2 read
'1e5' or 'on' differently); the caller says what each must look like. Built from parse events, on a
stack of its own: no recursion, no object construction, no expansion of aliases.
"""

from __future__ import annotations

from typing import Any

import yaml

from provender.errors import InputError

#: Bounds of one file. dvc.lock of a thousand stages has about 100,000 events.
MOST_BYTES = 4 * 2**20
_MOST_EVENTS = 250_000
_MOST_DEPTH = 40
_NULLS = ("", "~", "null", "Null", "NULL")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(raw: bytes, subject: str, aliases: bool = False) -> Any:
    """Return dicts, lists, str and None (for a plain null).

    Args:
        aliases: let anchors and aliases pass, as in files that people write; shared, not copied.

    Raises:
        InputError: when it is not UTF-8 YAML, too large or too deep, holds several documents, a
            tag, a key twice or one that is not text, or an alias where none may be.
    """
    try:
        if len(raw) > MOST_BYTES:
            raise _RefusedError(f"is larger than {MOST_BYTES:,} bytes")
        return _build(raw.decode("utf-8"), aliases)
    except _RefusedError as error:
        raise InputError(subject, str(error), "restore it from git") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        cause = " ".join(str(error).split())[:200]
        raise InputError(subject, f"is not YAML ({cause})", "restore it from git") from error


class _RefusedError(ValueError):
    pass


class _Mapping:
    """A mapping that is being read, and the key whose value comes next."""

    def __init__(self) -> None:
        self.value: dict[str, Any] = {}
        self.key: str | None = None

    def put(self, value: Any) -> None:
        if self.key is not None:
            self.value[self.key], self.key = value, None
        elif not isinstance(value, str):
            raise _RefusedError("has a key that is not text")
        elif value in self.value:
            raise _RefusedError(f"has the key {value[:80]!r} twice")
        else:
            self.key = value


class _List:
    def __init__(self) -> None:
        self.value: list[Any] = []

    def put(self, value: Any) -> None:
        self.value.append(value)


def _build(text: str, aliases: bool) -> Any:
    whole = _List()
    stack: list[_Mapping | _List] = [whole]
    named: dict[str, Any] = {}
    opened: list[str | None] = []
    for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        if count > _MOST_EVENTS:
            raise _RefusedError(f"holds more than {_MOST_EVENTS:,} values")
        if getattr(event, "tag", None) is not None:
            raise _RefusedError("holds a tag")
        anchor = getattr(event, "anchor", None)
        if anchor is not None and not aliases:
            raise _RefusedError("holds an anchor or alias")
        if isinstance(event, yaml.AliasEvent):
            if anchor not in named:  # not known, or the alias of what it stands in
                raise _RefusedError("holds an alias of nothing")
            stack[-1].put(named[anchor])
        elif isinstance(event, yaml.ScalarEvent):
            plain = event.style in (None, "") and event.value in _NULLS
            value = None if plain else event.value
            stack[-1].put(value)
            if anchor is not None:
                named[anchor] = value
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(stack) > _MOST_DEPTH:
                raise _RefusedError(f"nests deeper than {_MOST_DEPTH} levels")
            stack.append(_Mapping() if isinstance(event, yaml.MappingStartEvent) else _List())
            opened.append(anchor)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            done = stack.pop().value
            stack[-1].put(done)
            if (name := opened.pop()) is not None:
                named[name] = done
    if len(whole.value) > 1:
        raise _RefusedError("holds several documents")
    return whole.value[0] if whole.value else None
