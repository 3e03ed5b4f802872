"""The API described, as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

from .schemas import SCHEMAS

Document = dict[str, Any]

_TEXT: Final = {"type": "string"}
_MOMENT_OR_DATE: Final = {"type": "string", "examples": ["2026-11-23", "2026-11-23T16:30:00Z"]}
_SECONDS: Final = {"type": "number", "minimum": 0, "maximum": 999_999_999_999}

_SESSION: Final = {
    "name": "session",
    "in": "path",
    "required": True,
    "description": "The session's id if it is plain, else the `segment` that the list gives.",
    "schema": _TEXT,
}
_POSITION: Final = {
    "name": "position",
    "in": "path",
    "required": True,
    "description": "The event's position in the log, from 0.",
    "schema": {"type": "integer", "minimum": 0, "maximum": 10**17},
}


def document(root: str) -> Document:
    """The description.

    Args:
        root: the path under which the viewer stands.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Earwitness",
            "version": version("earwitness"),
            "description": "What a store of recorded sessions holds, read-only. Moments are "
            "microseconds since the Unix epoch.",
        },
        "servers": [{"url": f"{root}/api/v1"}],
        "security": [{}, {"token": []}, {"cookie": []}],
        "paths": {path: {"get": operation} for path, operation in _paths().items()},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "earwitness-viewer"},
            },
        },
    }


def _paths() -> dict[str, Document]:
    one = "/sessions/{session}"
    return {
        "/openapi.json": _operation("This description.", {"type": "object"}),
        "/sessions": _operation("The sessions, newest first.", "Page", *_filters(), *_paging(500)),
        "/search": _operation(
            "The sessions in which something was said.",
            "Page",
            _query("q", "Words to search for.", _TEXT | {"minLength": 1}, required=True),
            *[each for each in _filters() if each["name"] != "search"],
            *_paging(500),
        ),
        "/sessions/live": _events("A message `session` whenever the list has changed."),
        "/live": _events("As `/sessions/live`."),
        "/compare": _operation(
            "Two sessions side by side, or one beside the median of those asked for.",
            "Comparison",
            _query("a", "A session.", _TEXT, required=True),
            _query("b", "Another one; without it, the filters say what to compare with.", _TEXT),
            *_filters(),
        ),
        one: _operation("One session.", "Facts", _SESSION),
        f"{one}/story": _operation(
            "What was said and what happened meanwhile, line by line.",
            "Story",
            _SESSION,
            _integer("from", "The first line to give.", 0),
            _integer("count", "How many lines to give.", 100, most=500),
            _integer("at", "Give the lines around this moment instead.", None),
        ),
        f"{one}/timeline": _operation(
            "The marks of some time, those closer than a pixel drawn together.",
            "Timeline",
            _SESSION,
            _integer("from", "A moment; by default the first.", None),
            _integer("to", "A moment, not before `from`; by default the last.", None),
            _integer("pixels", "How many there are for this time.", 1000, least=1, most=20_000),
        ),
        f"{one}/latency": _operation(
            "Where the time went, turn by turn.",
            "Latency",
            _SESSION,
            _integer("from", "The first waterfall to give, by its index.", 0),
            _integer("count", "How many waterfalls to give.", 100, most=500),
        ),
        f"{one}/events": _operation(
            "Some events, as the log holds them.",
            "Events",
            _SESSION,
            _integer("after", "Give those behind this position.", -1, least=-1),
            _integer("limit", "At most so many.", 100, least=1, most=1000),
            _query("types", "Only these types, with commas between them.", _TEXT),
        ),
        f"{one}/events/live": _events(
            "A message `event` for each event as it is recorded, its position as the message's "
            "id, and `end` once the session is over. `Last-Event-ID` resumes.",
            _SESSION,
            _integer("after", "Begin behind this position.", -1, least=-1, most=10**17),
        ),
        f"{one}/events/{{position}}": _operation("One event.", "Event", _SESSION, _POSITION),
        f"{one}/events/{{position}}/evidence": _file(
            "Evidence of one event, for `earwitness verify --proof`.",
            "text/plain",
            _SESSION,
            _POSITION,
        ),
        f"{one}/live": _events(
            "A message `session` with its state whenever the session has more events.", _SESSION
        ),
        f"{one}/verify": _events(
            "Verifies the log: messages `progress`, and `verified` with what came of it.", _SESSION
        ),
        f"{one}/report": _operation("LiveKit's report.", {"type": "object"}, _SESSION),
        f"{one}/log": _file("The log, byte for byte.", "application/jsonl", _SESSION),
        f"{one}/audio": _file("What was heard; ranges are answered.", "audio/*", _SESSION),
    }


def _operation(summary: str, schema: str | Document, *parameters: Document) -> Document:
    told = {"$ref": f"#/components/schemas/{schema}"} if isinstance(schema, str) else schema
    return _answering(summary, {"application/json": {"schema": told}}, parameters)


def _file(summary: str, media_type: str, *parameters: Document) -> Document:
    operation = _answering(summary, {media_type: {"schema": _TEXT}}, parameters)
    operation["responses"]["206"] = {"description": "A part of it."}
    return operation


def _events(summary: str, *parameters: Document) -> Document:
    return _answering(summary, {"text/event-stream": {"schema": _TEXT}}, parameters)


def _answering(summary: str, content: Document, parameters: tuple[Document, ...]) -> Document:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    refused = {"content": {"application/problem+json": problem}}
    return {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {
            "200": {"description": "It.", "content": content},
            "default": {"description": "A problem (RFC 9457)."} | refused,
        },
    }


def _query(name: str, what: str, schema: Document, *, required: bool = False) -> Document:
    known = {"name": name, "in": "query", "description": what, "schema": schema}
    return known | ({"required": True} if required else {})


def _integer(
    name: str, what: str, default: int | None, *, least: int = 0, most: int = 1 << 62
) -> Document:
    schema: Document = {"type": "integer", "minimum": least, "maximum": most}
    return _query(name, what, schema | ({} if default is None else {"default": default}))


def _paging(most: int) -> list[Document]:
    return [
        _integer("limit", "At most so many.", 50, least=1, most=most),
        _query("after", "What a page gave as `next`.", _TEXT),
    ]


def _filters() -> list[Document]:
    text = _TEXT | {"maxLength": 1000}
    states = {"enum": ["live", "closed", "interrupted", "damaged", ""]}
    return [
        _query("search", "Words that somebody said, all in one line.", text),
        _query("since", "Opened then or later: ISO 8601, or microseconds.", _MOMENT_OR_DATE),
        _query("until", "Opened earlier; a date counts to its end.", _MOMENT_OR_DATE),
        _query("state", "In this state.", states),
        _query("agent", "The job's agent, or one that had the floor.", text),
        _query("room", "The room.", text),
        _query("reason", "Closed for this.", text),
        _query("errors", "Whether models failed.", {"enum": ["true", "false", ""]}),
        _query("tag", "With this tag.", text),
        _query("min_seconds", "At least so long.", _SECONDS),
        _query("max_seconds", "At most so long.", _SECONDS),
    ]
