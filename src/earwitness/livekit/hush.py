"""Which answers are silent in the recording: those generated, if only in part, during a pause.

An answer is spoken long after it was generated: its words come first, then its sound, which the
sink plays when it gets to it. So what was generated while nothing was kept would be heard when that
is over. It is told by its words and its frames as they pass, not by when they are played.
"""

from __future__ import annotations


class Hush:
    """Follows the answers of an agent, and says whose frames are to be silent."""

    def __init__(self) -> None:
        self._paused = False
        self._writing = False  # words of an answer are coming
        self._written = False  # some came in the pause
        self._owed = False  # and the sound of that answer has not begun
        self._sounding = False
        self._silent = False

    def pause(self, on: bool) -> None:
        """Nothing is kept from now on, or all is again."""
        if on and not self._paused:
            self._written = False
        elif self._paused and not on:
            self._owed = self._written
            self._silent = self._silent or (self._sounding and self._written)
        self._paused = on

    def word(self) -> None:
        """A part of an answer's text came."""
        if not self._writing and not self._paused:
            self._owed = False  # the one before came to no sound
        self._writing = True
        self._written = self._written or self._paused

    def end_of_words(self) -> None:
        """There is no more text."""
        self._writing = False

    def frame(self) -> bool:
        """A part of an answer's sound came; True if it is to be silent."""
        if not self._sounding:
            self._sounding, self._silent, self._owed = True, self._owed, False
        self._silent = self._silent or self._paused
        return self._silent

    def end_of_sound(self) -> None:
        """There is no more sound."""
        self._sounding = self._silent = False
