"""`earwitness demo`: a call to a restaurant, and what Earwitness records of it."""

from __future__ import annotations

from typing import Annotated

import typer

from ..exceptions import EarwitnessError
from .options import DEFAULT_STORE, StoreOption

VoiceOption = Annotated[bool, typer.Option("--voice", help="Call by voice, in real time.")]
KillOption = Annotated[
    bool, typer.Option("--kill", help="Kill the call by voice in its middle, and recover it.")
]
FastOption = Annotated[bool, typer.Option("--fast", help="Do not wait for anybody to read along.")]


def demo(
    store: StoreOption = DEFAULT_STORE,
    fast: FastOption = False,
    voice: VoiceOption = False,
    kill: KillOption = False,
) -> None:
    """Record a short call, offline, and show what was recorded."""
    from .terminal import new_console

    console = new_console()
    if voice or kill:
        from .demo_voice import show_voice_call

        show_voice_call(console, store, kill=kill)
        return
    with console.status("Starting LiveKit …"):
        try:
            from .demo_call import show_call
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "livekit":
                raise
            raise EarwitnessError(
                "The demo needs LiveKit, which is not installed.",
                hint='pip install "earwitness[demo]"',
            ) from error
    show_call(console, store, fast=fast)
