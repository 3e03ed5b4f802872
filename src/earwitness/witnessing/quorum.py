"""How many witnesses countersigned a checkpoint."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from ..integrity.cosignature import CosignerKey, verify_cosignatures
from ..integrity.note import parse_note


@frozen
class Cosigner:
    """A witness that countersigned.

    Attributes:
        name: the name of its key.
        time: when it did, by its own clock: POSIX time, in whole seconds.
    """

    name: str
    time: int


def cosigners(note: bytes, witness_keys: Iterable[CosignerKey]) -> list[Cosigner]:
    """The known witnesses that countersigned a checkpoint, each of them once, by time.

    A quorum of N is there if ``len(cosigners(note, keys)) >= N``. A witness that the caller knows
    by two keys of one name, or by one key under two names, is one witness still.

    For a session, the note is its file
    :data:`~earwitness.witnessing.sessions.COSIGNED_NAME`, which may be of an earlier size than
    its ``checkpoint``. Its cosignatures say nothing of who the log is and what it holds: whoever
    counts them also opens the note by the log's own keys, and compares its tree head with the log.

    Args:
        note: the bytes of the checkpoint's note.
        witness_keys: the keys of the witnesses that are trusted.

    Raises:
        SealFormatError: the bytes are no note.
        SignatureError: a cosignature that claims to be of one of the keys is not.
    """
    times = verify_cosignatures(parse_note(note), witness_keys)
    counted: dict[str, Cosigner] = {}
    public_keys: set[bytes] = set()
    for key, time in sorted(times.items(), key=lambda each: each[1]):
        if key.name not in counted and key.public_key not in public_keys:
            counted[key.name] = Cosigner(key.name, time)
        public_keys.add(key.public_key)
    return list(counted.values())
