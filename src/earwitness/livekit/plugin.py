"""Earwitness as a plugin of LiveKit's: every session of the process is recorded."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Sequence
from typing import Any

from livekit.agents import AgentSession, Plugin

from ..audit import Audit
from ..integrity.signer import Signer
from ..opening import open_store
from ..privacy.presets import Redact, find_policy
from ..privacy.redaction import Redactor
from ..privacy.retention import Period, seconds_of
from ..release import release
from ..sinks import DEFAULT_DEADLINE_SECONDS, Sink
from .attaching import Store, attach
from .snapshot import Session
from .tap import TAP_ATTRIBUTE

_log = logging.getLogger("earwitness")


class EarwitnessPlugin(Plugin):
    """How LiveKit's plugin registry knows Earwitness."""

    def __init__(self) -> None:
        super().__init__("earwitness", release(), "earwitness", _log)


_settings: dict[str, Any] | None = None
_start: Any = None


def instrument(
    *,
    store: Store = None,
    sinks: Sequence[Sink] = (),
    audit: Audit = True,
    sink_deadline: float = DEFAULT_DEADLINE_SECONDS,
    signer: Signer | None = None,
    recover: bool = True,
    redact: Redact = None,
    audio: bool = False,
    retention: Period = None,
) -> None:
    """Record every session that this process starts from now on, however it is created.

    Registers Earwitness with LiveKit's plugin registry. Called again, it takes the new settings.
    A session that was given to :func:`attach` keeps the settings it was given there. The recorder
    of a session is :func:`recorder_of` it. The settings are those of :func:`attach`.

    Raises:
        PolicyError: there is no preset of this name.
        StoreError: ``store`` is neither a store nor a folder.
        DetectorError: the preset needs a library that is not installed.
        EarwitnessError: ``retention`` is no period of time.
    """
    global _settings
    opened_store, policy = open_store(store), find_policy(redact)
    if policy is not None:
        Redactor(policy).warm()  # before there is a call that would have to wait for it
    seconds_of(retention)
    if _settings is None:
        _register()
        _wrap_start()
    _settings = {
        "store": opened_store,
        "sinks": tuple(sinks),
        "audit": audit,
        "sink_deadline": sink_deadline,
        "signer": signer,
        "recover": recover,
        "redact": policy,
        "audio": audio,
        "retention": retention,
    }


def uninstrument() -> None:
    """Record no further sessions by themselves. Those under way are recorded to their end."""
    global _settings
    _settings = None
    # Somebody may have wrapped ours since; then ours stays in the chain and does nothing.
    current: Any = AgentSession.start
    if current is _start:
        setattr(AgentSession, "start", current.__wrapped__)  # noqa: B010


def _wrap_start() -> None:
    global _start
    original = AgentSession.start
    if _start is not None and _start in _chain(original):
        return

    @functools.wraps(original)
    async def start(self: Session, *args: Any, **kwargs: Any) -> Any:
        try:
            if _settings is not None and getattr(self, TAP_ATTRIBUTE, None) is None:
                attach(self, **_settings)
        except Exception as error:
            _log.error("Earwitness could not attach: %s", type(error).__name__)
        return await original(self, *args, **kwargs)

    _start = start
    setattr(AgentSession, "start", start)  # noqa: B010 - mypy refuses a plain assignment


def _chain(function: Any) -> list[Any]:
    chain = [function]
    while (function := getattr(function, "__wrapped__", None)) is not None:
        chain.append(function)
    return chain


def _register() -> None:
    # The registry accepts plugins on the main thread only; recording does not depend on it.
    known = any(isinstance(plugin, EarwitnessPlugin) for plugin in Plugin.registered_plugins)
    if not known and threading.current_thread() is threading.main_thread():
        Plugin.register_plugin(EarwitnessPlugin())
