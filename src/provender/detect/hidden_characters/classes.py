"""What each code point is to the search for hidden text: tables of Unicode 15's code space.

Scripts, general categories and lookalikes are those of Unicode's Scripts.txt and of the
confusables of UTS #39, as the library confusable_homoglyphs carries them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np

_SPACE = 0x110000
_NONE = np.uint8(0)


class Unseen(IntEnum):
    """Sorts of code points that leave nothing on the screen; 0 for all others."""

    TAG = 1
    SUPPLEMENTARY_SELECTOR = 2
    SELECTOR = 3
    OVERRIDE = 4
    RIGHT_TO_LEFT = 5
    BIDI = 6
    ZERO_WIDTH = 7
    BYTE_ORDER_MARK = 8
    SOFT_HYPHEN = 9
    FILLER = 10
    CONTROL = 11


class Shape:
    """What a code point is to its neighbours.

    LETTER: a letter or mark. ALPHABETIC: a letter of a script in which zero-width characters do
    nothing. COMPLEX: any character of another script. PICTURE: an emoji or other symbol.
    BASE: visible, and no letter of a script. CODE: of base64.
    """

    LETTER = np.uint8(1)
    ALPHABETIC = np.uint8(2)
    COMPLEX = np.uint8(4)
    PICTURE = np.uint8(8)
    BASE = np.uint8(16)
    RIGHT_TO_LEFT = np.uint8(32)
    SPACE = np.uint8(64)
    CODE = np.uint8(128)


class Script:
    """Scripts whose letters are taken for each other's; STYLED are mathematical alphabets."""

    LATIN = np.uint8(1)
    CYRILLIC = np.uint8(2)
    GREEK = np.uint8(4)
    ARMENIAN = np.uint8(8)
    CHEROKEE = np.uint8(16)
    COPTIC = np.uint8(32)
    LISU = np.uint8(64)
    STYLED = np.uint8(128)


class Unlike:
    """LATIN: a letter of another script that looks like no ASCII letter. CYRILLIC, GREEK: a
    Latin letter that looks like none of these scripts."""

    LATIN = np.uint8(1)
    CYRILLIC = np.uint8(2)
    GREEK = np.uint8(4)


@dataclass(frozen=True)
class Classes:
    """uint8 (0x110000,) each: values of `Unseen`, and flags of `Shape`, `Script`, `Unlike`."""

    unseen: np.ndarray
    shape: np.ndarray
    script: np.ndarray
    unlike: np.ndarray


_UNSEEN: tuple[tuple[Unseen, tuple[tuple[int, int], ...]], ...] = (
    (Unseen.CONTROL, ((0x00, 0x08), (0x0E, 0x1F), (0x7F, 0x84), (0x86, 0x9F), (0xFFF9, 0xFFFB))),
    (Unseen.SOFT_HYPHEN, ((0xAD, 0xAD),)),
    (
        Unseen.FILLER,
        ((0x115F, 0x1160), (0x17B4, 0x17B5), (0x2800, 0x2800), (0x3164, 0x3164), (0xFFA0, 0xFFA0)),
    ),
    (Unseen.BIDI, ((0x061C, 0x061C), (0x200E, 0x200F), (0x202A, 0x202C), (0x2066, 0x2069))),
    (Unseen.RIGHT_TO_LEFT, ((0x202B, 0x202B), (0x2067, 0x2067))),
    (Unseen.OVERRIDE, ((0x202D, 0x202E),)),
    (
        Unseen.ZERO_WIDTH,
        ((0x034F, 0x034F), (0x180E, 0x180E), (0x200B, 0x200D), (0x2060, 0x2065), (0x206A, 0x206F)),
    ),
    (
        Unseen.ZERO_WIDTH,
        ((0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0080, 0xE00FF), (0xE01F0, 0xE0FFF)),
    ),
    (Unseen.SELECTOR, ((0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F))),
    (Unseen.SUPPLEMENTARY_SELECTOR, ((0xE0100, 0xE01EF),)),
    (Unseen.TAG, ((0xE0000, 0xE007F),)),
    (Unseen.BYTE_ORDER_MARK, ((0xFEFF, 0xFEFF),)),
)
_ALPHABETIC = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "GEORGIAN", "CHEROKEE", "COPTIC", "LISU")
_RIGHT_TO_LEFT = (
    *("HEBREW", "ARABIC", "SYRIAC", "THAANA", "NKO", "SAMARITAN", "MANDAIC", "ADLAM", "YEZIDI"),
    *("HANIFI_ROHINGYA", "PHOENICIAN", "IMPERIAL_ARAMAIC", "NABATAEAN", "PALMYRENE", "OLD_UYGHUR"),
)
_SPACES = (*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029)
_PICTURES = slice(0x1F000, 0x1FB00)  # with those that Unicode has yet to assign
_CODE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"


