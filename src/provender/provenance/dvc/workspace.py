"""The workspace against what DVC's files record of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from provender.errors import ProvenderError
from provender.provenance.dvc.finding import Findings, Tell
from provender.provenance.dvc.hashing import Digests, Job, hash_all
from provender.provenance.dvc.ignore import Rule, hiding_rule
from provender.provenance.dvc.objects import Known
from provender.provenance.dvc.place import Place
from provender.provenance.dvc.record import Record, names
from provender.provenance.dvc.tree import tree_md5


@dataclass
class Workspace:
    """What lies there.

    Attributes:
        files: path → digests, of every file that was asked for and could be read.
        folders: path of a folder → paths of the files below it.
        unread: paths of files that are there and could not be hashed; told already.
    """

    files: dict[str, Digests] = field(default_factory=dict)
    folders: dict[str, list[str]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)


def hash_workspace(
    place: Place, paths: Iterable[str], known: Known, findings: Findings, tell: Tell
) -> Workspace:
    """Hash the files at, or below, each path; what is refused becomes a finding."""
    found = Workspace()
    wanted: dict[str, None] = {}

    def refused(error: ProvenderError) -> None:
        findings.refuse(error)
        found.unread.add(error.subject)

    for path in sorted(set(paths)):
        try:
            is_folder = place.is_folder(path)
        except ProvenderError as error:
            refused(error)
            continue
        if is_folder:
            below = [f for f in place.files(path, refused) if not _of_dvc(f)]
            found.folders[path] = _well_named(path, below, findings)
            wanted |= dict.fromkeys(found.folders[path])
        elif is_folder is False:
            wanted[path] = None
    jobs = [Job(path, partial(place.open, path)) for path in wanted]
    for path, done in zip(wanted, hash_all(jobs, "workspace", tell), strict=True):
        if isinstance(done, Digests):
            found.files[path] = done
            known.saw(done, path)
        elif done is not None:
            refused(done)
    return found


def check_record(
    record: Record,
    workspace: Workspace,
    known: Known,
    rules: list[Rule],
    findings: Findings,
) -> None:
    """Compare what lies at a record's path with the record."""
    if record.md5 is None and record.files is None:
        if record.cached and record.is_output:
            findings.add("malformed", record.source, f"records no MD5 of {record.path}")
    elif record.path in workspace.unread:
        pass  # told already, as unreadable
    elif record.path not in workspace.files and record.path not in workspace.folders:
        findings.add("absent", record.path, f"is not in the workspace ({record.source})")
    elif record.is_folder != (record.path in workspace.folders):
        what = "a folder" if record.is_folder else "a file"
        findings.add(_kind(record, "changed"), record.path, f"is recorded as {what}")
    elif record.is_folder:
        _check_folder(record, workspace, known, rules, findings)
    else:
        _check_file(record, workspace.files[record.path], findings)


def _check_file(record: Record, found: Digests, findings: Findings) -> None:
    if found.md5 != record.md5:
        if record.legacy:
            cause = "was recorded by DVC 2, which hashes texts otherwise; add it again"
            findings.add("legacy", record.path, cause)
        else:
            cause = f"is not the recorded bytes ({record.source})"
            findings.add(_kind(record, "changed"), record.path, cause)
    elif record.size not in (None, found.size):
        cause = f"has {found.size:,} bytes, {record.source} says {record.size:,}"
        findings.add(_kind(record, "changed"), record.path, cause)


def _check_folder(
    record: Record,
    workspace: Workspace,
    known: Known,
    rules: list[Rule],
    findings: Findings,
) -> None:
    prefix = f"{record.path}/" if record.path else ""
    below = workspace.folders[record.path]
    found = {p[len(prefix) :]: workspace.files[p].md5 for p in below if p in workspace.files}
    if any(p not in workspace.files for p in below) or any(
        p.startswith(prefix) for p in workspace.unread
    ):
        findings.add("unreadable", record.path, "holds files that could not be hashed")
    elif record.md5 is not None and tree_md5(found) == record.md5:
        known.trees.setdefault(record.md5, found)
        return
    listed = dict(record.files) if record.files is not None else None
    if listed is None:
        listed = known.trees.get(str(record.md5))
    others = found if listed is None else found.keys() - listed.keys()
    hidden = {n: rule for n in others if (rule := hiding_rule(rules, prefix + n))}
    if listed is None:
        seen = {name: md5 for name, md5 in found.items() if name not in hidden}
        if not hidden or tree_md5(seen) != record.md5:
            cause = (
                f"is not the recorded folder ({record.source}); its list of files is not at hand"
            )
            kind = "legacy" if record.legacy else _kind(record, "changed")
            findings.add(kind, record.path, cause)
            return
        known.trees[str(record.md5)] = listed = seen
    _compare(record, listed, found, hidden, prefix, workspace.unread, findings)


def _compare(
    record: Record,
    listed: Mapping[str, str],
    found: Mapping[str, str],
    hidden: Mapping[str, Rule],
    prefix: str,
    unread: set[str],
    findings: Findings,
) -> None:
    holder = {md5: name for name, md5 in listed.items()}
    for name in sorted(listed.keys() | found.keys()):
        path = prefix + name
        now, then = found.get(name), listed.get(name)
        if now == then or path in unread:
            continue
        twin = holder.get(str(now))
        bears = f"; holds the bytes recorded for {twin}" if twin not in (None, name) else ""
        if then is None and name in hidden:
            cause = f"was added, and is hidden from DVC by {hidden[name].said}{bears}"
            findings.add("ignored", path, cause)
        elif then is None:
            findings.add(_kind(record, "added"), path, f"is in no record ({record.source}){bears}")
        elif now is None:
            findings.add(_kind(record, "missing"), path, f"is recorded, but gone ({record.source})")
        elif record.legacy:
            findings.add("legacy", path, "was recorded by DVC 2, which hashes texts otherwise")
        else:
            cause = f"is not the recorded bytes ({record.source}){bears}"
            findings.add(_kind(record, "changed"), path, cause)


def _kind(record: Record, kind: str) -> str:
    """An input that is not as it was makes what a stage gave stale; it need not be damage."""
    return kind if record.is_output else "stale"


def _of_dvc(path: str) -> bool:
    return path.startswith((".dvc/", ".git/"))


def _well_named(folder: str, below: list[str], findings: Findings) -> list[str]:
    """Return the files; a name that means two things on two machines is told."""
    try:
        names(below, folder)
    except ProvenderError as error:
        findings.add("name", folder, error.cause)
    return below
