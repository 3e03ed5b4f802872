"""What a deployment knows to be sensitive: its own patterns and words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import field, frozen

from ...exceptions import DetectorError
from .finding import Context, Finding

_KIND: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")


def _require_kind(kind: str) -> None:
    if not _KIND.fullmatch(kind):
        raise DetectorError(
            "A detector cannot find things of this kind.",
            where=f"kind {kind!r}",
            expected="up to 31 small letters, digits and dashes, the first a letter",
        )


def _compiled(given: str | re.Pattern[str]) -> re.Pattern[str]:
    try:
        expression = re.compile(given)
    except re.error as error:
        raise DetectorError(
            "This is no regular expression.", where="pattern", got=str(error)
        ) from None
    if expression.match(""):
        raise DetectorError(
            "A pattern that matches nothing at all would be found everywhere.",
            where=f"pattern {expression.pattern!r}",
        )
    return expression


@frozen
class Pattern:
    """What a regular expression matches, of a kind of its own.

    The expression is run as it is by Python's ``re``. One that backtracks without bound, such
    as ``(a+)+b``, takes minutes over a text made for it, on the event loop of a call, where
    nothing can interrupt it: write bounded repetitions (``{1,40}``) or possessive ones (``++``).

    Attributes:
        kind: what it finds, as it will stand in the record: small letters, digits and dashes.
        expression: where it has a group named ``secret``, only that group is found.

    Raises:
        DetectorError: it is no regular expression, matches the empty text, or has no such kind.
    """

    kind: str = field()
    expression: re.Pattern[str] = field(converter=_compiled)
    name: str = field(init=False)

    @name.default
    def _name(self) -> str:
        return f"pattern {self.kind}"

    @kind.validator
    def _check_kind(self, _: object, kind: str) -> None:
        _require_kind(kind)

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        group = "secret" if "secret" in self.expression.groupindex else 0
        for match in self.expression.finditer(text):
            start, end = match.span(group)
            if start < end:
                yield Finding(start, end, self.kind, value=match[group])


@frozen
class Words:
    """The words and phrases of a list, whatever their case, of a kind of their own.

    White space in a phrase stands for any white space, and a word is found only whole.

    Attributes:
        kind: what they are, as it will stand in the record: small letters, digits and dashes.
        words: at least one.

    Raises:
        DetectorError: the list is empty, or has an empty word; or there is no such kind.
    """

    kind: str = field()
    words: Sequence[str] = field(converter=tuple, repr=False)
    name: str = field(init=False)
    _expression: re.Pattern[str] = field(init=False, repr=False, eq=False)

    @name.default
    def _name(self) -> str:
        return f"words {self.kind}"

    @_expression.default
    def _any_of_them(self) -> re.Pattern[str]:
        _require_kind(self.kind)
        if not self.words or not all(word.split() for word in self.words):
            raise DetectorError("A word list needs words.", where=f"words {self.kind!r}")
        longest_first = sorted(set(self.words), key=lambda word: (-len(word), word))
        spelled = (r"\s{1,4}".join(map(re.escape, word.split())) for word in longest_first)
        return re.compile(rf"(?<!\w)(?:{'|'.join(spelled)})(?!\w)", re.IGNORECASE)

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        for match in self._expression.finditer(text):
            yield Finding(*match.span(), self.kind, value=" ".join(match[0].casefold().split()))
