"""Tampering with seals, manifests, trust and evidence (cases 18, 20 to 23, 32, 34)."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Callable
from typing import Any

from provender.core.envelope import Envelope, parse_envelope
from provender.core.statement import STATEMENT_PAYLOAD_TYPE
from tests.provenance.sealing import Place
from tests.tamper.case import Answer
from tests.tamper.content import edit
from tests.tamper.verbs import answer_of, last_seen, provender, seal, verify_words

FAR = datetime.date(2099, 12, 31)
PAST = datetime.date(2020, 1, 1)


def edit_with_manifest(place: Place) -> None:
    """Edit a row, and write the manifest that fits."""
    edit(place.data)
    place.manifest.write_bytes(place.make_manifest().canonical)


def edit_with_seal(place: Place) -> None:
    """Edit a row, and make manifest and statement fit; only the signature is the old one."""
    old = place.envelope()
    edit(place.data)
    place.write_seal(place.make_manifest(), expires=FAR)
    new = place.envelope()
    place.seal.write_bytes(Envelope(new.payload, new.payload_type, old.signatures).to_bytes())


def reseal_edited(place: Place) -> None:
    edit(place.data)
    place.write_seal(place.make_manifest(), sequence=2, expires=FAR)


def release(place: Place) -> None:
    """Let a second version be sealed and seen; keep the first one aside."""
    for name in ("data", "sealed"):
        shutil.copytree(place.folder / name, place.folder / "old" / name)
    reseal_edited(place)
    assert verify_fresh(place).code == 0


def replay(place: Place) -> None:
    """Put an older version, data and seal, back in place after a newer one was seen."""
    release(place)
    for name in ("data", "sealed"):
        shutil.rmtree(place.folder / name)
        shutil.move(place.folder / "old" / name, place.folder / name)


def verify_fresh(place: Place) -> Answer:
    words = verify_words(place)
    return answer_of(*provender(*words, "--last-seen", last_seen(place)))


def freeze(place: Place) -> None:
    """Withhold newer seals until the one that is shown is past its day."""
    place.write_seal(place.make_manifest(), expires=PAST)


def strip_signature(place: Place) -> None:
    good = place.envelope()
    place.seal.write_bytes(Envelope(good.payload, good.payload_type).to_bytes())


def substitute_key(place: Place) -> None:
    """Sign with another key, under the keyid that is trusted."""
    good = place.envelope()
    place.resign("mallory")
    [(_, signature)] = place.envelope().signatures
    [(trusted, _)] = good.signatures
    forged = Envelope(good.payload, good.payload_type, ((trusted, signature),))
    place.seal.write_bytes(forged.to_bytes())


def change_payload_type(place: Place) -> None:
    place.sign(place.seal, Envelope(place.envelope().payload, "application/json"), ["alice"])


def _ask_for_two(place: Place) -> None:
    place.write_trust(["alice", "bob"], 2, ["alice", "bob"], expires=FAR)


def sign_twice(place: Place) -> None:
    """Let one key's signature stand for both signers that are asked for."""
    _ask_for_two(place)
    good = place.envelope()
    [(alice, signature)] = good.signatures
    twice = ((alice, signature), (place.public("bob")[0].keyid, signature))
    place.seal.write_bytes(Envelope(good.payload, good.payload_type, twice).to_bytes())


def sign_by_two(place: Place) -> None:
    _ask_for_two(place)
    place.resign("alice", "bob")


def downgrade(place: Place) -> None:
    """Name the manifest by MD5, validly signed."""
    place.edit_payload(lambda v: v["subject"][0].update(digest={"md5": "0" * 32}), ["alice"])


def resign(place: Place) -> None:
    place.resign("alice")


# --- evidence (32) ------------------------------------------------------------------------------

#: The data's shards are of unlike numbers, which is a finding, but not what is tried here.
POLICY = "version: 1\nrequired: [identity/manifest]\nreject_at: error\n"


def judge(place: Place) -> None:
    """Scan, and seal the evidence along with the data."""
    (place.folder / "policy.yaml").write_text(POLICY)
    words = ("scan", place.data, "--out", place.folder / "scan")
    assert provender(*words, "--policy", place.folder / "policy.yaml")[0] == 0
    found = seal(place, "--evidence", place.folder / "scan")
    assert found.code == 0, found.text
    shutil.rmtree(place.folder / "sealed")
    (place.folder / "again").rename(place.folder / "sealed")


def verify_under_policy(place: Place) -> Answer:
    words = verify_words(place)
    return answer_of(*provender(*words, "--policy", place.folder / "policy.yaml"))


def verdict_of_others(place: Place) -> None:
    """Put a clean verdict about other data beside the seal, validly signed."""
    path = place.seal.parent / "verdict.dsse.json"
    value = json.loads(parse_envelope(path.read_bytes()).payload)
    value["subject"][0]["digest"] = {"sha256": "0" * 64}
    payload = json.dumps(value).encode()
    place.sign(path, Envelope(payload, STATEMENT_PAYLOAD_TYPE), ["alice"])


def other_policy(place: Place) -> None:
    """Ask for a stricter policy than the one the sealed verdict was made under."""
    (place.folder / "policy.yaml").write_text("version: 1\nreject_at: warning\n")


def edit_after_scan(place: Place) -> None:
    edit(place.data)


def seal_with_evidence(place: Place) -> Answer:
    return seal(place, "--evidence", place.folder / "scan")


def enforce(place: Place) -> Answer:
    words = ("enforce", place.data, "--out", place.folder / "scan", "--format", "json")
    return answer_of(*provender(*words))


# --- hostile manifests (34) ---------------------------------------------------------------------


def hostile(content: Callable[[bytes], bytes]) -> Callable[[Place], None]:
    """Replace the manifest, which anybody may write, by a hostile one."""

    def act(place: Place) -> None:
        place.manifest.write_bytes(content(place.manifest.read_bytes()))

    return act


def diff_manifest(place: Place) -> Answer:
    """Hand the manifest, unsealed, to who parses it whatever it is."""
    words = ("diff", place.manifest, place.data, "--format", "json")
    code, out, err = provender(*words)
    assert (code == 0) is bool(out)
    return Answer(code, frozenset(), err)


def _changed(raw: bytes, change: Callable[[Any], None]) -> bytes:
    value = json.loads(raw)
    change(value)
    return json.dumps(value).encode()
