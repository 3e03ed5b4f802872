"""`earwitness export`: what was said, for those who listen, read or cut."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .options import (
    DEFAULT_STORE,
    ActorOption,
    PurposeOption,
    SessionArgument,
    StoreOption,
    open_existing,
)


class Format(StrEnum):
    """The formats of :mod:`earwitness.cli.export_formats`."""

    VTT = "vtt"
    SRT = "srt"
    TXT = "txt"
    MD = "md"


FormatOption = Annotated[
    Format, typer.Option("--format", help="WebVTT, SubRip, plain text or Markdown.")
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write it there, not to the output."),
]


def export(
    session: SessionArgument,
    format: FormatOption = Format.VTT,
    output: OutputOption = None,
    purpose: PurposeOption = "",
    actor: ActorOption = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Write a session's transcript, timed to its audio."""
    from ..custody.unread import refuse_encrypted
    from ..disk import Disk, write_durably
    from ..projections.captions import fold_captions
    from .export_formats import FORMATS
    from .looking import note_access, tell_unread

    opened = open_existing(store)
    session_id = opened.find(session)
    note_access(opened, session_id, "export", actor, purpose)
    events = list(opened.read(session_id))
    refuse_encrypted(opened, session_id, events)
    tell_unread(opened, session_id, events)
    text = FORMATS[format.value](fold_captions(events))
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_durably(Disk(), output, text.encode())
