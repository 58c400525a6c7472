"""provender diff: how two data sets differ."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import click

from provender.cli.options import format_option, run_options


class _Columns(click.Option):
    """May be given more than once; one name alone, as provender.yaml has it, is one column."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        return super().type_cast_value(ctx, [value] if isinstance(value, str) else value)


@click.command()
@click.argument("before")
@click.argument("after")
@click.option(
    "--key",
    cls=_Columns,
    multiple=True,
    metavar="COL",
    help="Column that names a record (more than once for several): tells changed cells.",
)
@click.option(
    "--list",
    "most",
    type=click.IntRange(0, 100_000),
    default=20,
    metavar="N",
    help="Records listed of each kind (default: 20); all are counted.",
)
@click.option("--show-content", is_flag=True, help="Let changed cells tell their values.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 where the records differ (edited).")
@run_options
@format_option
@click.pass_obj
def diff(
    beam_options: tuple[str, ...],
    before: str,
    after: str,
    key: tuple[str, ...],
    most: int,
    show_content: bool,
    exit_code: bool,
    workers: int,
    cache: str | None,
    resume: bool,
    format_: str,
) -> int:
    """Say how AFTER differs from BEFORE: identical, re-encoded, reordered, re-sharded or edited.

    Each is a manifest.json, the output folder of a scan, data, or one of these at a git revision
    (REV:PATH). Records are told apart where both are data.
    """
    from provender.report.changes import change_lines
    from provender.work.sides import Wanted

    wanted = Wanted(key, most, show_content)
    with tempfile.TemporaryDirectory(prefix="provender-diff-") as folder:
        change, sentence = _compare(
            (before, after), wanted, Path(folder), (workers, cache, resume, beam_options)
        )
    if format_ == "json":
        print(json.dumps(change, indent=2, sort_keys=True))
    else:
        print("\n".join([sentence, *change_lines(change)]))
    return int(exit_code and change["kind"] == "edited")


def _compare(
    places: tuple[str, str], wanted: Any, folder: Path, how: tuple[Any, ...]
) -> tuple[dict[str, Any], str]:
    from provender.cli.sides import locate, side_of
    from provender.core.comparison import DIFF_VERSION, compare, unmatched
    from provender.core.manifest import Manifest
    from provender.work.sides import Side

    found = [locate(place, folder / str(n)) for n, place in enumerate(places)]
    if all(isinstance(one, Manifest) for one in found):
        sides, records = [Side(one) for one in found if isinstance(one, Manifest)], None
        change = compare(sides[0].manifest, sides[1].manifest)
    else:
        # Only now is Beam needed, which takes seconds to import.
        from provender.cli.running import running
        from provender.work.differing import differing_records

        sides = []
        for one in found:
            with running(*how) as run:  # each with a progress of its own
                sides.append(side_of(one, run))
        change = compare(sides[0].manifest, sides[1].manifest)
        shards = unmatched(sides[0].manifest, sides[1].manifest)
        records = (
            differing_records((sides[0], sides[1]), shards, wanted, run.store, folder)
            if change.kind == "edited" and all(side.data for side in sides)
            else None
        )
    document = {
        "version": DIFF_VERSION,
        **change.to_json(),
        "roots": [side.manifest.root for side in sides],
        "records": None if records is None else records.to_json(),
        "limits": _limits(change.kind, sides),
    }
    return document, change.sentence()


def _limits(kind: str, sides: list[Any]) -> list[str]:
    lost = [word for word, side in zip(("BEFORE", "AFTER"), sides, strict=True) if not side.data]
    if kind != "edited" or not lost:
        return []
    are = "is a manifest" if len(lost) == 1 else "are manifests"
    return [
        f"which records differ: {' and '.join(lost)} {are}, which holds one digest for all "
        "records of a shard; to tell records apart, name the data of both"
    ]
