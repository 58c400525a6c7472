"""The rules that compare with trusted data."""

from __future__ import annotations

from provender.core.finding import Level, Rule, Sufficient
from provender.detect.class_distance import ClassDistance
from provender.detect.label_flips.detector import LabelFlips
from provender.detect.outliers import RobustColumn
from provender.detect.trusted.detector import TrustedRows

_NULL = (
    "Rows of {} are exchangeable with the trusted rows of the same: split conformal ranks "
    "among the half of the trusted rows that the measure was not made from, and the exact "
    "hypergeometric tail of how many rows lie beyond the highest of them. A row's p-value is "
    "twice the lesser."
)
_BLIND = (
    " Data that differ from the trusted by nature (later, from elsewhere) look like poison. "
    "Few trusted rows tell little; what the trusted data hold too is normal."
)
_REFERENCES = (
    "Vovk, Gammerman, Shafer 2005, Algorithmic learning in a random world",
    "Bates, Candès, Lei, Romano, Sesia 2023, Testing for outliers with conformal p-values",
    "Epstein 1954, Tables for the distribution of the number of exceedances",
)


def _rule(name: str, title: str, sees: str, blind: str, among: str, measured: str) -> Rule:
    return Rule(
        id=f"trusted/{name}",
        title=title,
        sees=sees,
        blind=blind + _BLIND,
        null_model=_NULL.format(among),
        false_alarms=measured,
        level=Level.NOTE,
        references=_REFERENCES,
        removal=Sufficient.EACH,
    )


OUTLIERS = _rule(
    "outliers",
    "Numbers beyond the trusted ones",
    "Rows with a number farther from its column's body than trusted rows have it, in any share "
    "of the data.",
    "Values within the trusted body; odd combinations of ordinary values.",
    "the data",
    "At a rate of 1 %: no row flagged in 60 random halves of Adult, flights and diamonds with the "
    "other half trusted; of the p-values .2 to .5 % were at most .01.",
)
CLASS_DISTANCE = _rule(
    "class-distance",
    "Rows far from their trusted class",
    "Rows farther from the mean of their class, in any direction, than trusted rows of it are: "
    "patches on images, odd embeddings, text of another kind.",
    "Triggers that change the features less than rows of a class differ; classes of fewer than "
    "20 trusted rows in one half.",
    "a class",
    "At a rate of 1 %: rows flagged in 1 of 100 random halves of digits, MNIST, BBC, R8 and "
    "SpamAssassin with the other half trusted (24 of MNIST); of the p-values .1 to .5 % were at "
    "most .01.",
)
LABELS = _rule(
    "label-flips",
    "Labels that trusted data contradict",
    "Rows whose text, judged by trusted texts, says another class than their label more clearly "
    "than any trusted row does.",
    "Flips in ambiguous texts; labels that content does not foretell; classes whose trusted rows "
    "are mislabelled too.",
    "a label",
    "At a rate of 1 %: no row flagged in 60 random halves of BBC, R8 and SpamAssassin with the "
    "other half trusted; of the p-values .2 to .4 % were at most .01.",
)
TRUSTED = (
    TrustedRows(OUTLIERS, RobustColumn(), by_class=False),
    TrustedRows(CLASS_DISTANCE, ClassDistance(CLASS_DISTANCE), by_class=True),
    TrustedRows(LABELS, LabelFlips(), by_class=True),
)
