"""The read-only API, ``/api/v1``. Its reference is ``docs/reference/http-api.md``.

These functions do blocking work; Starlette runs each in a thread.
"""

from __future__ import annotations

import bisect
from itertools import islice
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ..custody.unread import refuse_encrypted
from ..events import Event
from ..evidence import prove
from ..projections.report import fold_report
from ..stores.contents import read_content
from ..stores.logfile import LOG_NAME
from ..stores.names import folder_name
from . import answers
from .audio import audio_file
from .context import viewer_of
from .facts import comparison, facts_of
from .live import event_stream, live_sessions, session_stream, verification_stream
from .openapi import document as openapi_document
from .parameters import asked_filter, integer
from .problems import Problem, bad_parameter
from .ranges import in_ranges

MAX_SESSIONS: Final = 500
MAX_LINES: Final = 500
MAX_EVENTS: Final = 1000
MAX_PIXELS: Final = 20_000
_MAX_PAYLOAD_BYTES: Final = 4 << 20


def sessions(request: Request) -> Response:
    """The list, newest first, a page at a time."""
    viewer, query = viewer_of(request), request.query_params
    asked = asked_filter(query)
    limit = integer(query, "limit", 50, least=1, most=MAX_SESSIONS)
    if asked.search:
        viewer.record_search(request)
    page = viewer.page(asked, limit, query.get("after", ""))
    return _json(answers.page_document(page, viewer.waiting))


def search(request: Request) -> Response:
    """The sessions in which something was said: the list, by another name of its parameter."""
    if not request.query_params.get("q"):
        raise bad_parameter("q", "words to search for")
    viewer, query = viewer_of(request), request.query_params
    asked = asked_filter({**query, "search": query["q"]})
    limit = integer(query, "limit", 50, least=1, most=MAX_SESSIONS)
    viewer.record_search(request)
    page = viewer.page(asked, limit, query.get("after", ""))
    return _json(answers.page_document(page, viewer.waiting))


def session(request: Request) -> Response:
    """One session, as the list tells it, and what only its log tells."""
    viewer = viewer_of(request)
    session_id = viewer.session(request, "summary")
    return _json(facts_of(viewer, session_id))


