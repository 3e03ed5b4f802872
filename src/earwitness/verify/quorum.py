"""The countersignatures of one session's log."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from ..exceptions import SignatureError
from ..integrity.cosignature import CosignerKey
from ..integrity.vkey import VerifierKey
from ..witnessing.quorum import cosigners
from ..witnessing.sessions import COSIGNED_NAME
from .findings import TreeHead, Verification
from .log import LogReading
from .seal import open_note


@frozen
class Quorum:
    """The witnesses that are trusted, and how many of them have to countersign.

    Attributes:
        keys: the witnesses' keys.
        size: how many; 0 asks for none.
    """

    keys: Sequence[CosignerKey] = ()
    size: int = 0


def open_cosigned(
    result: Verification, keys: Sequence[VerifierKey], quorum: Quorum
) -> list[TreeHead]:
    """The tree head that was countersigned, if there is one; it is to be one of the log's."""
    try:
        opened = open_note(result, COSIGNED_NAME, keys, rule="cosigned")
    except FileNotFoundError:
        return []
    if opened is None:
        return []
    try:
        known = cosigners(opened.note.format(), quorum.keys)
    except SignatureError as error:
        result.find("cosigned", COSIGNED_NAME, "a signature that its witness made", error.where)
        known = []
    result.cosigned = opened.checkpoint.size if known else 0
    result.cosigned_by = [cosigner.name for cosigner in known]
    return [TreeHead(opened.checkpoint.size, opened.checkpoint.root, told_by="cosigned")]


def check_quorum(result: Verification, log: LogReading, quorum: Quorum) -> None:
    """Find that too few have countersigned, or too little."""
    if not quorum.size:
        return
    if (found := len(result.cosigned_by)) < quorum.size:
        expected = f"countersignatures of {quorum.size} known witnesses"
        result.find("quorum", COSIGNED_NAME, expected, f"those of {found}")
    elif result.state == "closed" and result.cosigned <= log.closed_at:
        expected = f"countersignatures over the first {log.closed_at + 1} events, up to the close"
        result.find("quorum", COSIGNED_NAME, expected, f"over {result.cosigned}")
