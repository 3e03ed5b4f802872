"""Timestamps as in RFC 3161: an authority's word that a checkpoint was there at some time.

A session's ``checkpoint`` moves on, so what was stamped is kept beside its timestamp::

    <session>/timestamps/<size>.checkpoint   the bytes that were stamped
                         <size>.tsr          the authority's response, DER, as it came

Needs ``rfc3161-client``: ``pip install "earwitness[timestamps]"``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen
from cryptography.x509 import Certificate, load_pem_x509_certificates

from .disk import Disk, make_folders, sync_folder, write_durably
from .exceptions import EarwitnessError, IntegrityError, SealFormatError
from .integrity.checkpoint import Checkpoint
from .integrity.note import parse_note
from .posting import Answer, post
from .sealing import CHECKPOINT_NAME

if TYPE_CHECKING:
    from rfc3161_client import TimeStampRequest, TimeStampResponse

TIMESTAMP_FOLDER: Final = "timestamps"
STAMPED_SUFFIX: Final = ".checkpoint"
RESPONSE_SUFFIX: Final = ".tsr"

_QUERY_TYPE: Final = "application/timestamp-query"
_REPLY_TYPE: Final = "application/timestamp-reply"
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@frozen
class Timestamp:
    """A timestamp of a checkpoint, as it is kept.

    Attributes:
        path: where the authority's response is.
        checkpoint: the bytes that were stamped.
        response: the authority's response, DER.
    """

    path: Path
    checkpoint: bytes
    response: bytes


