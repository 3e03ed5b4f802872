"""Recovery seals what its recorder closed and could not seal any more."""

import threading
from pathlib import Path

import pytest

from earwitness import JournalEventStore, SessionRecorder
from earwitness.background import keeper
from earwitness.keys import generate
from earwitness.recovery import recover_session
from earwitness.verify import verify_session
from tests.unit.facts import opened

LONG = 30.0


class Locked:
    """A key service that answers nobody."""

    def __init__(self) -> None:
        self.key = generate("locked")
        self.verifier = self.key.verifier
        self.name = "locked"

    def sign(self, message: bytes) -> bytes:
        raise ConnectionError("no answer")


async def test_a_recorder_seals_nothing_any_more_that_recovery_may_have_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Also if its signer comes back while a checkpoint of its own was still to be written."""
    monkeypatch.setattr("earwitness.sealing.CHECKPOINT_SECONDS", 0.5)
    service = Locked()
    store = JournalEventStore(tmp_path)
    recorder = SessionRecorder(store, opened(), audit=False, signer=service)
    await recorder.finalize()
    signer = generate("auditor")
    recover_session(JournalEventStore(tmp_path, signer=signer), recorder.session_id)
    monkeypatch.setattr(service, "sign", service.key.sign)
    due = threading.Event()
    keeper.submit(due.set, delay=0.6)
    assert due.wait(LONG)
    assert recover_session(store, recorder.session_id).outcome == "closed"


async def test_a_recording_whose_signer_failed_at_its_close_is_sealed_by_recovery(tmp_path: Path):
    """Also that it was recovered stands in the log, so that nobody seals in silence."""
    recorder = SessionRecorder(JournalEventStore(tmp_path), opened(), audit=False, signer=Locked())
    await recorder.finalize()
    signer = generate("auditor")
    store = JournalEventStore(tmp_path, signer=signer)
    session_id = recorder.session_id
    assert not verify_session(store, session_id, [signer.verifier]).sound

    assert recover_session(store, session_id).outcome == "recovered"

    verified = verify_session(store, session_id, [signer.verifier])
    assert verified.findings == []
    assert verified.sealed == verified.events
    types = [event.type for event in store.read(session_id)]
    assert types[-3:] == ["recording_closed", "recording_recovered", "recording_closed"]
    assert recover_session(store, session_id).outcome == "closed"
