"""What LiveKit's objects say at this moment, in values that can be recorded.

Written against livekit-agents 1.3 to 1.8 by what the installed one offers, not by its version.
Nothing here changes an object of LiveKit's.
"""

from __future__ import annotations

import dataclasses
import inspect
import os
import platform
import socket
import time
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from livekit.agents import AgentSession, JobContext, __version__, get_job_context
from livekit.agents.llm import ChatContext, ChatItem
from livekit.agents.voice.report import SessionReport
from pydantic import BaseModel

from .. import values
from ..background import breathing
from ..codec import is_tag
from ..events import RESERVED_TAGS
from ..projections.history import Item, history_form
from ..projections.report import CUSTOM_TAG
from . import shapes

try:
    from livekit.agents.metrics import LLMModelUsage as _LLMModelUsage
except ImportError:  # an SDK before 1.5
    _ModelUsage: Any = None
else:
    _ModelUsage = _LLMModelUsage

Session = AgentSession[Any]


def payload_of(name: str, args: tuple[Any, ...]) -> tuple[str, bytes]:
    """The tag of an emitted event, and its payload's JSON as LiveKit's report shows it.

    The tag is LiveKit's own. A name that could pass for one of Earwitness's events, or that no log
    may hold, is set apart. Never raises.
    """
    event: Any = args[0] if len(args) == 1 else [*args]
    try:
        written = shapes.write(event)
        if written is not None and (tag := _tag_of(event.type)) != CUSTOM_TAG:
            return tag, written
        tag = _tag_of(getattr(event, "type", None) if isinstance(event, BaseModel) else name)
        if tag == CUSTOM_TAG:
            return tag, values.encode({"name": name, "event": event}, unknown=_known)
        return tag, values.encode(event, unknown=_known)
    except BaseException:  # whatever a serialiser may raise, it must not reach the session
        return CUSTOM_TAG, values.encode(values.describe(event))


def _tag_of(name: Any) -> str:
    return _recorded_as(name) if type(name) is str else CUSTOM_TAG


@lru_cache(maxsize=256)
def _recorded_as(name: str) -> str:
    if not is_tag(name):
        return CUSTOM_TAG
    return f"livekit.{name}" if name in RESERVED_TAGS else name


def _known(value: Any) -> Any:
    """What JSON can hold of an object that it cannot hold itself."""
    if isinstance(value, BaseModel):
        try:
            return value.model_dump(warnings=False)
        except Exception:
            return dict(value.__dict__)
    if isinstance(value, Message):
        return MessageToDict(value, preserving_proto_field_name=True)
    raise TypeError(type(value))


def report_skeleton(session: Session, job: JobContext | None) -> dict[str, Any]:
    """LiveKit's own report of the session, empty of what happened in it."""
    return _empty(_session_report(session, job)).to_dict()


def report_options(session: Session, job: JobContext | None) -> dict[str, Any]:
    """The session's options as LiveKit's own report shows them."""
    options: dict[str, Any] = _facts(_empty(_session_report(session, job))).get("options", {})
    return options


def _empty(report: SessionReport) -> SessionReport:
    return dataclasses.replace(report, events=[], chat_history=ChatContext.empty())


def report_facts(session: Session, job: JobContext | None) -> dict[str, Any]:
    """LiveKit's own report of the session without its events and its chat history."""
    return _facts(_session_report(session, job))


def report_facts_later(session: Session, job: JobContext | None) -> Callable[[], dict[str, Any]]:
    """As :func:`report_facts`, but only taken down here: what is returned makes them, anywhere.

    LiveKit goes through all events of a session three times to count errors and turns.
    """
    report = _session_report(session, job)
    events, history = _Unhurried(report.events), _Unhurried(report.chat_history.items)
    report = dataclasses.replace(report, events=events, chat_history=ChatContext(history))
    return partial(_facts, report)


class _Unhurried(list[Any]):
    """A list that is gone through with pauses, in which the call's own thread gets to work."""

    def __iter__(self) -> Iterator[Any]:
        return breathing(super().__iter__())


def _facts(report: SessionReport) -> dict[str, Any]:
    if "include_events" in inspect.signature(SessionReport.to_dict).parameters:
        return report.to_dict(include_events=False, include_chat_history=False)
    facts = _empty(report).to_dict()
    return {name: facts[name] for name in facts if name not in ("events", "chat_history")}


