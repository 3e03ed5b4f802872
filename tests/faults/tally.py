"""What a run of the fault suite counts, for the summary at its end."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass
class Tally:
    kills: int = 0
    events_emitted: int = 0
    events_acknowledged: int = 0
    events_lost: int = 0
    recoveries: int = 0
    kills_during_recovery: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, **counts: int) -> None:
        with self._lock:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)

    def lines(self) -> list[str]:
        return [
            f"{name.replace('_', ' '):<24}{count:>8,}"
            for name, count in vars(self).items()
            if isinstance(count, int)
        ]


tally = Tally()
