"""The verification of the store's own log."""

from __future__ import annotations

from collections.abc import Sequence

from ..codec import load
from ..exceptions import LogError
from ..integrity.vkey import VerifierKey
from ..privacy.accounts import ACCOUNT_EVENTS, STORE_LOG, SessionPruned, pruned
from ..stores.journal import JournalEventStore
from ..stores.logfile import LOG_NAME
from ..stores.reading import read_log
from .files import Files
from .findings import TreeHead, Verification
from .log import LogReading, Progress
from .seal import check_heads, open_seal


def verify_store_log(
    store: JournalEventStore,
    keys: Sequence[VerifierKey],
    *,
    published: Sequence[TreeHead] = (),
    progress: Progress = lambda _: None,
) -> Verification | None:
    """Verify the log that tells what was done with a store's recordings. It is never closed.

    Args:
        store: the store.
        keys: the verifier keys that are trusted.
        published: tree heads of this log that are known from elsewhere.
        progress: called with the number of bytes read since the last call.

    Returns:
        What was found; None if there is no such log, and nobody knows of one.
    """
    folder = store.root / STORE_LOG
    if not (folder / LOG_NAME).exists() and not published:
        return None
    result = Verification(STORE_LOG, folder, "live", published=len(published))
    if not (folder / LOG_NAME).exists():
        newest = max(head.size for head in published)
        expected = f"{newest} events, by the audit log's checkpoint"
        result.find("audit-log", LOG_NAME, expected, "no such file")
        return result
    try:
        checkpoint = open_seal(result, keys)
        log = LogReading(result, Files(result), {result.sealed, *(each.size for each in published)})
        log.fold = None
        log.run(progress)
    except OSError as error:
        result.not_read(LOG_NAME, error)
        return result
    check_heads(result, log, checkpoint, published)
    _check_payloads(result)
    return result


def sealed_removals(result: Verification | None) -> dict[str, SessionPruned]:
    """The sessions that were removed, by the names of their folders, as a sound log tells."""
    if result is None or not result.sound:
        return {}
    return pruned(list(read_log(result.folder / LOG_NAME))[: result.sealed])


def _check_payloads(result: Verification) -> None:
    if not result.sound:
        return
    for event in read_log(result.folder / LOG_NAME):
        where = f"{LOG_NAME}, event {event.position} ({event.type})"
        if event.withheld:
            result.find("payload", where, "an entry with its payload", "a withheld one")
        elif event.type in ACCOUNT_EVENTS:
            try:
                load(event, ACCOUNT_EVENTS[event.type])
            except LogError as error:
                result.find("payload", where, error.expected, error.got, event=event.position)
