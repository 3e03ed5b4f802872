"""The stores that ship with Earwitness keep what the port promises."""

from pathlib import Path

from earwitness import EventStore, InMemoryEventStore, JournalEventStore
from earwitness.testing import StoreContract


class TestInMemoryEventStore(StoreContract):
    def make_store(self, folder: Path) -> EventStore:
        return InMemoryEventStore()


class TestJournalEventStore(StoreContract):
    def make_store(self, folder: Path) -> EventStore:
        return JournalEventStore(folder)
