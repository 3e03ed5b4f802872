"""Sound that must not lie in the clear, sound that must not be kept, and sound of a pause."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

import earwitness
from earwitness import JournalEventStore, Policy
from earwitness.audio import AUDIO_NAME, mend_audio
from earwitness.disk import Disk
from earwitness.encryption.cipher import DataKey
from earwitness.encryption.keyring import SecretKeyring, new_key
from earwitness.evidence import disclose
from earwitness.livekit.demo.scripted import say
from earwitness.livekit.hush import Hush
from earwitness.livekit.recording.file import AudioFile
from earwitness.privacy.presets import pci
from earwitness.stores.contents import read_content
from earwitness.verify import verify_session
from tests.audio.checks import recorded
from tests.audio.line import RealCaller
from tests.audio.recordings import Recording
from tests.audio.test_answers import Screen
from tests.audio.tones import decoded, heard, is_silent
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import event, new_call, said

KEY = DataKey(bytes(range(32)))


async def a_word(store: object, **options: object) -> earwitness.SessionRecorder:
    """A caller says a word and hears one; returns the recorder, finalized."""
    caller = RealCaller()
    session = new_call(caller, say("One two three."))
    recorder = earwitness.attach(
        session, store=store, session_id="call", audit=False, audio=True, **options
    )  # type: ignore[call-overload]
    await session.start(Host())
    caller.utters("A table, please.", 400)
    await said(session, "One")
    await session.aclose()
    await recorder.finalize()
    return recorder  # type: ignore[no-any-return]


async def test_the_sound_of_an_encrypted_session_lies_encrypted_and_verifies(
    tmp_path: Path,
) -> None:
    store = JournalEventStore(tmp_path / "store", keyring=SecretKeyring(new_key()))
    await a_word(store)
    folder = store.folder("call")
    assert not (folder / AUDIO_NAME).exists()
    assert b"OggS" not in (folder / "audio.ogg.enc").read_bytes()
    plain = tmp_path / AUDIO_NAME
    plain.write_bytes(read_content(folder / AUDIO_NAME, store.data_key("call")))
    begin, end = heard(decoded(plain)[0], 400)
    assert end > begin
    [sealed] = [each.payload for each in store.read("call") if each.type == "audio_sealed"]
    assert sealed["seconds"] == pytest.approx(decoded(plain).shape[1] / 24_000, abs=0.05)
    assert verify_session(store, "call", [store.signer().verifier]).sound


async def test_a_disclosed_copy_of_an_encrypted_session_has_its_sound_to_be_heard_and_checked(
    tmp_path: Path,
) -> None:
    store = JournalEventStore(tmp_path / "store", keyring=SecretKeyring(new_key()))
    await a_word(store)
    sound = read_content(store.folder("call") / AUDIO_NAME, store.data_key("call"))
    [sealed] = [each.position for each in store.read("call") if each.type == "audio_sealed"]
    copies = [store]
    for name in ("copy", "copy of the copy"):
        disclose(copies[-1], "call", [sealed], tmp_path / name)
        copies.append(JournalEventStore(tmp_path / name, keyring=None))
        path = copies[-1].folder("call") / AUDIO_NAME
        assert path.read_bytes() == sound
        assert [each.name for each in path.parent.glob("audio*")] == [AUDIO_NAME]
        assert verify_session(copies[-1], "call", [store.signer().verifier]).sound
    path.write_bytes(sound[:-1])
    [finding] = verify_session(copies[-1], "call", [store.signer().verifier]).findings
    assert finding.rule == "audio"


async def test_a_policy_that_keeps_no_audio_has_the_last_word(tmp_path: Path) -> None:
    recorder = await a_word(tmp_path, redact=Policy(name="silent"))
    store = JournalEventStore(tmp_path)
    folder = store.folder(recorder.session_id)
    assert not list(folder.glob("audio*"))
    [withheld] = [each.payload for each in store.read("call") if each.type == "audio_withheld"]
    assert withheld == {"reason": "policy"}


async def test_a_pause_is_silence_in_the_recording(tmp_path: Path) -> None:
    caller = RealCaller()
    session = new_call(caller, say("One two three."), say("Four five six."))
    async with recorded(session, tmp_path) as recorder:
        caller.utters("A table, please.", 400)
        await said(session, "One")
        with recorder.paused(reason="card"):
            caller.utters("My card.", 600)
            await said(session, "Four")
    recording = Recording(tmp_path)
    recording.check_sound()
    user, agent = recording.sound()
    since, until = (
        each.recorded_at / 1e6 - recording.started_at
        for each in recording.store.read("call")
        if each.type in ("recording_paused", "recording_resumed")
    )
    assert heard(user, 400)[1] < since
    assert is_silent(user, since + 0.1, until - 0.1)
    assert is_silent(agent, since + 0.1, until - 0.1)
    assert np.abs(agent).max() > 0.1


async def test_an_answer_generated_in_a_pause_stays_silent_when_it_is_played_after_it(
    tmp_path: Path,
) -> None:
    """It lasts for three seconds, and the pause is over before half of one was played."""
    caller = RealCaller()
    session = new_call(caller, say("a b c d e f g h i j"), say("Four five six."))
    session.output.transcription = Screen()
    async with recorded(session, tmp_path) as recorder:
        recorder.pause()
        speech = session.generate_reply(user_input="My card is plum.")
        await event(session, "agent_state_changed", lambda each: each.new_state == "speaking")
        recorder.resume()
        await speech
        await session.generate_reply(user_input="Thank you.")
    recording = Recording(tmp_path)
    recording.check_sound()
    (first, sound), (second, _) = caller.loudspeaker.played
    agent, began = recording.sound()[1], recording.started_at
    assert len(sound) > 2.5 * 16_000
    assert is_silent(agent, first - began, second - began - 0.05)
    assert heard(agent, 1500)[0] == pytest.approx(second - began, abs=0.1)


def silent_frames(*happened: str) -> list[bool]:
    """For each frame of a story, whether it is silent."""
    hush, silent = Hush(), []
    for each in happened:
        if each == "frame":
            silent.append(hush.frame())
        elif each in ("pause", "resume"):
            hush.pause(each == "pause")
        else:
            getattr(hush, each)()
    return silent


ANSWER = ("word", "end_of_words", "frame", "end_of_sound")


@pytest.mark.parametrize(
    ("happened", "silent"),
    [
        ((*ANSWER, "pause", "resume", *ANSWER), [False, False]),
        (("word", "frame", "pause", "resume", "frame", "end_of_sound"), [False, False]),
        (("frame", "pause", "frame", "resume", "frame", "end_of_sound", *ANSWER), [*"-ss-"]),
        (("frame", "pause", "word", "end_of_words", "resume", "frame"), [*"-s"]),
        (("pause", "word", "resume", "word", "end_of_words", "frame"), [*"s"]),
        (("pause", *ANSWER, "resume", *ANSWER), [*"s-"]),
        (("pause", "word", "end_of_words", "resume", "frame", "end_of_sound", *ANSWER), [*"s-"]),
        (("pause", "word", "end_of_words", "resume", *ANSWER), [*"-"]),
        (("pause", "word", "end_of_words", "pause", "resume", "frame"), [*"s"]),
    ],
    ids=[
        *("not at all", "before the pause", "into the pause", "words in it", "words on both sides"),
        *("all of it", "sound after it", "text alone", "paused twice"),
    ],
)
def test_what_was_generated_in_a_pause_is_told_by_its_words_and_its_frames(
    happened: tuple[str, ...], silent: list[object]
) -> None:
    assert silent_frames(*happened) == [each in (True, "s") for each in silent]


def written(folder: Path, pages: int, *, closed: bool) -> list[bytes]:
    """An encrypted file of so many pages."""
    file = AudioFile(Disk(), lambda: folder / AUDIO_NAME, lambda: KEY)
    made = [b"page %d" % number * 50 for number in range(pages)]
    for page in made:
        file.append(page)
    if closed:
        file.close()
    return made


def test_an_encrypted_recording_comes_back_page_by_page(tmp_path: Path) -> None:
    pages = written(tmp_path, 3, closed=True)
    assert read_content(tmp_path / AUDIO_NAME, KEY) == b"".join(pages)


@pytest.mark.parametrize("torn", [b"", b"\0" * 100, b"\0\0\1\0half"])
def test_what_a_crash_left_of_its_last_page_is_cut_off(torn: bytes, tmp_path: Path) -> None:
    pages = written(tmp_path, 3, closed=False)
    path = tmp_path / "audio.ogg.enc"
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    sealed = mend_audio(Disk(), tmp_path, KEY)
    assert (sealed.file, sealed.bytes) == ("audio.ogg.enc", len(whole))
    assert sealed.content_sha256 == hashlib.sha256(b"".join(pages)).hexdigest()
    assert path.read_bytes() == whole
    assert read_content(tmp_path / AUDIO_NAME, KEY) == b"".join(pages)


async def test_sound_is_recorded_and_sealed_under_a_policy_that_keeps_it(tmp_path: Path) -> None:
    recorder = await a_word(tmp_path, redact=evolve(pci(), audio=True))
    recording = Recording(tmp_path, recorder.session_id)
    recording.check_sound()
    assert heard(recording.sound()[0], 400)[1] > 0.1
