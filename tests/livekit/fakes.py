"""Models without weights: ears, voice and a sense of speech that do what a scenario says.

A loud frame is speech and a quiet one silence: FakeVAD hears the difference, FakeSTT looks up
the words, and FakeTTS turns words into loud frames again.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from livekit import rtc
from livekit.agents import stt, tts, vad
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions

from tests.livekit.line import FRAME, RATE, FakeAudioInput, FakeAudioOutput, audio, is_loud

WORD = 0.05
"""Seconds the agent's voice takes for a word."""
NOISE = ""
"""An utterance that gives no transcript."""


class FakeVAD(vad.VAD):
    """Hears the caller start and stop: speech is a loud frame, silence a quiet one."""

    def __init__(self) -> None:
        # LiveKit reports the VAD's metrics every 1 / update_interval inferences: here every fifth
        super().__init__(capabilities=vad.VADCapabilities(update_interval=0.2))

    def stream(self) -> vad.VADStream:
        return _FakeVADStream(self)


class _FakeVADStream(vad.VADStream):
    async def _main_task(self) -> None:
        speech = 0.0
        async for frame in self._input_ch:
            if not isinstance(frame, rtc.AudioFrame):
                continue
            if is_loud(frame):
                if not speech:
                    self._report(vad.VADEventType.START_OF_SPEECH, FRAME)
                speech += frame.duration
                self._report(vad.VADEventType.INFERENCE_DONE, speech)
            elif speech:
                self._report(vad.VADEventType.END_OF_SPEECH, speech)
                speech = 0.0

    def _report(self, kind: vad.VADEventType, speech: float) -> None:
        speaking = kind is not vad.VADEventType.END_OF_SPEECH
        self._event_ch.send_nowait(
            vad.VADEvent(
                type=kind,
                samples_index=0,
                timestamp=time.time(),
                speech_duration=speech,
                silence_duration=0.0,
                speaking=speaking,
                raw_accumulated_speech=speech if speaking else 0.0,
            )
        )


class FakeSTT(stt.STT):
    """Understands what it is told to: for each utterance the next words, or the next failure."""

    def __init__(self) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=True))
        self.utterances: deque[str | Exception] = deque()

    async def _recognize_impl(self, buffer: Any, **_: Any) -> stt.SpeechEvent:
        raise NotImplementedError("only streaming")

    def stream(
        self,
        *,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> stt.RecognizeStream:
        return _FakeSTTStream(stt=self, conn_options=conn_options)


class _FakeSTTStream(stt.RecognizeStream):
    _stt: FakeSTT

    async def _run(self) -> None:
        spoken = 0.0
        flushed = False
        async for frame in self._input_ch:
            if not isinstance(frame, rtc.AudioFrame):
                continue
            if is_loud(frame):
                if not spoken:
                    self._begin()
                spoken += frame.duration
            elif spoken:
                self._end(spoken)
                spoken = 0.0
            elif frame.duration > FRAME and not flushed:
                # a closing session pushes long silence and waits for one last transcript:
                # a blank one answers it and adds nothing
                self._transcribe(stt.SpeechEventType.FINAL_TRANSCRIPT, " ")
                flushed = True

    def _begin(self) -> None:
        utterance = self._stt.utterances[0]
        if isinstance(utterance, str):
            self._transcribe(stt.SpeechEventType.INTERIM_TRANSCRIPT, utterance.split(" ")[0])

    def _end(self, spoken: float) -> None:
        utterance = self._stt.utterances.popleft()
        if isinstance(utterance, Exception):
            raise utterance
        self._transcribe(stt.SpeechEventType.FINAL_TRANSCRIPT, utterance)
        self._charge(spoken)

    def _transcribe(self, kind: stt.SpeechEventType, words: str) -> None:
        if words:
            heard = stt.SpeechData(language="en", text=words, confidence=0.9)  # type: ignore[arg-type]
            self._event_ch.send_nowait(stt.SpeechEvent(type=kind, alternatives=[heard]))

    def _charge(self, seconds: float) -> None:
        usage = stt.RecognitionUsage(audio_duration=seconds)
        self._event_ch.send_nowait(
            stt.SpeechEvent(type=stt.SpeechEventType.RECOGNITION_USAGE, recognition_usage=usage)
        )


class FakeTTS(tts.TTS):
    """A voice of one tone. Each utterance first takes the next of `failures`, if there is one."""

    def __init__(self) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=True), sample_rate=RATE, num_channels=1
        )
        self.failures: deque[Exception] = deque()

    def sound(self, text: str) -> bytes:
        """The samples of an utterance."""
        return b"".join(bytes(audio(WORD, loud=True).data) for _ in text.split())

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        raise NotImplementedError("only streaming")

    def stream(
        self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.SynthesizeStream:
        return _FakeTTSStream(tts=self, conn_options=conn_options)


class _FakeTTSStream(tts.SynthesizeStream):
    _tts: FakeTTS

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        # before the text is read: a retry reads it from where the first attempt stopped
        if self._tts.failures:
            raise self._tts.failures.popleft()
        text = "".join([part async for part in self._input_ch if isinstance(part, str)])
        self._mark_started()
        output_emitter.initialize(
            request_id="utterance",
            sample_rate=RATE,
            num_channels=1,
            mime_type="audio/pcm",
            stream=True,
        )
        output_emitter.start_segment(segment_id="utterance")
        output_emitter.push(self._tts.sound(text))
        output_emitter.end_segment()


class Caller:
    """Somebody on the telephone, and everything of a session that listens or speaks to them."""

    def __init__(self, playout: float = 0.002) -> None:
        self.vad = FakeVAD()
        self.stt = FakeSTT()
        self.tts = FakeTTS()
        self.microphone = FakeAudioInput()
        self.loudspeaker = FakeAudioOutput(playout)

    def says(self, utterance: str | Exception, seconds: float = 0.05) -> None:
        """An utterance and the silence after it; an exception is what the STT makes of it."""
        self.stt.utterances.append(utterance)
        for _ in range(round(seconds / FRAME)):
            self.microphone.push(audio(FRAME, loud=True))
        self.microphone.push(audio(FRAME, loud=False))
