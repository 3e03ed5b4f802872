"""Signing keys: how they are written down, where they are kept, and which one signs.

Text and files are those of Go's ``golang.org/x/mod/sumdb/note``, so that other tools of its kind
take them too: ``PRIVATE+KEY+<name>+<key id>+<base64>`` for the key that signs, and the vkey of
C2SP signed-note for the one that verifies. No error here contains a key or a part of one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .disk import Disk, create_durably, make_folders, opened, sync_folder, write_durably
from .exceptions import SealFormatError, SigningKeyError
from .integrity.encoding import decode_base64, encode_base64
from .integrity.signer import Ed25519Signer
from .integrity.vkey import VerifierKey

KEY_VARIABLE: Final = "EARWITNESS_SIGNING_KEY"
SIGNING_KEY_FILE: Final = "signing.key"
VERIFIER_KEY_FILE: Final = "verifier.key"

_FILE_PREFIX: Final = "file:"
_FORM: Final = "PRIVATE+KEY+<name>+<key id>+<base64>"
_ED25519: Final = b"\x01"
_SEED_BYTES: Final = 32
_MAX_FILE_BYTES: Final = 65_536


def generate(name: str) -> Ed25519Signer:
    """A new key.

    Args:
        name: what it is called in signatures: not empty, no spaces, no plus signs.

    Raises:
        SealFormatError: a key cannot have this name.
    """
    return Ed25519Signer(name, Ed25519PrivateKey.generate())


def format_signing_key(signer: Ed25519Signer) -> str:
    """The key as text. It is the secret itself."""
    material = encode_base64(_ED25519 + signer.private_key.private_bytes_raw())
    return f"PRIVATE+KEY+{signer.name}+{signer.verifier.id.hex()}+{material}"


def load_signing_key(text: str, *, where: str = "signing key") -> Ed25519Signer:
    """The key of its text, white space around it passed over.

    Args:
        text: what :func:`format_signing_key` made.
        where: where the text is from, for the error.

    Raises:
        SigningKeyError: the text is no such key.
    """
    parts = text.strip().split("+", 4)
    if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
        raise _unusable("This is not a signing key.", where, expected=_FORM)
    name, key_id, encoded = parts[2:]
    try:
        material = decode_base64(encoded, where=where)
    except SealFormatError:
        raise _unusable("A signing key's last part is not base64.", where) from None
    if material[:1] != _ED25519 or len(material) != 1 + _SEED_BYTES:
        raise _unusable("The signing key is not an Ed25519 key.", where)
    try:
        signer = Ed25519Signer.from_seed(name, material[1:])
    except SealFormatError:
        raise _unusable("The signing key's name is not one that a key can have.", where) from None
    if key_id != signer.verifier.id.hex():
        raise _unusable("The signing key's id does not fit its name and its key.", where)
    return signer


def find_signer(
    folder: Path,
    name: str,
    *,
    disk: Disk | None = None,
    environ: Mapping[str, str] | None = None,
) -> Ed25519Signer:
    """The key that signs here: ``$EARWITNESS_SIGNING_KEY``, else the one in the folder's files.

    The variable holds the key itself, or ``file:`` and the path of a file that does.

    Args:
        folder: where the key files are, or will be.
        name: the name of the key that is made if there is none.
        disk: what the files are made through.
        environ: in place of the process's environment.

    Raises:
        SigningKeyError: the key that is to be used cannot be read, or is none.
        SealFormatError: there is no key yet, and none can have this name.
        OSError: the key files could not be made.
    """
    given = (os.environ if environ is None else environ).get(KEY_VARIABLE)
    if not given:
        return make_key_files(folder, name, disk=disk)
    if given.startswith(_FILE_PREFIX):
        # The path is not repeated in an error: somebody may have written the key itself there.
        where = f"the file that ${KEY_VARIABLE} names"
        return _read_signing_key(Path(given.removeprefix(_FILE_PREFIX)).expanduser(), where)
    return load_signing_key(given, where=f"${KEY_VARIABLE}")


def has_key(folder: Path) -> bool:
    """True if :func:`find_signer` would find a key there, and make none."""
    return bool(os.environ.get(KEY_VARIABLE)) or (folder / SIGNING_KEY_FILE).exists()


def make_key_files(folder: Path, name: str, *, disk: Disk | None = None) -> Ed25519Signer:
    """The key in the folder's ``signing.key``, made if there is none; ``verifier.key`` tells it.

    However many processes call this at once, they all get the same key. ``verifier.key`` has one
    vkey a line and forgets none, so that it still verifies what was signed by a key before.

    Raises:
        SigningKeyError: there is a file, but no key in it.
        SealFormatError: there is no key yet, and none can have this name.
        OSError: the files could not be made.
    """
    disk = disk or Disk()
    path = folder / SIGNING_KEY_FILE
    if not path.exists():
        text = format_signing_key(generate(name)) + "\n"
        for changed in make_folders(disk, folder):
            sync_folder(disk, changed)
        create_durably(disk, path, text.encode())
    signer = _read_signing_key(path, str(path))
    _tell_verifier_key(disk, folder / VERIFIER_KEY_FILE, signer.verifier)
    return signer


def rotate_key_files(
    folder: Path, name: str | None = None, *, disk: Disk | None = None
) -> tuple[Ed25519Signer, Path]:
    """Put a new key in the place of the folder's; ``verifier.key`` tells both.

    Who signs by the old key goes on until it asks for its key again. Whenever this is interrupted,
    ``signing.key`` holds the old key or the new one, and no key is lost.

    Args:
        folder: where the key files are.
        name: the name of the new key; by default that of the old one.
        disk: what the files are made through.

    Returns:
        The new key, and the file that keeps the old one.

    Raises:
        SigningKeyError: the old key cannot be read, and no name was given; or another process
            rotates it now.
        SealFormatError: a key cannot have this name.
        OSError: there is no key yet, or the files could not be made.
    """
    disk = disk or Disk()
    path = folder / SIGNING_KEY_FILE
    with opened(disk, folder, os.O_RDONLY | os.O_DIRECTORY) as fd:
        if not disk.try_lock(fd):
            raise SigningKeyError("Another process makes a key.", where=str(folder))
        old_id, old_name = _told_of_old(disk, path, name)
        signer = generate(old_name if name is None else name)
        retired = folder / f"signing-{old_id}.key"
        with contextlib.suppress(FileExistsError):  # a rotation that was killed had come this far
            disk.link(path, retired)
        sync_folder(disk, folder)
        write_durably(disk, path, f"{format_signing_key(signer)}\n".encode())
        # After its key: whoever signs by that sees to this first, should we not come so far.
        _tell_verifier_key(disk, folder / VERIFIER_KEY_FILE, signer.verifier)
    return signer, retired


def read_verifier_keys(path: Path) -> list[VerifierKey]:
    """The keys of a ``verifier.key``, oldest first; empty lines are passed over.

    Raises:
        SealFormatError: a line is not a vkey.
        OSError: the file could not be read.
    """
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    return [VerifierKey.parse(line.strip()) for line in lines if line.strip()]


def _told_of_old(disk: Disk, path: Path, name: str | None) -> tuple[str, str]:
    """Id and name of the key that is to be replaced; of one that is none, another id."""
    try:
        old = _read_signing_key(path, str(path)).verifier
    except SigningKeyError as error:
        if name is None:
            error.hint = "Name the new key: what cannot be read is kept beside it."
            raise
        return hashlib.sha256(path.read_bytes()).hexdigest()[:8], name
    _tell_verifier_key(disk, path.with_name(VERIFIER_KEY_FILE), old)
    return old.id.hex(), old.name


def _tell_verifier_key(disk: Disk, path: Path, key: VerifierKey) -> None:
    known = path.read_bytes() if path.exists() else b""
    line = str(key).encode()
    if line not in known.split(b"\n"):
        separator = b"" if not known or known.endswith(b"\n") else b"\n"
        write_durably(disk, path, known + separator + line + b"\n")


def _read_signing_key(path: Path, where: str) -> Ed25519Signer:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE_BYTES)
    except OSError as error:
        got = error.strerror or type(error).__name__
        raise _unusable("The signing key cannot be read.", where, got=got) from None
    return load_signing_key(data.decode("utf-8", "replace"), where=where)


def _unusable(what: str, where: str, *, expected: str = "", got: str = "") -> SigningKeyError:
    hint = f"Make one with `earwitness keygen`, or take it from its backup; see ${KEY_VARIABLE}."
    return SigningKeyError(what, where=where, expected=expected, got=got, hint=hint)
