"""A real session in which a card is named, in every way: nothing of it is written anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from livekit.agents import RunContext, function_tool, stt
from livekit.agents.llm import ToolError

import earwitness
from earwitness import JournalEventStore, SessionRecorder
from earwitness.background import scribe
from earwitness.livekit.demo.scripted import call, say
from tests.livekit.fakes import Caller, FakeSTT
from tests.livekit.scenarios.cast import Host
from tests.livekit.stage import new_call, new_session, running, said
from tests.privacy.searching import CARD, digits_said, leaks, spoken

pytest.importorskip("stdnum")

GROUPS = [CARD[place : place + 4] for place in range(0, 16, 4)]
PRESETS = ("pci", "hipaa", "gdpr-minimal")

IN_ONE_BREATH = {
    "written": CARD,
    "grouped": " ".join(GROUPS),
    "dashes": "-".join(GROUPS),
    "dots": ".".join(GROUPS),
    "full width": CARD.translate({ord(d): ord(d) + 0xFEE0 for d in "0123456789"}),
    "arabic": CARD.translate({ord(d): ord(d) - ord("0") + 0x0660 for d in "0123456789"}),
    "spoken": spoken(CARD),
    "doubles": "four five three nine one four double eight oh three four three six four six seven",
    "fillers": ", uh, ".join(spoken(group) for group in GROUPS) + ", I think",
    "tens": "forty-five thirty-nine fourteen eighty-eight zero three forty-three "
    "sixty-four sixty-seven",
    "mixed": f"{GROUPS[0]} {spoken(GROUPS[1])} {GROUPS[2]} and {spoken(GROUPS[3])}",
    "capitals": spoken(CARD).upper(),
    "with date and code": f"{spoken(CARD)}, and the security code is {spoken('317')}",
}

IN_BREATHS = {
    "two": [f"my card is {spoken(CARD[:8])}", spoken(CARD[8:])],
    "four": [spoken(group) for group in GROUPS],
    "four, written": GROUPS,
    "uneven": [spoken(CARD[:5]), spoken(CARD[5:7]), spoken(CARD[7:])],
    "sixteen": [spoken(digit) for digit in CARD],
    "sixteen, written": list(CARD),
}


class Audited:
    """The audit lines of a recording."""

    def __init__(self) -> None:
        self.lines: list[Any] = []
        self.logger = structlog.wrap_logger(
            structlog.PrintLogger(), processors=[self._take], wrapper_class=structlog.BoundLogger
        )

    def _take(self, *line: Any) -> Any:
        self.lines.append(line[1:])
        raise structlog.DropEvent


class Call:
    """A recording under a policy, and what can be asked of it when it is over."""

    def __init__(self, folder: Path, redact: str) -> None:
        self.folder = folder
        self.store = JournalEventStore(folder)
        self.redact = redact
        self.audited = Audited()
        self.recorder: SessionRecorder | None = None

    def __call__(self, session: Any) -> None:
        self.recorder = earwitness.attach(
            session, store=self.store, redact=self.redact, audit=self.audited.logger
        )

    async def told(self) -> list[str]:
        """Every digit of the card that anything tells of."""
        assert self.recorder is not None
        report = await self.recorder.finalize()
        scribe.flush()
        events = [event.payload for event in self.store.read(self.recorder.session_id)]
        said = [text for payload in events for text in digits_said(payload)]
        said += digits_said(report.to_dict())
        # Positions and durations are numbers of their own.
        lines = [str(line[1].get("tool")) + line[1]["event"] for line in self.audited.lines]
        return said + [text for line in lines for text in digits_said(line)] + leaks(self.folder)


@pytest.fixture(params=PRESETS)
def call_under(request: pytest.FixtureRequest, tmp_path: Path) -> Call:
    return Call(tmp_path / "store", request.param)


@pytest.mark.parametrize("way", IN_ONE_BREATH)
async def test_a_card_said_in_one_breath_is_nowhere(way: str, call_under: Call) -> None:
    """By voice and in text, whatever form it has, and when the agent says it again."""
    number = IN_ONE_BREATH[way]
    caller = Caller()
    caller.stt = GrowingSTT()
    session = new_call(
        caller,
        say("May I have your card?"),
        say(f"So that is {number}, thank you."),
        say("Once more, please."),
    )
    async with running(session, Host(), call_under):
        caller.says("Hello")
        await said(session, "May I")
        caller.says(f"Sure, my card is {number}")
        await said(session, "So that is")
        await session.generate_reply(user_input=f"{number}, as I told you")
    assert await call_under.told() == []


@pytest.mark.parametrize("way", IN_BREATHS)
async def test_a_card_said_in_several_breaths_is_nowhere(way: str, tmp_path: Path) -> None:
    """However short the breaths are, and although nobody knows at the first what it will be."""
    breaths = IN_BREATHS[way]
    call = Call(tmp_path, "pci")
    caller = Caller()
    caller.stt = GrowingSTT()
    session = new_call(
        caller, say("Your card, please."), *[say(f"Go on, {b}") for b in "abcdefghijklmnop"]
    )
    async with running(session, Host(), call):
        caller.says("Hello")
        await said(session, "Your card")
        for place, breath in enumerate(breaths):
            caller.says(breath)
            await said(session, f"Go on, {'abcdefghijklmnop'[place]}")
    assert await call.told() == []


ARGUMENTS: dict[str, dict[str, Any]] = {
    "text": {"card": CARD},
    "number": {"card": int(CARD)},
    "spoken": {"card": spoken(CARD)},
    "digits": {"digits": [int(digit) for digit in CARD]},
    "keys": {"inputs": list(CARD)},
    "groups": {"card": GROUPS},
    "numbers": {"parts": [int(group) for group in ("4539", "1488", "3436", "467")]},
    "members": dict(zip("abcd", GROUPS, strict=True)),
    "json in json": {"payment": json.dumps({"pan": CARD})},
    "name of a member": {CARD: True},
    "deep": {"payment": {"method": [{"card": {"number": CARD}}]}},
    "code": {"cvv": "317", "security_code": 317},
}


@pytest.mark.parametrize("way", ARGUMENTS)
async def test_a_card_given_to_a_tool_is_nowhere(way: str, call_under: Call) -> None:
    """In its arguments, in what it gives back, and in what it fails with."""
    arguments = ARGUMENTS[way]

    @function_tool(raw_schema={"name": "pay", "parameters": {"type": "object", "properties": {}}})
    async def pay(raw_arguments: dict[str, object]) -> dict[str, object]:
        return {"paid": True} | raw_arguments

    @function_tool(raw_schema={"name": "fail", "parameters": {"type": "object", "properties": {}}})
    async def fail(raw_arguments: dict[str, object]) -> None:
        raise ToolError(f"refused: {json.dumps(raw_arguments)}")

    session = new_session(call("pay", **arguments), call("fail", **arguments), say("Done."))
    async with running(session, Host(pay, fail), call_under):
        await session.generate_reply(user_input="Please pay.")
    assert await call_under.told() == []


IN_PARTS = {
    "items": {"x": [CARD[place : place + 3] for place in range(0, 16, 3)]},
    "members": {name: CARD[3 * n : 3 * n + 3] for n, name in enumerate("abcdef")},
    "numbers": {name: int(CARD[2 * n : 2 * n + 2]) for n, name in enumerate("abcdefgh")},
}


@pytest.mark.parametrize("way", IN_PARTS)
async def test_a_card_given_to_a_tool_in_parts_is_nowhere(way: str, call_under: Call) -> None:
    """None of the parts would be found by itself."""

    @function_tool(raw_schema={"name": "pay", "parameters": {"type": "object", "properties": {}}})
    async def pay(raw_arguments: dict[str, object]) -> dict[str, object]:
        return raw_arguments

    session = new_session(call("pay", **IN_PARTS[way]), say("Done."))
    async with running(session, Host(pay), call_under):
        await session.generate_reply(user_input="Please pay.")
    assert await call_under.told() == []


async def test_a_card_in_any_other_place_is_nowhere(call_under: Call) -> None:
    """Instructions, items put into the history, changes of them, keys, the application's events."""

    @function_tool
    async def look(ctx: RunContext[None]) -> str:
        """Looks."""
        await ctx.update(f"found {CARD}")
        ctx.function_call.extra["found"] = CARD
        return "1 2 3"

    host = Host(look)
    session = new_session(call("look"), say("Wait."), say("Yes."), say("Yes."), say("Yes."))
    async with running(session, host, call_under):
        await host.update_instructions(f"The caller's card is {CARD}.")
        await session.generate_reply(user_input="Look.", instructions=f"Charge {CARD}")
        await session.generate_reply(user_input="<dtmf_inputs>4 5 3 9</dtmf_inputs>")
        history = session.history
        history.add_message(role="user", content=f"card {CARD}", extra={"pan": CARD})
        session.emit("pressed", {"dtmf": "4"})
        session.emit(f"paid_with_{CARD}", {"card": CARD.encode(), CARD: (CARD,)})
        [first, *_] = [item for item in history.items if item.type == "message"]
        first.extra["later"] = CARD
        session.update_options(**{})
    assert await call_under.told() == []


async def test_a_session_id_that_says_something_is_not_used(tmp_path: Path) -> None:
    """Folders, checkpoints and audit lines bear the session's name."""
    session = new_session(say("Yes."))
    recorder = earwitness.attach(
        session, store=tmp_path, redact="pci", session_id=f"call-{CARD}", audit=False
    )
    async with running(session, Host(), lambda _: None):
        await session.generate_reply(user_input="Hello")
    await recorder.finalize()
    assert CARD not in recorder.session_id
    assert leaks(tmp_path) == []


class GrowingSTT(FakeSTT):
    """Tells its guess anew with each word, as recognisers do."""

    def stream(self, **options: Any) -> Any:
        stream = super().stream(**options)
        begin: Callable[[], None] = stream._begin

        def grow() -> None:
            begin()
            words = str(self.utterances[0]).split(" ")
            for count in range(1, len(words) + 1):
                stream._transcribe(stt.SpeechEventType.INTERIM_TRANSCRIPT, " ".join(words[:count]))

        stream._begin = grow
        return stream
