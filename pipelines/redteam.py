"""redteam: known poison in copies of the data, and how much of it detection finds.

A trial lays a copy, takes it through survey, fingerprint and detect as any data, and stores what
came of it under a name over all that it depends on. So a run that was cut off goes on where it was.
"""

from __future__ import annotations

import datetime
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.detect import detect, detectors_for, first_analyses
from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run, cores
from pipelines.trusted import trust
from provender.attacks.registry import attack, fitting
from provender.beam.pool import in_completion_order, worker_pool
from provender.core.policy import Policy
from provender.core.shard import Roles
from provender.detect.base import Detector
from provender.errors import InputError, NothingCheckedError, UsageError
from provender.io.outputs import OutputFolder, write_json
from provender.io.states import StateStore
from provender.work.dataset import DataSet
from provender.work.deciding import load_policy, verdict_on
from provender.work.redteam.copies import Base, lay_base, lay_copy, link
from provender.work.redteam.document import Plan, Result, redteam_document
from provender.work.redteam.page import page_with
from provender.work.redteam.scored import score
from provender.work.redteam.trial import Trial, cells_of, search_digest, trial_name, trials_of
from provender.work.trusted import Trusted, TrustRequest
from provender.work.validation import validation_document


@dataclass(frozen=True)
class RedteamRequest:
    """What to try; paths as the user gave them.

    Attributes:
        attacks: names; none for all that the data can carry.
        policy: path of the policy file; None for the default policy.
        trusted: data to compare with, as `scan` does; None for none.
        budget: seconds after which no trial is started; None for no limit.
    """

    inputs: tuple[str, ...]
    out: str
    roles: Roles = field(default_factory=Roles)
    attacks: tuple[str, ...] = ()
    counts: tuple[int, ...] = (5, 10, 25, 50, 100, 250)
    seeds: int = 5
    policy: str | None = None
    trusted: TrustRequest | None = None
    budget: float | None = None


@dataclass(frozen=True)
class Bench:
    """What every trial is given: the copy to plant in, and where its result goes.

    Attributes:
        policy: without waivers that hold no more.
        trusted: what trusted data say, if there are some.
        stop: when no trial is started any more, by the machine's monotonic clock; None for never.
    """

    base: Base
    policy: Policy
    store: StateStore
    trusted: Trusted | None = None
    stop: float | None = None


