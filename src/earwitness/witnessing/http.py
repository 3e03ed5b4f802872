"""C2SP tlog-witness over HTTP (https://c2sp.org/tlog-witness): what is asked, what is answered.

:func:`answer_request` is a witness's side, as a function from request to answer;
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
from .witness import Cosignatures, LatestSize, Witness

SUBMISSION_PATH: Final = "/add-checkpoint"
SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain"

_MONITORING_PATH: Final = re.compile(r"/([0-9a-f]{64})/checkpoint", re.ASCII)
_STATUSES: Final[dict[type[IntegrityError], int]] = {
    SealFormatError: 400,
    SignatureError: 403,
    WrongOriginError: 404,
    ProofError: 422,
}


def answer_request(witness: Witness, method: str, path: str, body: bytes = b"") -> Answer:
    """What a witness answers to a request.

    Raises:
        Exception: the witness failed for a reason of its own, of which a stranger learns no more
            than a 500.
    """
    if path == SUBMISSION_PATH:
        return _add_checkpoint(witness, body) if method == "POST" else refusal(405, "POST it.")
    if (asked := _MONITORING_PATH.fullmatch(path)) is not None:
        return _latest_checkpoint(witness, asked[1]) if method == "GET" else refusal(405, "GET it.")
    return refusal(404, "There is nothing here.")


def refusal(status: int, why: str) -> Answer:
    """An answer that says why the other one is not given."""
    return Answer(status, TEXT_TYPE, f"{why}\n".encode("utf-8", "replace"))


def _add_checkpoint(witness: Witness, body: bytes) -> Answer:
    try:
        outcome = witness.add_checkpoint(AddCheckpoint.parse(body))
    except tuple(_STATUSES) as error:
        status = next(code for cls, code in _STATUSES.items() if isinstance(error, cls))
        return refusal(status, str(error))
    if isinstance(outcome, LatestSize):
        return Answer(409, SIZE_TYPE, b"%d\n" % outcome.size)
    return Answer(200, TEXT_TYPE, "".join(f"{each}\n" for each in outcome).encode())


def _latest_checkpoint(witness: Witness, origin_hash: str) -> Answer:
    note = witness.latest_note(origin_hash)
    if note is None:
        return refusal(404, "Nothing of this log was countersigned.")
    return Answer(200, TEXT_TYPE, note)


@frozen
class HttpWitness:
    """A witness that is asked over HTTP; a ``CheckpointWitness``.

    Attributes:
        url: its submission prefix.
    """

    url: str

    def add_checkpoint(self, request: AddCheckpoint) -> Cosignatures | LatestSize:
        url = self.url.rstrip("/") + SUBMISSION_PATH
        answer = post(url, request.format(), TEXT_TYPE)
        try:
            if answer.status == 200:
                return parse_signatures(answer.body.decode())
            if answer.status == 409 and answer.content_type == SIZE_TYPE:
                size = answer.body.decode().removesuffix("\n")
                return LatestSize(decode_decimal(size, where=f"{url}, answer"))
        except (SealFormatError, UnicodeDecodeError) as error:
            raise _unintelligible(url, answer) from error
        raise _refused(url, answer)


def _unintelligible(url: str, answer: Answer) -> EarwitnessError:
    return EarwitnessError(
        "The witness's answer is not one of the protocol.",
        where=url,
        expected="C2SP tlog-witness",
        got=answer.summary,
    )


def _refused(url: str, answer: Answer) -> EarwitnessError:
    classes = {status: cls for cls, status in _STATUSES.items()}
    cls = classes.get(answer.status, EarwitnessError)
    return cls("The witness does not countersign.", where=url, got=answer.summary)
