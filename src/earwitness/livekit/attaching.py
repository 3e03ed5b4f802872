"""Attaching Earwitness to one session."""

from __future__ import annotations

import itertools
import logging
import os
import secrets
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import evolve
from livekit.agents import AgentSession, JobContext

from ..audio import Sound
from ..audit import Audit, AuditTrail
from ..background import run_beside
from ..codec import dump, new_event
from ..events import FORMAT_VERSION, NO_EVENTS, AudioWithheld, Event, RecordingOpened
from ..exceptions import (
    AttachError,
    EarwitnessError,
    LogError,
    StreamHeldError,
    WrongExpectedVersionError,
)
from ..integrity.signer import Signer
from ..opening import open_store
from ..privacy.policy import Policy
from ..privacy.presets import Redact, find_policy
from ..privacy.pseudonyms import Pseudonyms, find_pseudonyms
from ..privacy.redaction import Redactor
from ..privacy.retention import Period, seconds_of
from ..recorder import SessionRecorder
from ..recovery import recover as recover_sessions
from ..release import release
from ..sinks import DEFAULT_DEADLINE_SECONDS, Sink
from ..stores import EventStore, FolderStore
from ..stores.journal import KEY_FOLDER, JournalEventStore
from ..writing import ENDING
from .recording.recorder import AudioRecorder
from .snapshot import (
    Session,
    clock,
    current_job,
    host_facts,
    job_facts,
    report_skeleton,
    sdk_facts,
)
from .tap import TAP_ATTRIBUTE, Tap, has_begun

Store = EventStore | str | os.PathLike[str] | None

_ID_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: nothing looks alike
_ID_LENGTH: Final = 12
_MOST_CANDIDATES: Final = 10_000
# LiveKit ends the process ten seconds after it has called its shutdown callbacks.
_CLOSE_PATIENCE_SECONDS: Final = 4.0
_log = logging.getLogger("earwitness")


def attach(
    session: Session,
    *,
    store: Store = None,
    session_id: str | None = None,
    sinks: Sequence[Sink] = (),
    audit: Audit = True,
    sink_deadline: float = DEFAULT_DEADLINE_SECONDS,
    signer: Signer | None = None,
    recover: bool = True,
    redact: Redact = None,
    audio: bool = False,
    retention: Period = None,
) -> SessionRecorder:
    """Record a session. Call it before ``session.start()``.

    Attached after the start, it takes over what LiveKit still knows and says in the log that it
    came late. Attached twice, it returns the recorder that is there. A session that is started
    again after its close is recorded anew, under a session id of its own.

    Args:
        session: a LiveKit ``AgentSession``.
        store: a store, or the folder of a journal; by default ``$EARWITNESS_STORE``, else
            ``./recordings``.
        session_id: names the recording; made up if it is None. If the store has the id already,
            ``-2`` is added, or the next number that is free.
        sinks: take the finished report, beside the ``report.json`` in the session's folder.
        audit: True for audit lines through structlog as the application configures it, False for
            none, or the logger to write them to, structlog's or the standard library's.
        sink_deadline: seconds that each sink has.
        signer: signs the checkpoints; by default the store's own key.
        recover: close, in the background and once a process, the recordings of the store whose
            recorder died. The process's exit does not wait for it: what is left is the next one's.
        redact: what may not be written: a :class:`~earwitness.Policy`, or the name of a preset:
            ``pci``, ``hipaa`` or ``gdpr-minimal``. None to write everything.
        audio: record the sound too, into ``audio.ogg`` beside the log: left the user, right the
            agent as it was played. A policy that keeps no audio has the last word.
        retention: how long the recording is to be kept after its close, a timedelta or a text as
            ``183d``; what ``earwitness prune`` goes by. By default the store's.

    Returns:
        The recorder. It finalizes by itself when the session closes and when the job shuts down.

    Raises:
        AttachError: ``session`` is no AgentSession, or the store has no folder for its sound.
        PolicyError: there is no preset of this name.
        StoreError: ``store`` is neither a store nor a folder. One that cannot be written to raises
            nothing: ``recorder.health`` and the audit trail tell of it, and the call goes on.
        DetectorError: the preset needs a library that is not installed.
        EarwitnessError: ``retention`` is no period of time.
    """
    if not isinstance(session, AgentSession):
        raise AttachError(
            "Only a LiveKit AgentSession can be recorded.",
            where="earwitness.attach, argument session",
            expected="livekit.agents.AgentSession",
            got=f"{type(session).__module__}.{type(session).__qualname__}",
        )
    tap: Tap | None = getattr(session, TAP_ATTRIBUTE, None)
    if tap is not None and tap.recorder.state == "recording":
        tap.recorder.audit.tell("attached_again", level="warning")
        return tap.recorder
    late = has_begun(session)
    if tap is not None:
        late = late and not tap.has_recorded(session)
        tap.detach(session)
    policy, kept = find_policy(redact), seconds_of(retention)
    opened_store = open_store(store)
    if recover:
        _recover_once(opened_store, audit)
    settings: dict[str, Any] = {
        "sinks": tuple(sinks),
        "audit": audit,
        "sink_deadline": sink_deadline,
        "signer": signer,
    }
    if kept is None and isinstance(opened_store, JournalEventStore):
        kept = opened_store.retention
    sound_of = _sound_of(opened_store, audio)
    opening = _Opening(opened_store, session_id, settings, policy, sound_of, kept, late=late)
    return Tap(session, current_job(), opening, late=late).recorder


