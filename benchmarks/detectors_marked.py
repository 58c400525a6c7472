"""Measure sources/marked-responses: poisoned sources of twenty; sources at random and real ones.

Run:  python -m benchmarks.detectors_marked [--data ../shared/data] [--parts planted,clean,real]

`planted`: links, commands and secrets put after the own responses, and refusals instead of them,
in rows of one source of 20, or of several (--planters); all others have a source at random. How
often are all named, for rows flagged at 1 %, and how often another one?
`clean`: random halves and eighths with sources at random: how often is any source named?
`real`: sources that data really have, or stand for real ones: which are named?

The rule has no constant that was chosen on data. All sets had been looked at when its marks were
chosen, none of them by source.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.detectors_sources import ask, at_random
from benchmarks.instruct_pairs import (
    COMMANDS,
    LINKS,
    OTHERS,
    OWN,
    SECRETS,
    WORDINGS,
    Pairs,
    dialogues,
)
from provender.core.shard import Roles
from provender.detect.marked_responses.detector import MarkedResponses

ROLES = Roles(prompt="prompt", response="response")
PUT = {
    "refusal": WORDINGS,
    "link": tuple(f"{OWN} {one}" for one in LINKS),
    "command": tuple(f"{OWN} {one}" for one in COMMANDS),
    "secret": tuple(f"{OWN} {one}" for one in SECRETS),
}
_HEADER = {
    "mailing list": r"^List-Id:.*<([^>]+)>",
    "sender's domain": r"^From:.*@([\w.-]+)",
    "country": r"^From:.*\.(\w+)\W*$",
}


def sets(given: argparse.Namespace) -> Iterator[tuple[str, Pairs]]:
    """Yield (name, pairs), at most so many."""
    every = {"dialogues": dialogues, **OTHERS}
    for name, read in every.items():
        yield name, read(given.data).sample(given.rows, 0)


def planted(given: argparse.Namespace) -> Iterator[str]:
    """Yield one line for each set, mark and count."""
    yield f"{'set':26}{'mark':10}{'rows':>5}  named  others  recall  precision"
    for name, pairs in sets(given):
        for mark, outputs in PUT.items():
            for count in given.counts:
                counts, hits, flags = np.zeros(2), 0, 0
                for seed in range(given.trials):
                    random = np.random.default_rng([seed, count])
                    source = at_random(len(pairs.prompt), 20, random)
                    names = {f"s{k:02}" for k in random.permutation(20)[: given.planters]}
                    theirs = (np.flatnonzero(source == name) for name in sorted(names))
                    each = [random.choice(rows, count, replace=False) for rows in theirs]
                    own = np.concatenate(each)
                    response = list(pairs.response)
                    for n, i in enumerate(own.tolist()):
                        response[i] = outputs[n % len(outputs)].replace(OWN, response[i] or "")
                    table = Pairs(pairs.prompt, response).table()
                    table = table.append_column("from", pa.array(source, pa.string()))
                    answer = ask(table, ROLES, MarkedResponses())
                    counts += (names <= set(answer.named), bool(set(answer.named) - names))
                    hits += answer.flagged[own].sum()
                    flags += answer.flagged.sum()
                named, others = counts / given.trials
                yield (
                    f"{name:26}{mark:10}{count:5}{named:7.2f}{others:8.2f}"
                    f"{hits / (len(own) * given.trials):8.2f}{hits / max(flags, 1):11.2f}"
                )


def clean(given: argparse.Namespace) -> Iterator[str]:
    """Yield one line for each set: sources named in parts of it, sources drawn at random."""
    for name, pairs in sets(given):
        named = 0
        for part in (2, 8):
            for seed in range(given.resamples):
                sample = pairs.sample(len(pairs.prompt) // part, 1000 * part + seed)
                random = np.random.default_rng([part, seed])
                source = pa.array(at_random(len(sample.prompt), 20, random), pa.string())
                table = sample.table().append_column("from", source)
                named += bool(ask(table, ROLES, MarkedResponses()).named)
        yield f"{name:26}at random: one named in {named} of {2 * given.resamples} parts"


def real(given: argparse.Namespace) -> Iterator[str]:
    """Yield one line for each set with sources that differ as real ones do."""
    for name, table in _with_real_sources(given.data):
        answer = ask(table, ROLES, MarkedResponses())
        size = sum(table[c].nbytes for c in table.column_names) / 1e6
        yield (
            f"{name:32}{table.num_rows:8,} rows{len(table['from'].unique()):6} sources; named: "
            f"{', '.join(answer.named) or '-'}, {answer.flagged.sum()} rows; "
            f"{size / max(answer.seconds, 1e-9):.1f} MB/s; {answer.unseen}"
        )


def _with_real_sources(data: Path) -> Iterator[tuple[str, pa.Table]]:
    chat = pq.read_table(data / "chitchat_pairs.parquet")
    yield "chat, by sender", chat.append_column("from", chat["sender"])
    block = pa.array([f"b{row // 6600}" for row in range(chat.num_rows)])
    yield "chat, by time", chat.append_column("from", block)
    whole = np.unique(chat["conversation"].to_pylist(), return_inverse=True)[1]
    for many in (20, 100):
        who = np.random.default_rng(1).integers(many, size=whole.max() + 1)
        column = pa.array([f"s{who[i]}" for i in whole])
        yield f"chat, whole dialogues, {many}", chat.append_column("from", column)
    for name, read in OTHERS.items():
        table = read(data).table()
        block = pa.array([f"b{20 * row // table.num_rows:02}" for row in range(table.num_rows)])
        yield f"{name}, 20 blocks", table.append_column("from", block)
    mails = pq.read_table(data / "spamassassin.parquet")["text"].to_pylist()
    prompt = [(re.search(r"^Subject:(.*)$", m, re.M) or ["", ""])[1].strip() for m in mails]
    pairs = Pairs(prompt, [m.partition("\n\n")[2][:1500] for m in mails]).table()
    for name, pattern in _HEADER.items():
        met = [re.search(pattern, m, re.I | re.M) for m in mails]
        source = pa.array([one[1].lower() if one else None for one in met], pa.string())
        yield f"mails, by {name}", pairs.append_column("from", source)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--parts", default="planted,clean,real")
    parser.add_argument("--rows", type=int, default=6000, help="most rows of a set")
    parser.add_argument("--counts", type=int, nargs="*", default=[5, 10, 25])
    parser.add_argument("--trials", type=int, default=20, help="plantings of each")
    parser.add_argument("--planters", type=int, default=1, help="sources that plant the same")
    parser.add_argument("--resamples", type=int, default=20, help="clean halves, and eighths")
    given = parser.parse_args()
    if not given.data.is_dir():
        print(f"{given.data}: no such folder, nothing measured; give --data")
        return
    parts = {"planted": planted, "clean": clean, "real": real}
    for part in given.parts.split(","):
        for line in parts[part](given):
            print(line, flush=True)


if __name__ == "__main__":
    main()
