"""Doing something between two bytecodes of the recorder, as a signal handler does."""

from __future__ import annotations

import dis
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import earwitness

SOURCE = str(Path(earwitness.__file__).parent)


class Interruption:
    """Calls a function at one moment of what the recorder does in this thread, in a block.

    Args:
        at: which moment, from 0; none if that is negative.
        what: is called, untraced.
        where: true of a bytecode's frame if it counts as a moment.
    """

    def __init__(
        self, at: int, what: Callable[[], object], where: Callable[[FrameType], bool] | None = None
    ) -> None:
        self.moments = 0
        self._at = at
        self._what = what
        self._where = where or (lambda _: True)

    def __enter__(self) -> Interruption:
        self._before = sys.gettrace()  # coverage, perhaps
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(SOURCE):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and self._where(frame):
            moment, self.moments = self.moments, self.moments + 1
            if moment == self._at:
                sys.settrace(self._before)
                self._what()
        return self._trace


class Signals:
    """Where Python runs signal handlers: at a function's start, at a jump back, within a call.

    A handler that raises may do so there and nowhere else.
    """

    def __init__(self) -> None:
        self._moments: dict[CodeType, set[int]] = {}

    def __call__(self, frame: FrameType) -> bool:
        code = frame.f_code
        if code not in self._moments:
            self._moments[code] = set(self._find(code))
        return frame.f_lasti in self._moments[code]

    @staticmethod
    def _find(code: CodeType) -> Iterator[int]:
        for last, now in itertools.pairwise(dis.get_instructions(code)):
            # What is raised within a call belongs to the call's line, and to its blocks.
            called = last.opname.startswith("CALL") and _line(last) == _line(now)
            if called or last.opname in ("RESUME", "JUMP_BACKWARD"):
                yield now.offset


def _line(instruction: dis.Instruction) -> int | None:
    return instruction.positions.lineno if instruction.positions else None
