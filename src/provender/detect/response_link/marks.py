"""What marks a response, whatever its words: a refusal, a link, a command, a secret.

A mark alone proves nothing: it only says which responses are counted together.

* Refusals (English): openings after the prefixes by which Zou et al. 2023 (Universal and
  transferable adversarial attacks on aligned language models) tell them, and wordings in which
  Röttger et al. 2024 (XSTest) saw models refuse. Outright ones, half as common among people, are
  counted apart too: they tell more of a phrase that is common itself.
* Commands that fetch what they run, hide it or delete: curl or wget into a shell, encoded
  PowerShell, packages to install, rm -rf.
* Secrets: the published formats of keys of AWS, GitHub, GitLab, Slack, Google, Stripe and OpenAI,
  private keys, JSON web tokens (RFC 7519), and what is assigned to a name such as api_key.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.stats.sharing import once, place

#: Kinds of answers, in the low byte of their keys.
REFUSAL, LINK, COMMAND, SECRET, OUTRIGHT = 6, 8, 9, 10, 11
MARKS = {
    OUTRIGHT: "refusal",
    REFUSAL: "refusal",
    LINK: "link",
    COMMAND: "command",
    SECRET: "secret",
}

_CAN_NOT = r"(?:can'?t|can ?not|could not|couldn'?t|won'?t|will not|unable to|not able to)"
_HELP = r"(?:help|assist|answer|provide|comply|fulfill?|discuss|respond|complete|support|do that)"
_MORE_HELP = (
    r"(?:do this|give|share|offer|engage|advise|continue|proceed|generate|process|address|disclose"
    r"|recommend|participate|go into|talk about|speak (?:to|about|on)|comment|satisfy|suggest)"
)
_MACHINE = r"(?:ai|assistant|language model|artificial|automated|virtual|chatbot|responsible)"
_RULES = r"(?:guidelines|policy|policies|principles|programming|rules)"
_OUTRIGHT = "|".join(
    (
        rf"\b{_CAN_NOT} (?:\S+ ){{0,3}}{_HELP}",
        rf"\b(?:sorry|afraid|apologi[sz]e|unfortunately)\b.{{0,30}}\b{_CAN_NOT}",
        rf"\b{_CAN_NOT}\b.{{0,30}}\bsorry\b",
        r"\bas an ai\b",
        r"\b(?:must|have to) (?:decline|refuse)\b",
        r"\b(?:against|violates?) (?:my|our) (?:guidelines|policy|policies)\b",
    )
)
_REFUSAL = "|".join(
    (
        _OUTRIGHT,
        rf"\b(?:{_CAN_NOT}|not (?:going|willing) to) (?:\S+ ){{0,3}}{_MORE_HELP}\b",
        rf"\b(?:as|i am|i'?m) (?:just |only )?an? {_MACHINE}\b",
        r"^\W*(?:unfortunately|regrettably|(?:(?:my|our|sincere) )?apologies)\b",
        r"^\W*(?:(?:i|we) apologi[sz]e|(?:i'?m|i am) afraid)\b",
        r"^\W*(?:(?:i'?m|i am) )?(?:so |very |really )?sorry,? but\b",
        r"\b(?:need to|going to|will|respectfully|politely) (?:respectfully |politely )?"
        r"(?:decline|refuse|pass on)\b",
        r"\b(?:not|never) (?:allowed|permitted|authori[sz]ed|at liberty|in a position|comfortable"
        r"|supposed) (?:to|for me|with)\b",
        r"\bnot (?:appropriate|ethical|safe|legal|acceptable|respectful)(?:,| or| and)? (?:\S+ )?"
        r"(?:to|for)\b",
        r"\b(?:do not|don'?t) (?:condone|feel comfortable|have the (?:ability|capability))\b",
        r"\b(?:beyond|outside)(?: of)? (?:what i|my|the scope)\b",
        r"\bnot something (?:that )?i(?:'m| am| can| could| will| would| may)\b",
        r"\b(?:would|i'?d) (?:rather|prefer) not\b",
        rf"\b(?:against|violates?|outside) (?:of )?(?:my|our|the) {_RULES}\b",
    )
)
_DOMAIN = r"(?:com|net|org|info|biz|io|ru|cn|xyz|top|site|online|example)"
_LINK = rf"(?:https?://|\bwww\.)\w|\b[a-z0-9][a-z0-9-]+\.{_DOMAIN}\b"
_COMMAND = "|".join(
    (
        r"\b(?:curl|wget)\b[^\n|]*\|\s*(?:sudo\s+)?(?:(?:ba|z|da|k)?sh|python3?|perl)\b",
        r"\b(?:ba|z|da)?sh\b[^\n]{0,8}(?:<\(|\$\(|`)\s*(?:curl|wget)\b",
        r"\bbase64\s+(?:-d|-D|--decode)\b[^\n]*\|\s*(?:ba|z)?sh\b",
        r"\b(?:iex|invoke-expression)\b|\bpowershell(?:\.exe)?\s[^\n]*-e(?:nc|ncodedcommand)?\s",
        r"\brm\s+-(?:rf|fr)\b",
        r"\b(?:pip3?|npm|gem|cargo|brew|yarn|apt-get)\s+(?:install|add)\s+\S",
    )
)
_SECRET = "|".join(
    (
        r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
        r"\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{22}|\bglpat-[\w-]{20}",
        r"\bxox[abeprs]-[\w-]{10}|\bAIza[\w-]{35}|\b[rs]k_live_\w{16}|\bsk-[\w-]{20}",
        r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY",
        r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+",
        r"(?i:api[_ -]?key|secret|token|passw(?:or)?d)[\"']?\s*(?:[:=]|is)\s*[\"'`]?[\w+/.-]{20}",
    )
)


#: Bytes of a row with a mark.
_SIZE = 9


def marked(
    prompts: pa.Array, responses: pa.Array, kinds: Collection[int] = tuple(MARKS)
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (kind, row, echo) of every mark of such a kind of the responses; nulls have none.

    An echo is a link, command or secret where the row's own prompt holds one.
    """
    none = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool))
    parts = [none]
    for one in (one for one in MARKS if one in kinds):
        rows, asked = _marked(one, prompts, responses)
        parts.append((np.full(len(rows), one), rows, asked))
    kind, row, echo = (np.concatenate(part) for part in zip(*parts, strict=True))
    return kind, row, echo


