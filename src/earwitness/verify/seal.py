"""The seal of one log: its checkpoint, and the tree heads that others know of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from ..disk import opened_file
from ..exceptions import EarwitnessError, SignatureError
from ..integrity.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from ..integrity.note import MAX_NOTE_BYTES
from ..integrity.vkey import VerifierKey
from ..sealing import CHECKPOINT_NAME
from ..stores.logfile import LOG_NAME
from .findings import TreeHead, Verification
from .log import LogReading

_BY: Final = {
    "root": "the checkpoint",
    "audit-log": "the audit log's checkpoint",
    "cosigned": "the countersigned checkpoint",
}


def open_seal(result: Verification, keys: Sequence[VerifierKey]) -> Checkpoint | None:
    """The session's checkpoint, its signature verified; None if there is none that counts."""
    try:
        opened = open_note(result, CHECKPOINT_NAME, keys)
    except FileNotFoundError:
        if result.state == "closed":
            result.find("checkpoint", CHECKPOINT_NAME, "that of a closed recording", "no such file")
        return None
    if opened is None:
        return None
    result.sealed = opened.checkpoint.size
    result.signed_by = [f"{key.name}+{key.id.hex()}" for key in opened.signers]
    return opened.checkpoint


def open_note(
    result: Verification, name: str, keys: Sequence[VerifierKey], *, rule: str | None = None
) -> SignedCheckpoint | None:
    """A checkpoint in a file of the session, its signature and its origin verified.

    Args:
        result: hears what is wrong with it.
        name: the file's.
        keys: those that may speak for the log.
        rule: the rule that it breaks, if it is not sound; by default the one that says why.

    Raises:
        FileNotFoundError: there is no such file.
    """
    try:
        with opened_file(result.folder / name) as file:
            opened = open_checkpoint(file.read(MAX_NOTE_BYTES + 1), keys)
    except FileNotFoundError:
        raise
    except OSError as error:
        result.not_read(name, error)
        return None
    except EarwitnessError as error:
        broken = rule or ("signature" if isinstance(error, SignatureError) else "checkpoint")
        expected = error.expected or "a checkpoint that a known key signed"
        result.find(broken, name, expected, error.got or error.what)
        return None
    origin = opened.checkpoint.origin
    origins = [f"{key.name}/{result.folder.name}" for key in opened.signers]
    if origin not in origins:
        told = f"origin {' or '.join(origins)}", f"origin {origin}"
        result.find(rule or "checkpoint", name, *told)
        return None
    return opened


def check_heads(
    result: Verification,
    log: LogReading,
    checkpoint: Checkpoint | None,
    published: Sequence[TreeHead],
) -> None:
    """Hold the log to its checkpoint, and both to the tree heads that others know."""
    heads = sorted(published, key=lambda head: head.size)
    newest = heads[-1].size if heads else 0
    if checkpoint is not None:
        heads.insert(0, TreeHead(checkpoint.size, checkpoint.root, told_by="root"))
    sound = sorted(head.size for head in heads if log.roots.get(head.size) == head.root)
    for head in heads:
        before = bisect_left(sound, head.size)
        _check_head(result, log, head, sound[before - 1] if before else 0)
    # Nobody hears of a checkpoint before it is in its file, so the file is never the older one.
    if newest > result.sealed and not _has_failed(result):
        got = "no such file" if checkpoint is None else f"one of {checkpoint.size}"
        expected = f"a checkpoint of {newest} events or more"
        result.find("checkpoint", CHECKPOINT_NAME, expected, got)


def check_end(result: Verification, log: LogReading, checkpoint: Checkpoint | None) -> None:
    """Find what stands behind the seal of a closed recording."""
    if result.state == "closed" and checkpoint is not None and log.unsealed is not None:
        result.find(
            "unsealed",
            f"{LOG_NAME}, from event {log.unsealed}",
            f"a checkpoint over all {result.events} events of a closed recording",
            f"one over {checkpoint.size}",
        )


def _check_head(result: Verification, log: LogReading, head: TreeHead, sound: int) -> None:
    by = _BY[head.told_by]
    found = log.roots.get(head.size)
    if result.events < head.size:
        result.find(
            "size" if head.told_by == "root" else head.told_by,
            f"{LOG_NAME}, after event {result.events - 1}" if result.events else LOG_NAME,
            f"{head.size} events, by {by}",
            f"{result.events} events",
        )
    elif found is not None and found != head.root:
        result.find(
            head.told_by,
            f"{LOG_NAME}, events {sound} to {head.size - 1}",
            f"root {head.root.hex()}, by {by} of {head.size} events",
            f"root {found.hex()}: a time, a type or a commitment among them is another",
        )


def _has_failed(result: Verification) -> bool:
    """True if it is told already that the checkpoint does not count."""
    return any(finding.where == CHECKPOINT_NAME for finding in result.findings) or any(
        told.startswith(f"{CHECKPOINT_NAME}:") for told in result.unread
    )
