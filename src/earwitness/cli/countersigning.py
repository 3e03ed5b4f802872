"""Sessions brought to witnesses one by one, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text

from ..exceptions import EarwitnessError, IntegrityError, LogError
from ..integrity.checkpoint import Checkpoint
from ..integrity.cosignature import CosignerKey
from ..integrity.encoding import encode_base64
from ..integrity.note import Note
from ..stores.journal import JournalEventStore
from ..witnessing.quorum import Cosigner, cosigners
from ..witnessing.sessions import countersign
from ..witnessing.witness import CheckpointWitness
from .failures import error_document
from .formats import counted, local_time
from .terminal import named, new_console, print_json, show_error, styled

Asked = tuple[CheckpointWitness, list[CosignerKey]]
"""A witness, and the keys by which its countersignatures are verified."""

_DONE, _REFUSED, _FAILED = 0, 1, 2


class Countersigning:
    """One run over a store.

    Args:
        store: where the sessions are.
        asked: the witnesses.
        json: whether to say it all at the end, as JSON.
    """

    def __init__(self, store: JournalEventStore, asked: Sequence[Asked], *, json: bool) -> None:
        self._store = store
        self._asked = asked
        self._keys = list(dict.fromkeys(key for _, keys in asked for key in keys))
        self._json = json
        self._codes = {_DONE}
        self._told: list[dict[str, Any]] = []

    def add(self, session_id: str) -> None:
        """Have every witness countersign a session's checkpoint, and say what came of it."""
        note: Note | None = None
        errors: list[Exception] = []
        for witness, keys in self._asked:
            try:
                note = countersign(self._store, session_id, witness, keys) or note
            except (EarwitnessError, OSError) as error:
                errors.append(error)
        if note is None and not errors and self._store.state(session_id) == "closed":
            where = str(self._store.folder(session_id))
            errors.append(IntegrityError("A closed recording has no checkpoint.", where=where))
        self._codes |= {_code_of(error) for error in errors}
        if self._json:
            self._told.append(self._document(session_id, note, errors))
        else:
            self._print(session_id, note, errors)

    def finish(self) -> int:
        """The exit code: 0; or 1 if a log was refused, else 2 if something else failed."""
        if self._json:
            keys = [str(key) for key in self._keys]
            print_json({"witnesses": keys, "sessions": self._told})
        return _REFUSED if _REFUSED in self._codes else max(self._codes)

    def _print(self, session_id: str, note: Note | None, errors: list[Exception]) -> None:
        line = named(session_id) + Text("  ")
        if note is not None:
            line += styled(self._told_of(note))
        elif errors:
            line += styled("not countersigned", "red")
        else:
            line += styled("not sealed yet", "yellow")
        new_console().print(line, soft_wrap=True)
        for error in errors:
            show_error(error)

    def _told_of(self, note: Note) -> str:
        size = counted(Checkpoint.parse(note.text).size, "event")
        by = [f"{each.name}, {_moment(each)}" for each in cosigners(note.format(), self._keys)]
        return f"{size} countersigned by {'; '.join(by) or 'others meanwhile'}"

    def _document(
        self, session_id: str, note: Note | None, errors: list[Exception]
    ) -> dict[str, Any]:
        told: dict[str, Any] = {"session_id": session_id, "origin": None, "size": None}
        told |= {"root": None, "cosigners": [], "errors": [error_document(e) for e in errors]}
        if note is not None:
            tree = Checkpoint.parse(note.text)
            told |= {"origin": tree.origin, "size": tree.size, "root": encode_base64(tree.root)}
            by = cosigners(note.format(), self._keys)
            told["cosigners"] = [{"name": each.name, "time": each.time} for each in by]
        return told


def _code_of(error: Exception) -> int:
    return _REFUSED if isinstance(error, IntegrityError | LogError) else _FAILED


def _moment(cosigner: Cosigner) -> str:
    return local_time(cosigner.time * 1_000_000, precise=True)
