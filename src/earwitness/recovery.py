"""Closes the recordings whose recorder died.

An interrupted session is one that nobody holds and nobody closed, or sealed to its close. Recovery
takes its lock, keeps the unfinished last line, if there is one, in a file of its own, cuts it off
the log, and closes the recording as its recorder would have done. It never changes anything else:
a log that is damaged in any other place is left as it is and reported.

Each step can be interrupted and done again; what has been done already is not done twice.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

from attrs import evolve, frozen

from .audio import AUDIO_NAME, mend_audio, seal_audio
from .audit import Audit, AuditTrail
from .codec import dump, load, new_event, withheld_line
from .custody.erasing import finish_erasure
from .custody.withdrawing import erase_withdrawn
from .disk import write_durably
from .events import (
    AudioMissing,
    AudioOpened,
    AudioRecordingStarted,
    AudioSealed,
    AudioWithheld,
    Event,
    PolicyAdopted,
    RecordingClosed,
    RecordingPaused,
    RecordingRecovered,
    TornLine,
)
from .exceptions import (
    EarwitnessError,
    EncryptionError,
    IntegrityError,
    LogError,
    LogFormatError,
    SessionNotClosedError,
    SigningKeyError,
    StreamHeldError,
)
from .integrity.checkpoint import Checkpoint
from .integrity.merkle import Tree
from .integrity.note import parse_note
from .privacy.consent import asks_for_erasure
from .projections.report import INTERRUPTED, ReportFold
from .release import release
from .sealed import check_commitment
from .sealing import CHECKPOINT_NAME, Seal
from .sinks import REPORT_NAME
from .stores.contents import write_content
from .stores.journal import JournalEventStore
from .stores.logfile import LogFile

Outcome = Literal["recovered", "live", "closed", "damaged", "failed"]

_EVIDENCE: Final = "torn-{position}-{digest:.8}.bin"
_ALL_EVIDENCE: Final = "torn-*.bin"


@frozen
class Recovery:
    """What became of one session.

    Attributes:
        session_id: the session.
        outcome: ``recovered``; ``live`` or ``closed``, and so left alone; ``damaged``: its log
            cannot be read, and was left as it is; ``failed``: the disk would not have it, or
            its key is not here.
        events: how many events its log holds now.
        torn_bytes: size of the unfinished line that was cut off.
        error: what is wrong with it, if it is damaged or failed.
    """

    session_id: str
    outcome: Outcome
    events: int = 0
    torn_bytes: int = 0
    error: EarwitnessError | OSError | None = None


def recover(
    store: JournalEventStore, sessions: Iterable[str] | None = None, *, audit: Audit = False
) -> Iterator[Recovery]:
    """Close interrupted sessions, one by one, as the result is iterated over.

    May run beside recorders and beside itself.

    Args:
        store: the journal.
        sessions: their ids; all of the store's if None.
        audit: the audit trail; see :mod:`earwitness.audit`.

    Raises:
        SessionNotFoundError: a session that was named is not there.
    """
    for session_id in list(store.streams()) if sessions is None else sessions:
        yield recover_session(store, session_id, audit=audit)


def recover_session(store: JournalEventStore, session_id: str, *, audit: Audit = False) -> Recovery:
    """Close one session if it is interrupted.

    Raises:
        SessionNotFoundError: there is no such session.
    """
    try:
        state = store.state(session_id)
        if state != "interrupted" and not (state == "closed" and _lacks_seal(store, session_id)):
            return Recovery(session_id, state)
        if state == "closed" and finish_erasure(store, session_id, audit=audit):
            return Recovery(session_id, "recovered", store.version(session_id) + 1)
        log = store.take_over(session_id)
    except (StreamHeldError, SessionNotClosedError):
        return Recovery(session_id, "live")
    except SigningKeyError as error:
        return Recovery(session_id, "failed", error=error)
    except IntegrityError as error:
        return Recovery(session_id, "damaged", error=error)
    except LogError as error:
        return Recovery(session_id, "damaged", error=_first_damage(store, session_id) or error)
    except (OSError, EncryptionError) as error:
        return Recovery(session_id, "failed", error=error)
    closing = _Closing(store, session_id, log, audit)
    try:
        closed = closing.run()
    except (LogError, IntegrityError) as error:
        return Recovery(session_id, "damaged", error=error)
    except (OSError, EncryptionError) as error:
        return Recovery(session_id, "failed", error=error)
    finally:
        store.release(session_id)
    return _without_withdrawn(store, closed, audit) if closing.erases else closed


def _without_withdrawn(store: JournalEventStore, closed: Recovery, audit: Audit) -> Recovery:
    try:
        erase_withdrawn(store, closed.session_id, audit=audit)
    except (EarwitnessError, OSError) as error:
        return evolve(closed, outcome="failed", error=error)
    return evolve(closed, events=store.version(closed.session_id) + 1)


def _lacks_seal(store: JournalEventStore, session_id: str) -> bool:
    """True if a recording was closed and its recorder died, or had no key, before the last seal."""
    head = _sealed_head(store.folder(session_id))
    return head is None or head.size <= store.version(session_id)


def _sealed_head(folder: Path) -> Checkpoint | None:
    # Whose signature it bears is for verify to say; here it only limits what may be cut.
    try:
        note = parse_note((folder / CHECKPOINT_NAME).read_bytes())
    except FileNotFoundError:
        return None
    return Checkpoint.parse(note.text)


def _audio_withheld_by(adopted: Event) -> str | None:
    if adopted.withheld or not (policy := load(adopted, PolicyAdopted)).audio:
        return "policy"
    return "consent" if policy.content_after == "consent" else None


def _first_damage(store: JournalEventStore, session_id: str) -> LogError | None:
    # A log's end is read backwards, which counts no lines and meets the last damage first.
    try:
        for _ in store.read(session_id):
            pass
    except LogError as error:
        return error
    return None


class _Closing:
    """The steps by which one interrupted session is closed, its lock being held."""

    def __init__(
        self, store: JournalEventStore, session_id: str, log: LogFile, audit: Audit
    ) -> None:
        self._store = store
        self._session_id = session_id
        self._log = log
        self._folder = log.path.parent
        self._fold = ReportFold()
        self._audio: AudioRecordingStarted | None = None
        self._withholds_audio: str | None = None
        self._sound = False
        self.erases = False
        self._recovered = False
        self._known_evidence: set[str] = set()
        self._tree = Tree()
        self._sealed = _sealed_head(self._folder)
        self._audit = AuditTrail(audit, session=session_id)

    def run(self) -> Recovery:
        fragment = self._log.fragment()
        for event in self._store.read(self._session_id):  # all can be read, or nothing is touched
            self._look_at(event)
        closed = not fragment and self._store.state(self._session_id) == "closed"
        if closed and self._sealed is not None and self._sealed.size == self._tree.size:
            return Recovery(self._session_id, "closed")  # by a recovery that was quicker
        if self._sealed is not None and self._sealed.size > self._tree.size:
            raise self._not_as_sealed(f"{self._sealed.size} events", f"{self._tree.size} events")
        self._cut(fragment)
        torn = self._evidence()
        if torn or not self._recovered:
            self._append(
                RecordingRecovered(earwitness=release(), last_position=self._log.version, torn=torn)
            )
        self._salvage_audio()
        report = self._fold.result()
        write_content(
            self._store.disk, self._folder / REPORT_NAME, report.to_json(), self._log.data_key
        )
        reason = str(report.data.get("close_reason") or INTERRUPTED)
        digest = self._fold.history_digest()
        self._append(RecordingClosed(reason=reason, history_sha256=digest))
        if not self.erases:  # which seals what is left; and until then this may be done again
            self._seal()
        return Recovery(
            self._session_id, "recovered", self._log.version + 1, torn_bytes=len(fragment)
        )

    def _look_at(self, event: Event) -> None:
        check_commitment(event, self._log.path)
        self._fold.apply(event)
        self._grow(event)
        if event.type in (AudioSealed.TAG, AudioMissing.TAG, AudioWithheld.TAG):
            # Also if it is withheld: audio that was erased stays away.
            self._audio, self._sound = None, False
        elif event.type == PolicyAdopted.TAG:
            self._withholds_audio = _audio_withheld_by(event)
        elif event.type == RecordingPaused.TAG:
            self._withholds_audio = self._withholds_audio or "paused"
        if event.withheld:
            return
        if event.type == AudioRecordingStarted.TAG:
            self._audio = load(event, AudioRecordingStarted)
        elif event.type == AudioOpened.TAG:
            self._sound = True
        elif asks_for_erasure(event):
            self.erases = True
        elif event.type == RecordingRecovered.TAG:
            self._recovered = True
            self._known_evidence |= {part.file for part in load(event, RecordingRecovered).torn}

    def _cut(self, fragment: bytes) -> None:
        if fragment:
            name = _EVIDENCE.format(
                position=self._log.version + 1, digest=hashlib.sha256(fragment).hexdigest()
            )
            write_durably(self._store.disk, self._folder / name, fragment)
            self._log.cut_fragment()

    def _evidence(self) -> list[TornLine]:
        """The fragments kept beside the log that it does not tell of yet."""
        found = []
        for path in sorted(self._folder.glob(_ALL_EVIDENCE)):
            if path.name not in self._known_evidence:
                torn = path.read_bytes()
                digest = hashlib.sha256(torn).hexdigest()
                found.append(TornLine(file=path.name, bytes=len(torn), sha256=digest))
        return found

    def _salvage_audio(self) -> None:
        disk, folder, key = self._store.disk, self._folder, self._log.data_key
        if self._sound:
            self._append_audio(AUDIO_NAME, lambda: mend_audio(disk, folder, key))
        elif self._audio is None or (path := self._audio.path) is None:
            return
        elif self._withholds_audio is not None:
            self._append(AudioWithheld(reason=self._withholds_audio))
        else:
            self._append_audio(path, lambda: seal_audio(disk, Path(path), folder, key))

    def _append_audio(self, path: str, seal: Callable[[], AudioSealed]) -> None:
        try:
            self._append(seal())
        except (OSError, ValueError) as error:  # a log may name a file that no system can
            self._append(AudioMissing(path=path, error=type(error).__name__))

    def _append(self, own: Any) -> None:
        version = self._log.version
        event = new_event(version + 1, time.time_ns() // 1000, *dump(own))
        self._store.append(self._session_id, [event], version)
        self._fold.apply(event)
        self._tree.append(withheld_line(event))

    def _grow(self, event: Event) -> None:
        self._tree.append(withheld_line(event))
        head = self._sealed
        if head is not None and self._tree.size == head.size and self._tree.root() != head.root:
            raise self._not_as_sealed(f"root {head.root.hex()}", f"root {self._tree.root().hex()}")

    def _not_as_sealed(self, expected: str, got: str) -> LogFormatError:
        return LogFormatError(
            "The log is not what its checkpoint sealed.",
            where=str(self._log.path),
            expected=expected,
            got=got,
            hint="`earwitness verify` says more. Nothing was changed.",
        )

    def _seal(self) -> None:
        size = self._sealed.size if self._sealed is not None else 0
        seal = Seal(
            self._store,
            self._session_id,
            self._store.signer,
            self._audit,
            tree=self._tree,
            sealed_size=size,
        )
        seal.try_seal()
