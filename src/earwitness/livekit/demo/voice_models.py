"""LiveKit's models of a voice and of ears, over :mod:`.voice_speech`."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
from livekit.agents import stt, tts, utils
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions

from ..recording.sound import RATE
from .voice_speech import Ears, Speech, Voice


class EspeakTTS(tts.TTS[Any]):
    """The agent's voice."""

    def __init__(self, speech: Speech, voice: Voice) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False), sample_rate=RATE, num_channels=1
        )
        self.speech = speech
        self.voice = voice

    @property
    def model(self) -> str:
        return "espeak-ng"

    @property
    def provider(self) -> str:
        return "earwitness"

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return _EspeakStream(tts=self, input_text=text, conn_options=conn_options)


class _EspeakStream(tts.ChunkedStream):
    _tts: EspeakTTS

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        voice = self._tts
        sound = await asyncio.to_thread(voice.speech.speak, self._input_text, voice.voice)
        output_emitter.initialize(
            request_id=utils.shortuuid(), sample_rate=RATE, num_channels=1, mime_type="audio/pcm"
        )
        output_emitter.push(sound.tobytes())
        output_emitter.flush()


class GrammarSTT(stt.STT[Any]):
    """The agent's ears."""

    def __init__(self, ears: Ears) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=False, interim_results=False))
        self._ears = ears

    @property
    def model(self) -> str:
        return "pocketsphinx"

    @property
    def provider(self) -> str:
        return "earwitness"

    async def _recognize_impl(self, buffer: utils.AudioBuffer, **_: Any) -> stt.SpeechEvent:
        frame = utils.merge_frames(buffer)
        sound = np.frombuffer(frame.data, np.int16)[:: frame.num_channels]
        words = await asyncio.to_thread(self._ears.understand, sound, frame.sample_rate)
        language: Any = "en"
        heard = stt.SpeechData(language=language, text=words, confidence=1.0)
        return stt.SpeechEvent(type=stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=[heard])
