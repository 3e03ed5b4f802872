"""Evidence of one event: its line, and the proof that the line is in a sealed log.

::

    earwitness/evidence@v1
    {"n":6,"t":1795397042338201,"type":"user_input_transcribed","c":"…","s":"…","d":{…}}

    c2sp.org/tlog-proof@v1
    index 6
    …

Between the event's line and the blank line stands ``blob`` and the payload in base64, if it is too
large for a line. What follows is a C2SP tlog-proof (https://c2sp.org/tlog-proof), its checkpoint
included, byte for byte. The reference's page on evidence is normative.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import evolve, frozen

from ..codec import blob_digest, decode_line, encode_line, withheld_line
from ..events import Event
from ..exceptions import ProofError, SealFormatError, WrongOriginError
from ..integrity.checkpoint import SignedCheckpoint, open_checkpoint
from ..integrity.encoding import decode_base64, encode_base64
from ..integrity.merkle import inclusion_proof, leaf_hash, verify_inclusion
from ..integrity.proof import Proof, format_proof, parse_proof
from ..integrity.vkey import VerifierKey
from ..stores.journal import JournalEventStore
from .selection import check_payload, read_sealing

HEADER: Final = "earwitness/evidence@v1"
_BLOB: Final = b"blob "


@frozen
class Evidence:
    """Evidence that was verified: the log holds the event, at its position.

    Attributes:
        event: the event. It is withheld if who made the evidence did not have its payload.
        origin: the log: the key's name, a slash, and the name of the session's folder.
        size: how many events the log had when the checkpoint was signed.
        signers: which of the known keys signed the checkpoint; never empty.
    """

    event: Event
    origin: str
    size: int
    signers: tuple[VerifierKey, ...]


def prove(store: JournalEventStore, session_id: str, position: int) -> bytes:
    """Evidence of one event. Of the others it tells how many there are, and hashes.

    Raises:
        SessionNotFoundError: there is no such session.
        StoreError: it has no such event, or the event is not sealed yet.
        LogError: the log cannot be read.
        IntegrityError: it is not what its checkpoint sealed.
    """
    log = read_sealing(store, session_id, [position])
    event = next(store.read(session_id, after=position - 1))
    check_payload(event)
    hashes = inclusion_proof(log.leaf_hashes, position, log.tree.size)
    head = HEADER.encode() + b"\n" + encode_line(event)
    if event.blob is not None:
        head += _BLOB + encode_base64(event.blob).encode() + b"\n"
    return head + b"\n" + format_proof(position, hashes, log.data)


def verify_evidence(data: bytes, keys: Iterable[VerifierKey]) -> Evidence:
    """Verify that a log holds an event, without the log.

    Args:
        data: what :func:`prove` made.
        keys: the keys that may speak for the log. The evidence may come from anybody; these must
            not.

    Raises:
        SealFormatError: the bytes are not exactly one evidence.
        LogError: its event is not one of log format version 1.
        ProofError: its payload is not the event's, or the event is not at its position.
        SignatureError: none of the keys signed its checkpoint as it stands.
        WrongOriginError: its checkpoint is not a session's.
    """
    event, proof = _parse(data)
    check_payload(event)
    if proof.index != event.position:
        raise ProofError(
            "The proof is another event's.",
            where="evidence",
            expected=f"the proof of event {event.position}",
            got=f"the proof of event {proof.index}",
        )
    signed = open_checkpoint(proof.checkpoint, keys)
    _check_origin(signed)
    tree = signed.checkpoint
    leaf = leaf_hash(withheld_line(event))
    verify_inclusion(leaf, proof.index, tree.size, proof.hashes, tree.root)
    return Evidence(event, tree.origin, tree.size, signed.signers)


def _parse(data: bytes) -> tuple[Event, Proof]:
    head, blank, rest = data.partition(b"\n\n")
    if not blank:
        raise _malformed("Evidence must have a blank line before its proof.")
    header, *lines = head.split(b"\n")
    if header != HEADER.encode():
        raise _malformed(f"Evidence must begin with the line {HEADER}.")
    if not lines:
        raise _malformed("Evidence must have an event.")
    event = _with_blob(decode_line(lines[0], where="evidence, line 2"), lines[1:])
    proof = parse_proof(rest)
    if proof.extra is not None:
        raise _malformed("The proof in an evidence cannot have extra data.")
    return event, proof


def _with_blob(event: Event, lines: list[bytes]) -> Event:
    if blob_digest(event) is None:
        if lines:
            raise _malformed("Nothing but a blob can stand behind the event.")
        return event
    if len(lines) != 1 or not lines[0].startswith(_BLOB):
        raise _malformed("An event whose payload is a blob must have it in the next line.")
    encoded = lines[0].removeprefix(_BLOB).decode("ascii", "replace")
    return evolve(event, blob=decode_base64(encoded, where="evidence, blob"))


def _check_origin(signed: SignedCheckpoint) -> None:
    origin = signed.checkpoint.origin
    names = [key.name for key in signed.signers]
    if not any(_is_session_of(name, origin) for name in names):
        raise WrongOriginError(
            "The checkpoint is not a session's.",
            where="evidence, origin",
            expected=" or ".join(f"{name}/<session>" for name in names),
            got=origin,
        )


def _is_session_of(key_name: str, origin: str) -> bool:
    session = origin.removeprefix(f"{key_name}/")
    return session not in ("", origin) and "/" not in session


def _malformed(rule: str) -> SealFormatError:
    return SealFormatError(rule, where="evidence")
