"""LiveKit's session report, folded from the log of any LiveKit version.

The log's first event holds the report's skeleton: what the SDK's own ``SessionReport.to_dict()``
returned before anything had happened. Its members are the report's shape for that version. The
fold fills them; what the SDK itself said of them at the session's end takes precedence over what
is derived here, so a version that counts differently is followed. The derived values serve the
sessions that never came to their end.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from attrs import field, frozen

from .. import values
from ..codec import load
from ..events import (
    OWN_EVENTS,
    AudioRecordingStarted,
    Event,
    EventAmended,
    OptionsChanged,
    RecordingOpened,
    RecordingRecovered,
    SessionEnded,
    SessionStarted,
)
from ..exceptions import LogFormatError
from .eventlist import EventList, array_of
from .history import HISTORY_TYPES, ChatHistory, Item
from .reading import mapping, text
from .usage import billed

# LiveKit leaves these out of its report (voice/report.py; debug messages pass its list by).
CUSTOM_TAG: Final = "livekit.custom"
_REDACTED: Final = f'"{values.REDACTED}"'.encode("ascii")
LEFT_OUT: Final = frozenset({"metrics_collected", "debug_message"})

INTERRUPTED: Final = "interrupted"
"""The close reason of a session whose recorder died. LiveKit's own begin with ``CR_``."""

# Names of the proto values of livekit.agent.CloseReason that differ from the SDK's own.
_CLOSE_REASONS: Final = {"task_completed": "CR_COMPLETED"}


def _as_json(data: bytes | dict[str, Any]) -> bytes:
    return data if isinstance(data, bytes) else values.encode_plain(data)


@frozen
class SessionReport:
    """What happened in a session: LiveKit's report, wherever it was folded.

    Args:
        session_id: the session it is about.
        data: the report in plain JSON, as a mapping or as its text.
    """

    session_id: str
    _json: bytes = field(alias="data", converter=_as_json, repr=False)

    @property
    def data(self) -> dict[str, Any]:
        """The report in plain JSON, what JSON lacks in its written form; decoded at each access."""
        data: dict[str, Any] = values.decode_plain(self._json)
        return data

    def to_dict(
        self, *, include_chat_history: bool = True, include_events: bool = True
    ) -> dict[str, Any]:
        """Equal to what LiveKit's ``SessionReport.to_dict()`` returns for the recorded version.

        Only ``timestamp``, the time at which a report is made, is each report's own.
        """
        left_out = {"chat_history"} if not include_chat_history else set()
        left_out |= {"events"} if not include_events else set()
        kept = {name: value for name, value in self.data.items() if name not in left_out}
        return values.restore_members(kept)

    def to_json(self) -> bytes:
        """The report as JSON in UTF-8: the same bytes wherever and whenever it is folded."""
        return self._json

    @property
    def events(self) -> list[dict[str, Any]]:
        """The session's events as in :meth:`to_dict`."""
        events: list[dict[str, Any]] = self.to_dict(include_chat_history=False).get("events", [])
        return events

    @property
    def chat_history(self) -> dict[str, Any]:
        """The chat history as in :meth:`to_dict`."""
        history: dict[str, Any] = self.to_dict(include_events=False).get("chat_history", {})
        return history


def fold_report(events: Iterable[Event]) -> SessionReport:
    """The report of a session, from its events in order."""
    fold = ReportFold()
    for event in events:
        fold.apply(event)
    return fold.result()


