"""What goes on while one looks, as server-sent events (HTML Standard, section 9.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import islice
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ..exceptions import EarwitnessError
from ..stores.logfile import LOG_NAME
from ..verify import Verification, verify_session
from . import answers
from .context import Viewer, viewer_of
from .problems import bad_parameter, problem_of

_LOOK_SECONDS: Final = 0.2
_LIST_SECONDS: Final = 1.0
_BREATH_SECONDS: Final = 15.0
_PROGRESS_BYTES: Final = 1 << 18
_MEDIA_TYPE: Final = "text/event-stream"
_BREATH: Final = b":\n\n"
"""A comment: whoever stands between does not take the silence for the end."""


async def live_sessions(request: Request) -> Response:
    """Says whenever the list has changed."""
    viewer = viewer_of(request)
    return _stream(request, _list_changes(viewer))


async def session_stream(request: Request) -> Response:
    """Says whenever a session has more events, until it is closed."""
    viewer = viewer_of(request)
    session_id = await run_in_threadpool(viewer.session, request, "live")
    return _stream(request, _session_changes(viewer, session_id))


async def event_stream(request: Request) -> Response:
    """Each event of a session as it is recorded, from the one behind ``Last-Event-ID``."""
    viewer = viewer_of(request)
    after = _resumed_at(request)
    session_id = await run_in_threadpool(viewer.session, request, "events")
    return _stream(request, _new_events(viewer, session_id, after))


async def verification_stream(request: Request) -> Response:
    """A verification: how far it is, and what comes of it."""
    viewer = viewer_of(request)
    session_id = await run_in_threadpool(viewer.session, request, "verification")
    return _stream(request, _verification(viewer, session_id))


def _resumed_at(request: Request) -> int:
    text = request.headers.get("last-event-id") or request.query_params.get("after") or "-1"
    if text != "-1" and not (text.isascii() and text.isdigit() and len(text) < 19):
        raise bad_parameter("after", "the position of an event")
    return int(text)


def _stream(request: Request, messages: AsyncIterator[bytes]) -> Response:
    if request.method == "HEAD":
        return Response(media_type=_MEDIA_TYPE)
    # A proxy that gathers what it passes on would tell of it too late.
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_guarded(messages), media_type=_MEDIA_TYPE, headers=headers)


async def _guarded(messages: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The messages, and last of all the problem that ended them."""
    try:
        async for message in messages:
            yield message
    except (EarwitnessError, OSError) as error:
        yield _message("problem", problem_of(error).document())


async def _list_changes(viewer: Viewer) -> AsyncIterator[bytes]:
    known = None
    async for breath in _beats(viewer, _LIST_SECONDS):
        await run_in_threadpool(viewer.refresh)
        now = (await run_in_threadpool(viewer.catalogue.version), viewer.waiting)
        if known not in (None, now):
            yield _message("session", {"waiting": viewer.waiting})
        elif breath:
            yield _BREATH
        known = now


async def _session_changes(viewer: Viewer, session_id: str) -> AsyncIterator[bytes]:
    path = viewer.store.folder(session_id) / LOG_NAME
    known: tuple[int, str] | None = None
    async for breath in _beats(viewer, _LOOK_SECONDS):
        state = await run_in_threadpool(viewer.store.state, session_id)
        now = (path.stat().st_size, state)
        if state != "live" or now != known:  # at first too: it may have grown since it was asked
            yield _message("session", {"state": state, "bytes": now[0]})
        elif breath:
            yield _BREATH
        known = now
        if state != "live":
            return


async def _new_events(viewer: Viewer, session_id: str, after: int) -> AsyncIterator[bytes]:
    log = viewer.logs.of(session_id)
    async for breath in _beats(viewer, _LOOK_SECONDS):
        if breath:
            yield _BREATH
        state = await run_in_threadpool(viewer.store.state, session_id)
        events = await run_in_threadpool(log.events)
        for event in islice(events, after + 1, len(events)):
            yield _message("event", answers.event_document(event), id=event.position)
            after = event.position
        if state != "live":
            yield _message("end", {"state": state})
            return


async def _verification(viewer: Viewer, session_id: str) -> AsyncIterator[bytes]:
    loop, told = asyncio.get_running_loop(), asyncio.Queue[int]()
    total = max(1, (viewer.store.folder(session_id) / LOG_NAME).stat().st_size)
    entry = await run_in_threadpool(viewer.entry, session_id)
    events = entry.events if entry else 0

    def tell(read: int) -> None:
        loop.call_soon_threadsafe(told.put_nowait, read)

    yield _message("progress", {"done": 0, "total": events})
    async with viewer.verifying:
        verifying = asyncio.create_task(
            run_in_threadpool(_verify, viewer, session_id, _in_large_steps(tell))
        )
        done = 0
        while not verifying.done() and not viewer.stopping():
            next_told = asyncio.create_task(told.get())
            await asyncio.wait({verifying, next_told}, return_when=asyncio.FIRST_COMPLETED)
            if next_told.done():
                done += next_told.result()
                yield _message("progress", {"done": done * events // total, "total": events})
            next_told.cancel()
        found = await verifying
    yield _message("verified", answers.verification_document(found))


def _verify(viewer: Viewer, session_id: str, tell: Callable[[int], None]) -> Verification:
    keys = viewer.trusted_keys()
    found = verify_session(viewer.store, session_id, keys, progress=tell)
    viewer.catalogue.note_verification(session_id, found.events, sound=found.sound)
    return found


def _in_large_steps(tell: Callable[[int], None]) -> Callable[[int], None]:
    waiting = 0

    def advance(read: int) -> None:
        nonlocal waiting
        waiting += read
        if waiting >= _PROGRESS_BYTES:
            tell(waiting)
            waiting = 0

    return advance


async def _beats(viewer: Viewer, seconds: float) -> AsyncIterator[bool]:
    """Now and again, until the server is to stop: true when it is time to be heard of."""
    breathed = -_BREATH_SECONDS
    while not viewer.stopping():
        now = asyncio.get_running_loop().time()
        breath = now - breathed >= _BREATH_SECONDS
        breathed = now if breath else breathed
        yield breath
        await asyncio.sleep(seconds)


def _message(event: str, document: Any, id: int | None = None) -> bytes:
    numbered = b"" if id is None else b"id: %d\n" % id
    return b"event: %b\n%bdata: %b\n\n" % (event.encode(), numbered, answers.encode(document))
