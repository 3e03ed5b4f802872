"""Earwitness: the black box for voice agents.

Attach it to a LiveKit ``AgentSession`` and every event of the call is on disk before the next
line of code runs, to be folded back into LiveKit's own session report, even after ``kill -9``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .custody.erasing import erase
    from .custody.holding import place_hold, release_hold
    from .custody.looking import record_access
    from .custody.planning import Erasure
    from .custody.pruning import prune
    from .events import Event
    from .exceptions import (
        AmbiguousSessionError,
        AttachError,
        DataKeyError,
        DecryptionError,
        DetectorError,
        EarwitnessError,
        EncryptionError,
        ForkedError,
        IntegrityError,
        InvalidEventError,
        KeyringError,
        LogError,
        LogFormatError,
        PayloadEncryptedError,
        PayloadWithheldError,
        PolicyError,
        ProofError,
        PseudonymKeyError,
        SealFormatError,
        SessionNotClosedError,
        SessionNotFoundError,
        SessionOnHoldError,
        SignatureError,
        SigningKeyError,
        StoreError,
        StreamHeldError,
        UnknownSignerError,
        UnsupportedFormatError,
        WrongExpectedVersionError,
        WrongOriginError,
    )
    from .livekit.attaching import attach, detach, recorder_of
    from .livekit.plugin import instrument, uninstrument
    from .opening import open_store
    from .privacy.policy import Policy
    from .projections.report import SessionReport
    from .recorder import SessionRecorder
    from .sinks import FileSink, LogSink
    from .stores import EventStore
    from .stores.journal import JournalEventStore
    from .stores.memory import InMemoryEventStore
    from .stores.sessions import SessionInfo
    from .writing import Health

# Imported on first use: importing earwitness costs next to nothing, and needs no LiveKit.
_HOMES = {
    "custody.erasing": ("erase",),
    "custody.holding": ("place_hold", "release_hold"),
    "custody.looking": ("record_access",),
    "custody.planning": ("Erasure",),
    "custody.pruning": ("prune",),
    "events": ("Event",),
    "exceptions": (
        "AmbiguousSessionError",
        "AttachError",
        "DataKeyError",
        "DecryptionError",
        "DetectorError",
        "EarwitnessError",
        "EncryptionError",
        "ForkedError",
        "IntegrityError",
        "InvalidEventError",
        "KeyringError",
        "LogError",
        "LogFormatError",
        "PayloadEncryptedError",
        "PayloadWithheldError",
        "PolicyError",
        "ProofError",
        "PseudonymKeyError",
        "SealFormatError",
        "SessionNotClosedError",
        "SessionNotFoundError",
        "SessionOnHoldError",
        "SignatureError",
        "SigningKeyError",
        "StoreError",
        "StreamHeldError",
        "UnknownSignerError",
        "UnsupportedFormatError",
        "WrongExpectedVersionError",
        "WrongOriginError",
    ),
    "livekit.attaching": ("attach", "detach", "recorder_of"),
    "livekit.plugin": ("instrument", "uninstrument"),
    "opening": ("open_store",),
    "privacy.policy": ("Policy",),
    "projections.report": ("SessionReport",),
    "recorder": ("SessionRecorder",),
    "sinks": ("FileSink", "LogSink"),
    "stores": ("EventStore",),
    "stores.journal": ("JournalEventStore",),
    "stores.memory": ("InMemoryEventStore",),
    "stores.sessions": ("SessionInfo",),
    "writing": ("Health",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AmbiguousSessionError",
    "AttachError",
    "DataKeyError",
    "DecryptionError",
    "DetectorError",
    "EarwitnessError",
    "EncryptionError",
    "Erasure",
    "Event",
    "EventStore",
    "FileSink",
    "ForkedError",
    "Health",
    "InMemoryEventStore",
    "IntegrityError",
    "InvalidEventError",
    "JournalEventStore",
    "KeyringError",
    "LogError",
    "LogFormatError",
    "LogSink",
    "PayloadEncryptedError",
    "PayloadWithheldError",
    "Policy",
    "PolicyError",
    "ProofError",
    "PseudonymKeyError",
    "SealFormatError",
    "SessionInfo",
    "SessionNotClosedError",
    "SessionNotFoundError",
    "SessionOnHoldError",
    "SessionRecorder",
    "SessionReport",
    "SignatureError",
    "SigningKeyError",
    "StoreError",
    "StreamHeldError",
    "UnknownSignerError",
    "UnsupportedFormatError",
    "WrongExpectedVersionError",
    "WrongOriginError",
    "attach",
    "detach",
    "erase",
    "instrument",
    "open_store",
    "place_hold",
    "prune",
    "record_access",
    "recorder_of",
    "release_hold",
    "uninstrument",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(f".{home}", __name__), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "livekit":
            raise
        raise ModuleNotFoundError(
            f"earwitness.{name} needs LiveKit: pip install 'earwitness[livekit]'", name=error.name
        ) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
