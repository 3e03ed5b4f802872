"""Speaking and understanding without a network: espeak-ng and pocketsphinx, from PyPI wheels."""

from __future__ import annotations

import ctypes
import tempfile
import threading
from pathlib import Path
from typing import Any, Final

import espeakng_loader
import numpy as np
import pocketsphinx
from attrs import frozen
from livekit import rtc

from ..recording.sound import RATE, Samples

_SYNCHRONOUS: Final = 2  # speak_lib.h: AUDIO_OUTPUT_SYNCHRONOUS
_SPEED: Final = 1  # espeakRATE
_PITCH: Final = 3  # espeakPITCH
_UTF8: Final = 1  # espeakCHARS_UTF8
_OWN_RATE: Final = 22_050
_HEARING_RATE: Final = 16_000
_AROUND: Final = bytes(_HEARING_RATE)  # half a second of silence, for the decoder to settle

_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


@frozen
class Voice:
    """A voice of espeak-ng.

    Attributes:
        name: its name there.
        speed: words a minute.
        pitch: 0 to 99.
    """

    name: str
    speed: int
    pitch: int


class Speech:
    """espeak-ng, of which a process has one."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._speaking = threading.Lock()
        self._sound: list[Samples] = []
        self._callback = _Callback(self._take)
        data = espeakng_loader.get_data_path().encode()
        if self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, 0) != _OWN_RATE:
            raise OSError("espeak-ng could not be started")
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: Voice) -> Samples:
        """A text as sound, at :data:`~earwitness.livekit.recording.sound.RATE`. Blocks."""
        with self._speaking:
            self._sound = []
            self._library.espeak_SetVoiceByName(voice.name.encode())
            self._library.espeak_SetParameter(_SPEED, voice.speed, 0)
            self._library.espeak_SetParameter(_PITCH, voice.pitch, 0)
            content = text.encode()
            self._library.espeak_Synth(content, len(content) + 1, 0, 0, 0, _UTF8, None, None)
            return resampled(np.concatenate(self._sound), _OWN_RATE, RATE)

    def _take(self, sound: Any, count: int, _: Any) -> int:
        if sound and count:
            self._sound.append(np.ctypeslib.as_array(sound, (count,)).copy())
        return 0


class Ears:
    """pocketsphinx, which understands what a grammar allows.

    Args:
        grammar: JSpeech Grammar Format (W3C note, 2000).
    """

    def __init__(self, grammar: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "grammar.jsgf"
            path.write_text(grammar)
            # Of silence that is nothing but zeros it makes words, so there is a little noise in it.
            self._decoder = pocketsphinx.Decoder(
                jsgf=str(path), loglevel="FATAL", dither=True, seed=1
            )
        self._listening = threading.Lock()

    def understand(self, sound: Samples, rate: int) -> str:
        """The words of an utterance, empty if it is none of the grammar's. Blocks."""
        heard = resampled(sound, rate, _HEARING_RATE)
        with self._listening:
            self._decoder.start_utt()
            self._decoder.process_raw(_AROUND + heard.tobytes() + _AROUND, full_utt=True)
            self._decoder.end_utt()
            found = self._decoder.hyp()
        return "" if found is None else str(found.hypstr)


def resampled(sound: Samples, rate: int, wanted: int) -> Samples:
    """Sound at another rate."""
    if rate == wanted:
        return sound
    resampler = rtc.AudioResampler(rate, wanted)
    frames = resampler.push(rtc.AudioFrame(sound.tobytes(), rate, 1, len(sound)))
    frames += resampler.flush()
    return np.concatenate([np.frombuffer(frame.data, np.int16) for frame in frames])