class ReportFold:
    """The report under way."""

    def __init__(self) -> None:
        self._session_id = ""
        self._report: dict[str, Any] = {}
        self._final: dict[str, Any] = {}
        self._events = EventList()
        self._history: ChatHistory[_Shown] = ChatHistory(_shown)
        self._started_at: float | None = None
        self._last_recorded_at = 0
        self._interrupted = False
        self._usage_types = True
        self._own: dict[str, Callable[[Event], None]] = {
            RecordingOpened.TAG: self._opened,
            SessionStarted.TAG: self._started,
            AudioRecordingStarted.TAG: self._audio_started,
            OptionsChanged.TAG: self._options_changed,
            EventAmended.TAG: self._amended,
            SessionEnded.TAG: self._ended,
            RecordingRecovered.TAG: self._recovered,
        }

    def apply(self, event: Event) -> None:
        """Take in the next event. One that is withheld, or not what its tag says, is passed over.

        Raises:
            LogFormatError: a payload is not JSON.
        """
        if event.type in OWN_EVENTS:
            self._take_own(event)
            return
        # Only what the session did itself tells how long it lasted.
        self._last_recorded_at = event.recorded_at
        if event.data is None:
            return
        written = event.json
        if event.type in HISTORY_TYPES:
            self._history.apply(event.type, event.plain_payload)
        if event.type == CUSTOM_TAG or _REDACTED in written:
            payload = values.unmarked(event.plain_payload)
            if event.type == CUSTOM_TAG:
                payload = mapping(payload).get("event", payload)
            written = values.encode_plain(payload)
        if event.type not in LEFT_OUT:
            self._events.append(event.position, event.type, written)

    def result(self) -> SessionReport:
        """The report of all that was taken in."""
        derived = {
            "events": self._events.to_json(),
            "chat_history": b'{"items":%b}' % self._history_json(),
            "timestamp": self._last_recorded_at / 1e6,
            "duration_ms": self._duration_ms(),
            "usage": self._usage(),
            "user_turns": self._user_turns(),
            "errors": self._errors(),
            "close_reason": self._close_reason(),
        }
        # Without the skeleton, which may be withheld, the shape is what is known.
        shape = self._report if "events" in self._report else derived | self._report
        if self._interrupted:  # said in every version's report, whatever its shape
            shape = shape | {"close_reason": None}
        members = {
            name: self._final.get(name, derived.get(name, value)) for name, value in shape.items()
        }
        return SessionReport(self._session_id, _object(members))

    def history_digest(self) -> str:
        """Hex SHA-256 of the chat history's JSON, as it stands so far."""
        return hashlib.sha256(self._history_json()).hexdigest()

    def _take_own(self, event: Event) -> None:
        if event.withheld:
            return
        payload = event.plain_payload
        if event.type in HISTORY_TYPES:
            self._history.apply(event.type, payload)
        if (handle := self._own.get(event.type)) is not None:
            with contextlib.suppress(LogFormatError):
                handle(event)

    def _opened(self, event: Event) -> None:
        opened = load(event, RecordingOpened)
        self._session_id = opened.session_id
        self._report = dict(opened.report)
        self._usage_types = bool(opened.sdk.get("usage_types", True))
        self._last_recorded_at = event.recorded_at

    def _started(self, event: Event) -> None:
        started = load(event, SessionStarted)
        self._started_at = started.started_at
        self._report |= started.report
        # AgentSession.start() begins its list of events anew.
        self._events.clear()

    def _audio_started(self, event: Event) -> None:
        started = load(event, AudioRecordingStarted)
        self._started_at = started.started_at
        self._report["audio_recording_started_at"] = started.started_at
        self._report["audio_recording_path"] = started.path

    def _options_changed(self, event: Event) -> None:
        self._report["options"] = load(event, OptionsChanged).options

    def _amended(self, event: Event) -> None:
        amended = load(event, EventAmended)
        self._events.amend(amended.position, amended.payload)

    def _ended(self, event: Event) -> None:
        self._final = load(event, SessionEnded).report

    def _recovered(self, event: Event) -> None:
        self._interrupted = True

    def _history_json(self) -> bytes:
        return array_of([item.json for item in self._history.items()])

    def _duration_ms(self) -> int | None:
        if self._started_at is None:
            return None
        milliseconds = (self._last_recorded_at / 1e6 - self._started_at) * 1000
        return int(milliseconds) if math.isfinite(milliseconds) else None

    def _usage(self) -> list[Item] | None:
        usage = billed(next(self._events.of_type("session_usage_updated"), None))
        if not self._usage_types:  # LiveKit 1.5 to 1.7 leave the kind of usage out
            usage = [{n: v for n, v in model.items() if n != "type"} for model in usage]
        return usage or None

    def _user_turns(self) -> int:
        return sum(item.is_user_turn for item in self._history.items())

    def _errors(self) -> dict[str, int]:
        counts = dict.fromkeys(mapping(self._report.get("errors")), 0)
        for event in self._events.of_type("error"):
            kind = text(mapping(event.get("error")).get("type"))
            for key in counts:
                counts[key] += kind.startswith(key)
        return counts

    def _close_reason(self) -> str | None:
        close = next(self._events.of_type("close"), None)
        if close is None:
            return INTERRUPTED if self._interrupted else None
        reason = text(close.get("reason"))
        return _CLOSE_REASONS.get(reason, f"CR_{reason.upper()}")


class _Shown(NamedTuple):
    """What is kept of an item of the chat history."""

    json: bytes
    is_user_turn: bool


def _shown(item: Item) -> _Shown:
    is_user_turn = item.get("type") == "message" and item.get("role") == "user"
    return _Shown(values.encode_plain(item), is_user_turn)


def _object(members: dict[str, Any]) -> bytes:
    """The JSON of an object; what is bytes among its members is JSON already."""
    pieces = []
    for name, value in members.items():
        written = value if isinstance(value, bytes) else values.encode_plain(value)
        pieces += [b",", values.encode_plain(name), b":", written]
    return b"".join([b"{", *pieces[1:], b"}"])
