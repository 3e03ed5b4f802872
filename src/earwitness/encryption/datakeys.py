"""Where the sessions' data keys are kept: wrapped, one file a session, apart from the logs.

A backup of the logs that leaves this folder out holds nothing that anybody can read, and loses
what a destroyed key could have read.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ..disk import Disk, create_durably, make_folders, sync_folder, write_durably
from ..exceptions import DataKeyError, KeyringError
from ..forking import ForkSafeLock
from . import KEYRING_VARIABLE
from .cipher import DataKey
from .keyring import Keyring, WrappedKey

_FORMAT: Final = 1
_SUFFIX: Final = ".json"


class DataKeys:
    """The data keys of a store's sessions.

    Args:
        folder: where their files are, or will be.
        keyring: wraps and unwraps them; None if what is encrypted stays so.
        name_of: the file name of a session's id, whatever stands in that.
        disk: what the files are made through.
    """

    def __init__(
        self,
        folder: Path,
        keyring: Keyring | None,
        *,
        name_of: Callable[[str], str],
        disk: Disk,
    ) -> None:
        self._name_of = name_of
        self.folder = folder
        self.keyring = keyring
        self._disk = disk
        self._known: dict[str, DataKey] = {}
        self._lock = ForkSafeLock()

    def make(self, session_id: str) -> DataKey | None:
        """The session's key, made and durably kept if there is none yet; None without a keyring.

        Raises:
            KeyringError: it could not be wrapped.
            OSError: it could not be kept.
        """
        if self.keyring is None:
            return None
        if (found := self.find(session_id)) is not None:
            return found
        key = DataKey.generate()
        for changed in make_folders(self._disk, self.folder):
            sync_folder(self._disk, changed)
        kept = self._encoded(self.keyring, session_id, key)
        create_durably(self._disk, self._path(session_id), kept)
        # Of two that make it at once, the one that was first made it.
        return self.find(session_id)

    def find(self, session_id: str) -> DataKey | None:
        """The session's key; None if it has none, or none that can be unwrapped here.

        Raises:
            KeyringError: the keyring has not the key that wrapped it.
            DataKeyError: what is kept is not a wrapped key, or not this session's.
        """
        with self._lock:
            if session_id in self._known and not self._path(session_id).exists():
                del self._known[session_id]  # another process destroyed it
            if session_id not in self._known:
                if self.keyring is None or (kept := self._read(session_id)) is None:
                    return None
                self._known[session_id] = self._unwrapped(self.keyring, session_id, kept)
            return self._known[session_id]

    def needed(self, session_id: str) -> DataKey | None:
        """The key without which nothing may be added to the session; None if it has none.

        Raises:
            KeyringError: it has one, which cannot be unwrapped here.
            DataKeyError: what is kept of it is damaged.
        """
        if not self.exists(session_id):
            return None
        if (key := self.find(session_id)) is None:
            raise KeyringError(
                "The session is encrypted, and there is no keyring to unwrap its key.",
                where=f"session {session_id!r}",
                hint=f"${KEYRING_VARIABLE} says where the keys are.",
            )
        return key

    def exists(self, session_id: str) -> bool:
        """True if the session has a key, whoever can unwrap it."""
        return self._path(session_id).exists()

    def wrapped_by(self, session_id: str) -> str:
        """The name of the key that wraps the session's; empty if it has none.

        Raises:
            DataKeyError: what is kept of it is damaged.
        """
        kept = self._read(session_id)
        return "" if kept is None else str(kept.get("key", ""))

    def rewrap(self, session_id: str) -> bool:
        """Wrap the session's key by the keyring's first key; the logs are not touched.

        Whenever this is interrupted, the key is wrapped by the old one or by the new one.

        Returns:
            False if the session has no key.

        Raises:
            KeyringError: the keyring cannot unwrap it, or wrap it.
            OSError: it could not be kept.
        """
        if (key := self.needed(session_id)) is None or self.keyring is None:
            return False
        kept = self._encoded(self.keyring, session_id, key)
        write_durably(self._disk, self._path(session_id), kept)
        return True

    def destroy(self, session_id: str) -> None:
        """Remove the session's key. What it encrypted is gone, wherever a copy of it lies.

        Raises:
            OSError: it could not be removed.
        """
        with self._lock:
            self._known.pop(session_id, None)
            path = self._path(session_id)
            # Whoever was killed while wrapping it left it in a temporary file as well. The key
            # itself goes last: while it is there, somebody comes back to destroy it.
            for kept in [*self.folder.glob(f".{path.name}.*.tmp"), path]:
                with contextlib.suppress(FileNotFoundError):
                    self._disk.unlink(kept)
            if self.folder.is_dir():
                sync_folder(self._disk, self.folder)

    def _path(self, session_id: str) -> Path:
        return self.folder / f"{self._name_of(session_id)}{_SUFFIX}"

    def _encoded(self, keyring: Keyring, session_id: str, key: DataKey) -> bytes:
        wrapped = keyring.wrap(key.secret, session_id)
        kept = {
            "format": _FORMAT,
            "key": wrapped.keyring_key,
            "data": base64.b64encode(wrapped.data).decode("ascii"),
            "commitment": key.commitment,
        }
        return json.dumps(kept).encode("ascii") + b"\n"

    def _read(self, session_id: str) -> dict[str, Any] | None:
        try:
            kept = json.loads(self._path(session_id).read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            kept = None
        if not isinstance(kept, dict) or kept.get("format") != _FORMAT:
            raise self._damaged(session_id, "JSON of format 1")
        return kept

    def _unwrapped(self, keyring: Keyring, session_id: str, kept: dict[str, Any]) -> DataKey:
        try:
            wrapped = WrappedKey(str(kept["key"]), base64.b64decode(kept["data"], validate=True))
        except (KeyError, TypeError, ValueError):
            raise self._damaged(session_id, "members key, data and commitment") from None
        secret = keyring.unwrap(wrapped, session_id)
        try:
            key = DataKey(secret)
        except ValueError:
            raise self._damaged(session_id, "a key of 32 bytes") from None
        if key.commitment != kept.get("commitment"):
            raise self._damaged(session_id, f"a key with the commitment {key.commitment}")
        return key

    def _damaged(self, session_id: str, expected: str) -> DataKeyError:
        return DataKeyError(
            "A session's data key is not what was kept.",
            where=str(self._path(session_id)),
            expected=expected,
            hint="Bring the file back from a backup of the keys. Nothing was changed.",
        )
