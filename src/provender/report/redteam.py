"""What a red team found, in words: the least that is found, blind spots, false alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from provender.report.wording import count, plural, share, visible

_ANY = "any"
_WHO = ("source", "annotator")
_WHERE = {"spread": "spread", "source": "from one source", "annotator": "by one annotator"}
COLUMNS = (
    "attack",
    "arm",
    "found by",
    "rows",
    "bounds",
    "found",
    "alarm",
    "alarms",
    "who",
    "recall",
    "clean",
)
#: Columns of figures that share one in the terminal.
_STACKED = (("rows", "bounds"), ("found",), ("alarm", "alarms"), ("who",), ("recall",), ("clean",))


def render_redteam(document: dict[str, Any], console: Console) -> None:
    """Print redteam.json: a line for each attack and rule that finds it, then what is not found."""
    _print_curves(document, console)
    for line in told(document):
        console.print(Text(line))


def _print_curves(document: dict[str, Any], console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), caption_justify="left")
    # In two lines each, so that eighty columns hold the longest names.
    for heads in (("attack", "arm"), ("found by",)):
        table.add_column("\n".join(heads), overflow="fold")
    for heads in _STACKED:
        table.add_column("\n".join(heads), justify="right", no_wrap=True)
    for line in shown(document):
        cell = dict(zip(COLUMNS, line.cells, strict=True))
        names = f"{cell['attack']}\n{cell['arm']}", cell["found by"].replace("/", "/\n")
        figures = ("\n".join(cell[name] for name in heads) for heads in _STACKED)
        table.add_row(*names, *figures, style=None if line.able else "red")
    if table.row_count:
        console.print(table)
        console.print(Text(key(document)))


@dataclass(frozen=True)
class Line:
    """How one rule does against one attack.

    Attributes:
        cells: as `COLUMNS` names them.
        able: whether it reaches the power at any count.
    """

    cells: tuple[str, ...]
    able: bool


def shown(document: dict[str, Any]) -> Iterator[Line]:
    """Yield the lines of the table."""
    for curve in _curves(document):
        last, least = curve["counts"][-1], curve["minimum"]
        cells = (
            curve["attack"],
            curve["arm"],
            curve["rule"] if curve["rule"] != _ANY else "nothing",
            count(least["count"]),
            f"{_bound(least['low'])}–{_bound(least['high'])}",
            _of_trials(curve, "found"),
            count(curve["alarm_minimum"]["count"]),
            _of_trials(curve, "alarmed"),
            _of_trials(curve, "contributor_named") if curve["arm"] in _WHO else "",
            share(last["recall"]),
            f"{last['clean_flagged']:,.1f}",
        )
        yield Line(cells, least["count"] is not None)


def key(document: dict[str, Any]) -> str:
    """Return what the table's columns say."""
    return (
        f"rows: from so many on {share(document['power'])} of the plantings are found; bounds: at "
        f"{share(document['confidence'])}, ? where the trials are too few to say; found: in so "
        "many trials; alarm: from so many rows on the policy rejects that share for it; alarms: in "
        "so many trials; who: the source or annotator is named in so many; recall and clean rows "
        "flagged: at the largest count."
    )


def told(document: dict[str, Any]) -> Iterator[str]:
    """Yield what the table does not say: how it was searched, blind spots, false alarms, gaps."""
    yield from (
        _searched(document),
        *_blind(document),
        *_quiet(document),
        *_clean(document),
        *_missing(document),
    )


def unlike(
    document: dict[str, Any], findings: dict[str, Any], verdict: dict[str, Any]
) -> tuple[str, ...]:
    """Return in what a scan of the same data was made otherwise than the red team's searches."""
    pairs = {
        "roles": (document["roles"], findings["roles"]),
        "policy": (document["policy_digest"], verdict["policy_digest"]),
        "trusted data": (_root(document["trusted"]), _root(findings["trusted"])),
        "secret key": (document["hash_key"], findings["hash_key"]),
    }
    return tuple(name for name, (one, other) in pairs.items() if one != other)


