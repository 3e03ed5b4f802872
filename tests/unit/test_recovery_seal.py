"""Recovery seals what its recorder closed and could not seal any more."""

from pathlib import Path

from earwitness import JournalEventStore, SessionRecorder
from earwitness.keys import generate
from earwitness.recovery import recover_session
from earwitness.verify import verify_session
from tests.unit.facts import opened


class Locked:
    """A key service that answers nobody."""

    def __init__(self) -> None:
        self.verifier = generate("locked").verifier
        self.name = "locked"

    def sign(self, message: bytes) -> bytes:
        raise ConnectionError("no answer")


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
