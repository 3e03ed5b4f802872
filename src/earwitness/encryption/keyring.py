"""Keys that wrap data keys: the port, and three places where they may lie.

A wrapping key is written as ``AES-256-GCM-SIV+<name>+<base64 of 32 bytes>``, one a line. The first
line wraps; all of them unwrap, by name, so that what an old key wrapped opens until it is wrapped
anew. No error here contains a key or a part of one.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import secrets
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

from attrs import frozen
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from ..disk import Disk, make_folders, sync_folder, write_durably
from ..exceptions import DecryptionError, KeyringError
from . import KEYRING_VARIABLE
from .cipher import KEY_BYTES, seal, unseal

FORM: Final = "AES-256-GCM-SIV+<name>+<base64 of 32 bytes>"
_COMMAND_SECONDS: Final = 10.0
_MAX_FILE_BYTES: Final = 65_536

_log = logging.getLogger("earwitness")
_warned_of: set[Path] = set()


@frozen
class WrappedKey:
    """A data key as it is kept.

    Attributes:
        keyring_key: the name of the key that wrapped it.
        data: the wrapped bytes.
    """

    keyring_key: str
    data: bytes


@runtime_checkable
class Keyring(Protocol):
    """Wraps and unwraps data keys. May take its time: it is asked once a session."""

    def wrap(self, secret: bytes, context: str) -> WrappedKey:
        """Wrap a data key.

        Args:
            secret: the data key.
            context: the session's id; the same must be given to :meth:`unwrap`.

        Raises:
            KeyringError: it cannot be done now.
        """
        ...

    def unwrap(self, wrapped: WrappedKey, context: str) -> bytes:
        """The data key again.

        Raises:
            KeyringError: the key that wrapped it is not here, or it is not what was wrapped.
        """
        ...


class SecretKeyring:
    """Keys that are in this process's memory.

    Args:
        text: one key a line; see the module. Empty lines and lines after ``#`` are passed over.
        where: where the text is from, for errors.

    Raises:
        KeyringError: a line is no key, or there is none.
    """

    def __init__(self, text: str, *, where: str = "keyring") -> None:
        self._where = where
        lines = [line.strip() for line in text.splitlines()]
        self._keys = dict(
            _parse(line, f"{where}, line {number + 1}")
            for number, line in enumerate(lines)
            if line and not line.startswith("#")
        )
        if not self._keys:
            raise _unusable("The keyring holds no key.", where)

    @property
    def names(self) -> list[str]:
        """The names of its keys; the first one wraps."""
        return list(self._keys)

    def wrap(self, secret: bytes, context: str) -> WrappedKey:
        name = self.names[0]
        return WrappedKey(name, seal(self._keys[name], secret, _context(context)))

    def unwrap(self, wrapped: WrappedKey, context: str) -> bytes:
        key = self._keys.get(wrapped.keyring_key)
        if key is None:
            raise KeyringError(
                "The keyring lacks the key that wrapped a session's data key.",
                where=f"{self._where}, session {context!r}",
                expected=f"a key named {wrapped.keyring_key!r}",
                got=", ".join(self.names),
                hint=f"${KEYRING_VARIABLE} says where the keys are.",
            )
        try:
            return unseal(key, wrapped.data, _context(context), where=f"session {context!r}")
        except DecryptionError:
            raise KeyringError(
                "The keyring's key did not wrap this session's data key.",
                where=f"{self._where}, session {context!r}",
                hint="Another key has the same name, or the wrapped key was damaged or moved.",
            ) from None


class CommandKeyring:
    """A program that asks a key management service.

    It is started without a shell, gets one JSON object on standard input, ``{"operation": "wrap" |
    "unwrap", "context": ..., "key": ..., "data": <base64>}``, and answers with ``{"key": <name of
    the wrapping key>, "data": <base64>}``. It has ten seconds.

    Args:
        arguments: the program and its arguments.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = list(arguments)

    def wrap(self, secret: bytes, context: str) -> WrappedKey:
        return self._ask("wrap", "", secret, context)

    def unwrap(self, wrapped: WrappedKey, context: str) -> bytes:
        return self._ask("unwrap", wrapped.keyring_key, wrapped.data, context).data

    def _ask(self, operation: str, key: str, data: bytes, context: str) -> WrappedKey:
        encoded = base64.b64encode(data).decode("ascii")
        asked = {"operation": operation, "context": context, "key": key, "data": encoded}
        try:
            done = subprocess.run(
                self._arguments,
                input=json.dumps(asked).encode("ascii"),
                capture_output=True,
                timeout=_COMMAND_SECONDS,
                check=True,
            )
            answer = json.loads(done.stdout)
            return WrappedKey(str(answer["key"]), base64.b64decode(answer["data"], validate=True))
        except subprocess.CalledProcessError as error:
            raise self._failed(operation, f"exit code {error.returncode}") from None
        except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
            raise self._failed(operation, type(error).__name__) from None

    def _failed(self, operation: str, got: str) -> KeyringError:
        what = f"The keyring's command could not {operation} a key."
        return KeyringError(what, where=f"command {self._arguments[0]!r}", got=got)