def _curves(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield for each attack the rules that reach the power; where none does, what any found."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for curve in document["curves"]:
        groups.setdefault((curve["attack"], curve["arm"]), []).append(curve)
    for curves in groups.values():
        able = [c for c in curves if c["rule"] != _ANY and c["minimum"]["count"] is not None]
        yield from sorted(able, key=lambda c: c["minimum"]["count"]) or [
            c for c in curves if c["rule"] == _ANY
        ]


def _bound(value: int | None) -> str:
    return "?" if value is None else count(value)


def _of_trials(curve: dict[str, Any], figure: str) -> str:
    trials = sum(one["trials"] for one in curve["counts"])
    return f"{count(sum(one[figure] for one in curve['counts']))}/{count(trials)}"


def _searched(document: dict[str, Any]) -> str:
    rates = f"false discovery rate {document['fdr']:g}, alarm rate {document['alarm_rate']:g}"
    trusted = document["trusted"]
    if trusted is None:
        return f"searched as by a scan without trusted data: {rates}"
    named = "root named beforehand" if trusted["pinned"] else "no root named beforehand"
    return (
        f"searched as by a scan with trusted data {visible(trusted['root'])} "
        f"({plural(trusted['rows'], 'row')}, {named}): {rates}"
    )


def _root(trusted: dict[str, Any] | None) -> str | None:
    return None if trusted is None else str(trusted["root"])


def _blind(document: dict[str, Any]) -> Iterator[str]:
    trials = {
        (c["attack"], c["arm"]): sum(one["trials"] for one in c["counts"])
        for c in document["curves"]
        if c["rule"] == _ANY
    }
    for spot in document["blind_spots"]:
        where = _WHERE.get(spot["arm"], spot["arm"])
        yield (
            f"blind spot: {spot['attack']}, {where}: up to {plural(spot['count'], 'row')} it is "
            f"not found with that power (at most {share(spot['best'])}, "
            f"in {plural(trials.get((spot['attack'], spot['arm']), 0), 'trial')})"
        )


def _quiet(document: dict[str, Any]) -> Iterator[str]:
    """Yield what is found, and for what the policy does not reject with the power."""
    for curve in document["curves"]:
        found, rejected = curve["minimum"]["count"], curve["alarm_minimum"]["count"]
        if curve["rule"] == _ANY and found is not None and rejected is None:
            where = _WHERE.get(curve["arm"], curve["arm"])
            most = plural(curve["counts"][-1]["count"], "row")
            yield (
                f"found without alarm: {curve['attack']}, {where}: up to {most} the policy does "
                "not reject with that power"
            )


def _clean(document: dict[str, Any]) -> Iterator[str]:
    halves = document["clean_halves"]
    loud = [r for r in document["clean"] if r["findings"] or r["halves_with_findings"]]
    for rule in loud:
        yield (
            f"nothing planted: {rule['rule']} flags {plural(rule['rows'], 'row')} of the data as "
            f"they are{_as(rule['level'])}, and has findings in {rule['halves_with_findings']} of "
            f"{_halves(halves['trials'])}, alarms in {count(rule['halves_with_alarms'])}"
        )
    for rule in loud:
        if rule["rejects"]:
            yield (
                f"nothing planted: the policy rejects the data as they are for {rule['rule']}; "
                "its alarms on copies say nothing"
            )
    if document["clean"] and loud:
        of = _halves(halves["trials"])
        yield f"nothing planted: an alarm of any rule in {count(halves['alarms'])} of {of}"
    if document["clean"] and not loud:
        yield f"nothing planted: no finding, in {_halves(halves['trials'])} neither"


def _as(level: str) -> str:
    return f" ({level})" if level else ""


def _halves(trials: int) -> str:
    return f"{count(trials)} random {'half' if trials == 1 else 'halves'}"


def _missing(document: dict[str, Any]) -> Iterator[str]:
    reasons: Counter[str] = Counter()
    attacks: dict[str, list[str]] = {}
    for line in document["not_measured"]:
        reasons[line["reason"]] += line["trials"]
        attacks.setdefault(line["reason"], []).append(line["attack"])
    for reason, trials in sorted(reasons.items()):
        names = [name for name in dict.fromkeys(attacks[reason]) if name]
        # That the time was up says nothing of an attack; that rows are too few does.
        of = f" of {', '.join(names)}" if 0 < len(names) < len(document["attacks"]) else ""
        yield f"not measured: {plural(trials, 'trial')}{of} ({visible(reason)})"
    roles = document["roles"]
    if "source" not in roles:
        yield "not tried: poison from one source (the data name none; give --source where they do)"
    if "annotator" not in roles and not {"label", "response"}.isdisjoint(roles):
        yield "not tried: poison by one annotator (the same, with --annotator)"
    lacking: dict[str, list[str]] = {}
    for attack in document["unfit"]:
        lacking.setdefault(attack["reason"], []).append(attack["name"])
    for reason, names in lacking.items():
        yield f"not tried: {', '.join(names)} ({reason})"
