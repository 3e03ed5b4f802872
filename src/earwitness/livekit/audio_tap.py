"""Hears what passes between a session and its microphone, and its loudspeaker.

Each :class:`AudioInput` and :class:`AudioOutput` that a session is given, before its start or in
the middle of a call, is wrapped as LiveKit's own recorder wraps them (``voice/recorder_io``), so
that both can run at the same time. The wrapper nearest to the device stays, whoever wraps it again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from livekit import rtc
from livekit.agents.voice import io

from .answers import Answers
from .hush import Hush
from .recording.recorder import AudioRecorder
from .snapshot import Session

_LABEL: Final = "Earwitness"
_log = logging.getLogger("earwitness")


class AudioTap:
    """Wraps the audio of one session, for all of its runs.

    Args:
        session: the session; the setters of its ``input.audio`` and ``output.audio`` are replaced.
    """

    def __init__(self, session: Session) -> None:
        self.recorder: AudioRecorder | None = None
        self.answers = Answers()
        self.hush = Hush()
        self._ends: list[tuple[Any, type]] = []
        self._watch(session.input, audio=self._wrap_input)
        self._watch(session.output, audio=self._wrap_output, transcription=self._wrap_text)

    def pause(self, on: bool) -> None:
        """Nothing that is said is kept from now on, or all is again."""
        self.hush.pause(on)
        self.answers.forget()

    def detach(self) -> None:
        """Hear nothing any more. What is wrapped stays so, and only hands on."""
        self.recorder = None
        for end, theirs in self._ends:
            end.__class__ = theirs

    def _watch(self, end: Any, **wraps: Callable[[Any], Any]) -> None:
        self._ends.append((end, type(end)))
        watched = {name: _watched(type(end), name, wrap) for name, wrap in wraps.items()}
        end.__class__ = type(type(end).__name__, (type(end),), watched)
        for name, wrap in wraps.items():
            if (there := getattr(end, name)) is not None:
                setattr(end, name, wrap(there))

    def _wrap_input(self, source: io.AudioInput) -> io.AudioInput:
        inner: io.AudioInput | None = source
        while inner is not None:
            if isinstance(inner, HeardInput) and inner.tap is self:
                return source
            inner = inner.source
        return HeardInput(self, source)

    def _wrap_text(self, inner: io.TextOutput) -> io.TextOutput:
        return inner if isinstance(inner, HeardText) else HeardText(self, inner)

    def _wrap_output(self, sink: io.AudioOutput) -> io.AudioOutput:
        inner: io.AudioOutput | None = sink
        while inner is not None:
            if isinstance(inner, HeardOutput) and inner.tap is self:
                return sink
            inner = inner.next_in_chain
        return HeardOutput(self, sink)


def _watched(theirs: type, name: str, wrap: Callable[[Any], Any]) -> property:
    # Their property does more than to keep a value, so theirs is what keeps it.
    kept: property = getattr(theirs, name)

    def put(end: Any, value: Any) -> None:
        try:
            value = value if value is None else wrap(value)
        except Exception as error:
            _failed(error)
        assert kept.fset is not None
        kept.fset(end, value)

    return property(kept.fget, put)


class HeardText(io.TextOutput):
    """Where the agent's words go, and are remembered as they pass.

    Args:
        tap: knows the answers.
        inner: the text output.
    """

    def __init__(self, tap: AudioTap, inner: io.TextOutput) -> None:
        super().__init__(label=_LABEL, next_in_chain=inner)
        self.tap = tap
        self._inner = inner

    async def capture_text(self, text: str) -> None:
        self.tap.answers.word(str(text))
        self.tap.hush.word()
        await self._inner.capture_text(text)

    def flush(self) -> None:
        self.tap.answers.end_of_words()
        self.tap.hush.end_of_words()
        self._inner.flush()


class HeardInput(io.AudioInput):
    """A microphone whose frames are recorded as they pass.

    Args:
        tap: knows the recorder, if there is one now.
        source: the microphone.
    """

    def __init__(self, tap: AudioTap, source: io.AudioInput) -> None:
        super().__init__(label=_LABEL, source=source)
        self.tap = tap
        self._inner = source

    async def __anext__(self) -> rtc.AudioFrame:
        if self.tap.recorder is not None:
            self.tap.recorder.listen()
        frame = await self._inner.__anext__()
        if (recorder := self.tap.recorder) is not None:
            try:
                recorder.hear(frame.data.tobytes(), frame.sample_rate, frame.num_channels)
            except Exception as error:
                _failed(error)
        return frame


class HeardOutput(io.AudioOutput):
    """A loudspeaker whose frames are recorded where it says that it plays them.

    Args:
        tap: knows the recorder, if there is one now.
        sink: the loudspeaker.
    """

    def __init__(self, tap: AudioTap, sink: io.AudioOutput) -> None:
        super().__init__(
            label=_LABEL,
            next_in_chain=sink,
            sample_rate=sink.sample_rate,
            capabilities=io.AudioOutputCapabilities(pause=True),  # as far as the sink can
        )
        self.tap = tap

    @property
    def sample_rate(self) -> int | None:
        return self._inner.sample_rate  # another sink may take its place

    @property
    def _inner(self) -> io.AudioOutput:
        sink = self.next_in_chain
        assert sink is not None
        return sink

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await self._inner.capture_frame(frame)
        await super().capture_frame(frame)
        if (recorder := self.tap.recorder) is not None:
            try:
                sound = frame.data.tobytes()
                if self.tap.hush.frame():
                    sound = bytes(len(sound))
                recorder.capture(sound, frame.sample_rate, frame.num_channels)
                self.tap.answers.sound(frame.duration)
            except Exception as error:
                _failed(error)

    def flush(self) -> None:
        super().flush()
        self.tap.answers.end_of_sound()
        self.tap.hush.end_of_sound()
        self._inner.flush()
        self._tell("flush")

    def clear_buffer(self) -> None:
        self._tell("stop")
        self._inner.clear_buffer()

    def pause(self) -> None:
        self._tell("pause")
        super().pause()

    def resume(self) -> None:
        super().resume()
        self._tell("resume")

    def on_playback_started(self, *, created_at: float) -> None:
        self._tell("start", ago=max(0.0, time.time() - created_at))
        super().on_playback_started(created_at=created_at)

    def on_playback_finished(
        self,
        *,
        playback_position: float,
        interrupted: bool,
        synchronized_transcript: str | None = None,
    ) -> None:
        self._tell("finish", playback_position, interrupted)
        self._tell_played(playback_position, interrupted, synchronized_transcript)
        super().on_playback_finished(
            playback_position=playback_position,
            interrupted=interrupted,
            synchronized_transcript=synchronized_transcript,
        )

    def _tell_played(self, position: float, interrupted: bool, heard: str | None) -> None:
        played = self.tap.answers.played(position, interrupted, heard)
        if played is not None and self.tap.recorder is not None:
            try:
                self.tap.recorder.tell(played)
            except Exception as error:
                _failed(error)

    def _tell(self, step: str, *how: Any, ago: float = 0.0) -> None:
        if (recorder := self.tap.recorder) is not None:
            try:
                recorder.playback(getattr(recorder.playout, step), *how, ago=ago)
            except Exception as error:
                _failed(error)


def _failed(error: Exception) -> None:
    _log.error("Earwitness could not record the sound: %s", type(error).__name__)
