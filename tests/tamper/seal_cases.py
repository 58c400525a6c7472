"""Cases of seals, manifests, trust and evidence (18, 20 to 23, 32, 34)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.tamper.case import Case, Verb
from tests.tamper.seals import (
    change_payload_type,
    diff_manifest,
    downgrade,
    edit_after_scan,
    edit_with_manifest,
    edit_with_seal,
    enforce,
    freeze,
    hostile,
    other_policy,
    release,
    replay,
    reseal_edited,
    resign,
    seal_with_evidence,
    sign_by_two,
    sign_twice,
    strip_signature,
    substitute_key,
    verdict_of_others,
    verify_fresh,
    verify_under_policy,
)
from tests.tamper.verbs import verify

MANIFESTS: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
    (
        "ten-million",
        "a manifest of 10 million entries",
        lambda raw: raw.replace(b'"shards":[', b'"shards":[' + b"{}," * 10_000_000, 1),
    ),
    ("nested", "a manifest nested 200,000 deep", lambda _: b"[" * 200_000 + b"]" * 200_000),
    (
        "nan",
        "a manifest with NaN in it",
        lambda raw: raw.replace(b'"rows":{"count":', b'"rows":{"count":NaN,"x":', 1),
    ),
    (
        "twice",
        "a manifest with a key twice",
        lambda raw: raw.replace(b'"version":', b'"version":"x","version":', 1),
    ),
    ("not-utf8", "a manifest that is not UTF-8", lambda raw: raw.replace(b"train", b"tra\xff\xfe")),
    (
        "outside",
        "a manifest whose shard lies outside",
        lambda raw: raw.replace(b"train/one.jsonl", b"../../one.jsonl", 1),
    ),
)

VERIFY = Verb("provender verify", verify)
FRESH = Verb("provender verify --last-seen", verify_fresh)
UNDER = Verb("provender verify --policy", verify_under_policy)
EVIDENCE = Verb("provender seal --evidence", seal_with_evidence)
ENFORCE = Verb("provender enforce", enforce)
DIFF = Verb("provender diff manifest.json DATA", diff_manifest)


def _case(number: int, variant: str, what: str, tamper: Any, kind: str, **more: Any) -> Case:
    """A case where the seal itself does not hold."""
    return Case(
        number,
        variant,
        what,
        tamper,
        more.pop("verb", VERIFY),
        5,
        ((kind, None),),
        scene=more.pop("scene", "sealed"),
        **more,
    )


CASES = (
    _case(
        18,
        "manifest",
        "data and manifest edited together",
        edit_with_manifest,
        "manifest",
        twin=reseal_edited,
        twin_what="edited and sealed anew by the signer",
    ),
    _case(
        18,
        "statement",
        "data, manifest and statement edited together",
        edit_with_seal,
        "signature",
        twin=reseal_edited,
        twin_what="edited and sealed anew by the signer",
    ),
    _case(
        20,
        "replayed",
        "an older version replayed, seal and data",
        replay,
        "rollback",
        verb=FRESH,
        twin=release,
        twin_what="the newer version",
    ),
    _case(21, "frozen", "newer seals withheld past the expiry", freeze, "expired"),
    _case(
        22,
        "stripped",
        "the signature stripped",
        strip_signature,
        "signature",
        twin=resign,
        twin_what="signed anew",
    ),
    _case(
        22,
        "key",
        "another key under the trusted keyid",
        substitute_key,
        "signature",
        twin=resign,
        twin_what="signed anew",
    ),
    _case(
        22,
        "payload-type",
        "another payload type, validly signed",
        change_payload_type,
        "payload-type",
        twin=resign,
        twin_what="signed anew",
    ),
    _case(
        22,
        "threshold",
        "a threshold of two met by one key twice",
        sign_twice,
        "signature",
        twin=sign_by_two,
        twin_what="signed by two keys",
    ),
    _case(23, "md5", "the digest downgraded to MD5, validly signed", downgrade, "algorithm"),
    _case(
        32,
        "other-data",
        "a clean verdict of other data beside the seal",
        verdict_of_others,
        "evidence",
        scene="judged",
    ),
    _case(
        32,
        "other-policy",
        "a verdict under another policy",
        other_policy,
        "policy",
        verb=UNDER,
        scene="judged",
    ),
    Case(
        32,
        "sealed",
        "a clean verdict handed to the signer with other data",
        edit_after_scan,
        EVIDENCE,
        5,
        (),
        "evidence about other data",
        scene="judged",
    ),
    Case(
        35,
        "enforced",
        "a stale verdict restored beside changed data",
        edit_after_scan,
        ENFORCE,
        5,
        (("shard-changed", "train/one.jsonl"),),
        scene="judged",
    ),
    *(_case(34, name, what, hostile(content), "manifest") for name, what, content in MANIFESTS),
    *(
        Case(
            34,
            f"{name}-parsed",
            f"{what}, unsealed",
            hostile(content),
            DIFF,
            2,
            (),
            "manifest.json",
            scene="sealed",
        )
        for name, what, content in MANIFESTS
    ),
)
