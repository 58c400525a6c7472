"""Which documents carry a candidate's label as the rest of their content says.

Rest is what no candidate for that label covers: the pieces of a template stand together and would
vouch for each other, as what planted rows have taught the tables.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from provender.detect.label_conflict.evidence import Evidence
from provender.detect.label_conflict.groups import Found, Groups
from provender.detect.label_conflict.model import Labelled


def agreeing(
    documents: Labelled,
    found: Found,
    groups: Groups,
    evidence: Evidence,
    contradicts: np.ndarray,
) -> np.ndarray:
    """Return int64 (n,) ascending, text * number of groups + group: those that agree.

    Args:
        contradicts: bool (groups, strata), as `contradicting`.
    """
    classes = np.arange(len(groups.model.classes))
    text, group = found.pair // groups.size, found.pair % groups.size
    family = replace(groups, label=classes, member_of=groups.label[groups.member_of])
    label = groups.label[group]
    whole = Found(text * len(classes) + label, found.first, found.length)
    weighed = family.weigh(documents, whole, evidence)
    pair = np.unique(found.pair)
    text, group = pair // groups.size, pair % groups.size
    label = groups.label[group]
    at = np.searchsorted(weighed.text * len(classes) + weighed.group, text * len(classes) + label)
    mine = documents.label[text] == label
    return np.asarray(pair[mine & ~contradicts[group, weighed.stratum[at]]])