def redteam(
    request: RedteamRequest,
    run: Run,
    today: datetime.date,
    surveyed: Callable[[DataSet], None] = lambda _: None,
    told: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Make the trials that are not stored yet; write redteam.json and return it.

    A report of the same data that lies beside it is written anew, with the red team's part.

    Args:
        run: ``workers`` trials are made side by side; its store keeps their results.
        today: the day that waivers are judged by.
        surveyed: told of the data set before the long work starts.
        told: told of each trial.

    Raises:
        NothingCheckedError: when the data can carry no attack, or no rule runs on it.
        ProvenderError: nothing is published then; trials that were made are not made again.
    """
    stop = None if request.budget is None else time.monotonic() + request.budget
    for name in request.attacks:
        attack(name)
    policy = load_policy(request.policy)
    folder = OutputFolder(request.out)
    data = survey(request.inputs, request.roles, run)
    surveyed(data)
    trusted = trust(request.trusted, data, run)
    manifest, _ = fingerprint(data, run)
    detectors, _ = detectors_for(data, trusted)
    plan = _plan(request, data, detectors, policy, trusted)
    live = policy.as_of(today)
    said = trusted.standards if trusted else {}
    search = search_digest(detectors, live, {rule: one.digest for rule, one in said.items()})
    names = {
        trial: trial_name(trial, manifest.root, data.roles, search)
        for trial in trials_of(plan.cells, plan.counts, plan.seeds)
    }
    if run.fresh:
        for name in names.values():
            run.store.discard(name)
    waiting = [trial for trial, name in names.items() if run.store.get(name) is None]
    told(f"{len(names) - len(waiting):,} of {len(names):,} trials are known from before")
    with folder.staging() as draft:
        if waiting and not _over(stop):
            scratch = draft / "scratch"
            base = _base(data, trusted, scratch, run)
            bench = Bench(base, live, run.store, trusted, stop)
            _make([(trial, names[trial]) for trial in waiting], bench, run, told)
            shutil.rmtree(scratch)
        results = {trial: _stored(run.store, name) for trial, name in names.items()}
        document = redteam_document(manifest, plan, {t: r for t, r in results.items() if r})
        write_json(draft / "redteam.json", document)
        if page := page_with(folder, document):
            (draft / "report.html").write_text(page, "utf-8")
    return document


def _plan(
    request: RedteamRequest,
    data: DataSet,
    detectors: Sequence[Detector],
    policy: Policy,
    trusted: Trusted | None,
) -> Plan:
    able, unfit = fitting(data.view, data.roles)
    for name in request.attacks:
        if name in unfit:
            raise UsageError(f"--attack {name}", unfit[name], "name its columns, or leave it out")
    wanted = tuple(
        one.name for one in able if one.name in (request.attacks or {a.name for a in able})
    )
    if not wanted:
        raise NothingCheckedError(
            "the data",
            "can carry none of the attacks",
            "name columns with --text, --label and so on",
        )
    if not detectors:
        raise NothingCheckedError("the data", "no rule runs on them", "see `provender rules`")
    return Plan(
        attacks=wanted,
        unfit={} if request.attacks else unfit,
        cells=cells_of(wanted, data.roles),
        counts=tuple(sorted(set(request.counts))),
        seeds=request.seeds,
        rules=tuple(detector.rule.id for detector in detectors),
        roles=data.roles,
        policy=policy,
        trusted=trusted.to_json() if trusted else None,
    )


def _base(data: DataSet, trusted: Trusted | None, scratch: Path, run: Run) -> Base:
    """Lay the copy, and know of it what no planted row changes."""
    base = lay_base(data, run.store, scratch)
    own = Run(StateStore(str(scratch / "states")), run.workers)
    copy = survey((str(scratch / "shards"),), data.roles, own)
    fingerprint(copy, own, first_analyses(copy, trusted))
    return base


def _make(
    waiting: Sequence[tuple[Trial, str]],
    bench: Bench,
    run: Run,
    told: Callable[[str], None],
) -> None:
    """Make trials side by side until all are made or the time is up; those in hand are ended."""
    calls = [(run_trial, (trial, name, bench)) for trial, name in waiting]
    with worker_pool(min(run.workers or cores(), len(calls))):
        for number, (position, _) in enumerate(in_completion_order(calls), 1):
            told(f"{number}/{len(calls)} {waiting[position][0]}")
            if _over(bench.stop):
                break


def run_trial(trial: Trial, name: str, bench: Bench) -> None:
    """Make one trial and store its result under ``name``; nothing where the time is up.

    A pool hands its workers some calls ahead, which nobody can take back.
    """
    if _over(bench.stop):
        return
    place = bench.base.folder / name.rpartition("/")[2]
    try:
        result = _result(trial, bench, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    bench.store.put(name, json.dumps(result, sort_keys=True).encode())


def _result(trial: Trial, bench: Bench, place: Path) -> Result:
    try:
        truth = lay_copy(bench.base, trial, place / "shards")
    except InputError as error:
        return {"refused": error.cause}
    shutil.copytree(bench.base.folder / "states", place / "states", copy_function=link)
    run = Run(StateStore(str(place / "states")), workers=1)
    data = survey((str(place / "shards"),), bench.base.roles, run)
    manifest, _ = fingerprint(data, run, first_analyses(data, bench.trusted))
    rates = bench.policy.rates
    detected = detect(data, manifest, run, rates, explaining=False, trusted=bench.trusted)
    nothing, any_day = validation_document(manifest.root, None, []), datetime.date.min
    verdict = verdict_on(bench.policy, manifest, detected.document, nothing, any_day)
    starts = data.starts().tolist()
    rules = score(detected.document, detected.marks, starts, truth, verdict.rejecting, run.store)
    return {"rules": rules, "rows": data.rows}


def _stored(store: StateStore, name: str) -> Result | None:
    raw = store.get(name)
    return None if raw is None else json.loads(raw)


def _over(stop: float | None) -> bool:
    return stop is not None and time.monotonic() >= stop
