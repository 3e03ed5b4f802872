"""Who is at the keyboard, and that they looked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..events import Event
    from ..stores.journal import JournalEventStore


def who(actor: str | None) -> str:
    """The name of who does something: as it was given, else who is logged in.

    Raises:
        typer.BadParameter: nobody knows, or it is too long for the log.
    """
    name = (actor or os.environ.get("USER") or os.environ.get("LOGNAME") or "").strip()
    if not name:
        raise typer.BadParameter("Say who does it: --actor NAME, or $EARWITNESS_ACTOR.")
    return _short(name)


def why(reason: str | None) -> str:
    """The reason that was given.

    Raises:
        typer.BadParameter: none was, or it is too long for the log.
    """
    if not (reason or "").strip():
        raise typer.BadParameter("Say why: --reason TEXT. It stays in the log.")
    return _short(reason or "")


def _short(words: str) -> str:
    from ..custody.words import LONGEST

    if len(words) > LONGEST:
        raise typer.BadParameter(f"Say it in at most {LONGEST:,} characters; it stays in the log.")
    return words


def note_access(
    store: JournalEventStore, session_id: str, what: str, actor: str | None, purpose: str
) -> None:
    """Tell the store's log that somebody is about to be shown a session.

    They are shown it in any case. If the log cannot be told, standard error is.
    """
    from ..custody.looking import record_access
    from ..exceptions import EarwitnessError

    name = _short((actor or "").strip() or logged_in())
    try:
        record_access(store, session_id, actor=name, purpose=purpose, what=what)
    except (EarwitnessError, OSError) as error:
        tell_unrecorded(error)


def tell_unread(
    store: JournalEventStore,
    session_id: str,
    events: Iterable[Event] | None = None,
    only: int | None = None,
) -> None:
    """Say on standard error what of a session, or of one event, cannot be read here, and why.

    Of a log that is damaged, whoever shows it says that.
    """
    from ..custody.unread import unread
    from ..exceptions import LogError
    from .terminal import new_console, styled

    try:
        known = list(store.read(session_id) if events is None else events)
    except LogError:
        return
    for sentence in unread(store, session_id, known, only).sentences():
        new_console(stderr=True).print(styled(sentence, "yellow"), soft_wrap=True)


def logged_in() -> str:
    """Who is logged in, by name if they have one."""
    return os.environ.get("USER") or os.environ.get("LOGNAME") or f"uid {os.getuid()}"


def tell_unrecorded(error: Exception) -> None:
    """Say on standard error that the store's log was not told of a look, and why."""
    from .terminal import new_console, styled

    told = getattr(error, "what", None) or getattr(error, "strerror", None)
    said = f"Not told to the store's log: {told or type(error).__name__}"
    new_console(stderr=True).print(styled(said, "yellow"), soft_wrap=True)
