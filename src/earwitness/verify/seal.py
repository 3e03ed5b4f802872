"""The seal of one log: its checkpoint, and the tree heads that others know of it."""

from __future__ import annotations

from collections.abc import Sequence

from ..exceptions import EarwitnessError, SignatureError
from ..integrity.checkpoint import Checkpoint, open_checkpoint
from ..integrity.note import MAX_NOTE_BYTES
from ..integrity.vkey import VerifierKey
from ..sealing import CHECKPOINT_NAME, origin_of
from ..stores.logfile import LOG_NAME
from .files import opened_file
from .findings import TreeHead, Verification
from .log import LogReading

_TOLD_BY = {"audit-log": "the audit log's checkpoint", "quorum": "the countersigned checkpoint"}


def open_seal(result: Verification, keys: Sequence[VerifierKey]) -> Checkpoint | None:
    """The session's checkpoint, its signature verified; None if there is none that counts."""
    try:
        with opened_file(result.folder / CHECKPOINT_NAME) as file:
            opened = open_checkpoint(file.read(MAX_NOTE_BYTES + 1), keys)
    except FileNotFoundError:
        if result.state == "closed":
            result.find("checkpoint", CHECKPOINT_NAME, "that of a closed recording", "no such file")
        return None
    except OSError as error:
        result.unread.append(f"{CHECKPOINT_NAME}: {error.strerror or error}")
        return None
    except EarwitnessError as error:
        rule = "signature" if isinstance(error, SignatureError) else "checkpoint"
        expected = error.expected or "a checkpoint that a known key signed"
        result.find(rule, CHECKPOINT_NAME, expected, error.got or error.what)
        return None
    checkpoint = opened.checkpoint
    origins = [origin_of(key.name, result.session_id) for key in opened.signers]
    if checkpoint.origin not in origins:
        told = f"origin {' or '.join(origins)}", f"origin {checkpoint.origin}"
        result.find("checkpoint", CHECKPOINT_NAME, *told)
        return None
    result.sealed = checkpoint.size
    result.signed_by = [f"{key.name}+{key.id.hex()}" for key in opened.signers]
    return checkpoint


def check_heads(
    result: Verification,
    log: LogReading,
    checkpoint: Checkpoint | None,
    published: Sequence[TreeHead],
) -> None:
    """Hold the log to its checkpoint, and both to the tree heads that others know."""
    known = sorted(published, key=lambda head: head.size)
    if checkpoint is not None:
        head = TreeHead(checkpoint.size, checkpoint.root, told_by="root")
        _check_head(result, log, head, known)
    for head in known:
        _check_head(result, log, head, known)
    result.published = len(known)
    newest = known[-1].size if known else 0
    # Nobody hears of a checkpoint before it is in its file, so the file is never the older one.
    # One that does not count has been found already.
    if newest > result.sealed and (checkpoint is not None or not _exists(result)):
        told = f"a checkpoint of {newest} events or more", f"one of {result.sealed}"
        result.find("checkpoint", CHECKPOINT_NAME, *told)


def check_end(result: Verification, log: LogReading, checkpoint: Checkpoint | None) -> None:
    """Find what stands behind the seal of a closed recording."""
    if result.state == "closed" and checkpoint is not None and log.unsealed is not None:
        result.find(
            "unsealed",
            f"{LOG_NAME}, from event {log.unsealed}",
            f"a checkpoint over all {result.events} events of a closed recording",
            f"one over {checkpoint.size}",
        )


def _check_head(
    result: Verification, log: LogReading, head: TreeHead, known: Sequence[TreeHead]
) -> None:
    by = _TOLD_BY.get(head.told_by, "the checkpoint")
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
            f"{LOG_NAME}, events {_sound_until(head, log, known)} to {head.size - 1}",
            f"root {head.root.hex()}, by {by} of {head.size} events",
            f"root {found.hex()}: a time, a type or a commitment among them is another",
        )


def _sound_until(head: TreeHead, log: LogReading, known: Sequence[TreeHead]) -> int:
    """Up to which event, before a tree head, the log is known to be as it was published."""
    sizes = [each.size for each in known if log.roots.get(each.size) == each.root]
    return max((size for size in sizes if size < head.size), default=0)


def _exists(result: Verification) -> bool:
    return (result.folder / CHECKPOINT_NAME).exists()
