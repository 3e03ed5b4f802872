"""A witness's key: the one in its folder, made on first use, or one that is kept elsewhere."""

from __future__ import annotations

import secrets
from pathlib import Path

from ..disk import Disk, make_folders, sync_folder, write_durably
from ..exceptions import StoreError
from ..integrity.signer import Ed25519Signer
from ..keys import SIGNING_KEY_FILE, format_signing_key, generate, load_signing_key
from .memory import COSIGNER_KEY_FILE, LOCK_NAME, locked


def witness_signer(
    folder: Path, name: str | None = None, disk: Disk | None = None
) -> Ed25519Signer:
    """The key in the ``signing.key`` of a witness's folder, made if there is none.

    The environment's signing key is that of a log, and has no say here.

    Args:
        folder: the witness's folder; made if it is not there.
        name: how the key is called in signatures; by default as it is, or something unique.
        disk: the system calls; tests replace it.

    Raises:
        SigningKeyError: there is a file, but no key in it.
        SealFormatError: a key cannot have this name.
        StoreError: the key has another name, or it was there once and is gone.
        OSError: a file could not be read or made.
    """
    disk = disk or Disk()
    for changed in make_folders(disk, folder):
        sync_folder(disk, changed)
    path = folder / SIGNING_KEY_FILE
    with locked(disk, folder / LOCK_NAME):
        if not path.exists():
            _check_new(folder)
            signer = generate(name or f"witness-{secrets.token_hex(4)}")
            write_durably(disk, path, f"{format_signing_key(signer)}\n".encode())
    return read_signer(path, name)


def read_signer(path: Path, name: str | None = None) -> Ed25519Signer:
    """The key in a file.

    Raises:
        SigningKeyError: there is none in it.
        StoreError: it has another name.
        OSError: the file could not be read.
    """
    signer = load_signing_key(path.read_text("utf-8", errors="replace"), where=str(path))
    if name not in (None, signer.name):
        raise StoreError(
            "The witness's key has another name.",
            where=str(path),
            expected=name or "",
            got=signer.name,
        )
    return signer


def _check_new(folder: Path) -> None:
    if (folder / COSIGNER_KEY_FILE).exists():
        raise StoreError(
            "The witness's key is gone.",
            where=str(folder / SIGNING_KEY_FILE),
            expected=f"the key whose vkey is in {COSIGNER_KEY_FILE}",
            hint="Restore it, or say where it is kept, or begin anew in an empty folder.",
        )
