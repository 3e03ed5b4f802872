"""Sees every event of a session in LiveKit's own order, and everything LiveKit does without one.

``AgentSession.emit`` appends an event to LiveKit's list and then calls the listeners, which may
emit again and may change the event. So the tap stands in front of it: record first, then emit.
Listeners registered with ``on`` would see nested events in reverse.

Nothing that goes wrong in here reaches the session; what ends the process, an interrupt that
strikes in here, does when the listeners have had the event.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import traceback
import weakref
from collections.abc import Callable
from typing import Any, Final

from livekit.agents import JobContext

from ..background import keeper
from ..events import (
    AudioRecordingStarted,
    OptionsChanged,
    ParticipantLinked,
    SessionEnded,
    SessionStarted,
)
from ..recorder import SessionRecorder
from ..writing import ENDING
from .audio_tap import AudioTap
from .changes import CARRYING, CHANGEABLE, Amendments, HistoryWatch, Reconciliation, Taken
from .originals import Originals
from .recording.recorder import AudioRecorder
from .snapshot import (
    Session,
    audio_of,
    clock,
    participant_of,
    payload_of,
    report_facts,
    report_facts_later,
    report_options,
)

TAP_ATTRIBUTE: Final = "_earwitness_tap"
_log = logging.getLogger("earwitness")

Then = Callable[[], None]
Opener = Callable[[Session, SessionRecorder | None], SessionRecorder]


class Tap:
    """Stands between a session and its listeners, and hands what passes to a recorder.

    The session owns its tap, and nothing else holds it: a session that is dropped without being
    closed is collected as it would be without us, and its recording is closed then.

    Args:
        session: the session; its ``emit`` and ``update_options`` are replaced on the instance.
        job: the job it runs in, if it runs in one.
        opener: opens a recorder, given the session and the recorder of the run before.
        late: the session has begun, and its present run is not recorded yet.
    """

    def __init__(
        self, session: Session, job: JobContext | None, opener: Opener, *, late: bool
    ) -> None:
        self._job = job
        self._opener = opener
        self._replaced: dict[str, Callable[..., Any]] = {}
        self._theirs: dict[str, Callable[..., Any]] = {}
        self._run: Run | None = None
        self._audio: AudioTap | None = None
        self._begin(session, None, begun=late)
        if late:
            self._take_what_was_missed(session)
        self._replace(session, "emit", self._make_emit)
        self._replace(session, "update_options", self._make_update_options)
        if hasattr(session, "_emit_debug_message"):  # passes emit by
            session.on("debug_message", self._debug_message)
        setattr(session, TAP_ATTRIBUTE, self)

    @property
    def recorder(self) -> SessionRecorder:
        """The recorder of the session's present run, or of its last one."""
        assert self._run is not None
        return self._run.recorder

    def detach(self, session: Session) -> None:
        """Leave the session as it was, and close the recording."""
        for name, replacement in self._replaced.items():
            # Somebody may have wrapped ours since; then ours stays in the chain and is silent.
            if session.__dict__.get(name) is not replacement:
                continue
            delattr(session, name)
            if name in self._theirs:
                setattr(session, name, self._theirs[name])
        session.off("debug_message", self._debug_message)
        if self._audio is not None:
            self._audio.detach()
        delattr(session, TAP_ATTRIBUTE)
        self.recorder.close("detached")
        self._run = None

    def _begin(self, session: Session, before: SessionRecorder | None, *, begun: bool) -> Run:
        recorder = self._opener(session, before)
        self._run = run = Run(recorder, self._job, session, begun=begun)
        if isinstance(recorder.sound, AudioRecorder):
            self._audio = self._audio or AudioTap(session)
            self._audio.recorder = recorder.sound
            recorder.on_pause(self._audio.pause)
            self._audio.pause(recorder.is_paused)
        # When the session is collected there is nobody left to ask; what was recorded stands.
        dropped = "session was dropped without being closed"
        close = functools.partial(recorder.close, dropped)
        weakref.finalize(session, keeper.submit, close).atexit = False
        return run

    def _replace(
        self, session: Session, name: str, make: Callable[[Session, Any], Callable[..., Any]]
    ) -> None:
        if (method := getattr(session, name, None)) is None:
            return
        if name in session.__dict__ or not hasattr(type(session), name):  # a mock's class has none
            self._theirs[name] = method
        inner = self._theirs.get(name)
        self._replaced[name] = functools.wraps(method)(make(session, inner))
        setattr(session, name, self._replaced[name])

    # A method of the class is looked up at each call: somebody may patch the class after us.

    def _make_emit(self, session: Session, inner: Callable[..., Any] | None) -> Callable[..., Any]:
        def emit(*args: Any, **kwargs: Any) -> Any:
            then = stop = None
            try:
                run = self._run
                if run is not None and run.recorder.state != "recording":
                    run = self._current(session)
                if run is not None:
                    then = run.take(session, (*args, *kwargs.values()))
            except ENDING as error:  # the process's, once all have heard
                stop = error
            except BaseException as error:
                _log_failure(error)
            try:
                if inner is None:
                    return type(session).emit(session, *args, **kwargs)
                return inner(*args, **kwargs)
            finally:
                if then is not None:
                    self._guarded(then)
                if stop is not None:
                    raise stop

        return emit

    def _make_update_options(
        self, session: Session, inner: Callable[..., Any] | None
    ) -> Callable[..., Any]:
        def update_options(*args: Any, **kwargs: Any) -> Any:
            try:
                if inner is None:
                    return type(session).update_options(session, *args, **kwargs)
                return inner(*args, **kwargs)
            finally:
                self._guarded(self._options_changed, session, kwargs)

        return update_options

    def _guarded(self, step: Callable[..., object], *args: Any) -> None:
        try:
            if self._run is not None:
                step(*args)
        except ENDING:
            raise
        except BaseException as error:
            _log_failure(error)

    def _current(self, session: Session) -> Run | None:
        """The run to record to; None if nobody records any more."""
        run = self._run
        if run is None or run.recorder.state == "recording":
            return run
        if run.would_start(session):
            return self._begin(session, run.recorder, begun=True)
        return None if run.recorder.is_deaf else run

    def _options_changed(self, session: Session, requested: dict[str, Any]) -> None:
        if (run := self._current(session)) is not None:
            run.options_changed(session, requested)

    def _debug_message(self, message: Any) -> None:
        if self._run is not None:
            self._guarded(self._run.record, "debug_message", message)

    def _take_what_was_missed(self, session: Session) -> None:
        for event in list(_event_list(session)):
            name = getattr(event, "type", "unknown")
            self._guarded(self._miss, session, name, event)

    def _miss(self, session: Session, name: str, event: Any) -> None:
        assert self._run is not None
        then = self._run.take(session, (name, event))
        if name == "close" and then is not None:  # nobody will hear of it now
            then()

    def has_recorded(self, session: Session) -> bool:
        """True if what the session has emitted since its last start is in a recording."""
        return self._run is not None and not self._run.would_start(session)


