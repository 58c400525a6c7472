"""Cases of what shards hold (1, 8 to 11, 26, 27, 29 to 31)."""

from __future__ import annotations

from tests.tamper.case import Case
from tests.tamper.clean import BIG, LINES, ONE, ROWS, THREE
from tests.tamper.content import (
    add_pickles,
    append,
    edit,
    flip,
    flip_in_page,
    gzip_bomb,
    lie_in_footer,
    page_bomb,
    pickle_as_shard,
    reencode,
    relabel_as_float,
    remove,
    reorder,
    swap_columns,
    truncate,
    widen_label,
    zstd_bomb,
)
from tests.tamper.verbs import DIFF, SEAL, SEAL_BOUNDED, VERIFY, VERIFY_BOUNDED


def big_rows(first: int, last: int) -> str:
    return f"records {first:,} to {last:,}"


_EDITED = (("shard-edited", ONE),)
_BIG = (("shard-edited", BIG),)
CASES = (
    Case(1, "flipped", "a bit flipped, size and time kept", flip, VERIFY, 5, _BIG, "chunk 1"),
    Case(8, "reordered", "rows reordered", reorder, VERIFY, 5, (("shard-reordered", ONE),)),
    Case(
        9, "row-edited", "one row edited", edit, VERIFY, 5, _EDITED, f"{LINES} records sealed, 500"
    ),
    Case(
        9,
        "row-removed",
        "one row removed",
        remove,
        VERIFY,
        5,
        _EDITED,
        f"{LINES} records sealed, 499",
    ),
    Case(
        9, "row-added", "one row added", append, VERIFY, 5, _EDITED, f"{LINES} records sealed, 501"
    ),
    Case(
        9,
        "row-named",
        "one row edited, asked which",
        edit,
        DIFF,
        1,
        (("edited", ONE),),
        '"row": 200',
    ),
    Case(
        10,
        "reencoded",
        "re-encoded only",
        reencode,
        VERIFY,
        5,
        (("shard-reencoded", BIG),),
        f"the same {ROWS:,} records",
    ),
    Case(11, "truncated", "cut short", truncate, VERIFY, 5, (("shard-truncated", BIG),)),
    Case(
        26,
        "footer-lies",
        "Parquet statistics that lie",
        lie_in_footer,
        VERIFY,
        5,
        (("shard-reencoded", BIG),),
    ),
    Case(
        27,
        "page-flipped",
        "a page flipped that has no CRC",
        flip_in_page,
        VERIFY,
        5,
        _BIG,
        big_rows(0, 160_000),
    ),
    Case(
        29,
        "pickles-added",
        "pickles added as .pkl, .pt and .npy",
        add_pickles,
        VERIFY,
        5,
        tuple(("shard-added", f"train/x.{end}") for end in ("npy", "pkl", "pt")),
    ),
    Case(
        29,
        "pickles-sealed",
        "the same, before data are sealed",
        add_pickles,
        SEAL,
        2,
        (),
        "is of no format that can be read",
    ),
    Case(
        29,
        "pickle-as-shard",
        "a shard replaced by a pickle",
        pickle_as_shard,
        VERIFY,
        5,
        (("shard-changed", BIG),),
    ),
    Case(
        29,
        "pickle-sealed",
        "the same, before data are sealed",
        pickle_as_shard,
        SEAL,
        2,
        (),
        "is not Parquet but a Python pickle",
    ),
    Case(
        30,
        "gzip",
        "a gzip bomb added, before data are sealed",
        gzip_bomb,
        SEAL_BOUNDED,
        2,
        (),
        "is longer than 64 MiB",
    ),
    Case(
        30,
        "zstd",
        "a zstd bomb added, before data are sealed",
        zstd_bomb,
        SEAL_BOUNDED,
        2,
        (),
        "is longer than 64 MiB",
    ),
    Case(
        30,
        "page",
        "a shard replaced by a Parquet page that unpacks to 1 GiB",
        page_bomb,
        VERIFY_BOUNDED,
        5,
        (("shard-changed", BIG),),
    ),
    Case(
        31,
        "int-as-float",
        "integers relabelled as floats over the same bytes",
        relabel_as_float,
        VERIFY,
        5,
        (("shard-edited", THREE),),
        "columns or types are others",
    ),
    Case(
        31,
        "columns-swapped",
        "two columns trade names over the same bytes",
        swap_columns,
        VERIFY,
        5,
        (("shard-edited", THREE),),
    ),
    Case(
        31,
        "type-narrowed",
        "equal numbers under another integer type",
        widen_label,
        VERIFY,
        5,
        (("shard-reencoded", THREE),),
        "columns or types are others",
    ),
)