def story(request: Request) -> Response:
    """Some lines of what was said and what happened meanwhile."""
    lines = viewer_of(request).log(request, "story").story()
    query = request.query_params
    count = integer(query, "count", 100, most=MAX_LINES)
    begin = integer(query, "from", 0)
    if "at" in query:
        at = integer(query, "at", 0)
        place = bisect.bisect_right(lines, at, key=lambda line: line.at)
        begin = max(0, place - 1 - count // 2)
    return _json(answers.story_document(lines, begin, count))


def timeline(request: Request) -> Response:
    """The marks of some time, those too close to be told apart drawn together."""
    folded = viewer_of(request).log(request, "timeline").timeline()
    query = request.query_params
    start = integer(query, "from", folded.start)
    end = integer(query, "to", folded.end)
    if "from" in query and "to" in query and end < start:
        raise bad_parameter("to", "a moment that is not before `from`")
    pixels = integer(query, "pixels", 1000, least=1, most=MAX_PIXELS)
    lanes = folded.window(start, max(start, end), pixels)
    return _json(answers.timeline_document(folded.start, folded.end, lanes))


def latency(request: Request) -> Response:
    """Where the time went, turn by turn."""
    folded = viewer_of(request).log(request, "latency").latency()
    query = request.query_params
    begin = integer(query, "from", 0)
    count = integer(query, "count", 100, most=MAX_LINES)
    return _json(answers.latency_document(folded, begin, count))


def events(request: Request) -> Response:
    """Some events, as the log holds them."""
    query = request.query_params
    known = viewer_of(request).log(request, "events").events()
    after = integer(query, "after", -1, least=-1)
    limit = integer(query, "limit", 100, least=1, most=MAX_EVENTS)
    types = {type for type in query.get("types", "").split(",") if type}
    asked = islice(known, after + 1, None) if after < len(known) else iter(())
    found: list[Event] = []
    room = _MAX_PAYLOAD_BYTES
    for event in asked:
        if types and event.type not in types:
            continue
        if len(found) == limit or (found and room < 0):
            break
        room -= len(event.blob or event.data or b"")
        found.append(event)
    else:
        event = None
    documents = [answers.event_document(each) for each in found]
    following = None if event is None else event.position - 1
    return _json({"events": documents, "total": len(known), "next": following})


def event(request: Request) -> Response:
    """One event, as the log holds it."""
    known = viewer_of(request).log(request, "event").events()
    return _json(answers.event_document(known[_position(request, len(known))]))


def evidence(request: Request) -> Response:
    """Evidence of one event, for somebody who must not see the rest."""
    viewer = viewer_of(request)
    session_id = viewer.session(request, "evidence")
    position = _position(request, len(viewer.logs.of(session_id).events()))
    name = f"{folder_name(session_id)}.event-{position}.evidence"
    proof = prove(viewer.store, session_id, position)
    return Response(proof, headers=_as_file(name), media_type="text/plain")


def report(request: Request) -> Response:
    """LiveKit's report, folded from the log."""
    viewer = viewer_of(request)
    session_id = viewer.session(request, "report")
    events = viewer.logs.of(session_id).events()
    refuse_encrypted(viewer.store, session_id, events)
    folded = fold_report(events)
    name = f"{folder_name(session_id)}.report.json"
    return Response(folded.to_json(), headers=_as_file(name), media_type="application/json")


def log(request: Request) -> Response:
    """The log itself, byte for byte."""
    viewer = viewer_of(request)
    session_id = viewer.session(request, "log")
    path = viewer.store.folder(session_id) / LOG_NAME
    name = f"{folder_name(session_id)}.{LOG_NAME}"
    return FileResponse(path, filename=name, media_type="application/jsonl")


def audio(request: Request) -> Response:
    """What was heard, or a range of it."""
    viewer = viewer_of(request)
    session_id = viewer.session(request, "audio")
    if (found := audio_file(viewer.store, session_id)) is None:
        raise Problem(404, "no-audio", "The session has no audio.")
    name = f"{folder_name(session_id)}.{found.name}"
    if found.key is not None:
        plain = read_content(found.path.with_name(found.name), found.key)
        return in_ranges(request, plain, found.media_type, name)
    return FileResponse(
        found.path,
        media_type=found.media_type,
        filename=name,
        content_disposition_type="inline",
    )


def compare(request: Request) -> Response:
    """Two sessions side by side, or one beside the median of those that are asked for."""
    viewer = viewer_of(request)
    return _json(comparison(viewer, request.query_params))


def openapi(request: Request) -> Response:
    """This API, described."""
    return _json(openapi_document(request.scope.get("root_path", "")))


def _position(request: Request, events: int) -> int:
    text = request.path_params["position"]
    if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) < events):
        raise Problem(404, "no-such-event", "The session has no such event.")
    return int(text)


def _json(document: Any) -> Response:
    return Response(answers.encode(document), media_type="application/json")


def _as_file(name: str) -> dict[str, str]:
    # The name of a session's folder: nothing in it needs quoting.
    return {"Content-Disposition": f'attachment; filename="{name}"'}


_SESSION: Final = "/sessions/{session}"

ROUTES: Final = [
    Route("/openapi.json", openapi),
    Route("/live", live_sessions),
    Route("/search", search),
    Route("/compare", compare),
    Route("/sessions", sessions),
    Route("/sessions/live", live_sessions),
    Route(_SESSION, session),
    Route(f"{_SESSION}/story", story),
    Route(f"{_SESSION}/timeline", timeline),
    Route(f"{_SESSION}/latency", latency),
    Route(f"{_SESSION}/events", events),
    Route(f"{_SESSION}/events/live", event_stream),
    Route(f"{_SESSION}/events/{{position}}", event),
    Route(f"{_SESSION}/events/{{position}}/evidence", evidence),
    Route(f"{_SESSION}/live", session_stream),
    Route(f"{_SESSION}/verify", verification_stream),
    Route(f"{_SESSION}/report", report),
    Route(f"{_SESSION}/log", log),
    Route(f"{_SESSION}/audio", audio),
]
