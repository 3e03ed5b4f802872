"""Says whether a session's record is what was sealed, from its bytes alone.

Everything is derived anew: form, positions, commitments, tree, signatures, the digests of blobs
and audio, and the report. Nothing that the recorder computed is taken for granted, and none of
its code is used.

The checks, by the name of the rule that a finding gives:

=============  ===================================================================
``format``     a line is an event of log format version 1
``position``   events stand at their positions, without gaps
``payload``    a payload is JSON, and Earwitness's own are what their types promise
``commitment`` a payload and its salt are what the event committed to
``checkpoint`` there is one, it is well formed, and it speaks of this session
``signature``  a known key signed it
``size``       the log holds at least as many events as were sealed
``root``       the tree over the sealed events has the root that was sealed
``unsealed``   a closed recording is sealed to its end
``audit-log``  every tree head that the audit log knows is one of this log
``blob``       a blob is there, and is what the event committed to
``audio``      the audio file is there, and is what was sealed
``report``     ``report.json`` is what the events fold to
=============  ===================================================================
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from attrs import Factory, define, frozen

from .codec import blob_digest, check_format, commit, decode_line, load, withheld_line
from .events import ADDED_AFTER_CLOSE, OWN_EVENTS, AudioSealed, Event, SinkFailed
from .exceptions import EarwitnessError, LogFormatError, SignatureError
from .integrity.checkpoint import Checkpoint, open_checkpoint
from .integrity.merkle import Tree
from .integrity.vkey import VerifierKey
from .projections.report import ReportFold
from .sealing import CHECKPOINT_NAME, origin_of
from .sinks import REPORT_NAME
from .stores.journal import BLOB_FOLDER, JournalEventStore
from .stores.logfile import LOG_NAME
from .stores.sessions import State

Progress = Callable[[int], None]
_DIGEST_STEP: Final = 1 << 20


@frozen
class TreeHead:
    """The root of a log's tree at a size, as somebody wrote it down.

    Attributes:
        size: number of events.
        root: 32 bytes.
    """

    size: int
    root: bytes


@frozen
class Finding:
    """One thing that is not as it should be.

    Attributes:
        rule: the rule that is broken, by its name in this module's docstring.
        where: the file, the line, the event.
        expected: what would have been right.
        got: what is there.
    """

    rule: str
    where: str
    expected: str
    got: str


@define
class Verification:
    """What became of one session's verification.

    Attributes:
        session_id: the session.
        state: live, closed or interrupted.
        events: how many the log holds.
        sealed: how many of them the checkpoint covers.
        withheld: how many of them have no payload in this copy.
        signed_by: names of the keys that signed the checkpoint.
        findings: what is wrong; none in a sound session.
    """

    session_id: str
    state: State
    events: int = 0
    sealed: int = 0
    withheld: int = 0
    signed_by: list[str] = Factory(list)
    findings: list[Finding] = Factory(list)

    @property
    def sound(self) -> bool:
        """True if nothing is wrong."""
        return not self.findings

    @property
    def after_checkpoint(self) -> int:
        """How many events came after the last checkpoint, and are not sealed yet."""
        return max(0, self.events - self.sealed)


def verify_session(
    store: JournalEventStore,
    session_id: str,
    keys: Sequence[VerifierKey],
    *,
    published: Sequence[TreeHead] = (),
    progress: Progress = lambda _: None,
) -> Verification:
    """Verify one session.

    Args:
        store: where it is.
        session_id: its id.
        keys: the verifier keys that are trusted: those of the store, or the auditor's own.
        published: tree heads of this session that are known from elsewhere.
        progress: called with the number of bytes read since the last call.

    Raises:
        SessionNotFoundError: there is no such session.
        OSError: its files cannot be read.
    """
    folder = store.folder(session_id)
    try:
        state = store.state(session_id)
    except LogFormatError:
        state = "interrupted"  # the line that is no event is found below
    examination = _Examination(folder, Verification(session_id, state), keys, published)
    examination.run(progress)
    return examination.result


class _Examination:
    """The steps of verifying one session's folder."""

    def __init__(
        self,
        folder: Path,
        result: Verification,
        keys: Sequence[VerifierKey],
        published: Sequence[TreeHead],
    ) -> None:
        self.result = result
        self._folder = folder
        self._log = folder / LOG_NAME
        self._keys = keys
        self._published = sorted(published, key=lambda head: head.size)
        self._sizes = {head.size for head in published}
        self._tree: Tree | None = Tree()
        self._roots: dict[int, bytes] = {}
        self._fold: ReportFold | None = ReportFold()
        self._tail: list[str] = []
        self._audio: AudioSealed | None = None
        self._report_expected = result.state == "closed"

    def run(self, progress: Progress) -> None:
        checkpoint = self._open_checkpoint()
        sealed = checkpoint.size if checkpoint is not None else 0
        self._sizes.add(sealed)
        self._read_log(progress)
        if checkpoint is not None:
            head = TreeHead(checkpoint.size, checkpoint.root)
            self._check_head("root", str(self._folder / CHECKPOINT_NAME), head)
        for head in self._published:
            self._check_head("audit-log", f"the audit log's checkpoint of {head.size} events", head)
        self._check_end(sealed)
        self._check_audio()
        self._check_report()

    def _find(self, rule: str, where: str, expected: str, got: str) -> None:
        self.result.findings.append(Finding(rule, where, expected, got))

    # -- the log, line by line -----------------------------------------------------------------

    def _read_log(self, progress: Progress) -> None:
        with self._log.open("rb") as log:
            for number, line in enumerate(log):
                progress(len(line))
                where = f"{self._log}, line {number + 1}"
                if not line.endswith(b"\n"):
                    self._check_torn(where, line)
                    return
                self.result.events += 1
                self._check_line(line[:-1], number, where)
                if self._tree is not None and self._tree.size in self._sizes:
                    self._roots[self._tree.size] = self._tree.root()

    def _check_torn(self, where: str, line: bytes) -> None:
        if self.result.state == "closed":
            self._find("format", where, "a line feed at the end", f"{len(line)} bytes without one")

    def _check_line(self, line: bytes, number: int, where: str) -> None:
        try:
            event = decode_line(line, where=where)
        except LogFormatError as error:
            self._find("format", where, error.expected, error.got)
            self._tree = self._fold = None
            return
        where = f"{where}, event {event.position} ({event.type})"
        if event.position != number:
            self._find("position", where, f"position {number}", f"position {event.position}")
        if self._tree is not None:
            self._tree.append(withheld_line(event))
        if number >= self.result.sealed:
            self._tail = [*self._tail[-8:], event.type]
        self._check_payload(event, where)

    def _check_payload(self, event: Event, where: str) -> None:
        if event.data is None or event.salt is None:
            self.result.withheld += 1
            return
        commitment = commit(event.salt, event.data)
        if commitment != event.commitment:
            self._find("commitment", where, event.commitment, commitment)
            return
        whole = self._with_blob(event, where)
        try:
            if event.position == 0:
                check_format(event, where=where)
            _ = whole.payload
            if event.type in OWN_EVENTS:
                self._take_own(load(event, OWN_EVENTS[event.type]))
            if self._fold is not None:
                self._fold.apply(whole)
        except (EarwitnessError, ValueError) as error:
            got = error.got if isinstance(error, EarwitnessError) else type(error).__name__
            self._find("payload", where, "a payload that its type promises", got)
            self._fold = None

    def _with_blob(self, event: Event, where: str) -> Event:
        digest = blob_digest(event)
        if digest is None:
            return event
        path = self._folder / BLOB_FOLDER / digest
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            self._find("blob", f"{where}, {path}", "the payload", "no such file")
            return event
        found = hashlib.sha256(content).hexdigest()
        if found != digest:
            self._find("blob", f"{where}, {path}", f"SHA-256 {digest}", f"SHA-256 {found}")
            return event
        return Event(
            event.position,
            event.recorded_at,
            event.type,
            event.commitment,
            event.salt,
            event.data,
            content,
        )

    def _take_own(self, own: object) -> None:
        if isinstance(own, AudioSealed):
            self._audio = own
        elif isinstance(own, SinkFailed) and own.sink == REPORT_NAME:
            self._report_expected = False

    # -- the seal ------------------------------------------------------------------------------

    def _open_checkpoint(self) -> Checkpoint | None:
        path = self._folder / CHECKPOINT_NAME
        try:
            opened = open_checkpoint(path.read_bytes(), self._keys)
        except FileNotFoundError:
            if self.result.state == "closed":
                self._find("checkpoint", str(path), "the checkpoint of a closed recording", "none")
            return None
        except EarwitnessError as error:
            rule = "signature" if isinstance(error, SignatureError) else "checkpoint"
            self._find(rule, str(path), error.expected, error.got or error.what)
            return None
        checkpoint = opened.checkpoint
        names = [key.name for key in opened.signers]
        if not any(checkpoint.origin == origin_of(n, self.result.session_id) for n in names):
            expected = " or ".join(origin_of(name, self.result.session_id) for name in names)
            self._find("checkpoint", str(path), f"origin {expected}", f"origin {checkpoint.origin}")
            return None
        self.result.sealed, self.result.signed_by = checkpoint.size, names
        return checkpoint

    def _check_head(self, rule: str, where: str, head: TreeHead) -> None:
        if self.result.events < head.size:
            self._find(
                "size" if rule == "root" else rule,
                f"{self._log}, after event {self.result.events - 1}",
                f"{head.size} events, by {where}",
                f"{self.result.events} events",
            )
        elif (found := self._roots.get(head.size)) is not None and found != head.root:
            self._find(
                rule,
                f"{where}, events {self._sound_until(head.size)} to {head.size - 1}",
                f"root {head.root.hex()}",
                f"root {found.hex()}: a time, type or commitment among them is another",
            )

    def _sound_until(self, size: int) -> int:
        """Up to which event, before a size, the log is known to be as it was published."""
        return max(
            (
                head.size
                for head in self._published
                if head.size < size and self._roots.get(head.size) == head.root
            ),
            default=0,
        )

    def _check_end(self, sealed: int) -> None:
        if self.result.state != "closed" or not sealed or sealed >= self.result.events:
            return
        if any(type not in ADDED_AFTER_CLOSE for type in self._tail):
            self._find(
                "unsealed",
                f"{self._log}, from event {sealed}",
                f"a checkpoint over all {self.result.events} events of a closed recording",
                f"one over {sealed}",
            )

    # -- what stands beside the log ------------------------------------------------------------

    def _check_audio(self) -> None:
        if self._audio is None:
            return
        path = self._folder / Path(self._audio.file).name
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            self._find("audio", str(path), f"SHA-256 {self._audio.sha256}", "no such file")
            return
        if found != self._audio.sha256:
            expected = f"SHA-256 {self._audio.sha256}"
            self._find("audio", str(path), expected, f"SHA-256 {found}")

    def _check_report(self) -> None:
        # What is withheld cannot be folded, and what is damaged is told already.
        if self._fold is None or self.result.withheld or self.result.state != "closed":
            return
        path = self._folder / REPORT_NAME
        try:
            found = path.read_bytes()
        except FileNotFoundError:
            if self._report_expected:
                self._find("report", str(path), "the report of a closed recording", "no such file")
            return
        expected = self._fold.result().to_json()
        if found != expected:
            self._find("report", str(path), _digest(expected), _digest(found))


def _digest(content: bytes) -> str:
    return f"{len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}"
