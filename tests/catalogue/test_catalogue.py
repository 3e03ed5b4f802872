"""The catalogue tells what the logs tell, and is made anew whenever it does not."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from earwitness import JournalEventStore
from earwitness.catalogue import Catalogue, Entry, Filter, Latency
from earwitness.catalogue.database import DATABASE_NAME
from earwitness.projections.latency import fold_latency
from earwitness.stores.journal import INDEX_FOLDER
from tests.cli.running import begin, damage, record, say
from tests.livekit.recording import recorded
from tests.replaying import RECORDING, replay, replay_long

Look = Callable[..., list[Entry]]


@pytest.fixture
def store(default_store: Path) -> JournalEventStore:
    default_store.mkdir()
    return JournalEventStore(default_store)


@pytest.fixture
def look(store: JournalEventStore) -> Look:
    """What a catalogue that nobody has opened before tells, brought up to date."""

    def entries(**asked: object) -> list[Entry]:
        catalogue = Catalogue(store)
        catalogue.refresh()
        found = catalogue.page(Filter(**asked)).entries  # type: ignore[arg-type]
        catalogue.close()
        return found

    return entries


def ids(entries: list[Entry]) -> list[str]:
    return [entry.session_id for entry in entries]


def database(store: JournalEventStore) -> Path:
    return store.root / INDEX_FOLDER / DATABASE_NAME


def bytes_of_index(store: JournalEventStore) -> bytes:
    return b"".join(file.read_bytes() for file in (store.root / INDEX_FOLDER).iterdir())


async def test_it_tells_what_the_folds_tell(store: JournalEventStore, look: Look) -> None:
    play = await recorded("failing_tool", store)
    await play.recorder.finalize()
    [entry] = look()
    assert (entry.state, entry.close_reason) == ("closed", "user_initiated")
    assert sum(entry.tools.values()) == 2
    assert entry.events == store.session(entry.session_id).events
    assert entry.opened_at == store.session(entry.session_id).opened_at


def test_sessions_can_be_asked_for_by_what_is_known_of_them(
    store: JournalEventStore, look: Look
) -> None:
    replay(store.root, 6)
    assert ids(look()) == [f"call-00000{number}" for number in (5, 4, 3, 2, 1, 0)]
    newest, *_, oldest = look()
    assert ids(look(since=newest.opened_at / 1e6)) == ["call-000005"]
    assert ids(look(until=(oldest.opened_at + 1) / 1e6)) == ["call-000000"]
    assert ids(look(room="table-4")) == ["call-000004"]
    assert ids(look(agent="osteria")) == ["call-000004", "call-000001"]
    assert len(look(agent="kitchen")) == 6
    assert ids(look(tags=("regular", "allergy"))) == ["call-000002"]
    assert ids(look(reason="task_completed")) == ["call-000002"]
    assert ids(look(errors=True)) == ["call-000003", "call-000000"]
    assert len(look(errors=False)) == 4
    assert look(min_seconds=10) == []
    assert look(state="live") == []
    assert ids(look(search="barolo", errors=True)) == ["call-000000"]


def test_pages_follow_each_other_without_a_gap(store: JournalEventStore) -> None:
    expected = replay(store.root, 7)[::-1]
    catalogue = Catalogue(store)
    catalogue.refresh()
    found, after = [], ""
    while True:
        page = catalogue.page(limit=3, after=after)
        assert page.total == 7
        found += ids(page.entries)
        if page.next is None:
            break
        after = page.next
    assert found == expected


@pytest.mark.parametrize("cursor", ["x", "eHh4", "MSAyIDM=", "YSBi", "é", "🦊"])
def test_what_is_no_cursor_is_refused(cursor: str, store: JournalEventStore) -> None:
    with pytest.raises(ValueError, match="no cursor"):
        Catalogue(store).page(after=cursor)


def test_a_session_shows_its_latencies(store: JournalEventStore, look: Look) -> None:
    replay(store.root, 1)
    assert look()[0].latency == Latency(0.4, 0.4)


def test_a_session_is_live_until_its_recorder_dies(store: JournalEventStore, look: Look) -> None:
    begin(store, "call")
    assert look()[0].state == "live"
    assert look()[0].integrity == "live"
    store.release("call")
    assert look()[0].state == "interrupted"
    assert look()[0].integrity == "interrupted"


def test_a_session_that_grows_is_read_on(store: JournalEventStore, look: Look) -> None:
    recorder = begin(store, "call")
    for number, text in enumerate(["One", "Two", "Three"]):
        item = {"id": str(number), "type": "message", "role": "user", "content": [text]}
        say(recorder, "conversation_item_added", item=item)
        [entry] = look(search=text)
        assert entry.match is not None
        assert (entry.match.position, entry.match.text) == (number + 1, text)
    assert len(look(search="one")) == 1


def test_a_closed_session_is_sealed_once_its_checkpoint_is_there(
    store: JournalEventStore, look: Look
) -> None:
    record(store, "call", "Hello?")
    checkpoint = store.folder("call") / "checkpoint"
    sealed = checkpoint.read_bytes()
    assert look()[0].integrity == "sealed"
    checkpoint.unlink()
    os.utime(store.folder("call") / "log.jsonl")
    assert look()[0].integrity == "unsealed"
    checkpoint.write_bytes(sealed)
    assert look()[0].integrity == "sealed"


def test_a_verification_is_remembered_until_the_log_changes(store: JournalEventStore) -> None:
    record(store, "call", "Hello?")
    catalogue = Catalogue(store)
    catalogue.refresh()
    events = catalogue.page().entries[0].events
    catalogue.note_verification("call", events, sound=False)
    assert catalogue.page().entries[0].integrity == "not sound"
    os.utime(store.folder("call") / "log.jsonl")
    catalogue.refresh()
    assert catalogue.page().entries[0].integrity == "sealed"


def test_what_was_erased_is_in_no_file_of_the_index(store: JournalEventStore, look: Look) -> None:
    """Not as a line, not as a word, not in a page that is free."""
    for number in range(30):
        record(store, f"call-{number}", f"My card is tangerine{number}")
    look()
    assert b"tangerine7" in bytes_of_index(store)
    log = store.folder("call-7") / "log.jsonl"
    first, said, *rest = log.read_bytes().splitlines(keepends=True)
    withheld = said[: said.index(b',"s":')] + b"}\n"
    aside = log.with_name("aside")
    aside.write_bytes(b"".join([first, withheld, *rest]))
    aside.replace(log)
    assert look(search="tangerine7") == []
    assert len(look(search="tangerine8")) == 1
    assert b"tangerine7" not in bytes_of_index(store)
    assert b"angerine7" not in bytes_of_index(store)


def test_a_session_that_is_gone_is_forgotten(store: JournalEventStore, look: Look) -> None:
    record(store, "gone", "Tangerine")
    record(store, "here", "Apple")
    assert len(look()) == 2
    folder = store.folder("gone")
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert ids(look()) == ["here"]
    assert b"tangerine" not in bytes_of_index(store).lower()


def test_a_log_that_was_edited_in_its_place_is_read_anew(
    store: JournalEventStore, look: Look
) -> None:
    record(store, "call", "Tangerine")
    look()
    log = store.folder("call") / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b"Tangerine", b"Mandarins"))
    assert look(search="tangerine") == []
    assert len(look(search="mandarins")) == 1


def test_an_amended_message_is_found_as_it_is_now(store: JournalEventStore, look: Look) -> None:
    recorder = begin(store, "call")
    item = {"id": "1", "type": "message", "role": "user", "content": ["Tangerine"]}
    say(recorder, "conversation_item_added", item=item)
    amended = {"type": "conversation_item_added", "item": item | {"content": ["Mandarin"]}}
    say(recorder, "event_amended", position=1, payload=amended)
    assert look(search="tangerine") == []
    [entry] = look(search="mandarin")
    assert entry.match is not None
    assert entry.match.position == 1


def test_a_damaged_log_is_told_and_hides_no_other(store: JournalEventStore, look: Look) -> None:
    record(store, "broken", "Hello?")
    record(store, "sound", "Hello?")
    damage(store, "broken")
    sound, broken = look()
    assert (broken.state, sound.state) == ("damaged", "closed")
    assert broken.damage is not None
    assert "line 2" in broken.damage


def test_a_damaged_log_that_is_larger_than_a_step_is_told_once(
    store: JournalEventStore, look: Look
) -> None:
    replay_long(store.root, "long", 3000)
    log = store.folder("long") / "log.jsonl"
    log.write_bytes(log.read_bytes() + b"nonsense\n")
    assert [entry.state for entry in look()] == ["damaged"]


def test_a_long_log_is_read_in_steps(store: JournalEventStore) -> None:
    replay_long(store.root, "long", 3000)
    catalogue, steps = Catalogue(store), []
    catalogue.refresh(progress=steps.append)
    assert len(steps) > 1
    assert [step.waiting for step in steps] == [*[1] * (len(steps) - 1), 0]
    assert catalogue.page().entries[0].events == store.session("long").events


def test_reading_leaves_off_when_its_time_is_over_and_goes_on(store: JournalEventStore) -> None:
    replay_long(store.root, "long", 3000)
    catalogue = Catalogue(store)
    assert catalogue.refresh(seconds=0).waiting == 1
    assert 0 < catalogue.page().entries[0].events < store.session("long").events
    while catalogue.refresh(seconds=0).waiting:
        pass
    assert catalogue.page().entries[0].events == store.session("long").events


@pytest.mark.parametrize("content", [b"", b"nonsense" * 1000, b"SQLite format 3\x00" + bytes(4096)])
def test_a_file_that_is_no_catalogue_is_made_anew(
    content: bytes, store: JournalEventStore, look: Look
) -> None:
    record(store, "call", "Hello?")
    look()
    for file in (store.root / INDEX_FOLDER).iterdir():
        file.unlink()
    database(store).write_bytes(content)
    assert ids(look(search="hello")) == ["call"]


def test_a_catalogue_that_breaks_while_it_is_open_is_made_anew(store: JournalEventStore) -> None:
    replay(store.root, 50)
    catalogue = Catalogue(store)
    catalogue.refresh()
    catalogue.close()
    with database(store).open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(database(store).stat().st_size - 4096))
    catalogue = Catalogue(store)
    catalogue.refresh()
    assert len(catalogue.page(Filter(search="table")).entries) == 50


def test_a_catalogue_of_another_version_is_made_anew(store: JournalEventStore, look: Look) -> None:
    record(store, "call", "Hello?")
    look()
    with sqlite3.connect(database(store)) as other:
        other.execute("PRAGMA user_version = 999")
        other.execute("DROP TABLE moments")
    other.close()
    assert ids(look(search="hello")) == ["call"]


def test_a_catalogue_may_be_deleted_at_any_time(store: JournalEventStore) -> None:
    record(store, "call", "Hello?")
    catalogue = Catalogue(store)
    catalogue.refresh()
    for file in (store.root / INDEX_FOLDER).iterdir():
        file.unlink()
    assert ids(catalogue.page().entries) == ["call"]
    other = Catalogue(store)
    other.refresh()
    assert ids(other.page().entries) == ["call"]


def test_a_store_that_cannot_be_written_to_has_its_catalogue_in_the_cache(
    store: JournalEventStore, look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, "call", "Hello?")
    (store.root / INDEX_FOLDER).write_bytes(b"a file where the folder would be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert ids(look()) == ["call"]
    [file] = (tmp_path / "cache/earwitness").glob(f"*/{DATABASE_NAME}")
    assert file.stat().st_mode & 0o777 == 0o600


def test_without_any_place_for_it_it_is_kept_in_memory(
    store: JournalEventStore, look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, "call", "Hello?")
    for place in (store.root / INDEX_FOLDER, tmp_path / "cache"):
        place.write_bytes(b"a file where the folder would be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert ids(look()) == ["call"]


def test_nobody_else_may_read_the_file(store: JournalEventStore, look: Look) -> None:
    record(store, "call", "Hello?")
    look()
    assert database(store).stat().st_mode & 0o777 == 0o600
    assert (store.root / INDEX_FOLDER).stat().st_mode & 0o777 == 0o700


def test_processes_that_read_the_same_logs_at_once_agree(store: JournalEventStore) -> None:
    expected = replay(store.root, 300)[::-1]
    code = (
        "import json, sys; from earwitness.opening import open_store;"
        "from earwitness.catalogue import Catalogue;"
        "c = Catalogue(open_store(sys.argv[1])); c.refresh();"
        "print(json.dumps([e.session_id for e in c.page(limit=1000).entries]))"
    )
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(store.root)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    told = [reader.communicate()[0] for reader in readers]
    assert [eval(each) for each in told] == [expected] * 3
    with sqlite3.connect(database(store)) as file:
        [lines] = file.execute("SELECT count(*) FROM lines").fetchone()
        [moments] = file.execute(
            "SELECT count(*) FROM moments WHERE kind IN ('user', 'agent')"
        ).fetchone()
    file.close()
    assert lines == moments


@pytest.mark.parametrize("session_id", ["", "../..", "Ünï\n\x00\x1b[2J", "\ud800", "x" * 5000])
def test_a_session_may_be_called_anything(
    session_id: str, store: JournalEventStore, look: Look
) -> None:
    record(store, session_id, "Hello?", job={"room": "\ud800\x00", "agent": "a\x02b"})
    [entry] = look()
    assert entry.session_id == session_id
    assert len(look(search="hello", room="\ud800\x00")) == 1
    assert Catalogue(store).entry(session_id) == entry


def test_a_line_of_any_size_can_be_found(store: JournalEventStore, look: Look) -> None:
    record(store, "call", "word " * 40_000 + "needle", "x" * 200_000, "a\x00b\x02c\ud800d e\x03f")
    assert len(look(search="needle")) == 1
    for asked in ("x" * 1000, "b", "c", "d", "f"):
        [entry] = look(search=asked)
        assert entry.match is not None
        assert len(entry.match.text) <= 1000


def test_latencies_are_those_of_the_waterfalls(store: JournalEventStore, look: Look) -> None:
    replay(store.root, 2)
    shutil.copytree(RECORDING, store.root, dirs_exist_ok=True)
    for entry in look():
        gap = fold_latency(store.read(entry.session_id)).gap
        assert gap is not None
        assert entry.latency == Latency(gap.median / 1e6, gap.worst / 1e6)
