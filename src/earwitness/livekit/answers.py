"""What the agent meant to say, beside what was heard of it."""

from __future__ import annotations

from collections import deque
from typing import Final

from ..events import AnswerPlayed

MAX_LETTERS: Final = 100_000
"""What an answer may have until the rest is not kept: no one listens for two hours."""

_MOST_UNSPOKEN: Final = 8


class Answers:
    """Follows an agent's answers from their words to the end of their sound."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._letters = 0
        self._whole: deque[str] = deque()
        self._seconds = 0.0
        self._spoken: deque[float] = deque()

    def word(self, text: str) -> None:
        """A part of an answer's text came."""
        if self._letters < MAX_LETTERS:
            self._letters += len(text)
            self._words.append(text)

    def end_of_words(self) -> None:
        """There is no more text."""
        if self._words:
            self._whole.append(self._joined())
            while len(self._whole) > _MOST_UNSPOKEN:  # a session of text alone
                self._whole.popleft()

    def sound(self, seconds: float) -> None:
        """A part of an answer's sound was handed to the sink."""
        self._seconds += seconds

    def end_of_sound(self) -> None:
        """There is no more sound."""
        if self._seconds:
            self._spoken.append(self._seconds)
            self._seconds = 0.0

    def played(self, position: float, interrupted: bool, heard: str | None) -> AnswerPlayed | None:
        """The sink is done with an answer; None if it had none.

        Args:
            position: seconds that it has played.
            interrupted: it was told to stop before the end.
            heard: the text up to there, if somebody kept it in step.
        """
        seconds = self._spoken.popleft() if self._spoken else self._seconds
        if not seconds:
            return None
        if not self._spoken:
            self._seconds = 0.0
        # Those before the last were never spoken: interrupted before any sound, or text alone.
        said = self._whole.pop() if self._whole else self._joined() or None
        self._whole.clear()
        if heard is None and not interrupted:
            heard = said
        return AnswerPlayed(
            said=said, heard=heard, seconds=seconds, played=position, interrupted=interrupted
        )

    def forget(self) -> None:
        """Keep no words: what was said in a pause is not to be told after it."""
        self._joined()
        self._whole.clear()

    def _joined(self) -> str:
        text = "".join(self._words)
        self._words.clear()
        self._letters = 0
        return text
