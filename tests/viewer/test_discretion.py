"""What an encrypted session shows to who has the key, and who looked."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from earwitness import JournalEventStore
from earwitness.custody.looking import account_of
from earwitness.encryption.keyring import SecretKeyring, new_key
from earwitness.viewer import create_app
from earwitness.viewer.access import StoreRecord
from tests.seal.recordings import SAID, SIGNER, record

RING = SecretKeyring(new_key())
SOUND = bytes(range(256)) * 40


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A store with an encrypted call that has a sound."""
    (tmp_path / "call.ogg").write_bytes(SOUND)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("earwitness.encryption.keyring.open_keyring", lambda: RING)
        patch.setenv("EARWITNESS_KEYRING", "file:ring")
        record(tmp_path / "store", "call", audio=tmp_path / "call.ogg")
    return tmp_path / "store"


def client(store: JournalEventStore, **options: object) -> TestClient:
    app = create_app(store, **options)  # type: ignore[arg-type]
    return TestClient(app, base_url="http://localhost")


def test_who_has_the_key_reads_and_hears_an_encrypted_session(root: Path) -> None:
    looking = client(JournalEventStore(root, keyring=RING))
    assert SAID[2] in looking.get("/api/v1/sessions/call/story").text
    heard = looking.get("/api/v1/sessions/call/audio")
    assert (heard.content, heard.headers["content-type"]) == (SOUND, "audio/ogg")


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, SOUND[:10]),
        ("bytes=100-", 206, SOUND[100:]),
        ("bytes=-5", 206, SOUND[-5:]),
        ("bytes=5-4", 416, b""),
        ("bytes=99999999-", 416, b""),
        ("lines=1-2", 200, SOUND),
    ],
)
def test_a_range_of_its_sound_is_answered(asked: str, status: int, part: bytes, root: Path) -> None:
    looking = client(JournalEventStore(root, keyring=RING))
    heard = looking.get("/api/v1/sessions/call/audio", headers={"Range": asked})
    assert (heard.status_code, heard.content) == (status, part)


def test_who_has_no_key_sees_that_there_was_a_call_and_no_word_of_it(root: Path) -> None:
    looking = client(JournalEventStore(root))
    story = looking.get("/api/v1/sessions/call/story")
    assert story.status_code == 200
    assert "4111" not in story.text
    assert looking.get("/api/v1/sessions/call/audio").status_code == 404


def test_nothing_of_it_is_in_the_index(root: Path) -> None:
    """Not even when who looks has the key: the index lies in the clear."""
    looking = client(JournalEventStore(root, keyring=RING))
    looking.get("/api/v1/sessions")
    looking.get("/api/v1/search?q=table")
    for path in (root / ".index").iterdir():
        assert b"4111 1111" not in path.read_bytes()


def test_a_look_is_told_to_the_stores_log_once(root: Path) -> None:
    store = JournalEventStore(root, keyring=RING, signer=SIGNER)
    looking = client(store, access=StoreRecord(store, "ana", "complaint 7"))
    for part in ("story", "timeline", "audio"):
        looking.get(f"/api/v1/sessions/call/{part}")
    [told] = [each.fact for each in account_of(store)]
    assert (told.session_id, told.what, told.purpose) == ("call", "viewer", "complaint 7")
    assert told.actor.startswith("ana (")


def test_a_store_that_cannot_be_told_is_shown_all_the_same(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> int:
        raise OSError("read-only")

    monkeypatch.setattr("earwitness.viewer.access.record_access", fails)
    heard: list[Exception] = []
    store = JournalEventStore(root, keyring=RING)
    looking = client(store, access=StoreRecord(store, "ana", failed=heard.append))
    assert looking.get("/api/v1/sessions/call/story").status_code == 200
    assert looking.get("/api/v1/search?q=table").status_code == 200
    assert len(heard) == 1
