"""A log, read from its first byte to its last, each line held to the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from io import BufferedReader
from typing import TYPE_CHECKING, Any, Final

from ..codec import blob_digest, check_format, commit, decode_line, leaf_of, load
from ..disk import opened_file
from ..events import (
    ADDED_AFTER_CLOSE,
    NO_EVENTS,
    OWN_EVENTS,
    AudioSealed,
    Event,
    PayloadErased,
    RecordingClosed,
    RecordingOpened,
    RecordingRecovered,
    SinkFailed,
    TornLine,
)
from ..exceptions import DecryptionError, EarwitnessError, LogFormatError, UnsupportedFormatError
from ..integrity.merkle import EMPTY_ROOT, Tree
from ..projections.report import ReportFold
from ..sinks import REPORT_NAME
from ..stores.logfile import LOG_NAME
from .files import Content, Files
from .findings import Verification

if TYPE_CHECKING:
    from ..encryption.cipher import DataKey

Progress = Callable[[int], None]

_LONGEST_LINE: Final = 1 << 26
_LEAVES_AT_ONCE: Final = 1 << 10
# What a payload that no recorder wrote can do to the code that reads it.
_UNREADABLE: Final = (EarwitnessError, ValueError, RecursionError)


class LogReading:
    """The reading of one session's log.

    Args:
        result: hears what is wrong, and how many events there are.
        files: what stands beside the log.
        sizes: the sizes at which the tree's root is wanted.
        key: opens what is encrypted, if that can be opened here.

    Attributes:
        roots: the tree's root at those sizes that the log has reached.
        fold: the report of its events; None once it cannot be told.
        closed: what closed the recording last, and the position of that event.
        closed_at: the position of the event that closed the recording last, be it withheld; or -1.
        unsealed: the first event behind the checkpoint that may not stand there once the recording
            is closed.
        report_failed: a sealed event says that the report could not be written.
        erasing: an erasure is told of that is not sealed: unfinished, or nobody vouches for it.
    """

    def __init__(
        self, result: Verification, files: Files, sizes: set[int], key: DataKey | None = None
    ) -> None:
        self.roots: dict[int, bytes] = {0: EMPTY_ROOT}
        self.fold: ReportFold | None = ReportFold()
        self.closed: tuple[RecordingClosed, int] | None = None
        self.closed_at = NO_EVENTS
        self.unsealed: int | None = None
        self.report_failed = False
        self.key = key
        self.erasing = False
        self._result = result
        self._files = files
        self._sizes = sizes
        self._tree: Tree | None = Tree()
        self._leaves: list[bytes] = []
        self._position = 0
        self._over = False
        self._withheld: set[int] = set()
        self._erased: list[PayloadErased] = []
        self._beside: list[tuple[AudioSealed | TornLine, int]] = []
        self._closed_report: Content | None = None

    def run(self, progress: Progress) -> None:
        """Read it, and look at the files that it tells of.

        Raises:
            OSError: it cannot be read.
        """
        self._read(progress)
        self._check_erased()
        self._check_beside()

    def _read(self, progress: Progress) -> None:
        with opened_file(self._result.folder / LOG_NAME) as log:
            for line in _lines(log):
                progress(len(line))
                if line.endswith(b"\n"):
                    self._check_line(line[:-1])
                    self._result.events += 1
                elif len(line) < _LONGEST_LINE:
                    self._result.torn_bytes = len(line)
                else:
                    longest = f"a line of less than {_LONGEST_LINE} bytes"
                    self._result.find("format", self._where(), longest, "a longer one")
                    return

    def _check_line(self, line: bytes) -> None:
        expected, self._position = self._position, self._position + 1
        try:
            event = decode_line(line, where="")
        except LogFormatError as error:
            self._result.find("format", self._where(), error.expected, error.got)
            self._tree = self.fold = None
            return
        if event.position != expected:
            self._find("position", event, f"position {expected}", f"position {event.position}")
            self._position = event.position + 1
            self.fold = None
        self._grow(line)
        self._check_order(event)
        self._check_payload(event)

    def _where(self, event: Event | None = None) -> str:
        line = f"{LOG_NAME}, line {self._result.events + 1}"
        return line if event is None else f"{line}, event {event.position} ({event.type})"

    def _find(self, rule: str, event: Event, expected: str, got: str) -> None:
        self._result.find(rule, self._where(event), expected, got, event=event.position)

    def _grow(self, line: bytes) -> None:
        if self._tree is None:
            return
        self._leaves.append(leaf_of(line))
        size = self._tree.size + len(self._leaves)
        if size in self._sizes or len(self._leaves) == _LEAVES_AT_ONCE:
            self._tree.extend(self._leaves)
            self._leaves.clear()
            if size in self._sizes:
                self.roots[size] = self._tree.root()

    def _check_order(self, event: Event) -> None:
        if event.type in ADDED_AFTER_CLOSE:
            return
        if self.unsealed is None and self._result.events >= self._result.sealed:
            self.unsealed = self._result.events
        if self._over:
            self._closed_report = self.closed_report()  # it is open again
        if self._over and event.type != RecordingRecovered.TAG:
            allowed = ", ".join(sorted({*ADDED_AFTER_CLOSE, RecordingRecovered.TAG}))
            self._find("closed", event, allowed, event.type)
        self._over = event.type == RecordingClosed.TAG
        if self._over:
            self.closed_at = event.position

    def _check_payload(self, event: Event) -> None:
        if event.encrypted is not None and self.key is not None:
            try:
                event = self.key.decrypt(event)
            except DecryptionError as error:
                self._find("encrypted", event, error.expected, error.got)
                self.fold = None
                return
        if event.encrypted is not None:
            self._result.encrypted += 1
            self._files.tell_withheld(event)
            return
        if event.data is None or event.salt is None:
            self._result.withheld += 1
            self._withheld.add(event.position)
            self._files.tell_withheld(event)
            if self.fold is not None:
                self.fold.apply(event)
            return
        commitment = commit(event.salt, event.data)
        if commitment != event.commitment:
            self._find("commitment", event, event.commitment, commitment)
            self.fold = None
            return
        try:
            if event.type in OWN_EVENTS or event.position == 0 or blob_digest(event) is not None:
                self._take(event)
            elif self.fold is not None:
                self.fold.apply(event)
            else:
                _ = event.json
        except UnsupportedFormatError as error:
            self._result.unread.append(f"{LOG_NAME}: {error.got}, a newer one")
            self.fold = None
        except _UNREADABLE as error:
            got = error.got if isinstance(error, EarwitnessError) else type(error).__name__
            self._find("payload", event, "a payload that its type promises", got)
            self.fold = None

    def _take(self, event: Event) -> None:
        if blob_digest(event) is not None:
            whole = self._files.with_blob(event, self._where(event))
            if whole is None:
                self.fold = None
                return
            event = whole
        if event.position == 0:
            check_format(event, where=LOG_NAME)
        if self.fold is not None:
            self.fold.apply(event)
        else:
            _ = event.json
        if event.type in OWN_EVENTS:
            self._take_own(load(event, OWN_EVENTS[event.type]), event)

    def _take_own(self, own: Any, event: Event) -> None:
        sealed = event.position < self._result.sealed
        if isinstance(own, RecordingOpened) and own.session_id != self._result.session_id:
            self._find("session", event, self._result.session_id, own.session_id)
        elif isinstance(own, AudioSealed):
            self._beside.append((own, event.position))
        elif isinstance(own, RecordingRecovered):
            self._beside += [(torn, event.position) for torn in own.torn]
        elif isinstance(own, PayloadErased) and sealed:
            self._erased.append(own)
        elif isinstance(own, PayloadErased):
            self.erasing = True
        elif isinstance(own, RecordingClosed):
            self.closed = own, event.position
        elif isinstance(own, SinkFailed) and own.sink == REPORT_NAME and sealed:
            self.report_failed = True

    def _check_erased(self) -> None:
        erased = {position for each in self._erased for position in each.positions}
        self._result.erased = len(erased & self._withheld)
        for position in sorted(erased - self._withheld):
            where = f"{LOG_NAME}, event {position}"
            told = "no payload: it was erased", "a payload, or no such event"
            self._result.find("erased", where, *told, event=position)

    def _check_beside(self) -> None:
        erased = {(file.file, file.sha256) for each in self._erased for file in each.files}
        for told, position in self._beside:
            if (told.file, told.sha256) not in erased:
                self._files.check_beside(told, position)
        if self._erased:
            self._files.tell_left(sorted({name for name, _ in erased}))

    def closed_report(self) -> Content | None:
        """The report as a sealed event closed the recording with it, the last time."""
        if not self._over or self.closed is None or self.closed[1] >= self._result.sealed:
            return self._closed_report
        report = self.report()
        return self._closed_report if report is None else Content.of(report)

    def report(self) -> bytes | None:
        """The report that the events fold to, None if they do not."""
        with suppress(*_UNREADABLE):
            return None if self.fold is None else self.fold.result().to_json()
        return None


def _lines(log: BufferedReader) -> Iterator[bytes]:
    return iter(partial(log.readline, _LONGEST_LINE), b"")