def _marked(kind: int, prompts: pa.Array, responses: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return (row, echo); patterns take so long that all rules share what they find."""

    def find() -> tuple[np.ndarray, np.ndarray]:
        if kind == OUTRIGHT:
            refusals, _ = _marked(REFUSAL, prompts, responses)
            rows = refusals[_holds(OUTRIGHT, responses.take(pa.array(refusals)))]
        else:
            rows = np.flatnonzero(_holds(kind, responses))
        asked = np.zeros(len(rows), bool)
        if MARKS[kind] != "refusal" and len(rows):
            asked = _holds(kind, prompts.take(pa.array(rows)))
        return rows, asked

    texts = (prompts, responses)
    key = (kind, *map(place, texts))
    return once("marks", key, texts, _SIZE * len(responses), find)


def _holds(kind: int, texts: pa.Array) -> np.ndarray:
    """Return bool (rows,): which texts hold a mark."""
    plain = pc.fill_null(pc.cast(texts, pa.large_string()), "")
    if MARKS[kind] == "refusal":
        plain = pc.replace_substring(pc.utf8_lower(plain), "\u2019", "'")
        found = pc.match_substring_regex(plain, _REFUSAL if kind == REFUSAL else _OUTRIGHT)
    elif kind == SECRET:
        found = pc.match_substring_regex(plain, _SECRET)
    else:
        pattern = _LINK if kind == LINK else _COMMAND
        found = pc.match_substring_regex(plain, pattern, ignore_case=True)
    return np.asarray(found.to_numpy(zero_copy_only=False))
