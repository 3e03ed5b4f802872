"""Where events are kept: the port, and the two stores that ship with Earwitness."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ..disk import Disk
from ..events import NO_EVENTS, Event

if TYPE_CHECKING:
    from ..encryption.cipher import DataKey
    from ..integrity.signer import Signer


@runtime_checkable
class EventStore(Protocol):
    """A place for streams of events.

    A store MUST keep events as they were given, in order, and append all or none of a batch.
    It MUST be safe to call from several threads. ``append`` MUST return only when the events
    would survive the death of this process, if the store survives processes at all.

    A store need not survive a power cut before its own sync interval is over, need not allow a
    second writer of a stream, and need not notice what others do to its files meanwhile.

    ``earwitness.testing.StoreContract`` holds all of this as tests.
    """

    def append(self, stream: str, events: Sequence[Event], expected_version: int) -> int:
        """Add events to the end of a stream; the first append makes the stream.

        Args:
            stream: any text at all.
            events: their positions follow ``expected_version`` without a gap.
            expected_version: the position of the stream's last event, -1 for an empty stream.

        Returns:
            The stream's new version.

        Raises:
            WrongExpectedVersionError: the stream is at another version; nothing was appended.
            InvalidEventError: an event cannot stand in a log; nothing was appended.
            StreamHeldError: another writer holds the stream.
            OSError: the events could not be kept; nothing was appended.
        """
        ...

    def read(self, stream: str, after: int = NO_EVENTS) -> Iterator[Event]:
        """The stream's events in order, those with a position greater than ``after``.

        Raises:
            SessionNotFoundError: there is no such stream.
            LogError: what is kept cannot be read; the events before it have been yielded.
        """
        ...

    def version(self, stream: str) -> int:
        """The position of the stream's last event, -1 if there is none."""
        ...

    def streams(self) -> Iterator[str]:
        """The name of every stream, in no particular order."""
        ...

    def release(self, stream: str) -> None:
        """Declare that this writer is done with the stream for now. Others may append to it."""
        ...


@runtime_checkable
class FolderStore(EventStore, Protocol):
    """A store that gives each session a folder, with room for its report, audio and checkpoint."""

    disk: Disk

    def folder(self, stream: str) -> Path:
        """The session's folder; it exists.

        Raises:
            SessionNotFoundError: there is no such session.
        """
        ...

    def sync(self, stream: str) -> None:
        """Wait until what was appended to the stream would survive a power cut.

        Raises:
            OSError: it might not.
        """
        ...

    def data_key(self, stream: str) -> DataKey | None:
        """What encrypts the session's events and files; None if nothing does.

        Raises:
            EncryptionError: there is a key, and it cannot be used here.
        """
        ...

    def signer(self) -> Signer:
        """What signs the checkpoints of the store's sessions; may make a key on first use.

        Raises:
            EarwitnessError: there is a key, and it cannot be used.
            OSError: there is none, and none could be made.
        """
        ...


AppendLine = Callable[[str, int, bytes], None]


class LineStore(EventStore, Protocol):
    """A store that keeps an event as its line, and so can be given the line and no event."""

    def append_line(self, stream: str, position: int, line: bytes) -> None:
        """As ``append`` of the one event that the line is of.

        Args:
            stream: it exists, and this writer holds it.
            position: the event's; the stream's version is one less.
            line: the event's, line feed included; see the log format.
        """
        ...


def line_door(store: EventStore) -> AppendLine | None:
    """The store's ``append_line``; None if it has none, or if its ``append`` is somebody else's.

    What wraps a store, or inherits from one, to see each event on its way, is to see them all.
    """
    if "append" in getattr(store, "__dict__", ()):
        return None
    for cls in type(store).__mro__:
        if "append" in vars(cls):
            return getattr(store, "append_line", None) if "append_line" in vars(cls) else None
    return None
