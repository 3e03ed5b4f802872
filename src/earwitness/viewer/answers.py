"""What the API answers, as JSON. The reference's page on the HTTP API says what each member means.

Moments are microseconds since the Unix epoch. Durations are seconds where they are of sessions,
as in a list, and microseconds where they are told beside moments.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from ..catalogue import Entry, Page
from ..events import Event
from ..projections.latency import Latency
from ..projections.marks import Mark
from ..projections.story import Line
from ..verify import Verification
from .addresses import segment

Document = dict[str, Any]

_encode = msgspec.json.Encoder().encode


def encode(document: Any) -> bytes:
    """A document in JSON. What was said may hold halves of surrogate pairs: they are escaped."""
    try:
        return _encode(document)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(document), separators=(",", ":")).encode("ascii")


def entry_document(entry: Entry) -> Document:
    """A session, as the list tells it."""
    return {
        "session_id": entry.session_id,
        "segment": segment(entry.session_id),
        "state": entry.state,
        "integrity": entry.integrity,
        "opened_at": entry.opened_at,
        "seconds": entry.seconds,
        "events": entry.events,
        "encrypted": entry.encrypted,
        "lost": entry.lost,
        "last_at": entry.last_at,
        "last_type": entry.last_type,
        "close_reason": entry.close_reason,
        "agent": entry.agent,
        "agents": entry.agents,
        "room": entry.room,
        "job_id": entry.job,
        "tags": entry.tags,
        "turns": entry.turns,
        "latency": entry.latency,
        "tools": entry.tools,
        "errors": entry.errors,
        "sealed": entry.sealed,
        "damage": entry.damage,
        "match": entry.match,
    }


def page_document(page: Page, waiting: int) -> Document:
    """A page of the list."""
    return {
        "sessions": [entry_document(entry) for entry in page.entries],
        "total": page.total,
        "next": page.next,
        "waiting": waiting,
    }


def event_document(event: Event) -> Document:
    """One event with its payload, as the log holds it."""
    return {
        "position": event.position,
        "recorded_at": event.recorded_at,
        "type": event.type,
        "commitment": event.commitment,
        "salt": event.salt,
        "withheld": event.withheld,
        "encrypted": event.encrypted is not None,
        "payload": None if event.withheld else event.plain_payload,
    }


def story_document(lines: list[Line], begin: int, count: int) -> Document:
    """Some lines of a story."""
    return {"total": len(lines), "from": begin, "lines": lines[begin : begin + count]}


def timeline_document(start: int, end: int, lanes: dict[Any, list[Mark]]) -> Document:
    """The marks of some time."""
    return {"start": start, "end": end, "lanes": lanes}


def latency_document(latency: Latency, begin: int, count: int) -> Document:
    """Where the time went, and some of the waterfalls."""
    slowest = latency.slowest
    return {
        "gap": latency.gap,
        "stages": latency.stages,
        "slowest": slowest and {"turn": slowest.turn, "index": latency.waterfalls.index(slowest)},
        "total": len(latency.waterfalls),
        "from": begin,
        "waterfalls": latency.waterfalls[begin : begin + count],
    }


def verification_document(found: Verification) -> Document:
    """What came of a verification."""
    findings: list[Document] = [
        {
            "rule": each.rule,
            "where": each.where,
            "expected": each.expected,
            "got": each.got,
            "event": each.event,
            "message": f"expected {each.expected}, got {each.got}",
            "severity": "bad",
        }
        for each in found.findings
    ]
    findings += [
        {"rule": "unread", "where": "", "expected": "", "got": told, "event": None}
        | {"message": told, "severity": "bad"}
        for told in found.unread
    ]
    facts = {
        "State": found.state,
        "Events": found.events,
        "Sealed": found.sealed,
        "After the checkpoint": found.after_checkpoint,
        "Withheld": found.withheld,
        "Signed by": ", ".join(found.signed_by),
        "Countersigned by": ", ".join(found.cosigned_by),
        "Further findings": found.more_findings,
        "Not compared": "; ".join(found.unchecked),
    }
    return {
        "sound": found.sound,
        "state": found.state,
        "events": found.events,
        "sealed": found.sealed,
        "signed_by": found.signed_by,
        "findings": findings,
        "facts": {name: str(value) for name, value in facts.items() if value},
    }
