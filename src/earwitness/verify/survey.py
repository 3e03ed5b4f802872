"""What no session can tell of itself: that it is gone, or that it is there twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from ..integrity.checkpoint import Checkpoint
from ..integrity.encoding import encode_base64
from ..privacy.accounts import STORE_LOG, SessionPruned
from ..sealing import CHECKPOINT_NAME
from ..stores.journal import JournalEventStore
from ..stores.logfile import LOG_NAME
from ..stores.names import folder_name
from .findings import Finding


def survey(
    store: JournalEventStore,
    published: Mapping[str, Collection[Checkpoint]],
    names: Collection[str],
    pruned: Mapping[str, SessionPruned] | None = None,
) -> list[Finding]:
    """What is wrong with a store as a whole.

    Args:
        store: the store.
        published: the checkpoints that the audit log knows, by the name of the session's folder.
        names: the names of the store's keys. The audit log may tell of other stores too.
        pruned: the sessions that were removed, as the sealed part of the store's log tells, by the
            names of their folders.

    Raises:
        OSError: its folders cannot be read.
    """
    places = _places(store.root)
    # Asked for last: a session that begins meanwhile is no stranger.
    sessions = {folder_name(session_id) for session_id in store.streams()}
    findings = list(_misplaced(store.root, places, sessions))
    for folder in sorted(published.keys() - sessions - {STORE_LOG}):
        known = [each for each in published[folder] if _key_name(each) in names]
        if known:
            newest = max(known, key=lambda each: each.size)
            findings += _missing(newest, (pruned or {}).get(folder))
    return findings


def _missing(newest: Checkpoint, removed: SessionPruned | None) -> Iterable[Finding]:
    """What is wrong with a session's not being there, though the audit log knows it."""
    expected = f"a log of {newest.size} events or more, by the audit log"
    if removed is None:
        yield Finding("audit-log", newest.origin, expected, "no such session")
    elif newest.size > removed.size or (
        newest.size == removed.size and encode_base64(newest.root) != removed.root
    ):
        got = f"one of {removed.size} events with root {removed.root}, when it was pruned"
        yield Finding("audit-log", newest.origin, f"{expected}, with its root", got)


def _places(root: Path) -> dict[str, list[Path]]:
    """Where there is a log or a checkpoint, by the name of the folder that would be a session's."""
    places: dict[str, list[Path]] = defaultdict(list)
    for path in sorted({*root.glob(f"*/*/{LOG_NAME}"), *root.glob(f"*/*/{CHECKPOINT_NAME}")}):
        hidden = path.parent.name.startswith(".")  # what is on its way to its place
        if not hidden and path.parent not in places[path.parent.name]:
            places[path.parent.name].append(path.parent)
    return places


def _misplaced(
    root: Path, places: Mapping[str, list[Path]], sessions: Collection[str]
) -> Iterable[Finding]:
    for name, folders in places.items():
        where = ", ".join(str(folder.relative_to(root)) for folder in folders)
        if len(folders) > 1:
            yield Finding("store", where, "one folder of the session", f"{len(folders)} folders")
        elif name not in sessions:
            if (folders[0] / LOG_NAME).exists():
                yield Finding("store", where, "a session's folder", "a name that no session has")
            else:
                yield Finding("store", where, f"a {LOG_NAME} beside the checkpoint", "no such file")


def _key_name(checkpoint: Checkpoint) -> str:
    return checkpoint.origin.rpartition("/")[0]
