"""The tamper corpus against other tools: case × tool.

python -m benchmarks.tamper_corpus [--scratch bench-out]

Data cases: each tool first records clean data (signs them, adds them, lists their hashes), then the
data are tampered with, then the tool is asked. 'seen' is any complaint, also without naming what
happened. A clean copy must pass, or the tool's column is worth nothing. Cases about DVC's own
records are asked of `dvc status`, and of what `dvc checkout` or `dvc pull` accept; cases about
seals are done to model-signing's signature as far as it has the part that is tampered with.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.table import empty_folder, show
from benchmarks.tools import ask, installed, worker
from tests.provenance.dvc.repository import Repository, copy_repository, make_repository
from tests.tamper.case import Case
from tests.tamper.clean import write_clean
from tests.tamper.corpus import CASES
from tests.tamper.repositories import dvc_sees_nothing, write_manifest

SEEN, MISSED, NONE = "seen", "NOT SEEN", "-"

_SIGNING = """
import json, sys, warnings, logging
logging.disable(logging.CRITICAL)
from model_signing import signing, verifying
for line in sys.stdin:
    verb, data, signature, key = json.loads(line)
    try:
        if verb == "sign":
            signing.Config().use_elliptic_key_signer(private_key=key).sign(data, signature)
        else:
            verifying.Config().use_elliptic_key_verifier(public_key=key).verify(data, signature)
        print("fine", flush=True)
    except Exception as error:
        print("refused:", type(error).__name__, flush=True)
"""
_BAGIT = """
import json, logging, sys
logging.disable(logging.CRITICAL)
import bagit
for line in sys.stdin:
    verb, folder = json.loads(line)
    try:
        if verb == "record":
            bagit.make_bag(folder, checksums=["sha256"])
        else:
            bagit.Bag(folder).validate()
        print("fine", flush=True)
    except Exception as error:
        print("refused:", type(error).__name__, flush=True)