def _session_report(session: Session, job: JobContext | None) -> SessionReport:
    recorder_io = getattr(session, "_recorder_io", None)
    if job is not None and not (recorder_io and recorder_io.recording):
        return job.make_session_report(session)
    usage = getattr(session, "usage", None)
    audio_path, audio_started_at = audio_of(session)
    known: dict[str, Any] = {
        "job_id": job.job.id if job else "",
        "room_id": job.job.room.sid if job else "",
        "room": job.job.room.name if job else "",
        "agent_name": job.job.agent_name if job else "",
        "tags": sorted(getattr(getattr(job, "tagger", None), "tags", ())),
        "enable_recording": getattr(session, "_enable_recording", False),
        "recording_options": getattr(session, "_recording_options", {}),
        "options": session.options,
        "events": getattr(session, "_recorded_events", []),
        "chat_history": ChatContext([*session.history.items]),
        "audio_recording_path": audio_path,
        "audio_recording_started_at": audio_started_at,
        "started_at": getattr(session, "_started_at", None),
        "model_usage": getattr(usage, "model_usage", None),
    }
    fields = {field.name for field in dataclasses.fields(SessionReport)}
    report = SessionReport(**{name: known[name] for name in known if name in fields})
    started_at = audio_started_at or report.started_at
    if started_at:
        report.duration = report.timestamp - started_at
    return report


def audio_of(session: Session) -> tuple[Path | None, float | None]:
    """Where LiveKit's own recorder writes the call's audio, and when it began to."""
    recorder_io = getattr(session, "_recorder_io", None)
    if recorder_io is None:
        return None, None
    return recorder_io.output_path, recorder_io.recording_started_at


def participant_of(session: Session) -> str | None:
    """The identity of the participant that LiveKit has linked to the session, as far as it has."""
    if (room_io := getattr(session, "_room_io", None)) is None:
        return None
    identity = getattr(getattr(room_io, "linked_participant", None), "identity", None)
    return identity if isinstance(identity, str) and identity else None


def history_items(items: list[ChatItem]) -> list[Item]:
    """Items of a chat history as LiveKit's report would show them, in plain JSON."""
    try:
        shown = ChatContext(items).to_dict(exclude_timestamp=False)["items"]
        return [_plain(item) for item in shown]
    except Exception:  # one of them holds what LiveKit itself cannot write
        return [_history_item(item) for item in items]


def _history_item(item: ChatItem) -> Item:
    try:
        [shown] = ChatContext([item]).to_dict(exclude_timestamp=False)["items"]
    except Exception:
        return history_form(values.plain(_known(item), unknown=_known))
    return _plain(shown)


def _plain(shown: Item) -> Item:
    plain: Item = shown if values.is_plain(shown) else values.plain(shown, unknown=_known)
    return plain


def current_job() -> JobContext | None:
    """The job that this code runs in, if it runs in one."""
    try:
        return get_job_context()
    except RuntimeError:
        return None


def job_facts(job: JobContext | None) -> dict[str, Any]:
    """Names and ids of the job, for the log's first event and every audit line."""
    if job is None:
        return {}
    info = job.job
    return {
        "job": info.id,
        "room": info.room.name,
        "room_id": info.room.sid,
        "agent": info.agent_name,
    }


def sdk_facts() -> dict[str, Any]:
    """Which agents SDK is being recorded."""
    return {
        "name": "livekit-agents",
        "version": __version__,
        "usage_types": _usage_tells_types(),
    }


def _usage_tells_types() -> bool:
    to_dict = getattr(SessionReport, "_usage_to_dict", None)
    if to_dict is None:
        return False
    model = _ModelUsage(provider="", model="")
    [usage] = to_dict(SimpleNamespace(model_usage=[model]))
    return "type" in usage


def host_facts() -> dict[str, Any]:
    """Where this process runs."""
    return {
        "name": socket.gethostname(),
        "pid": os.getpid(),
        "python": platform.python_version(),
        "platform": platform.platform(),
    }


def clock() -> dict[str, int]:
    """Both clocks, read together, in nanoseconds."""
    return {"wall_ns": time.time_ns(), "monotonic_ns": time.monotonic_ns()}
