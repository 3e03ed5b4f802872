"""Doing something between two bytecodes of the recorder, as a signal handler does."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable
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
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(SOURCE):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and self._where(frame):
            moment, self.moments = self.moments, self.moments + 1
            if moment == self._at:
                sys.settrace(None)
                self._what()
        return self._trace


class Signals:
    """Where Python runs signal handlers: after a call, at a function's start, at a jump back.

    A handler that raises may do so there and nowhere else.
    """

    def __init__(self) -> None:
        self._before: dict[CodeType, dict[int, str]] = {}

    def __call__(self, frame: FrameType) -> bool:
        code = frame.f_code
        if code not in self._before:
            self._before[code] = self._instructions_before(code)
        before = self._before[code].get(frame.f_lasti, "")
        return before.startswith(("CALL", "RESUME", "JUMP_BACKWARD"))

    @staticmethod
    def _instructions_before(code: CodeType) -> dict[int, str]:
        names = [(each.offset, each.opname) for each in dis.get_instructions(code)]
        return {after: name for (_, name), (after, _) in zip(names, names[1:], strict=False)}
