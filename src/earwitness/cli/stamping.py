"""A session's timestamps: asked for, verified, and told of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from cryptography.x509 import Certificate

from ..exceptions import EarwitnessError, StoreError
from ..integrity.vkey import VerifierKey
from ..sealed import SealedLog, read_sealed
from ..stores.journal import JournalEventStore
from ..timestamping import (
    Timestamp,
    read_certificates,
    stamp,
    stored_timestamps,
    verify_timestamp,
)
from .failures import error_document
from .formats import counted, local_time
from .page import from_here
from .terminal import new_console, print_json, show_error
from .verify_keys import trusted_keys

_SOUND: Final = 0
_NOT_SOUND: Final = 1


def stamp_session(
    store: JournalEventStore, session_id: str, url: str, root_file: Path | None, *, json: bool
) -> None:
    """Have a session's checkpoint stamped, and say where the timestamp is."""
    roots = [] if root_file is None else read_certificates(root_file)
    log = _sealed(store, session_id)
    path, new = stamp(store, log, url, roots)
    if json:
        print_json({"session_id": session_id, "size": log.tree.size, "file": str(path), "new": new})
        return
    console = new_console()
    told = f"{session_id}  {counted(log.tree.size, 'event')} {'' if new else 'already '}stamped"
    console.print(f"{told}: {from_here(path)}", soft_wrap=True)
    if new and not roots:
        console.print("Who stamped them was not verified: --tsa-root says whom to trust.")


def verify_session(
    store: JournalEventStore, session_id: str, root_file: Path, keys: list[str], *, json: bool
) -> int:
    """Verify a session's timestamps, and say what each tells.

    Returns:
        The exit code.

    Raises:
        StoreError: there are none.
    """
    roots = read_certificates(root_file)
    log_keys = trusted_keys(keys, store.root)
    paths = stored_timestamps(store.folder(session_id))
    if not paths:
        hint = "`earwitness timestamp SESSION --tsa URL` asks for one."
        raise StoreError("The session has no timestamps.", where=session_id, hint=hint)
    log = _sealed(store, session_id)
    outcomes = [(path, _outcome(log, path, roots, log_keys)) for path in paths]
    if json:
        timestamps = [_document(path, outcome) for path, outcome in outcomes]
        print_json({"session_id": session_id, "timestamps": timestamps})
    else:
        for path, outcome in outcomes:
            _print(path, outcome)
    sound = all(isinstance(outcome, Timestamp) for _, outcome in outcomes)
    return _SOUND if sound else _NOT_SOUND


def _sealed(store: JournalEventStore, session_id: str) -> SealedLog:
    log = read_sealed(store, session_id)
    if log is None:
        where = str(store.folder(session_id))
        raise StoreError("The session has no checkpoint.", where=where)
    return log


def _outcome(
    log: SealedLog, path: Path, roots: Sequence[Certificate], keys: Sequence[VerifierKey]
) -> Timestamp | Exception:
    try:
        return verify_timestamp(log, path, roots, keys)
    except (EarwitnessError, OSError) as error:
        return error


def _print(path: Path, outcome: Timestamp | Exception) -> None:
    if isinstance(outcome, Exception):
        new_console().print(f"{from_here(path)}  not sound", style="red", soft_wrap=True)
        show_error(outcome)
        return
    at = local_time(round(outcome.time.timestamp() * 1e6), precise=True)
    told = f"{counted(outcome.size, 'event')} were there at {at}, by {outcome.authority}"
    new_console().print(told, soft_wrap=True)


def _document(path: Path, outcome: Timestamp | Exception) -> dict[str, Any]:
    if isinstance(outcome, Exception):
        return {"file": str(path), "error": error_document(outcome)}
    return {
        "file": str(path),
        "size": outcome.size,
        "time": outcome.time.timestamp(),
        "authority": outcome.authority,
        "error": None,
    }
