"""How values are put into words: hostile text made visible, counts, shares, p-values, sizes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

#: Characters that str.isprintable() accepts and that nobody can see on a page
#: (Unicode DerivedCoreProperties, Default_Ignorable_Code_Point, outside of category Cf).
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_NONE = "–"
_LONGEST = 2000


def visible(text: str) -> str:
    r"""Return ``text`` with control, format, invisible and unpaired characters as escapes.

    A terminal escape becomes ``\x1b``, a right-to-left override ``\u202e``; letters of every
    script stay as they are.
    """
    if text.isprintable() and not _INVISIBLE.search(text):
        return text
    return "".join(c if c.isprintable() and not _INVISIBLE.match(c) else _escape(c) for c in text)


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Return ``text``, cut after ``longest`` characters with a note of how many are left out."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]} … ({count(len(text) - longest)} more characters)"


def count(value: int | None) -> str:
    """Return a whole number with thousands separators."""
    return _NONE if value is None else f"{value:,}"


def plural(value: int, noun: str) -> str:
    """Return '1 row', '2 rows'."""
    return f"{count(value)} {noun}" + ("" if value == 1 else "s")


def share(value: float | None) -> str:
    """Return a share between 0 and 1 as a percentage with two significant digits."""
    if value is None:
        return _NONE
    percent = 100 * value
    if percent == 0 or percent == 100:
        return f"{percent:.0f} %"
    if percent < 0.01:
        return "< 0.01 %"
    if percent > 99:
        return f"{int(percent * 10) / 10} %"
    return f"{percent:.2g} %"


def p_value(value: float | None) -> str:
    """Return a p-value with two significant digits."""
    if value is None:
        return _NONE
    if value < 1e-300:
        return "< 1e-300"
    if value >= 0.001:
        return f"{value:.2g}"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa}e{int(exponent)}"


def size(value: int) -> str:
    """Return a number of bytes in binary units."""
    amount, units = float(value), ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"]
    while amount >= 1024 and len(units) > 1:
        amount, units = amount / 1024, units[1:]
    return f"{amount:.0f} {units[0]}" if units[0] == "bytes" else f"{amount:.1f} {units[0]}"


def value_text(value: Any) -> str:
    """Return any JSON value as a person reads it: bare text, short numbers, lists with commas."""
    if value is None:
        return _NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return count(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        return shortened(value)
    if isinstance(value, list) and not _nested(value):
        return shortened(", ".join(value_text(item) for item in value))
    if isinstance(value, dict) and not _nested(value.values()):
        return shortened(", ".join(f"{key}: {value_text(value[key])}" for key in sorted(value)))
    return shortened(json.dumps(value, ensure_ascii=False, sort_keys=True))


def expectation(kind: str) -> str:
    """Return an expectation's type as words: 'column values to be between'."""
    return kind.removeprefix("expect_").replace("_", " ")


def removal(finding: dict[str, Any]) -> str:
    """Return which rows must go until a finding is gone: '' where removing rows mends nothing."""
    wanted, rows = finding["removal"], finding["rows"]
    if not wanted:
        return ""
    if wanted["how"] == "until_chance" and wanted["rows"] < rows:
        return (
            f"{count(wanted['rows'])} of the {plural(rows, 'flagged row')}, the highest scores "
            "first: the rest could be chance"
        )
    stays = ": of each group of equals one stays" if wanted["how"] == "copies" else ""
    return f"all {plural(rows, 'flagged row')}{stays}" if rows > 1 else "the flagged row"


def in_context(context: dict[str, Any]) -> str:
    """Return where a trigger stands in an example, and what it says there if that is shown."""
    place = f"word {count(context['word'] + 1)} of {count(context['words'])} of {context['column']}"
    if "trigger" not in context:
        return place
    return f"{place}: … {context['before']}⟦{context['trigger']}⟧{context['after']} …"


def _nested(items: Iterable[Any]) -> bool:
    return any(isinstance(item, list | dict) for item in items)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
