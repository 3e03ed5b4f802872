"""A log as its format's page says, read without a line of Earwitness's code."""

from __future__ import annotations

import base64
import hashlib
import json
import re
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

    @property
    def is_sealed(self) -> bool:
        """True if there is a checkpoint over as many events as the log has."""
        checkpoint = self.path.parent / "checkpoint"
        return checkpoint.is_file() and sealed_head(checkpoint)[0] == len(self.entries)

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


def check_sealed(log: Log) -> None:
    """The checkpoint is over the whole log: its size and root as in RFC 6962, section 2.1."""
    size, root = sealed_head(log.path.parent / "checkpoint")
    leaves = [re.sub(rb'(,"c":"[0-9a-f]{64}").*', rb"\1}", line) for line in log.whole.split(b"\n")]
    assert size == len(log.entries)
    assert root == _tree_hash(leaves[:-1])


def sealed_head(checkpoint: Path) -> tuple[int, bytes]:
    """The size and the root that a checkpoint tells."""
    _, size, root = checkpoint.read_text().split("\n\n")[0].split("\n")[:3]
    return int(size), base64.b64decode(root)


def _tree_hash(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    nodes = _tree_hash(leaves[:split]) + _tree_hash(leaves[split:])
    return hashlib.sha256(b"\1" + nodes).digest()
