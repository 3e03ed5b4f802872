"""What a recording proves to somebody who must not see the rest of it.

:func:`prove` makes evidence of one event: a text that stands alone, and that
:func:`verify_evidence` checks with nothing but the log's key. :func:`disclose` makes a copy of a
log in which only some of the events have a payload.
"""

from .disclosure import disclose
from .event import Evidence, prove, verify_evidence

__all__ = ["Evidence", "disclose", "prove", "verify_evidence"]
