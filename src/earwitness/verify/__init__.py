"""Says whether a session's record is what was sealed, from its bytes alone.

Everything is derived anew: form, positions, commitments, tree, signatures, the digests of blobs
and audio, and the report. Nothing that the recorder computed is taken for granted, and none of
its code is used.

The checks, by the name of the rule that a finding gives:

=============  ===========================================================================
``format``     a line is an event of log format version 1
``position``   events stand at their positions, without gaps
``commitment`` a payload and its salt are what the event committed to
``encrypted``  a payload that is encrypted opens with its session's key, in its place
``payload``    a payload is JSON, and Earwitness's own are what their types promise
``session``    the log is the one of the session in whose folder it stands
``closed``     what follows a recording's close is what may follow it
``checkpoint`` there is one, it is well formed, and it speaks of this session
``signature``  a known key signed it
``size``       the log holds at least as many events as were sealed
``root``       the tree over the sealed events has the root that was sealed
``unsealed``   a closed recording is sealed to its end
``audit-log``  every tree head that the audit log knows is one of this log
``cosigned``   a countersigned checkpoint is one of this log, and its signatures are right
``quorum``     as many witnesses countersigned as were asked for, a closed log to its close
``blob``       a blob is there, and is what the event committed to
``audio``      the audio file is there, and is what was sealed
``erased``     what was erased is not there any more
``torn``       what was cut off the log is there, and is what the log tells of it
``history``    the digest that closes a recording is that of the folded chat history
``report``     ``report.json`` is what the events fold to
``store``      each log and each checkpoint of a store stands in a session's one folder
=============  ===========================================================================
"""

from .findings import Finding, TreeHead, Verification
from .log import Progress
from .quorum import Quorum
from .session import verify_session
from .storelog import sealed_removals, verify_store_log
from .survey import survey

__all__ = [
    "Finding",
    "Progress",
    "Quorum",
    "TreeHead",
    "Verification",
    "sealed_removals",
    "survey",
    "verify_session",
    "verify_store_log",
]