def _sound_of(store: EventStore, audio: bool) -> Callable[[SessionRecorder], Sound | None]:
    if not audio:
        return lambda recorder: None
    if not isinstance(store, FolderStore):
        raise AttachError(
            "The sound of a call needs a store with a folder for each session.",
            where="earwitness.attach, argument audio",
            expected="a FolderStore, as JournalEventStore is",
            got=type(store).__qualname__,
        )
    return lambda recorder: AudioRecorder(
        store.disk,
        lambda: store.folder(recorder.session_id),
        recorder.record_own,
        find_key=lambda: store.data_key(recorder.session_id),
    )


def recorder_of(session: Session) -> SessionRecorder | None:
    """The recorder of a session's present run, or of its last one; None if it is not recorded.

    For sessions that :func:`instrument` attached, or that were started again.
    """
    tap: Tap | None = getattr(session, TAP_ATTRIBUTE, None)
    return None if tap is None else tap.recorder


def detach(session: Session) -> None:
    """Stop recording a session, close its recording and leave the session as it was.

    Does nothing to a session that is not recorded.
    """
    tap: Tap | None = getattr(session, TAP_ATTRIBUTE, None)
    if tap is not None:
        tap.detach(session)


def _recover_once(store: EventStore, audit: Audit) -> None:
    if isinstance(store, JournalEventStore) and store.root not in _recovered_roots:
        _recovered_roots.add(store.root)
        run_beside(lambda: _recover_all(store, audit))


def _recover_all(store: JournalEventStore, to: Audit) -> None:
    audit = AuditTrail(to)
    try:
        for done in recover_sessions(store, audit=to):
            if done.outcome == "recovered":
                audit.tell("session_recovered", session=done.session_id, events=done.events)
            elif done.error is not None:
                audit.tell(
                    "recovery_failed",
                    level="error",
                    session=done.session_id,
                    outcome=done.outcome,
                    error=type(done.error).__name__,
                )
    except Exception as error:
        audit.tell("recovery_failed", level="error", error=type(error).__name__)


_recovered_roots: set[Path] = set()


