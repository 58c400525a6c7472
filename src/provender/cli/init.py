"""provender init: a commented provender.yaml from a look at the data."""

from __future__ import annotations

from pathlib import Path

import click

from provender.cli.options import data_argument, inputs_of
from provender.core.shard import Roles
from provender.errors import UsageError

_ROLES = {
    "label": "the class a model learns; label conflicts and spectral signatures need it",
    "text": "free text; near-duplicates and trigger grams need it",
    "prompt": "what is asked, in instruction data",
    "response": "what is answered",
    "embedding": "a list of numbers per record, for spectral signatures",
    "image": "pixels as a list of numbers",
    "source": "who contributed the record; poison gathers in sources",
    "annotator": "who labelled or answered it; so do bad labels",
    "key": "what names the record; left out when records are compared",
}


@click.command()
@data_argument
@click.option("--out", default="provender.yaml", show_default=True, metavar="FILE")
@click.option("--force", is_flag=True, help="Replace the file.")
def init(data: tuple[str, ...], out: str, force: bool) -> int:
    """Look at DATA and write a commented provender.yaml.

    Only the first shard's columns are looked at.
    """
    import yaml

    from provender.io.discover import discover
    from provender.io.outputs import write_whole
    from provender.io.reader import schema_of, survey
    from provender.io.schema import unify
    from provender.work.roles import resolve_roles

    inputs = inputs_of(data)
    if Path(out).exists() and not force:
        raise UsageError(out, "exists already", "use --force to replace it")
    refs = discover(inputs)
    shard, _ = survey(refs[0])
    schema = schema_of(shard)
    roles, _ = resolve_roles(unify([(refs[0].name, schema)]), Roles())
    lines = [
        "# Options for provender; what is typed wins. docs/cli.md lists them all.",
        "",
        f"# {len(refs)} shards, {sum(r.size for r in refs):,} bytes; columns of {refs[0].name}:",
        *(f"#   {field.name}: {field.type}" for field in list(schema)[:60]),
        "data:",
        *(f"  - {yaml.safe_dump(i).splitlines()[0]}" for i in inputs),
        "out: provender-out",
        "",
        "# Which column plays which part; inferred from names and types. Correct them.",
        "roles:" if roles.given() else "# roles:",
    ]
    for role, meaning in _ROLES.items():
        column = getattr(roles, role)
        lines.append(f"  # {role}: {meaning}")
        if column is None:
            lines.append(f"  # {role}: COLUMN")
        else:
            lines.append(f"  {role}: {yaml.safe_dump(column).splitlines()[0]}")
    lines += [
        "",
        "# A Great Expectations suite: `provender infer DATA --out suite.json` proposes one.",
        "# suite: suite.json",
        "# What may pass, how many, who waived what (docs/policy.md).",
        "# policy: policy.yaml",
        "# Output folder of an earlier scan that is trusted.",
        "# baseline: previous-out",
        "# Data you vouch for, of the same kind, to compare with (docs/detectors/trusted.md).",
        "# trusted: last-year/*.parquet",
        "",
        "# Local worker processes; 0: one per core.",
        "# workers: 0",
    ]
    write_whole(out, "\n".join(lines) + "\n")
    print(f"{out} written; next: provender scan")
    return 0