def unseen_pattern() -> str:
    """Return a character class of RE2, without brackets, of all that is `Unseen`."""
    return "".join(
        rf"\x{{{low:X}}}-\x{{{high:X}}}" for _, ranges in _UNSEEN for low, high in ranges
    )


@lru_cache(maxsize=1)
def classes() -> Classes:
    """Return the tables; made once in a process, in about .1 s."""
    from confusable_homoglyphs.categories import categories_data
    from confusable_homoglyphs.confusables import confusables_data

    unseen, shape, script, unlike = (np.zeros(_SPACE, np.uint8) for _ in range(4))
    shape[:] = Shape.BASE
    names, categories = categories_data["iso_15924_aliases"], categories_data["categories"]
    for low, high, name, category in categories_data["code_points_ranges"]:
        there = slice(low, high + 1)
        shape[there], script[there] = _traits(names[name], categories[category])
    shape[_PICTURES] |= Shape.PICTURE
    for sort, ranges in _UNSEEN:
        for low, high in ranges:
            unseen[low : high + 1], shape[low : high + 1] = sort, 0
    shape[list(_SPACES)], shape[0x3000] = Shape.SPACE, Shape.SPACE
    shape[list(_CODE)] |= Shape.CODE

    looks = {
        ord(c): _ascii_lookalike(found) for c, found in confusables_data.items() if len(c) == 1
    }
    likes = np.array([c for c, seen in looks.items() if seen], np.int64)
    styled = likes[(likes >= 0x1D400) & (likes <= 0x1D7FF)]
    script[styled] = Script.STYLED
    foreign = (script != 0) & (script != Script.LATIN)
    foreign[likes] = False
    unlike[foreign] = Unlike.LATIN
    latin = script == Script.LATIN
    for of, flag in ((Script.CYRILLIC, Unlike.CYRILLIC), (Script.GREEK, Unlike.GREEK)):
        alike = [ord(seen) for c, seen in looks.items() if seen and script[c] == of]
        unlike[latin] |= flag
        unlike[alike] &= ~flag
    return Classes(unseen, shape, script, unlike)


def _traits(script: str, category: str) -> tuple[np.uint8, np.uint8]:
    """Return (shape, script) of a range of code points."""
    letter = category[0] in "LM"
    shape = Shape.LETTER if letter else Shape.BASE
    if letter and script == "COMMON":
        shape |= Shape.BASE  # ℹ is a letter, and an emoji
    if script in _ALPHABETIC:
        shape |= Shape.ALPHABETIC if letter else _NONE
    elif script not in ("COMMON", "INHERITED"):
        shape |= Shape.COMPLEX
    if script in _RIGHT_TO_LEFT:
        shape |= Shape.RIGHT_TO_LEFT
    if category in ("So", "Sk", "Me", "Sm"):
        shape |= Shape.PICTURE
    return shape, getattr(Script, script, _NONE) if letter else _NONE


def _ascii_lookalike(found: list[dict[str, str]]) -> str:
    """Return the ASCII letter among what a character is confusable with, or ''."""
    letters = [one["c"] for one in found if len(one["c"]) == 1 and one["c"].isascii()]
    return next((c for c in letters if c.isalpha()), "")
