"""Timestamps as in RFC 3161: an authority's word that a checkpoint was there at some time.

A session's ``checkpoint`` moves on, so what was stamped is kept beside its timestamp::

    <session>/timestamps/<size>.checkpoint   the bytes that were stamped
                         <size>.tsr          the authority's response, DER, as it came

Needs ``rfc3161-client``: ``pip install "earwitness[timestamps]"``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen
from cryptography.x509 import Certificate, load_der_x509_certificate, load_pem_x509_certificates

from .disk import make_folders, sync_folder, write_durably
from .exceptions import EarwitnessError, IntegrityError, ProofError
from .integrity.checkpoint import open_checkpoint
from .integrity.vkey import VerifierKey
from .posting import Answer, post
from .sealed import SealedLog
from .stores import FolderStore

if TYPE_CHECKING:
    from rfc3161_client import TimeStampRequest, TimeStampResponse

TIMESTAMP_FOLDER: Final = "timestamps"
STAMPED_SUFFIX: Final = ".checkpoint"
RESPONSE_SUFFIX: Final = ".tsr"

_QUERY_TYPE: Final = "application/timestamp-query"
_REPLY_TYPE: Final = "application/timestamp-reply"


@frozen
class Timestamp:
    """What a verified timestamp says: these events were there by then.

    Attributes:
        size: how many events.
        time: when the authority stamped their checkpoint, in UTC.
        authority: who stamped it: the subject of the signing certificate, as in RFC 4514.
    """

    size: int
    time: dt.datetime
    authority: str


def read_certificates(path: Path) -> list[Certificate]:
    """The certificates of a PEM file.

    Raises:
        EarwitnessError: there are none in it.
        OSError: it cannot be read.
    """
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except ValueError:
        raise EarwitnessError(
            "There are no certificates in this file.", where=str(path), expected="PEM"
        ) from None


def stored_timestamps(folder: Path) -> list[Path]:
    """The responses in a session's folder, those of the smallest trees first."""
    found = (folder / TIMESTAMP_FOLDER).glob(f"*{RESPONSE_SUFFIX}")
    return sorted(
        (path for path in found if path.stem.isdecimal()), key=lambda path: int(path.stem)
    )


def stamp(
    store: FolderStore, log: SealedLog, url: str, roots: Sequence[Certificate] = ()
) -> tuple[Path, bool]:
    """Have an authority stamp a log's checkpoint, and keep what was stamped and its response.

    Args:
        store: where the session is.
        log: its log.
        url: the authority's, ``http:`` or ``https:``.
        roots: the certificates that are trusted to say who is an authority. Without them only
            that the response is one to this request is checked, and not who made it.

    Returns:
        Where the response is; and False if this tree had a timestamp already, and nobody was asked.

    Raises:
        ProofError: there was one of another tree of the same size; it is left as it is.
        IntegrityError: the response is no good timestamp.
        EarwitnessError: the authority grants none, or ``rfc3161-client`` is not installed.
        OSError: the authority could not be reached, or a file could not be written.
    """
    folder = log.folder / TIMESTAMP_FOLDER
    path = folder / f"{log.tree.size}{RESPONSE_SUFFIX}"
    if path.exists():
        _check_same_tree(log, path)
        return path, False
    request = _new_request(log.data)
    answer = _ask(url, request)
    response = _decode(answer, where=url)
    _check_response(response, request, url)
    if roots:
        _verify(response, log.data, roots, where=url)
    for changed in make_folders(store.disk, folder):
        sync_folder(store.disk, changed)
    write_durably(store.disk, path.with_suffix(STAMPED_SUFFIX), log.data)
    write_durably(store.disk, path, answer)
    return path, True


def verify_timestamp(
    log: SealedLog, path: Path, roots: Sequence[Certificate], log_keys: Sequence[VerifierKey]
) -> Timestamp:
    """Verify one of a session's timestamps: that it is one, of a checkpoint, of this log.

    Args:
        log: the session's log.
        path: where the authority's response is.
        roots: the certificates that are trusted to say who is an authority.
        log_keys: the keys that may have signed the checkpoint.

    Raises:
        IntegrityError: it is not.
        EarwitnessError: ``rfc3161-client`` is not installed.
        OSError: a file cannot be read.
    """
    stamped = path.with_suffix(STAMPED_SUFFIX)
    data = stamped.read_bytes()
    response = _decode(path.read_bytes(), where=str(path))
    _verify(response, data, roots, where=str(path))
    tree = open_checkpoint(data, log_keys, log.tree.origin).checkpoint
    log.check_begins_with(tree, where=str(stamped))
    time = response.tst_info.gen_time
    return Timestamp(tree.size, time, _authority(response))


