"""What the commands say as JSON: times in seconds since the Unix epoch, durations in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import asdict

from ..catalogue import Entry
from .facts import SessionFacts


def listed(entry: Entry, root: Path) -> dict[str, Any]:
    """One session of `ls`: the same members for every session, null where nothing is known.

    Args:
        entry: what the catalogue tells of it.
        root: the store's folder.
    """
    known = entry.damage is None
    told = known and not entry.encrypted
    match = entry.match
    return {
        "session_id": entry.session_id,
        "state": entry.state,
        "integrity": entry.integrity,
        "encrypted": entry.encrypted,
        "opened_at": entry.opened_at / 1e6 or None,
        "duration": entry.seconds if known else None,
        "last_event_at": entry.last_at / 1e6 or None,
        "close_reason": entry.close_reason,
        "agent": entry.agent or None,
        "agents": entry.agents,
        "room": entry.room or None,
        "job": entry.job or None,
        "tags": entry.tags,
        "events": entry.events if known else None,
        "events_lost": entry.lost if known else None,
        "turns": entry.turns if told else None,
        "latency": None if entry.latency is None else asdict(entry.latency),
        "tools": sum(entry.tools.values()) if told else None,
        "tool_calls": entry.tools,
        "errors": entry.errors if told else None,
        "folder": str(root / entry.folder),
        "damage": entry.damage,
        "match": match
        and {"position": match.position, "speaker": match.speaker}
        | {"text": match.text, "lines": match.lines},
    }


def shown(facts: SessionFacts) -> dict[str, Any]:
    """The session of `show`."""
    return (
        _identity(facts)
        | _extent(facts)
        | {
            "sdk": facts.sdk,
            "job": facts.job,
            "transcript": [asdict(utterance) for utterance in facts.transcript],
            "turns": [asdict(turn) for turn in facts.turns],
            "tools": [asdict(tool) for tool in facts.tools],
            "handoffs": [asdict(handoff) for handoff in facts.handoffs],
            "errors": [asdict(failure) for failure in facts.failures],
            "usage": facts.usage,
            "unread": _unread(facts),
        }
    )


def _unread(facts: SessionFacts) -> dict[str, Any]:
    unread = facts.unread
    amounts = {name: getattr(unread, name) for name in ("encrypted", "erased", "left_out")}
    return amounts | {"why": unread.sentences()}


def _identity(facts: SessionFacts) -> dict[str, Any]:
    return {
        "session_id": facts.session_id,
        "state": facts.state,
        "opened_at": facts.opened_at / 1e6 or None,
        "close_reason": facts.close_reason,
    }


def _extent(facts: SessionFacts) -> dict[str, Any]:
    folder = facts.info.folder
    return {
        "duration": facts.seconds,
        "events": facts.info.events,
        "events_lost": facts.lost,
        "folder": None if folder is None else str(folder),
    }
