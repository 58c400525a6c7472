"""The kinds of text that a person does not see as the model does, gravest first."""

from __future__ import annotations

from dataclasses import dataclass

from provender.core.finding import Level


@dataclass(frozen=True)
class Kind:
    """One kind of hidden text.

    Attributes:
        name: kebab case; the subject of its finding.
        level: of the kind.
        repeated: level of one pattern of this kind that several rows share.
        message: one sentence for a person.
        common: share of the rows beyond which a kind that is never more than a note is usual in
            the data: told in the coverage, and not listed row by row. A payload is listed longer.
    """

    name: str
    level: Level
    repeated: Level
    message: str
    common: float = 0.001


KINDS: tuple[Kind, ...] = (
    Kind(
        "tag-characters",
        Level.ERROR,
        Level.ERROR,
        "invisible tag characters (U+E0000 to U+E007F) outside an emoji flag: hidden ASCII text",
    ),
    Kind(
        "variation-selector-bytes",
        Level.ERROR,
        Level.ERROR,
        "runs of variation selectors, or supplementary ones after no ideograph: hidden bytes",
    ),
    Kind(
        "bidi-override",
        Level.ERROR,
        Level.ERROR,
        "characters that turn the order of left-to-right text round on the screen",
    ),
    Kind(
        "zero-width-code",
        Level.ERROR,
        Level.ERROR,
        "8 or more invisible characters of several sorts in a row: hidden bits",
    ),
    Kind(
        "disguised-word",
        Level.NOTE,
        Level.WARNING,
        "words that read as Latin and have letters of another script",
    ),
    Kind(
        "split-word",
        Level.NOTE,
        Level.WARNING,
        "words cut by an invisible character that has no function in their script",
    ),
    Kind(
        "mixed-script-word",
        Level.NOTE,
        Level.NOTE,
        "Cyrillic or Greek words with Latin letters that look alike: mostly slips of a typist",
    ),
    Kind("soft-hyphen", Level.NOTE, Level.NOTE, "soft hyphens (U+00AD)"),
    Kind("byte-order-mark", Level.NOTE, Level.NOTE, "byte order marks (U+FEFF) inside cells"),
    Kind(
        "control-character", Level.NOTE, Level.NOTE, "control characters that are not white space"
    ),
    Kind("invisible-filler", Level.NOTE, Level.NOTE, "blank letters, such as the Hangul filler"),
    Kind(
        "variation-selector",
        Level.NOTE,
        Level.NOTE,
        "variation selectors after nothing that varies, as is left of a removed emoji",
    ),
    Kind(
        "bidi-control",
        Level.NOTE,
        Level.NOTE,
        "bidirectional marks and embeddings in text without right-to-left letters",
    ),
    Kind("zero-width", Level.NOTE, Level.NOTE, "zero-width characters where they do nothing"),
    Kind(
        "base64-run",
        Level.NOTE,
        Level.NOTE,
        "120 or more characters of base64 in a row",
        common=0.01,
    ),
    Kind("hex-run", Level.NOTE, Level.NOTE, "120 or more hexadecimal digits in a row", common=0.01),
)

#: Place of each kind in `KINDS` by name.
PLACE = {kind.name: i for i, kind in enumerate(KINDS)}
