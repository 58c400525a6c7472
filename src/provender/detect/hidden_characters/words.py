"""Words that read as one script and are written in two, or in the wrong one."""

from __future__ import annotations

import numpy as np

from provender.detect.hidden_characters.classes import Script, Shape, Unlike, classes
from provender.detect.hidden_characters.kinds import PLACE
from provender.detect.hidden_characters.text import Text

_LEAST = 3  # letters
_OMICRON = (0x39F, 0x3BF)


def disguised_words(text: Text) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return int64 (n,): kind, start and stop of words whose letters are not what they seem."""
    none = np.zeros(0, np.int64)
    table = classes()
    script = table.script[text.points]
    starts, stops = text.runs((text.shape & Shape.LETTER) != 0)
    long_enough = stops - starts >= _LEAST
    starts, stops = starts[long_enough], stops[long_enough]
    if not len(starts):
        return none, none, none
    words = _Words(text, script, table.unlike[text.points], starts, stops)
    disguised, slip = words.mixed()
    disguised |= words.whole()
    hit = disguised | slip
    kind = np.where(disguised, PLACE["disguised-word"], PLACE["mixed-script-word"])
    return kind[hit], starts[hit], stops[hit]


class _Words:
    """Scripts and lookalikes of each word (a run of letters and marks of one row)."""

    def __init__(
        self,
        text: Text,
        script: np.ndarray,
        unlike: np.ndarray,
        starts: np.ndarray,
        stops: np.ndarray,
    ) -> None:
        self.text, self.script, self.unlike = text, script, unlike
        self.starts, self.stops = starts, stops
        self.scripts = self._all(np.bitwise_or, script)
        self.unlikes = self._all(np.bitwise_or, unlike)
        self.latin = self._all(np.add, (script == Script.LATIN).astype(np.int64))
        foreign = (script & ~Script.LATIN) != 0
        self.foreign = self._all(np.add, foreign.astype(np.int64))

    def _all(self, how: np.ufunc, values: np.ndarray) -> np.ndarray:
        """Reduce ``values`` (n,) over each word."""
        edges = np.stack([self.starts, self.stops], axis=1).reshape(-1)
        padded = np.append(values, values.dtype.type(0))
        return np.asarray(how.reduceat(padded, edges)[::2])

    def mixed(self) -> tuple[np.ndarray, np.ndarray]:
        """Tell which words of Latin and one other script read as Latin, and which as the other."""
        other = self.scripts & ~Script.LATIN
        two = ((self.scripts & Script.LATIN) != 0) & (other != 0) & (other & (other - 1) == 0)
        as_latin = two & ((self.unlikes & Unlike.LATIN) == 0) & ~self._notation(other)
        as_cyrillic = (other == Script.CYRILLIC) & ((self.unlikes & Unlike.CYRILLIC) == 0)
        as_greek = (other == Script.GREEK) & ((self.unlikes & Unlike.GREEK) == 0)
        slip = two & (as_cyrillic | as_greek) & (self.foreign > self.latin) & ~as_latin
        return as_latin, slip

    def _notation(self, other: np.ndarray) -> np.ndarray:
        """One Greek letter at the edge of a Latin word, as in TNFα: a name, no disguise."""
        greek = self.script == Script.GREEK
        greek &= ~np.isin(self.text.points, _OMICRON)
        edge = greek[self.starts] | greek[self.stops - 1]
        return np.asarray((other == Script.GREEK) & (self.foreign == 1) & edge)

    def whole(self) -> np.ndarray:
        """One other script whose letters all look Latin, in a row that is otherwise Latin."""
        one = (self.scripts & (self.scripts - 1) == 0) & (self.scripts > Script.LATIN)
        one &= (self.scripts != Script.STYLED) & ((self.unlikes & Unlike.LATIN) == 0)
        place = np.cumsum(self.text.first) - 1
        latin = np.bincount(place, self.script == Script.LATIN)
        foreign = np.bincount(place, (self.script & ~Script.LATIN) != 0)
        real = np.bincount(place, (self.unlike & Unlike.LATIN) != 0)
        own = place[self.starts]
        return np.asarray(one & (latin[own] > foreign[own]) & (real[own] == 0))
