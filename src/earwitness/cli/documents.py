"""What the commands say as JSON: times in seconds since the Unix epoch, durations in seconds."""

from __future__ import annotations

from typing import Any, Final

from attrs import asdict

from .facts import Damaged, SessionFacts

_MEMBERS: Final = (
    "session_id",
    "state",
    "opened_at",
    "duration",
    "close_reason",
    "events",
    "events_lost",
    "turns",
    "tools",
    "errors",
    "folder",
    "damage",
)


def listed(facts: SessionFacts | Damaged) -> dict[str, Any]:
    """One session of `ls`: the same members for every session, null where nothing is known."""
    if isinstance(facts, Damaged):
        known: dict[str, Any] = {
            "session_id": facts.session_id,
            "state": "damaged",
            "opened_at": facts.opened_at / 1e6 or None,
            "damage": facts.reason,
        }
    else:
        known = _summary(facts) | {
            "turns": len(facts.turns),
            "tools": len(facts.tools),
            "errors": len(facts.failures),
        }
    return {name: known.get(name) for name in _MEMBERS}


def shown(facts: SessionFacts) -> dict[str, Any]:
    """The session of `show`."""
    return _summary(facts) | {
        "sdk": facts.sdk,
        "job": facts.job,
        "transcript": [asdict(utterance) for utterance in facts.transcript],
        "turns": [asdict(turn) for turn in facts.turns],
        "tools": [asdict(tool) for tool in facts.tools],
        "handoffs": [asdict(handoff) for handoff in facts.handoffs],
        "errors": [asdict(failure) for failure in facts.failures],
        "usage": facts.usage,
    }


def _summary(facts: SessionFacts) -> dict[str, Any]:
    info = facts.info
    return {
        "session_id": info.session_id,
        "state": info.state,
        "opened_at": info.opened_at / 1e6,
        "duration": facts.seconds,
        "close_reason": facts.close_reason,
        "events": info.events,
        "events_lost": facts.lost,
        "folder": None if info.folder is None else str(info.folder),
    }
