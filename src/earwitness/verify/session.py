"""The verification of one session."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ..disk import opened, opened_file
from ..exceptions import EncryptionError, LogFormatError
from ..integrity.vkey import VerifierKey
from ..stores.journal import JournalEventStore
from ..stores.logfile import LOG_NAME
from ..stores.sessions import State
from .files import Files
from .findings import TreeHead, Verification
from .log import LogReading, Progress
from .quorum import Quorum, check_quorum, open_cosigned
from .report import check_report
from .seal import check_end, check_heads, open_seal

if TYPE_CHECKING:
    from ..encryption.cipher import DataKey

NO_QUORUM: Final = Quorum()


def verify_session(
    store: JournalEventStore,
    session_id: str,
    keys: Sequence[VerifierKey],
    *,
    published: Sequence[TreeHead] = (),
    quorum: Quorum = NO_QUORUM,
    progress: Progress = lambda _: None,
) -> Verification:
    """Verify one session. It may be recorded, or recovered, at the same time.

    Args:
        store: where it is.
        session_id: its id.
        keys: the verifier keys that are trusted: those of the store, or the auditor's own.
        published: tree heads of this session that are known from elsewhere.
        quorum: the witnesses that are trusted, and how many have to countersign.
        progress: called with the number of bytes read since the last call.

    Raises:
        SessionNotFoundError: there is no such session.
    """
    sources = _Sources(keys, published, quorum)
    result = _examine(store, session_id, sources, progress)
    if not result.sound and _is_changing(store, result):
        # A line that was cut off, or written again, while it was being read is whole by now.
        result = _examine(store, session_id, sources, lambda _: None)
    return result


@frozen
class _Sources:
    """What a log is held to that does not lie beside it."""

    keys: Sequence[VerifierKey]
    published: Sequence[TreeHead]
    quorum: Quorum


def _examine(
    store: JournalEventStore, session_id: str, sources: _Sources, progress: Progress
) -> Verification:
    result = Verification(session_id, store.folder(session_id), "unknown")
    result.published = len(sources.published)
    try:
        result.state = _state(store, result)
        # In the order in which they are made, backwards: what is added meanwhile changes nothing
        # that was sealed before.
        heads = [*sources.published, *open_cosigned(result, sources.keys, sources.quorum)]
        checkpoint = open_seal(result, sources.keys)
        key = _data_key(store, result)
        files = Files(result, key)
        log = LogReading(result, files, {result.sealed, *(head.size for head in heads)}, key)
        log.run(progress)
    except OSError as error:
        result.not_read(LOG_NAME, error)
        return result
    check_heads(result, log, checkpoint, heads)
    check_quorum(result, log, sources.quorum)
    check_end(result, log, checkpoint)
    check_report(result, files, log)
    return result


def _data_key(store: JournalEventStore, result: Verification) -> DataKey | None:
    try:
        return store.data_key(result.session_id)
    except EncryptionError as error:
        result.unchecked.append(f"payloads: {error.what}")
        return None


def _state(store: JournalEventStore, result: Verification) -> State:
    """The state; a recording that is closed but still held has yet to be sealed to its end."""
    path = result.folder / LOG_NAME
    with opened_file(path):  # nothing else may keep us waiting
        pass
    try:
        state = store.state(result.session_id)
    except LogFormatError:
        state = "interrupted"  # the line that is no event is found in its turn
    if state == "closed":
        with opened(store.disk, path, os.O_RDONLY) as fd:
            return "closed" if store.disk.try_lock(fd, shared=True) else "live"
    return state


def _is_changing(store: JournalEventStore, result: Verification) -> bool:
    try:
        return result.state == "live" or _state(store, result) != result.state
    except OSError:
        return False
