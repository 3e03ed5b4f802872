"""Countersignatures: a second party vouches that a log only ever grew.

========  =================================================================
witness   who countersigns: only what is consistent with what it did before
memory    what it remembers of that, durably
identity  its key
http      a witness behind C2SP tlog-witness, and the client of one
server    the socket for it
sessions  a recorded session's checkpoint, brought to a witness
quorum    how many witnesses countersigned a checkpoint, and when
========  =================================================================
"""

from __future__ import annotations

from .quorum import Cosigner, cosigners

__all__ = ["Cosigner", "cosigners"]
