"""A real session in an encrypted store: LiveKit's report, and nothing of it in the clear."""

from __future__ import annotations

from pathlib import Path

import earwitness
from earwitness import JournalEventStore
from earwitness.encryption.keyring import SecretKeyring, new_key
from earwitness.livekit.demo.scripted import say
from earwitness.verify import verify_session
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import new_session, report_outside_a_job


def told(folder: Path, secret: bytes) -> bool:
    return any(secret in path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_the_report_is_livekits_and_no_file_tells_what_was_said(tmp_path: Path) -> None:
    store = JournalEventStore(tmp_path, keyring=SecretKeyring(new_key()))
    session = new_session(say("Your card ends in 1111."))
    recorder = earwitness.attach(session, store=store, audit=False)
    await session.start(Host())
    await session.generate_reply(user_input="It is 4111 1111 1111 1111.")
    await session.aclose()
    report = (await recorder.finalize()).to_dict()
    theirs = report_outside_a_job(session).to_dict()
    assert report["events"] == theirs["events"]
    assert report["chat_history"] == theirs["chat_history"]
    assert store.report(recorder.session_id).to_dict() == report
    verifier = store.signer().verifier
    assert verify_session(store, recorder.session_id, [verifier]).sound
    assert not told(tmp_path, b"1111 1111")
    assert not told(tmp_path, b"Your card")
