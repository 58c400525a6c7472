"""Every detector there is, in the order they are listed. Adding one is one line here."""

from __future__ import annotations

from provender.core.finding import Check, CheckStatus, Rule
from provender.detect.alike_responses.detector import AlikeResponses
from provender.detect.base import Comparing, DataView, Detector, Unchecked
from provender.detect.contradiction import Contradiction
from provender.detect.exact_row import ExactRow
from provender.detect.hidden_characters.detector import HiddenCharacters
from provender.detect.label_conflict.detector import LabelConflict
from provender.detect.label_flips.detector import LabelFlips
from provender.detect.marked_responses.detector import MarkedResponses
from provender.detect.near_text import NearText
from provender.detect.one_response import OneResponse
from provender.detect.outliers import RobustColumn
from provender.detect.own_words.detector import OwnWords
from provender.detect.random_words.detector import RandomWords
from provender.detect.repeated_strings.detector import RepeatedStrings
from provender.detect.response_link.detector import ResponseLink
from provender.detect.spectral.detector import ClassSignature
from provender.detect.trusted.rules import TRUSTED

DETECTORS: tuple[Detector, ...] = (
    ExactRow(),
    NearText(),
    Contradiction(),
    LabelConflict(),
    LabelFlips(),
    HiddenCharacters(),
    RandomWords(),
    RepeatedStrings(),
    ResponseLink(),
    OneResponse(),
    AlikeResponses(),
    OwnWords(),
    MarkedResponses(),
    RobustColumn(),
    ClassSignature(),
    *TRUSTED,
)


def rules() -> list[Rule]:
    """Return every detector's rule."""
    return [detector.rule for detector in DETECTORS]


def bind_all(view: DataView) -> tuple[tuple[Detector, ...], list[Check]]:
    """Return the detectors that can run on this data, and a check for each that cannot."""
    bound: list[Detector] = []
    unchecked: list[Check] = []
    for detector in DETECTORS:
        result = detector.bind(view)
        if isinstance(result, Unchecked):
            unchecked.append(Check(detector.rule.id, CheckStatus.NOT_APPLICABLE, result.reason))
        else:
            bound.append(result)
    return tuple(bound), unchecked


def trusted_standards(view: DataView) -> tuple[Detector, ...]:
    """Return what is to be read of trusted data, for the rules that can use them here."""
    readings = [one.reading(view) for one in DETECTORS if isinstance(one, Comparing)]
    return tuple(one for one in readings if not isinstance(one, Unchecked))
