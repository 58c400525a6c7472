"""A sequence whose items are made when asked for: a document's many alike parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


class Lazily(Sequence[Any]):
    """``make(0)`` to ``make(length - 1)``; nothing is kept.

    Of 100,000 shards, what each is in a document takes more memory than what is known of it.
    """

    def __init__(self, length: int, make: Callable[[int], Any]) -> None:
        self._places = range(length)
        self._make = make

    def __len__(self) -> int:
        return len(self._places)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, place: Any) -> Any:
        """Return an item, or for a slice a list of them.

        Raises:
            IndexError: when there is no such item.
        """
        found = self._places[place]
        return [self._make(i) for i in found] if isinstance(found, range) else self._make(found)