class _Opening:
    """Opens recorders with the settings that ``attach`` was called with."""

    def __init__(
        self,
        store: EventStore,
        session_id: str | None,
        settings: dict[str, Any],
        policy: Policy | None,
        sound_of: Callable[[SessionRecorder], Sound | None],
        retention: float | None,
        *,
        late: bool,
    ) -> None:
        self._sound_of = sound_of
        self._store = store
        self._session_id = session_id
        self._settings = settings
        self._policy = policy
        self._late = late
        self._retention = retention

    def __call__(self, session: Session, before: SessionRecorder | None) -> SessionRecorder:
        job = current_job()
        late = before is None and self._late
        opened = RecordingOpened(
            format=FORMAT_VERSION,
            session_id="",
            earwitness=release(),
            sdk=sdk_facts(),
            host=host_facts(),
            clock=clock(),
            job=_or_empty(lambda: job_facts(job)),
            report=_or_empty(lambda: report_skeleton(session, job)),
            attached_late=late,
            restart_of=before.session_id if before else None,
            retention=self._retention,
        )
        redactor = None if self._policy is None else _new_redactor(self._policy, self._store)
        wanted = self._session_id
        if redactor is not None and wanted is not None:
            wanted = redactor.name(wanted)
        opened, first = _claim(self._store, opened, wanted, redactor)
        recorder = SessionRecorder(
            self._store, opened, first=first, redactor=redactor, **self._settings
        )
        self._record_sound(recorder)
        if wanted != self._session_id:
            recorder.audit.tell("session_id_withheld", level="warning")
        if late:
            recorder.audit.tell("attached_late", level="warning")
        if before is not None:
            recorder.audit.tell("session_restarted", before=before.session_id)
        if job is not None:
            _finalize_with(job, recorder, weakref.ref(session))
        return recorder

    def _record_sound(self, recorder: SessionRecorder) -> None:
        if (sound := self._sound_of(recorder)) is None:
            return
        if self._policy is not None and not self._policy.audio:
            recorder.record_own(AudioWithheld(reason="policy"))
            return
        recorder.sound = sound
        recorder.on_pause(sound.silence)
        sound.silence(recorder.is_paused)


def _new_redactor(policy: Policy, store: EventStore) -> Redactor:
    pseudonym = None
    if policy.wants_pseudonyms:
        try:
            pseudonym = _pseudonyms(store).of
        except (EarwitnessError, OSError) as error:  # then what should get one is withheld
            _log.error("Earwitness has no key for pseudonyms: %s", type(error).__name__)
    redactor = Redactor(policy, pseudonym=pseudonym)
    redactor.warm()
    return redactor


def _pseudonyms(store: EventStore) -> Pseudonyms:
    if isinstance(store, JournalEventStore):
        return find_pseudonyms(store.root / KEY_FOLDER, disk=store.disk)
    return Pseudonyms(secrets.token_bytes(32))


def _finalize_with(job: JobContext, recorder: SessionRecorder, whose: weakref.ref[Session]) -> None:
    async def finalize_recording(reason: str) -> None:
        # A session that does not run emits no close to wait for. Those besides the job's primary
        # one are closed by a callback beside this one.
        if recorder.state == "recording" and not getattr(whose(), "_started", False):
            recorder.close(reason or "job shutdown")
        if not await recorder.closed(timeout=_CLOSE_PATIENCE_SECONDS):
            recorder.close(reason or "job shutdown")
            await recorder.closed(timeout=_CLOSE_PATIENCE_SECONDS)

    job.add_shutdown_callback(finalize_recording)


def _claim(
    store: EventStore, opened: RecordingOpened, wanted: str | None, redactor: Redactor | None
) -> tuple[RecordingOpened, Event | None]:
    """Begin a stream under the first id that is free: only the append itself can tell which is."""
    for candidate in itertools.islice(_candidates(wanted), _MOST_CANDIDATES):
        opened = evolve(opened, session_id=candidate)
        tag, content = dump(opened)
        if redactor is not None:
            content = redactor.redact(tag, content).content
        event = new_event(0, time.time_ns() // 1000, tag, content)
        try:
            store.append(candidate, [event], NO_EVENTS)
        except (WrongExpectedVersionError, StreamHeldError, LogError):
            continue  # somebody else's, be it whole, held or damaged
        except ENDING:
            raise
        except BaseException:  # the recorder tries again, and tells of it
            break
        return opened, event
    return opened, None


def _candidates(wanted: str | None) -> Iterator[str]:
    if wanted is None:
        while True:
            yield "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))
    yield wanted
    yield from (f"{wanted}-{number}" for number in itertools.count(2))


def _or_empty(facts: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return facts()
    except Exception as error:
        _log.error("Earwitness could not describe the session: %s", type(error).__name__)
        return {}
