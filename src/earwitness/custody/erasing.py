"""Erases what was said from a closed session, for good, so that all proofs of it still hold.

The steps, each of which may be the last before the power fails:

1. The log is written anew beside the old one and takes its place: the payloads and salts that go
   are not in it, and ``payload_erased`` is its last event. Before this nothing has happened.
2. ``report.json`` is folded from what remains, and what was derived from all logs is dropped.
3. The store's log is told, and the session's log is sealed. Only what is sealed is believed.
4. Audio, unfinished lines, blobs that no event refers to and temporary files are removed.

Whoever erases next in the session, or recovers it, finishes what was begun.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from attrs import evolve

from ..audit import Audit, AuditTrail
from ..codec import dump, encode_line, load, new_event, withheld_line
from ..events import ErasedFile, Event, PayloadErased, RecordingOpened
from ..integrity.merkle import Tree
from ..integrity.signer import Signer
from ..privacy.accounts import SessionErased, erasure_is_told
from ..privacy.erasure import Selection
from ..privacy.parties import Party
from ..projections.report import fold_report
from ..sealed import read_sealed
from ..sealing import Seal
from ..sinks import REPORT_NAME
from ..stores.contents import write_content
from ..stores.journal import JournalEventStore
from ..stores.logfile import LogFile
from .clearing import clear, drop_index, leftovers
from .closed import held, read_closed
from .holding import refuse_if_held
from .persons import names_of
from .planning import Erasure, GoneFile, check_reason, plan_erasure, selection_of
from .storelog import Entries, StoreLog
from .words import check_account


def erase(
    store: JournalEventStore,
    session_id: str,
    *,
    events: Collection[int] = (),
    party: Party | None = None,
    subject: str | None = None,
    audio: bool = False,
    reason: str,
    actor: str,
    dry_run: bool = False,
    audit: Audit = False,
    signer: Signer | None = None,
) -> Erasure:
    """Erase from a closed session what was said, durably and for good.

    What is named in several ways adds up. An event that holds a copy of what goes, goes along.
    Proofs and checkpoints of the log hold as before. What left the store earlier, in a backup or a
    report that was sent elsewhere, is not reached. Blocks: not to be called on an event loop.

    Args:
        store: where the session is.
        session_id: its id.
        events: the positions of events.
        party: ``user`` or ``agent``: everything that it said, and the audio.
        subject: the identity of a person: if the session has it in it, or a pseudonym of it, every
            event that does, everything that the user said, and the audio.
        audio: the audio.
        reason: why. It stays in the log.
        actor: who does it. That stays, too.
        dry_run: only find out what would go.
        audit: the audit trail; see :mod:`earwitness.audit`.
        signer: signs the new checkpoint; by default the store's own.

    Returns:
        What was erased, or would be.

    Raises:
        SessionNotFoundError: there is no such session.
        SessionNotClosedError: it is live, or its recorder died and it was not recovered.
        SessionOnHoldError: it is on hold.
        StoreError: it has no such event, or the reason names the person.
        LogError: its log is damaged, and was left as it is.
        IntegrityError: it is not what its checkpoint sealed, and was left as it is.
        ValueError: nothing to erase was named, or no reason, or no actor.
        SigningKeyError: there is no key to sign with.
        OSError: not everything could be done; what was begun is finished by doing it again.
    """
    check_account(reason, actor)
    if signer is not None:
        store = store.signed_by(signer)
    names = () if subject is None else names_of(store, subject)
    selection = selection_of(events, party, names, audio)
    check_reason(reason, subject)
    if dry_run:
        return _dry_run(store, session_id, selection)
    with StoreLog(store, audit=audit).locked() as entries:
        refuse_if_held(entries.read(), session_id)
        with held(store, session_id) as log:
            erasing = _Erasing(store, session_id, log, entries, audit)
            unfinished = erasing.finish()
            folder, key = store.folder(session_id), log.data_key
            plan = plan_erasure(session_id, folder, erasing.events, selection, key)
            done = plan if plan.empty else erasing.run(plan, reason, actor)
            return evolve(done, unfinished=unfinished)


def _dry_run(store: JournalEventStore, session_id: str, selection: Selection) -> Erasure:
    refuse_if_held(StoreLog(store).read(), session_id)
    events = read_closed(store, session_id)
    folder, key = store.folder(session_id), store.data_key(session_id)
    plan = plan_erasure(session_id, folder, events, selection, key)
    return evolve(plan, unfinished=is_unfinished(store, session_id, events))


def finish_erasure(store: JournalEventStore, session_id: str, *, audit: Audit = False) -> bool:
    """Finish an erasure whose process was killed before it was sealed.

    Returns:
        False if there is none.

    Raises:
        As :func:`erase`.
    """
    if not _unsealed(read_closed(store, session_id), _sealed_size(store, session_id)):
        return False
    with StoreLog(store, audit=audit).locked() as entries, held(store, session_id) as log:
        _Erasing(store, session_id, log, entries, audit).finish()
    return True


def is_unfinished(store: JournalEventStore, session_id: str, events: Sequence[Event]) -> bool:
    """True if an erasure was cut short, before it was sealed or before everything was removed.

    Args:
        store: where the session is.
        session_id: its id.
        events: all events of its log.
    """
    if not any(event.type == PayloadErased.TAG for event in events):
        return False
    return bool(_unsealed(events, _sealed_size(store, session_id))) or any(
        leftovers(store.folder(session_id), events, store.data_key(session_id))
    )


class _Erasing:
    """The steps by which something is erased from one session, its lock being held."""

    def __init__(
        self,
        store: JournalEventStore,
        session_id: str,
        log: LogFile,
        entries: Entries,
        audit: Audit,
    ) -> None:
        self.events = read_closed(store, session_id)
        self._store = store
        self._session_id = session_id
        self._log = log
        self._entries = entries
        self._audit = AuditTrail(audit, session=session_id)
        self._folder = log.path.parent
        self._sealed = _sealed_size(store, session_id)

    def finish(self) -> bool:
        """Finish the erasures that were begun before; False if there was nothing to do."""
        if not is_unfinished(self._store, self._session_id, self.events):
            return False
        if begun := _unsealed(self.events, self._sealed):
            self._conclude(begun)
        clear(self._store.disk, self._folder, self.events, self._log.data_key)
        return True

    def run(self, plan: Erasure, reason: str, actor: str) -> Erasure:
        """Erase what was planned."""
        self._store.signer()  # what cannot be sealed is not begun
        gone = {payload.position for payload in plan.payloads}
        fact = PayloadErased(
            positions=sorted(gone),
            kinds=dict(sorted(Counter(payload.type for payload in plan.payloads).items())),
            files=[self._digest(file) for file in plan.files if "/" not in file.file],
            reason=reason,
            actor=actor,
            retention=_retention(self.events[:1]) if 0 in gone else None,
        )
        told = new_event(len(self.events), time.time_ns() // 1000, *dump(fact))
        self._log.rewrite(self._lines(gone, told), told.position)
        kept = [
            event.without_payload() if event.position in gone else event for event in self.events
        ]
        self.events = [*kept, told]
        self._conclude([told])
        return evolve(plan, position=told.position)

    def _lines(self, gone: Collection[int], told: Event) -> Iterator[bytes]:
        # Those that stay are copied as they stand, byte for byte.
        for event, line in zip(self.events, self._log.lines(), strict=True):
            yield withheld_line(event) + b"\n" if event.position in gone else line
        key = self._log.data_key
        yield encode_line(told if key is None else key.encrypt(told))

    def _digest(self, file: GoneFile) -> ErasedFile:
        with (self._folder / file.file).open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        return ErasedFile(file=file.file, bytes=file.bytes, sha256=digest)

    def _conclude(self, erasures: Sequence[Event]) -> None:
        report = fold_report(self.events).to_json()
        write_content(self._store.disk, self._folder / REPORT_NAME, report, self._log.data_key)
        drop_index(self._store.disk, self._store.root)
        entries = self._entries.read()
        for event in erasures:
            if not erasure_is_told(entries, self._session_id, event.position):
                self._entries.add(self._account(event))
        self._entries.seal()
        self._seal()
        clear(self._store.disk, self._folder, self.events, self._log.data_key)

    def _account(self, event: Event) -> SessionErased:
        erased = load(event, PayloadErased)
        return SessionErased(
            session_id=self._session_id,
            position=event.position,
            payloads=len(erased.positions),
            files=len(erased.files),
            reason=erased.reason,
            actor=erased.actor,
        )

    def _seal(self) -> None:
        tree = Tree()
        for event in self.events:
            tree.append(withheld_line(event))
        seal = Seal(
            self._store,
            self._session_id,
            self._store.signer,
            self._audit,
            tree=tree,
            sealed_size=self._sealed,
        )
        seal.seal()


def _retention(opening: Sequence[Event]) -> float | None:
    return next((load(event, RecordingOpened).retention for event in opening), None)


def _sealed_size(store: JournalEventStore, session_id: str) -> int:
    sealed = read_sealed(store, session_id)
    return 0 if sealed is None else sealed.tree.size


def _unsealed(events: Sequence[Event], sealed: int) -> list[Event]:
    return [event for event in events[sealed:] if event.type == PayloadErased.TAG]
