"""What the commands say as JSON: times in seconds since the Unix epoch, durations in seconds."""

from __future__ import annotations

from typing import Any, Final

from attrs import asdict

from .facts import Damaged, Listed, SessionFacts

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


def listed(facts: Listed) -> dict[str, Any]:
    """One session of `ls`: the same members for every session, null where nothing is known."""
    known = _identity(facts)
    if isinstance(facts, Damaged):
        known |= {"damage": facts.damage}
    else:
        known |= _extent(facts) | {
            "turns": len(facts.turns),
            "tools": len(facts.tools),
            "errors": len(facts.failures),
        }
    return {name: known.get(name) for name in _MEMBERS}


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
        }
    )


def _identity(facts: Listed) -> dict[str, Any]:
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