def new_key(name: str | None = None) -> str:
    """A new wrapping key as text. It is the secret itself."""
    name = name or f"keyring-{secrets.token_hex(4)}"
    return f"AES-256-GCM-SIV+{name}+{base64.b64encode(os.urandom(KEY_BYTES)).decode('ascii')}"


def add_key(path: Path, *, disk: Disk | None = None) -> str:
    """Put a new key before the others of a keyring's file; returns its name.

    Raises:
        KeyringError: the file holds something else.
        OSError: it could not be written.
    """
    disk = disk or Disk()
    known = _read(path) if path.exists() else ""
    if known.strip():
        SecretKeyring(known, where=str(path))
    line = new_key()
    for changed in make_folders(disk, path.parent):
        sync_folder(disk, changed)
    write_durably(disk, path, f"{line}\n{known}".encode())
    return line.split("+")[1]


def open_keyring(
    described: str | None = None, *, environ: Mapping[str, str] | None = None
) -> Keyring | None:
    """The keyring that a description means; None if there is no description.

    Args:
        described: ``file:PATH``, ``env:NAME`` (the variable holds the keys) or ``command:PROGRAM
            ARGUMENTS`` (split like a shell would, and run without one); by default what
            ``$EARWITNESS_KEYRING`` says.
        environ: in place of the process's environment.

    Raises:
        KeyringError: it means none, or the keyring cannot be read.
    """
    variables = os.environ if environ is None else environ
    described = variables.get(KEYRING_VARIABLE) if described is None else described
    if not described:
        return None
    kind, _, rest = described.partition(":")
    if kind == "file" and rest:
        path = Path(rest).expanduser()
        keyring = SecretKeyring(_read(path), where=rest)
        _warn_of_others(path)
        return keyring
    if kind == "env" and rest:
        return SecretKeyring(variables.get(rest, ""), where=f"${rest}")
    if kind == "command" and (arguments := shlex.split(rest)):
        return CommandKeyring(arguments)
    raise KeyringError(
        "That describes no keyring.",
        where=f"${KEYRING_VARIABLE}",
        expected="file:PATH, env:NAME or command:PROGRAM",
        got=f"{len(described)} other characters",
    )


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_FILE_BYTES).decode("utf-8", "replace")
    except OSError as error:
        got = error.strerror or type(error).__name__
        raise _unusable("The keyring cannot be read.", str(path), got=got) from None


def _warn_of_others(path: Path) -> None:
    # Only told: where secrets are mounted into a container, the mode may be nobody's choice.
    mode = path.stat().st_mode & 0o777
    if mode & 0o077 and path not in _warned_of:
        _warned_of.add(path)
        _log.warning("Others than its owner may use the keyring %s: its mode is %04o.", path, mode)


def _parse(line: str, where: str) -> tuple[str, AESGCMSIV]:
    kind, _, rest = line.partition("+")
    name, _, encoded = rest.partition("+")
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        key = b""
    if kind != "AES-256-GCM-SIV" or not name or len(key) != KEY_BYTES:
        raise _unusable("This is not a wrapping key.", where, expected=FORM)
    return name, AESGCMSIV(key)


def _context(session_id: str) -> bytes:
    return b"earwitness data key\n" + session_id.encode("utf-8", "surrogatepass")


def _unusable(what: str, where: str, **more: Any) -> KeyringError:
    hint = f"Make one with `earwitness keyring new`; see ${KEYRING_VARIABLE}."
    return KeyringError(what, where=where, hint=hint, **more)
