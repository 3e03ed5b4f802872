"""A log as its format's page says, read without a line of Earwitness's code."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Entry:
    position: int
    type: str
    salt: str
    commitment: str
    data: bytes

    @property
    def payload(self) -> Any:
        return json.loads(self.data)


@dataclass(frozen=True)
class Log:
    """A log's whole lines, and what stands behind them."""

    path: Path
    entries: list[Entry]
    whole: bytes
    torn: bytes

    def of_type(self, type: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.type == type]


def read_log(path: Path) -> Log:
    """Every event of a log, its position and its commitment checked."""
    whole, feed, torn = path.read_bytes().rpartition(b"\n")
    entries = [_entry(line) for line in whole.split(b"\n")] if feed else []
    assert [entry.position for entry in entries] == list(range(len(entries)))
    for entry in entries:
        assert hashlib.sha256(entry.salt.encode() + entry.data).hexdigest() == entry.commitment
    return Log(path, entries, whole + feed, torn)


def _entry(line: bytes) -> Entry:
    members = json.loads(line)
    assert list(members) == ["n", "t", "type", "c", "s", "d"]
    data = line[line.index(b',"d":') + 5 : -1]
    return Entry(members["n"], members["type"], members["s"], members["c"], data)


def find_log(root: Path) -> Log | None:
    """The only log of a store, if there is one."""
    paths = list(root.glob("*/*/log.jsonl"))
    assert len(paths) <= 1
    return read_log(paths[0]) if paths else None


def content(folder: Path) -> dict[str, bytes]:
    """Every byte of a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
