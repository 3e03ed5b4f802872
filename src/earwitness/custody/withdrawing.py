"""Erases what was recorded of a session whose party took their consent back."""

from __future__ import annotations

from typing import Final

from ..audit import Audit
from ..integrity.signer import Signer
from ..privacy.consent import asks_for_erasure, withdrawn
from ..stores.journal import JournalEventStore
from .erasing import erase

REASON: Final = "consent withdrawn"
ACTOR: Final = "earwitness"


def erase_withdrawn(
    store: JournalEventStore,
    session_id: str,
    *,
    audit: Audit = False,
    signer: Signer | None = None,
) -> bool:
    """Erase all content of a closed session, if its policy asks for that: see ``on_withdrawal``.

    What stays is what Earwitness says of the recording itself, where that names no participant,
    who consented, and of each event that there was one, of which type and when.

    Returns:
        False if there is nothing to erase.

    Raises:
        As :func:`~earwitness.custody.erasing.erase`.
    """
    events = list(store.read(session_id))
    if not any(map(asks_for_erasure, events)):
        return False
    if not (content := withdrawn(events)):
        return False
    erase(
        store,
        session_id,
        events=content,
        audio=True,
        reason=REASON,
        actor=ACTOR,
        audit=audit,
        signer=signer or store.signer(),  # as a recorder, or a recovery, this may make the key
    )
    return True
