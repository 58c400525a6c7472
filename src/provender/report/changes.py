"""How two data sets differ, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provender.report.wording import count, plural, shortened, size, visible

_SHORT = 16
_MOST_RANGES = 5


def change_lines(change: dict[str, Any]) -> Iterator[str]:
    """Yield the lines below the first; ``change`` is the document of `provender diff`.

    Names and values are shown with control characters as escapes.
    """
    details = {shard["name"]: shard for shard in change["shards"]}
    for word in ("added", "removed", "changed", "reordered", "reencoded"):
        for name in change[word]:
            yield f"  {word:10} {visible(name)}{_detail(word, details.get(name))}"
    for old, new in change["renamed"]:
        yield f"  {'renamed':10} {visible(old)} → {visible(new)} (the same bytes)"
    for word, pairs in (("gone", change["columns_removed"]), ("new", change["columns_added"])):
        for name, kind in pairs:
            yield f"  {word + ' column':10} {visible(name)} ({visible(kind)})"
    if change["records"]:
        yield from _records(change["records"])
    for limit in change["limits"]:
        yield f"not told: {limit}"


def _detail(word: str, shard: dict[str, Any] | None) -> str:
    if shard is None:
        return ""
    (rows, now), (bytes_, bytes_now) = shard["rows"], shard["bytes"]
    parts = [f"{count(rows)} → {plural(now, 'row')}"] if word == "changed" else []
    parts.append(f"{size(bytes_)} → {size(bytes_now)}")
    if word == "changed" and shard["ranges"] not in ([], [[0, bytes_now]]):
        shown = [f"{a:,}–{b:,}" for a, b in shard["ranges"][:_MOST_RANGES]]
        more = " …" if len(shard["ranges"]) > _MOST_RANGES else ""
        parts.append(f"chunks that differ: bytes {', '.join(shown)}{more}")
    return "  " + ", ".join(parts)


def _records(records: dict[str, Any]) -> Iterator[str]:
    words = [f"{count(records[w])} {w}" for w in ("removed", "added", "changed")]
    if not records["key"]:
        words.pop()
    key = f" (key: {', '.join(map(visible, records['key']))})" if records["key"] else ""
    yield f"records: {', '.join(words)}{key}"
    if records["columns"]:
        cells = ", ".join(f"{visible(n)} {count(c)}" for n, c in records["columns"].items())
        yield f"cells changed: {cells}"
    if any(records["unclear"]):
        before, after = records["unclear"]
        yield f"records whose key occurs more than once: {count(before)} → {count(after)}"
    for sign, rows in (("-", records["removed_rows"]), ("+", records["added_rows"])):
        for row in rows:
            yield f"  {sign} {_place(row)}"
    for row in records["changed_rows"]:
        there = row["after"]
        same = (there["shard"], there["row"]) == (row["before"]["shard"], row["before"]["row"])
        to = "" if same else f" → {_place(there)}"
        named = zip(records["key"], row.get("key", ()), strict=False)
        key = "".join(f" {visible(column)} {_value(value)}" for column, value in named)
        cells = _cells(row["cells"], records["redacted"])
        yield f"  ~ {_place(row['before'])}{to}{key}: {cells}"
    told = sum(len(records[f"{w}_rows"]) for w in ("removed", "added", "changed"))
    if left := records["removed"] + records["added"] + records["changed"] - told:
        yield f"  … {count(left)} more"


def _place(row: dict[str, Any]) -> str:
    return f"{visible(row['shard'])} row {row['row']} {row['digest'][:_SHORT]}"


def _cells(cells: list[Any], redacted: bool) -> str:
    if redacted:
        return ", ".join(map(visible, cells))
    return "; ".join(
        f"{visible(c['column'])} {_value(c['old'])} → {_value(c['new'])}" for c in cells
    )


def _value(text: str | None) -> str:
    return "null" if text is None else f"'{visible(shortened(text))}'"