def _check_same_tree(log: SealedLog, path: Path) -> None:
    stamped = path.with_suffix(STAMPED_SUFFIX).read_bytes()
    if not stamped.startswith(log.note.text.encode() + b"\n"):
        raise ProofError(
            "Another tree of this size has a timestamp.",
            where=str(path),
            expected=f"a checkpoint with root {log.tree.root.hex()}",
            got=f"another one, SHA-256 {hashlib.sha256(stamped).hexdigest()}",
            hint="`earwitness timestamp --verify` says more. Nothing was changed.",
        )


# -- what is asked of the authority ------------------------------------------------------------


def _ask(url: str, request: TimeStampRequest) -> bytes:
    answer = post(url, request.as_bytes(), _QUERY_TYPE)
    if (answer.status, answer.content_type) != (200, _REPLY_TYPE):
        raise _unanswered(url, answer)
    return answer.body


def _unanswered(url: str, answer: Answer) -> EarwitnessError:
    return EarwitnessError(
        "The authority did not answer with a timestamp.",
        where=url,
        expected=f"status 200, {_REPLY_TYPE}",
        got=f"{answer.content_type}, {answer.summary}",
    )


def _check_response(response: TimeStampResponse, request: TimeStampRequest, url: str) -> None:
    """Check that a response grants what was asked, whoever made it."""
    if response.status != 0:
        raise EarwitnessError(
            "The authority does not grant a timestamp.",
            where=url,
            expected="status 0 (RFC 3161, section 2.4.2)",
            got=f"status {response.status}: {'; '.join(response.status_string)}",
        )
    asked, told = request.message_imprint, response.tst_info.message_imprint
    if (told.hash_algorithm, told.message) != (asked.hash_algorithm, asked.message):
        raise _no_timestamp(url, "the digest that was asked for", "another one")
    if response.tst_info.nonce != request.nonce:
        raise _no_timestamp(url, "the nonce of the request", "another one")


# -- RFC 3161, by rfc3161-client ---------------------------------------------------------------


def _require_client() -> None:
    if find_spec("rfc3161_client") is None:
        raise EarwitnessError(
            "Timestamps need rfc3161-client, which is not installed.",
            hint='pip install "earwitness[timestamps]"',
        )


def _new_request(data: bytes) -> TimeStampRequest:
    _require_client()
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    return TimestampRequestBuilder(data, HashAlgorithm.SHA256).build()


def _decode(data: bytes, *, where: str) -> TimeStampResponse:
    _require_client()
    from rfc3161_client import decode_timestamp_response

    try:
        response = decode_timestamp_response(data)
        if response.status == 0:
            _ = response.tst_info
    except ValueError as error:
        raise _no_timestamp(where, "a TimeStampResp, DER", str(error)[:200]) from error
    return response


def _verify(
    response: TimeStampResponse, data: bytes, roots: Sequence[Certificate], *, where: str
) -> None:
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        VerifierBuilder(roots=list(roots)).build().verify_message(response, data)
    except (VerificationError, ValueError) as error:
        expected = "one of these bytes, by an authority that the certificates vouch for"
        raise _no_timestamp(where, expected, str(error)[:300]) from error


def _authority(response: TimeStampResponse) -> str:
    """The subject of the certificate that signed a response, which has been verified."""
    (signer,) = response.signed_data.signer_infos
    certificates = map(load_der_x509_certificate, response.signed_data.certificates)
    return next(
        certificate.subject.rfc4514_string()
        for certificate in certificates
        if (certificate.issuer, certificate.serial_number) == (signer.issuer, signer.serial_number)
    )


def _no_timestamp(where: str, expected: str, got: str) -> IntegrityError:
    return IntegrityError(
        "This is not the timestamp that it should be.", where=where, expected=expected, got=got
    )
