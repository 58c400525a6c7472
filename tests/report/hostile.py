"""Documents whose every chosen string is hostile."""

from __future__ import annotations

from typing import Any


def poisoned_with(text: str, value: Any) -> Any:
    """Return ``value`` with ``text`` put before every string that a data set or a user can choose.

    Also before the keys of free-form objects; empty strings mean "none" and stay.
    """
    fixed = {"version", "outcome", "level", "status", "root", "manifest_root"}
    if isinstance(value, dict):
        return {
            key: item
            if key in fixed
            else {text + k: poisoned_with(text, v) for k, v in item.items()}
            if key in ("flagged", "evidence", "cells", "made")
            else poisoned_with(text, item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [poisoned_with(text, item) for item in value]
    return text + value if isinstance(value, str) and value else value
