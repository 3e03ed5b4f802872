"""Earwitness as a plugin of LiveKit's: every session of the process is recorded."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

from livekit.agents import AgentSession, Plugin

from ..audit import Audit
from ..integrity.signer import Signer
from ..sinks import DEFAULT_DEADLINE_SECONDS, Sink
from .attaching import Store, attach
from .snapshot import Session
from .tap import TAP_ATTRIBUTE

_log = logging.getLogger("earwitness")


class EarwitnessPlugin(Plugin):
    """How LiveKit's plugin registry knows Earwitness."""

    def __init__(self) -> None:
        super().__init__("earwitness", version("earwitness"), "earwitness", _log)


_original_start: Callable[..., Any] | None = None


def instrument(
    *,
    store: Store = None,
    sinks: Sequence[Sink] = (),
    audit: Audit = True,
    sink_deadline: float = DEFAULT_DEADLINE_SECONDS,
    signer: Signer | None = None,
    recover: bool = True,
) -> None:
    """Record every session that this process starts from now on, however it is created.

    Registers Earwitness with LiveKit's plugin registry. Called again, it takes the new settings.
    A session that was given to :func:`attach` keeps the settings it was given there. The recorder
    of a session is :func:`recorder_of` it. The settings are those of :func:`attach`.
    """
    global _original_start
    if _original_start is None:
        _original_start = AgentSession.start
        _register()
    original = _original_start

    @functools.wraps(original)
    async def start(self: Session, *args: Any, **kwargs: Any) -> Any:
        try:
            if getattr(self, TAP_ATTRIBUTE, None) is None:
                attach(
                    self,
                    store=store,
                    sinks=sinks,
                    audit=audit,
                    sink_deadline=sink_deadline,
                    signer=signer,
                    recover=recover,
                )
        except Exception as error:
            _log.error("Earwitness could not attach: %s", type(error).__name__)
        return await original(self, *args, **kwargs)

    setattr(AgentSession, "start", start)  # noqa: B010 - mypy refuses a plain assignment


def uninstrument() -> None:
    """Record no further sessions by themselves. Those under way are recorded to their end."""
    global _original_start
    if _original_start is not None:
        setattr(AgentSession, "start", _original_start)  # noqa: B010
        _original_start = None


def _register() -> None:
    # The registry accepts plugins on the main thread only; recording does not depend on it.
    known = any(isinstance(plugin, EarwitnessPlugin) for plugin in Plugin.registered_plugins)
    if not known and threading.current_thread() is threading.main_thread():
        Plugin.register_plugin(EarwitnessPlugin())