class Run:
    """One run of a session, from its start to its close, and what is remembered meanwhile.

    Args:
        recorder: the run's.
        job: the job it runs in, if it runs in one.
        session: the session.
        begun: the run has begun, and nothing of it is recorded yet.
    """

    def __init__(
        self, recorder: SessionRecorder, job: JobContext | None, session: Session, *, begun: bool
    ) -> None:
        self.recorder = recorder
        self._job = job
        # LiveKit begins a new list at every start, so another list means another run.
        self._events = None if begun else _event_list(session)
        self._amendments = Amendments(recorder.record_own)
        self._history = HistoryWatch(recorder.record_own)
        self._originals = Originals()
        recorder.on_redacted(self._originals.keep)
        self._audio_known = False
        self._participant: str | None = None
        self._ended = False
        whom = weakref.ref(session)
        myself = weakref.ref(self)
        recorder.before_close(lambda: _end(myself, whom))

    def would_start(self, session: Session) -> bool:
        """True if the session has been started since this run last looked."""
        return _event_list(session) is not self._events

    def take(self, session: Session, emitted: tuple[Any, ...]) -> Then | None:
        """Record an emitted event, and what happened since the last one.

        Args:
            session: the run's.
            emitted: what ``emit`` was called with: a name and, in general, an event.

        Returns:
            What is to be done when its listeners have had it, if anything is.
        """
        if getattr(session, "_recorded_events", None) is not self._events:
            self._start(session)
        if not self._audio_known and getattr(session, "_recorder_io", None) is not None:
            self._look_for_audio(session)
        if getattr(session, "_room_io", None) is not None:
            self._look_for_participant(session)
        name, args = emitted[0] if emitted else "", emitted[1:]
        tag, content = payload_of(name, args)
        position = self.recorder.record(tag, content)
        if tag in CHANGEABLE:
            self._amendments.watch(position, args, content)
            if tag in CARRYING:
                self._history.follow(tag, args, content)
            if name == "conversation_item_added" and _is_reply(args):
                self.recorder.checkpoint_soon()
        self._history.scan(session)
        listeners = getattr(session, "_events", None)
        if name == "close" or listeners is None or listeners.get(name):
            return functools.partial(self._after, Taken(position, name, args, content))
        return None

    def record(self, name: str, event: Any) -> None:
        """Record what LiveKit tells without emitting it."""
        self.recorder.record(*payload_of(name, (event,)))

    def _after(self, taken: Taken) -> None:
        """See what the listeners did to the event; at the close, close the recording."""
        self._amendments.compare(taken)
        if taken.name == "close":
            reason = getattr(taken.args[0] if taken.args else None, "reason", "close")
            self.recorder.close(str(getattr(reason, "value", reason)))

    def options_changed(self, session: Session, requested: dict[str, Any]) -> None:
        """Record the session's options as they stand now."""
        options = report_options(session, self._job)
        self.recorder.record_own(OptionsChanged(options=options, requested=requested))

    def end(self, session: Session) -> Reconciliation | None:
        """Record what the session says at its end, and take down what is to be compared."""
        if self._ended:
            return None
        self._ended = True
        self._look_for_audio(session)
        facts, now = report_facts_later(session, self._job), clock()
        return Reconciliation(
            self.recorder.record_own,
            lambda: SessionEnded(report=facts(), clock=now),
            self._amendments,
            [*session.history.items],
            self._originals,
            [*(self._events or ())],
            audio=audio_of(session)[0],
        )

    def _start(self, session: Session) -> None:
        self._events = _event_list(session)
        started_at = getattr(session, "_started_at", None)
        facts = report_facts(session, self._job)
        self.recorder.record_own(SessionStarted(started_at=started_at, clock=clock(), report=facts))

    def _look_for_audio(self, session: Session) -> None:
        path, started_at = audio_of(session)
        if started_at is not None and not self._audio_known:
            self._audio_known = True
            self.recorder.record_own(
                AudioRecordingStarted(started_at=started_at, path=str(path) if path else None)
            )

    def _look_for_participant(self, session: Session) -> None:
        identity = participant_of(session)
        if identity is not None and identity != self._participant:
            self._participant = identity
            self.recorder.record_own(ParticipantLinked(identity=identity))


def _end(run: weakref.ref[Run], session: weakref.ref[Session]) -> Reconciliation | None:
    alive, whose = run(), session()
    return alive.end(whose) if alive is not None and whose is not None else None


def _is_reply(args: tuple[Any, ...]) -> bool:
    item = getattr(args[0] if args else None, "item", None)
    return getattr(item, "role", None) == "assistant"


def _log_failure(error: BaseException) -> None:
    # Not even this line may raise into the call.
    with contextlib.suppress(BaseException):
        _log.error("Earwitness failed: %s at %s", type(error).__name__, _place(error))


def _place(error: BaseException) -> str:
    # Not the whole traceback: an error's text may hold what somebody said.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename}:{frame.lineno}"


def has_begun(session: Session) -> bool:
    """True from the first event of ``start()`` on, which may be long before it returns."""
    return bool(_event_list(session))


def _event_list(session: Session) -> Any:
    return getattr(session, "_recorded_events", None)
