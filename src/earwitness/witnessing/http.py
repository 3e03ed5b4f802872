"""C2SP tlog-witness over HTTP (https://c2sp.org/tlog-witness): what is asked, what is answered.

:func:`answer_request` is a witness's side as a pure function of the request;
:mod:`~earwitness.witnessing.server` brings it to a socket. :class:`HttpWitness` is the side of
those who ask.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

from ..exceptions import (
    EarwitnessError,
    IntegrityError,
    ProofError,
    SealFormatError,
    SignatureError,
    WrongOriginError,
)
from ..integrity.encoding import decode_decimal
from ..integrity.note import parse_signatures
from ..integrity.witness import AddCheckpoint
from ..posting import Answer, post
from .witness import CheckpointWitness, Cosignatures, LatestSize, Witness

SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain"
SUBMISSION_PATH: Final = "/add-checkpoint"

_MONITORING_PATH: Final = re.compile(r"/([0-9a-f]{64})/checkpoint", re.ASCII)
_STATUSES: Final[dict[type[IntegrityError], int]] = {
    SealFormatError: 400,
    SignatureError: 403,
    WrongOriginError: 404,
    ProofError: 422,
}


def answer_request(witness: Witness, method: str, path: str, body: bytes = b"") -> Answer:
    """The answer of a witness to an HTTP request. What fails for a reason of its own is a 500."""
    try:
        if path == SUBMISSION_PATH:
            return _add_checkpoint(witness, body) if method == "POST" else _refuse(405, "POST it.")
        if (asked := _MONITORING_PATH.fullmatch(path)) is not None:
            return _checkpoint(witness, asked[1]) if method == "GET" else _refuse(405, "GET it.")
    except Exception as error:
        # Whoever asks is a stranger, and learns nothing of the witness's own affairs.
        return Failure(error)
    return _refuse(404, "There is nothing here.")


def _add_checkpoint(witness: Witness, body: bytes) -> Answer:
    try:
        outcome = witness.add_checkpoint(AddCheckpoint.parse(body))
    except tuple(_STATUSES) as error:
        status = next(code for cls, code in _STATUSES.items() if isinstance(error, cls))
        return _refuse(status, str(error))
    if isinstance(outcome, LatestSize):
        return Answer(409, SIZE_TYPE, b"%d\n" % outcome.size)
    return Answer(200, TEXT_TYPE, "".join(f"{each}\n" for each in outcome).encode())


def _checkpoint(witness: Witness, origin_hash: str) -> Answer:
    note = witness.latest_note(origin_hash)
    if note is None:
        return _refuse(404, "Nothing of this log was countersigned.")
    return Answer(200, TEXT_TYPE, note)


def _refuse(status: int, why: str) -> Answer:
    return Answer(status, TEXT_TYPE, f"{why}\n".encode("utf-8", "replace"))
