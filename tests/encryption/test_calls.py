"""Calls in encrypted stores: what is taken back goes, and nothing waits for a key in the clear."""

from __future__ import annotations

from pathlib import Path

import pytest

import earwitness
from earwitness import JournalEventStore, Policy
from earwitness.custody.shredding import destroy_key
from earwitness.encryption.keyring import SecretKeyring, WrappedKey, new_key
from earwitness.exceptions import KeyringError
from earwitness.livekit.demo.scripted import say
from earwitness.verify import verify_session
from tests.audio.line import RealCaller
from tests.cli.running import record
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import new_call, new_session, said
from tests.viewer.conftest import asking

SECRET = b"plumsecret"
ERASES = Policy(otherwise="keep", audio=True, on_withdrawal="erase")


class AwayKeyring:
    """A keyring that does not answer until somebody says so."""

    def __init__(self) -> None:
        self.answers = False
        self._ring = SecretKeyring(new_key())

    def wrap(self, secret: bytes, context: str) -> WrappedKey:
        self._check()
        return self._ring.wrap(secret, context)

    def unwrap(self, wrapped: WrappedKey, context: str) -> bytes:
        self._check()
        return self._ring.unwrap(wrapped, context)

    def _check(self) -> None:
        if not self.answers:
            raise KeyringError("The key management service does not answer.", where="kms")


def holding(root: Path, secret: bytes) -> list[str]:
    files = (path for path in root.rglob("*") if path.is_file())
    return [path.name for path in files if secret in path.read_bytes()]


@pytest.mark.parametrize("apart", [False, True], ids=["keys in the store", "keys elsewhere"])
async def test_a_consent_taken_back_erases_an_encrypted_call(tmp_path: Path, apart: bool) -> None:
    """Under its own key: what is left can still be read, and is what was sealed."""
    store = JournalEventStore(
        tmp_path / "store",
        keyring=SecretKeyring(new_key()),
        key_folder=tmp_path / "keys" if apart else None,
    )
    session = new_session(say("Your plumsecret answer."))
    recorder = earwitness.attach(session, store=store, audit=False, redact=ERASES)
    await session.start(Host())
    recorder.consent("granted", party="caller")
    await session.generate_reply(user_input="It is plumsecret.")
    recorder.consent("withdrawn", party="caller")
    await session.aclose()
    await recorder.finalize()
    events = list(store.read(recorder.session_id))
    assert events[-1].type == "payload_erased"
    assert not [event for event in events if SECRET in (event.data or b"")]
    assert {event.type for event in events if not event.withheld} >= {"consent_withdrawn"}
    for event in events:
        assert event.type != "conversation_item_added" or event.withheld
    assert b'"d":' not in (store.folder(recorder.session_id) / "log.jsonl").read_bytes()
    assert verify_session(store, recorder.session_id, [store.signer().verifier]).sound


async def test_no_sound_is_written_while_the_keyring_does_not_answer(tmp_path: Path) -> None:
    """It waits with the events, and is encrypted like them when the keyring is back."""
    ring = AwayKeyring()
    store = JournalEventStore(tmp_path, keyring=ring)
    caller = RealCaller()
    session = new_call(caller, say("One two three."), say("Four five six seven."))
    recorder = earwitness.attach(session, store=store, session_id="call", audio=True, audit=False)
    await session.start(Host())
    caller.utters("A table, please.", 400)
    await said(session, "One")
    assert holding(tmp_path, b"OggS") == holding(tmp_path, b"table") == []
    ring.answers = True
    caller.utters("Thanks a lot.", 500)
    await said(session, "Four")
    await session.aclose()
    await recorder.finalize()
    assert holding(tmp_path, b"OggS") == holding(tmp_path, b"table") == []
    assert (store.folder("call") / "audio.ogg.enc").stat().st_size > 1000
    assert verify_session(store, "call", [store.signer().verifier]).sound


def test_a_viewer_that_runs_on_shows_nothing_of_a_session_whose_key_is_destroyed(
    tmp_path: Path,
) -> None:
    """However much of it was shown before."""
    ring = SecretKeyring(new_key())
    store = JournalEventStore(tmp_path, keyring=ring)
    record(store, "call", "It is plumsecret.")
    paths = [f"/api/v1/sessions/call{part}" for part in ("", "/story", "/events", "/report")]
    paths += ["/sessions/call", "/sessions/call/about", "/api/v1/sessions/call/log"]
    with asking(JournalEventStore(tmp_path, keyring=ring)) as client:
        before = [client.get(path).content for path in paths]
        assert any(SECRET in content for content in before)
        destroy_key(JournalEventStore(tmp_path), "call", reason="request 12", actor="dpo")
        for path in paths:
            assert SECRET not in client.get(path).content
        assert "request 12" in client.get("/api/v1/sessions/call").json()["unread"][0]
