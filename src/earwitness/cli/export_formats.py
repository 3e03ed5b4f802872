"""Captions as WebVTT, SubRip, plain text and Markdown.

What somebody said is content in each of them, whatever it looks like: no word of it can begin a
cue, set a time, style a line or forge another speaker.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from ..projections.captions import Caption
from .formats import offset

BREAKER: Final = "\u200b"
"""A space of no width: SubRip knows no escapes, so this keeps its markup from being any."""

_CONTROL: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SHORTEST: Final = 0.001


def vtt(captions: Sequence[Caption]) -> str:
    """WebVTT (W3C, sections 4.1 and 4.2.2), with the speaker as the voice."""
    cues = [
        f"{_clock(caption.begin, '.')} --> {_clock(_end(caption), '.')}\n"
        f"<v {_reference(_speaker(caption))}>" + "\n".join(map(_reference, _lines(caption)))
        for caption in captions
    ]
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def srt(captions: Sequence[Caption]) -> str:
    """SubRip, with the speaker before the words."""
    cues = [
        f"{number}\n{_clock(caption.begin, ',')} --> {_clock(_end(caption), ',')}\n"
        + _broken(f"{_speaker(caption)}: " + "\n".join(_lines(caption)))
        for number, caption in enumerate(captions, 1)
    ]
    return "\n\n".join(cues) + "\n" if cues else ""


def txt(captions: Sequence[Caption]) -> str:
    """A line for each, those that follow it indented."""
    return "".join(
        f"[{offset(caption.begin)}] {_speaker(caption)}: " + "\n    ".join(_lines(caption)) + "\n"
        for caption in captions
    )


def md(captions: Sequence[Caption]) -> str:
    """Markdown (CommonMark 0.31): the speaker and the time, and below them a quotation."""
    return "\n".join(
        f"**{_marked(_speaker(caption))}** {offset(caption.begin)}\n\n"
        + "".join(f"> {_marked(line)}\n>\n" for line in _lines(caption)).removesuffix(">\n")
        for caption in captions
    )


FORMATS: Final[dict[str, Callable[[Sequence[Caption]], str]]] = {
    "vtt": vtt,
    "srt": srt,
    "txt": txt,
    "md": md,
}


def _speaker(caption: Caption) -> str:
    name = "User" if caption.speaker == "user" else "Agent"
    agent = " ".join(_plain(caption.agent).split())
    return f"{name} {agent}" if caption.speaker == "agent" and agent else name


def _lines(caption: Caption) -> list[str]:
    """The lines of what was said. An empty one would end a cue."""
    lines = [line.strip() for line in re.split(r"[\r\n]+", _plain(caption.text))]
    said = [line for line in lines if line]
    if caption.interrupted:
        said = [*said[:-1], f"{said[-1]} \u2014"] if said else ["\u2014"]
    return said


def _plain(text: str) -> str:
    return _CONTROL.sub("\ufffd", text)


def _end(caption: Caption) -> float:
    return max(caption.end, caption.begin + _SHORTEST)


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{point}{rest % 1000:03}"


def _reference(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _broken(text: str) -> str:
    return re.sub(r"(--(?=>)|[<{\\])", rf"\1{BREAKER}", text)


def _marked(text: str) -> str:
    escaped = re.sub(r"[\\`*_{}\[\]<>#|~&$^@:=]|(?<=www)\.", r"\\\g<0>", text)
    return re.sub(r"^(\d*)([-+.)])", r"\1\\\2", escaped)
