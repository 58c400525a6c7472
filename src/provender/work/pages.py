"""Lists of elements, kept in the store page by page: a pipeline names pages, workers open them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from provender.core.canonical import compact_json
from provender.io.states import StateStore

#: Elements on a page.
PAGE = 256


def pages(items: Iterable[Any], store: StateStore) -> list[str]:
    """Store ``items`` (JSON values) and return the names of the pages, in order."""
    rest = iter(items)
    names = []
    while page := list(islice(rest, PAGE)):
        names.append(store.put_content("page", compact_json(page)))
    return names


def items_of(page: bytes) -> Iterator[Any]:
    """Yield the items of a page; lists are tuples."""
    for item in json.loads(page):
        yield _tuples(item)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
