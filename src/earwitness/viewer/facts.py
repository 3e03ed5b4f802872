"""What there is to say of a session besides its story, and of two of them side by side."""

from __future__ import annotations

import contextlib
from itertools import islice
from typing import Any, Final

from ..audio import ogg_opus_seconds
from ..custody.unread import unread
from ..events import AudioOpened, AudioRecordingStarted
from ..exceptions import LogError
from ..projections.exchanges import moment
from ..projections.reading import mapping
from ..projections.usage import Usage
from ..stores.sessions import not_found
from .answers import Document, entry_document
from .audio import audio_file
from .context import Viewer
from .parameters import Query, asked_filter

_BEGINNING: Final = 1000  # events
_BEGIN_SOUND: Final = (AudioRecordingStarted.TAG, AudioOpened.TAG)


def facts_of(viewer: Viewer, session_id: str) -> Document:
    """What the list tells of a session, and what its log tells besides.

    Raises:
        SessionNotFoundError: there is no such session.
    """
    entry = viewer.entry(session_id)
    if entry is None:
        raise not_found(session_id)
    opening: dict[str, Any] = {}
    usage: list[Usage] = []
    sentences: list[str] = []
    with contextlib.suppress(LogError):  # the entry says so
        log = viewer.logs.of(session_id)
        opening, usage = log.opening(), log.usage()
        sentences = unread(viewer.store, session_id, log.events()).sentences()
    return entry_document(entry) | {
        "sdk": mapping(opening.get("sdk")),
        "job": {name: value for name, value in mapping(opening.get("job")).items() if value},
        "usage": usage,
        "audio": audio_of(viewer, session_id),
        "unread": sentences,
    }


def audio_of(viewer: Viewer, session_id: str) -> Document | None:
    """When the sound begins, in microseconds since the Unix epoch, and how many seconds it lasts.

    Only the log's beginning is read: there the recorder of the sound starts, if one does.
    """
    if (found := audio_file(viewer.store, session_id)) is None:
        return None
    started_at = None
    with contextlib.suppress(LogError):
        for event in islice(viewer.store.read(session_id), _BEGINNING):
            started_at = started_at or event.recorded_at
            if event.type in _BEGIN_SOUND and not event.withheld:
                told_at = moment(mapping(event.plain_payload).get("started_at"))
                started_at = told_at or started_at
                break
    return {
        "started_at": started_at or 0,
        "seconds": ogg_opus_seconds(found.path, found.key) or 0.0,
    }


def comparison(viewer: Viewer, query: Query) -> Document:
    """A session beside another one, or beside the median of those that are asked for.

    Raises:
        SessionNotFoundError: there is no such session.
        Problem: a parameter is not what it should be.
    """
    from .addresses import resolve

    a = _side(viewer, resolve(viewer.store, query.get("a", "")))
    if query.get("b"):
        return {"a": a, "b": _side(viewer, resolve(viewer.store, query["b"])), "median": None}
    asked = asked_filter(query)
    viewer.refresh()
    total = viewer.catalogue.page(asked, limit=1).total
    return {
        "a": a,
        "b": None,
        "median": {"sessions": total} | viewer.catalogue.medians(asked),
    }


def _side(viewer: Viewer, session_id: str) -> Document:
    facts = facts_of(viewer, session_id)
    try:
        latency = viewer.logs.of(session_id).latency()
    except LogError:
        return facts | {"gap": None, "stages": {}, "waterfalls": []}
    return facts | {
        "gap": latency.gap,
        "stages": latency.stages,
        "waterfalls": latency.waterfalls,
    }
