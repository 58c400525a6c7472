"""Where CSV records end: RFC 4180's quoting, found for a whole piece of bytes at once.

A line feed ends a record where the number of quotes before it is even. That holds only while
quotes stand where RFC 4180 has them, so others are refused: readers disagree about them, and a
file must mean the same records to everyone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from provender.errors import InputError

_QUOTE, _COMMA, _LF, _CR = b'",\n\r'
_BEFORE_OPENING = np.array([_COMMA, _LF, _QUOTE], np.uint8)
_AFTER_CLOSING = np.array([_COMMA, _LF, _CR, _QUOTE], np.uint8)
_MEND = "quote the field and double the quotes in it (RFC 4180)"


def header_end(data: bytes) -> int:
    """Return the offset after the first record of ``data``."""
    end = data.find(b"\n") + 1
    while end and data.count(b'"', 0, end) % 2:
        end = data.find(b"\n", end) + 1
    return end or len(data)


class QuoteSplitter:
    """Finds record ends in a CSV text that arrives in pieces.

    Args:
        subject: the shard's name, for errors.
    """

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self._quoted = 0  # 1 inside a quoted field
        self._last = b"\n"  # the byte before the piece
        self._line = 1
        self._opened = 1  # line of the last opening quote

    def last_end(self, piece: bytes) -> int:
        """Return the offset after the last record end in ``piece``; 0 where none ends there.

        Raises:
            InputError: for a quote where RFC 4180 has none, or a CR without LF outside quotes.
        """
        octets = np.frombuffer(self._last + piece, np.uint8)
        quotes = np.flatnonzero(octets[1:] == _QUOTE) + 1
        # Quote k is an opening one when the number of quotes before it is even.
        opening, closing = quotes[self._quoted :: 2], quotes[1 - self._quoted :: 2]
        self._refuse(piece, opening, ~np.isin(octets[opening - 1], _BEFORE_OPENING))
        if self._last == b'"' and not self._quoted:
            closing = np.concatenate([[0], closing])
        closing = closing[closing < len(piece)]
        self._refuse(piece, closing, ~np.isin(octets[closing + 1], _AFTER_CLOSING))
        returns = np.flatnonzero(octets[:-1] == _CR)
        # A CR at index 0 stands before the piece: no quote of the piece precedes it.
        bare = returns[octets[returns + 1] != _LF]
        outside = bare[(np.searchsorted(quotes, bare) + self._quoted) % 2 == 0]
        if len(outside):
            line = self._line + piece.count(b"\n", 0, max(int(outside[0]) - 1, 0))
            cause = f"line {line} has a carriage return without a line feed"
            raise InputError(self._subject, cause, "write line ends as LF or CRLF")
        breaks = np.flatnonzero(octets[1:] == _LF) + 1
        ends = breaks[(np.searchsorted(quotes, breaks) + self._quoted) % 2 == 0]
        if len(opening):
            self._opened = self._line + piece.count(b"\n", 0, int(opening[-1]) - 1)
        self._quoted = (self._quoted + len(quotes)) % 2
        self._last, self._line = piece[-1:], self._line + piece.count(b"\n")
        return int(ends[-1]) if len(ends) else 0

    def finish(self) -> None:
        """Refuse a text that ends inside of a quoted field.

        Raises:
            InputError: naming the line where the field begins.
        """
        if self._quoted:
            cause = f"the quote opened in line {self._opened} is never closed"
            raise InputError(self._subject, cause, _MEND)

    def _refuse(
        self, piece: bytes, quotes: npt.NDArray[np.int64], wrong: npt.NDArray[np.bool_]
    ) -> None:
        if wrong.any():
            place = max(int(quotes[wrong][0]) - 1, 0)
            line = self._line + piece.count(b"\n", 0, place)
            raise InputError(self._subject, f"line {line} has a quote inside a field", _MEND)
