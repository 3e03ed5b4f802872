"""The files beside a log, as plain as they are meant or encrypted as they lie on the disk.

What is called ``report.json`` lies in ``report.json.enc`` where the session has a data key.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..disk import Disk, write_durably, write_soon
from ..encryption import ENCRYPTED_SUFFIX

if TYPE_CHECKING:
    from ..encryption.cipher import DataKey


def path_of(path: Path, key: DataKey | None) -> Path:
    """Where a file lies whose plain name this is."""
    return path if key is None else path.with_name(path.name + ENCRYPTED_SUFFIX)


def write_content(
    disk: Disk, path: Path, data: bytes, key: DataKey | None, *, durably: bool = True
) -> Path:
    """Give a file beside the log new content, all or nothing.

    Args:
        disk: what it is written through.
        path: its plain name.
        data: its plain content.
        key: the session's, if it has one.
        durably: on the disk when this returns; else that is left to a later sync.

    Returns:
        Where it lies.
    """
    write: Callable[[Disk, Path, bytes], None] = write_durably if durably else write_soon
    target = path_of(path, key)
    write(disk, target, data if key is None else key.encrypt_file(path.name, data))
    return target


def read_content(path: Path, key: DataKey | None) -> bytes:
    """The plain content of a file beside the log, given its plain name.

    Raises:
        FileNotFoundError: it is not there.
        DecryptionError: the key does not open it.
    """
    if key is None:
        return path.read_bytes()
    with path_of(path, key).open("rb") as file:
        return b"".join(key.decrypt_file(path.name, file))