"""

#: Says what a tool thinks of data after ``tamper`` was done to what it had recorded.
Tool = Callable[[Path, Callable[[Path], None]], str]


def dvc(made: Path) -> Tool:
    """`dvc add` before, `dvc status` after; its state database knows the clean files."""
    repository = Repository(made)
    write_clean(repository.folder / "data")
    repository.git("init", "-q")
    repository.dvc("init", "-q")
    repository.dvc("add", "-q", "data")

    def asked(room: Path, tamper: Callable[[Path], None]) -> str:
        copy = copy_repository(repository, room / "repository")
        assert dvc_sees_nothing(copy), "clean data do not pass"
        tamper(copy.folder / "data")
        try:
            return MISSED if dvc_sees_nothing(copy) else SEEN
        except AssertionError:  # it ended with an error
            return SEEN

    return asked


class ModelSigning:
    """Key-based signing, as its command line does it by default."""

    def __init__(self, python: Path, scratch: Path) -> None:
        self.process = worker(python, _SIGNING)
        self.private, self.public = (scratch / f"signing.{end}" for end in ("key", "pub"))
        key = ec.generate_private_key(ec.SECP256R1())
        pem = serialization.Encoding.PEM
        self.private.write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        self.public.write_bytes(
            key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    def sign(self, data: Path, signature: Path) -> None:
        line = json.dumps(["sign", str(data), str(signature), str(self.private)])
        assert ask(self.process, line) == "fine"

    def verify(self, data: Path, signature: Path) -> str:
        line = json.dumps(["verify", str(data), str(signature), str(self.public)])
        return MISSED if ask(self.process, line) == "fine" else SEEN

    def __call__(self, room: Path, tamper: Callable[[Path], None]) -> str:
        data, signature = room / "data", room / "model.sig"
        write_clean(data)
        self.sign(data, signature)
        assert self.verify(data, signature) == MISSED, "clean data do not pass"
        tamper(data)
        return self.verify(data, signature)

    def on_seal(self, case: Case, room: Path) -> str:
        """Do to the signature what a case does to a seal, where it has such a part."""
        data, signature = room / "data", room / "model.sig"
        write_clean(data)
        self.sign(data, signature)
        bundle = json.loads(signature.read_bytes())
        envelope = bundle["dsseEnvelope"]
        match case.name:
            case "18-manifest" | "18-statement":  # its manifest is inside the signed statement
                old = envelope["signatures"]
                (data / "train/one.jsonl").write_text("{}\n")
                self.sign(data, signature)
                bundle = json.loads(signature.read_bytes())
                bundle["dsseEnvelope"]["signatures"] = old
            case "20-replayed":  # the older data and their older signature
                pass
            case "22-stripped":
                envelope["signatures"] = []
            case "22-key":
                other = ModelSigning.__new__(ModelSigning)
                other.process = self.process
                other.private = room / "other.key"
                key = ec.generate_private_key(ec.SECP256R1())
                other.private.write_bytes(
                    key.private_bytes(
                        serialization.Encoding.PEM,
                        serialization.PrivateFormat.PKCS8,
                        serialization.NoEncryption(),
                    )
                )
                material = bundle["verificationMaterial"]
                other.sign(data, signature)
                bundle = json.loads(signature.read_bytes())
                bundle["verificationMaterial"] = material
            case "22-payload-type":
                envelope["payloadType"] = "application/json"
            case _:
                return NONE
        signature.write_text(json.dumps(bundle))
        return self.verify(data, signature)

    def on_reading(self, case: Case, room: Path) -> str:
        """Copies are verified like any data; it serves nothing to a reader, and reads no URL."""
        if case.name != "25-copy":
            return NONE

        def tamper(data: Path) -> None:
            (data / "train/one.jsonl").write_text("{}\n")

        return self(room, tamper)


def bag(python: Path) -> Tool:
    process = worker(python, _BAGIT)

    def asked(room: Path, tamper: Callable[[Path], None]) -> str:
        folder = room / "bag"
        write_clean(folder)
        assert ask(process, json.dumps(["record", str(folder)])) == "fine"
        assert ask(process, json.dumps(["check", str(folder)])) == "fine"
        tamper(folder / "data")
        return MISSED if ask(process, json.dumps(["check", str(folder)])) == "fine" else SEEN

    return asked


def sums(room: Path, tamper: Callable[[Path], None]) -> str:
    """`sha256sum` of every file before, `sha256sum --check --strict` after."""
    data = room / "data"
    write_clean(data)
    files = [p.relative_to(data) for p in data.rglob("*") if p.is_file()]
    lines = [f"{hashlib.sha256((data / p).read_bytes()).hexdigest()}  {p}\n" for p in files]
    (room / "SHA256SUMS").write_text("".join(lines))
    tamper(data)
    check = ["sha256sum", "--check", "--strict", "--quiet", str(room / "SHA256SUMS")]
    return SEEN if subprocess.run(check, cwd=data, capture_output=True).returncode else MISSED


def of_dvc(case: Case, made: Repository, room: Path) -> str:
    """Whether DVC says anything about what was done to its own records, cache or remote.

    Each builder that goes through `dvc checkout` or `dvc pull` asserts what DVC accepted.
    """
    copy = copy_repository(made, room / "repository")
    case.tamper(copy)
    if case.name in ("14-remote-short", "15-swapped", "15-dropped"):
        return _pulled(copy)
    if case.name == "15-dots":
        copy.dvc("checkout", "--force", "data.dvc")
        return MISSED if (copy.base / "escaped.csv").exists() else SEEN
    return MISSED if dvc_sees_nothing(copy) else SEEN


def _pulled(repository: Repository) -> str:
    """A fresh pull: does it succeed and hand out other bytes than were pushed?"""
    good = {p.name: p.read_bytes() for p in (repository.folder / "data").rglob("*") if p.is_file()}
    good["one.csv"] = (repository.folder / "one.csv").read_bytes()
    shutil.rmtree(repository.folder / ".dvc/cache")
    shutil.rmtree(repository.folder / "data")
    (repository.folder / "one.csv").unlink()
    try:
        repository.dvc("pull", "data.dvc", "one.csv.dvc")
    except AssertionError:
        return SEEN
    pulled = [p for p in (repository.folder / "data").rglob("*") if p.is_file()]
    pulled.append(repository.folder / "one.csv")
    return SEEN if {p.name: p.read_bytes() for p in pulled} == good else MISSED


def main() -> None:
    """Print the table and a count for each tool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scratch", type=Path, default=Path("bench-out"))
    given = parser.parse_args()
    scratch = given.scratch.resolve()  # DVC knows its files by their real paths
    scratch.mkdir(parents=True, exist_ok=True)
    signing = installed(scratch, "model-signing", "pyopenssl")
    bags = installed(scratch, "bagit")
    with empty_folder(scratch) as room:
        os.environ["PROVENDER_CACHE"] = str(room / "states")
        signer = ModelSigning(signing, room) if signing else None
        tools: dict[str, Tool | None] = {
            "DVC": dvc(room / "dvc"),
            "model-signing": signer,
            "bagit": bag(bags) if bags else None,
            "sha256sum": sums,
        }
        repository = make_repository(room / "repository")
        write_manifest(repository)
        lines = []
        for case in CASES:
            if case.verb.words.startswith(("provender seal", "provender diff")):
                continue  # about data that are not recorded yet, or documents of ours
            answers = {}
            for name, tool in tools.items():
                with empty_folder(scratch) as place:
                    if tool is None:
                        answers[name] = "not installed"
                    elif case.scene == "data":
                        answers[name] = tool(place, case.tamper)
                    elif case.scene == "dvc":
                        answers[name] = of_dvc(case, repository, place) if name == "DVC" else NONE
                    elif signer and tool is signer:
                        seal = signer.on_seal(case, place)
                        answers[name] = seal if seal != NONE else _fresh(signer, case, scratch)
                    else:
                        answers[name] = NONE
            lines.append([f"{case.name}: {case.what}", *answers.values()])
            print(".", end="", flush=True)
    show("What each tool says of tampering", ("", *tools), lines)
    counts = [Counter(column) for column in list(zip(*lines, strict=True))[1:]]
    show(
        "Counts",
        ("", *tools),
        [(word, *(count[word] for count in counts)) for word in (SEEN, MISSED, NONE)],
    )
    print("  '-': the tool has no such part, or is not asked there (docs/tamper-corpus.md)")


def _fresh(signer: ModelSigning, case: Case, scratch: Path) -> str:
    with empty_folder(scratch) as place:
        return signer.on_reading(case, place)


if __name__ == "__main__":
    main()
