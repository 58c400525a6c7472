"""From options to a run."""

from __future__ import annotations

import contextlib
import datetime
import sys
from collections.abc import Iterator

from pipelines.run import Run
from provender.cli.progress import progress
from provender.io.states import StateStore, default_store
from provender.stats.secret import key_id
from provender.work.dataset import DataSet


@contextlib.contextmanager
def running(
    workers: int, cache: str | None, resume: bool, beam_options: tuple[str, ...] | None
) -> Iterator[Run]:
    """Yield how to run, with progress on stderr.

    Raises:
        UsageError: when the secret key that is given is none.
    """
    key_id()
    with progress() as listener:
        yield Run(
            StateStore(cache or default_store()),
            workers,
            not resume,
            tuple(beam_options or ()),
            listener,
        )


def today() -> datetime.date:
    """Return the day in UTC: verdicts do not depend on where they are made."""
    return datetime.datetime.now(datetime.UTC).date()


def tell_roles(data: DataSet) -> None:
    """Say on stderr which columns play which part, and which of them were inferred."""
    given = data.roles.given()
    parts = [
        f"{role} = {column}" + (" (inferred)" if role in data.inferred else "")
        for role, column in given.items()
    ]
    said = ", ".join(parts) if parts else "none; name columns with --label, --text and so on"
    print(f"roles: {said}", file=sys.stderr)
