"""What goes on while one looks is told as it happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from earwitness import JournalEventStore
from earwitness.viewer import create_app
from tests.cli.running import begin, damage, record, say

Told = tuple[str, Any, str]
"""The name of a message, its data and its id."""


@asynccontextmanager
async def listening(
    store: JournalEventStore, path: str, **headers: str
) -> AsyncIterator[AsyncIterator[Told]]:
    """What a viewer of the store streams to whoever asks for a path."""
    parts: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": f"/api/v1{path}",
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"localhost"),
            *((name.replace("_", "-").encode(), text.encode()) for name, text in headers.items()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8421),
    }
    serving = asyncio.create_task(create_app(store)(scope, receive, parts.put))
    try:
        yield _messages(parts)
    finally:
        gone.set()
        await asyncio.wait_for(serving, 60)


async def _messages(parts: asyncio.Queue[dict[str, Any]]) -> AsyncIterator[Told]:
    while True:
        part = await asyncio.wait_for(parts.get(), 60)
        body = part.get("body", b"").decode()
        for block in filter(None, body.split("\n\n")):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
            if "event" in fields:
                yield fields["event"], json.loads(fields["data"]), fields.get("id", "")
        if part["type"] == "http.response.body" and not part.get("more_body"):
            return


async def test_a_session_tells_that_it_grows_and_that_it_is_over(store: JournalEventStore) -> None:
    recorder = begin(store, "call")
    async with listening(store, "/sessions/call/live") as told:
        # The stream looks first at what is there; only what comes after that is news.
        growing = asyncio.create_task(_keep_saying(recorder))
        name, data, _ = await anext(told)
        growing.cancel()
        assert (name, data["state"]) == ("session", "live")
        recorder.close("user_initiated").result()
        states = [data["state"] async for _, data, _ in told]
    assert states[-1] == "closed"


async def _keep_saying(recorder: Any) -> None:
    while True:
        say(recorder, "close", reason="not yet")
        await asyncio.sleep(0.05)


async def test_a_session_that_is_over_says_so_at_once(store: JournalEventStore) -> None:
    record(store, "call", "Hello?")
    async with listening(store, "/sessions/call/live") as told:
        assert [(name, data["state"]) async for name, data, _ in told] == [("session", "closed")]


async def test_events_are_told_as_they_are_recorded(store: JournalEventStore) -> None:
    recorder = begin(store, "call")
    async with listening(store, "/sessions/call/events/live") as told:
        name, event, id = await anext(told)
        assert (name, event["type"], id) == ("event", "recording_opened", "0")
        say(recorder, "close", reason="<later>")
        name, event, id = await anext(told)
        assert (event["payload"]["reason"], id) == ("<later>", "1")
        recorder.close("user_initiated").result()
        rest = [(name, id) async for name, _, id in told]
    assert rest[-1] == ("end", "")
    assert rest[0] == ("event", "2")


async def test_a_reader_resumes_where_it_was_cut_off(store: JournalEventStore) -> None:
    record(store, "call", "One", "Two", "Three")
    async with listening(store, "/sessions/call/events/live", last_event_id="2") as told:
        assert [id async for _, _, id in told] == ["3", "4", ""]
    async with listening(store, "/sessions/call/events/live?after=3") as told:
        assert [id async for _, _, id in told] == ["4", ""]


async def test_the_list_tells_that_it_has_changed(store: JournalEventStore) -> None:
    async with listening(store, "/live") as told:
        recording = asyncio.create_task(_keep_recording(store))
        name, _, _ = await anext(told)
        recording.cancel()
        assert name == "session"


async def _keep_recording(store: JournalEventStore) -> None:
    number = 0
    while True:
        record(store, f"call-{number}", "Hello?")
        number += 1
        await asyncio.sleep(0.3)


async def test_a_verification_tells_how_far_it_is_and_what_came_of_it(
    store: JournalEventStore,
) -> None:
    record(store, "call", *["Hello?" * 1000] * 100)
    async with listening(store, "/sessions/call/verify") as stream:
        told = [(name, data) async for name, data, _ in stream]
    progress = [data["done"] for name, data in told if name == "progress"]
    assert progress == sorted(progress)
    assert len(progress) > 1
    name, verified = told[-1]
    assert (name, verified["sound"], verified["findings"]) == ("verified", True, [])
    assert verified["signed_by"]


async def test_a_verification_finds_what_was_changed(store: JournalEventStore) -> None:
    record(store, "call", "Hello?")
    log = store.folder("call") / "log.jsonl"
    log.write_bytes(log.read_bytes().replace(b"Hello?", b"Hallo?"))
    async with listening(store, "/sessions/call/verify") as stream:
        *_, (name, verified, _) = [each async for each in stream]
    assert (name, verified["sound"]) == ("verified", False)
    assert "commitment" in {finding["rule"] for finding in verified["findings"]}
    app = create_app(store)
    entry = app._app.state.viewer.entry("call")  # type: ignore[attr-defined]
    assert entry.integrity == "not sound"


async def test_what_ends_a_stream_is_told_in_it(store: JournalEventStore) -> None:
    begin(store, "call")
    store.release("call")
    record(store, "broken", "Hello?")
    damage(store, "broken")
    async with listening(store, "/sessions/broken/events/live") as stream:
        *_, (name, problem, _) = [each async for each in stream]
    assert (name, problem["type"]) == ("problem", "urn:earwitness:problem:damaged-log")


async def test_a_stream_ends_when_the_server_is_to_stop(store: JournalEventStore) -> None:
    begin(store, "call")
    stop = False
    app = create_app(store, stopping=lambda: stop)
    viewer = app._app.state.viewer  # type: ignore[attr-defined]
    from earwitness.viewer.live import _list_changes, _session_changes

    streams = [_list_changes(viewer), _session_changes(viewer, "call")]
    for stream in streams:
        await anext(stream)
    stop = True
    for stream in streams:
        assert [each async for each in stream if each != b":\n\n"] == []
