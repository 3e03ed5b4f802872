"""Calls to look at: LiveKit's events at the pace of a telephone, and the sound that goes with them.

The models of the other tests answer within milliseconds. A page is about seconds, so these calls
have the times of a real one, and an audio file in which the caller is left and the agent right.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import av

from earwitness import JournalEventStore, values
from earwitness.audio import seal_audio
from earwitness.audit import AuditTrail
from earwitness.codec import dump, new_event
from earwitness.events import AudioRecordingStarted, RecordingClosed, RecordingOpened
from earwitness.projections.report import ReportFold
from earwitness.sealing import Seal

RATE: Final = 48_000
CLOCK: Final = {"wall_ns": 0, "monotonic_ns": 0}


@dataclass
class Call:
    """A call under way, told event by event; its clock goes on with what is told.

    Args:
        began: when the recording was opened, seconds since the Unix epoch.
    """

    session_id: str
    began: float
    agent: str = "front_desk"
    job: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.now = self.began
        self.events: list[tuple[float, str, bytes]] = []
        self.speech: list[tuple[str, float, float]] = []
        self._items = 0
        self._own(
            RecordingOpened(
                format=1,
                session_id=self.session_id,
                earwitness="0.1.0",
                sdk={"name": "livekit-agents", "version": "1.8.9"},
                host={},
                clock=CLOCK,
                job=self.job,
                report={"events": [], "chat_history": {"items": []}, "tags": []},
            )
        )
        self.now += 0.02
        self._own(AudioRecordingStarted(started_at=self.now, path=None))
        self._item(type="agent_handoff", old_agent_id=None, new_agent_id=self.agent)
        self.agent_is("initializing", "listening")

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def tell(self, type: str, at: float | None = None, **members: Any) -> None:
        """One of LiveKit's events, now, or created at another time."""
        payload = {"type": type} | members | {"created_at": self.now if at is None else at}
        self.events.append((self.now, type, values.encode(values.Plain(payload))))

    def agent_is(self, old: str, new: str) -> None:
        self.tell("agent_state_changed", old_state=old, new_state=new)

    def user(self, text: str, seconds: float, *, silence: float = 0.55, heard: float = 0.3) -> None:
        """The caller says something; the turn is over after some silence."""
        begun, self._stopped = self.now, self.now + seconds
        self.tell("user_state_changed", old_state="listening", new_state="speaking")
        self.speech.append(("user", begun, self._stopped))
        self.now = self._stopped + heard
        self.tell("user_input_transcribed", transcript=text, is_final=True)
        self.now = self._stopped + silence
        self.tell("user_state_changed", old_state="speaking", new_state="listening")
        metrics = {
            "started_speaking_at": begun,
            "stopped_speaking_at": self._stopped,
            "transcription_delay": heard,
            "end_of_turn_delay": silence,
            "on_user_turn_completed_delay": 0.04,
        }
        self.now += 0.05
        self._item(type="message", role="user", content=[text], metrics=metrics)
        self.agent_is("listening", "thinking")

    def tool(self, name: str, seconds: float, *, fails: bool = False, thought: float = 0.4) -> None:
        """The model thinks, then calls a tool."""
        self.now += thought
        self._request(thought, ttft=-1)
        self._items += 1
        call_id = f"call_{self._items}"
        call = {"id": f"{call_id}/fnc", "type": "function_call", "call_id": call_id, "name": name}
        call |= {"arguments": "{}", "created_at": self.now}
        self.now += seconds
        output = {"id": f"{call_id}/out", "type": "function_call_output", "call_id": call_id}
        output |= {"name": name, "output": "…", "is_error": fails, "created_at": self.now}
        self.tell("function_tools_executed", function_calls=[call], function_call_outputs=[output])

    def says(
        self,
        text: str,
        seconds: float,
        *,
        ttft: float = 0.35,
        voice: float = 0.18,
        interrupted: bool = False,
    ) -> None:
        """The agent answers, or greets."""
        begun = self.now
        self.now += ttft + voice + 0.06
        started = self.now
        self.agent_is("thinking", "speaking")
        self._request(ttft + 0.05, ttft=ttft, begun=begun)
        metrics: dict[str, Any] = {
            "started_speaking_at": started,
            "stopped_speaking_at": started + seconds,
            "llm_node_ttft": ttft,
            "llm_node_ttfs": ttft + 0.03,
            "tts_node_ttfb": voice,
            "playback_latency": 0.01,
        }
        if stopped := getattr(self, "_stopped", None):
            metrics["e2e_latency"] = started - stopped
            self._stopped = None
        self.speech.append(("agent", started, started + seconds))
        self.now = started + seconds
        more = {"interrupted": interrupted, "metrics": metrics}
        self._item(type="message", role="assistant", content=[text], **more)
        self.agent_is("speaking", "listening")

    def hands_over(self, to: str) -> None:
        self._item(type="agent_handoff", old_agent_id=self.agent, new_agent_id=to)
        self.agent = to

    def fails(self, kind: str = "llm_error", *, recoverable: bool = True) -> None:
        error = {"type": kind, "label": "scripted", "recoverable": recoverable}
        self.tell("error", error=error, source={"model": "scripted", "provider": "earwitness"})

    def write(self, store: JournalEventStore, *, audio: bool = False) -> str:
        """Put the call into a store, closed and sealed; with audio if it is wanted."""
        self.now += 0.4
        self.tell("close", reason="user_initiated")
        self.now += 0.01
        self._append(store)
        if audio:
            self._add_audio(store)
        report = ReportFold()
        for event in store.read(self.session_id):
            report.apply(event)
        digest = report.history_digest()
        self._own(RecordingClosed(reason="user_initiated", history_sha256=digest))
        self._append(store)
        seal = Seal(store, self.session_id, store.signer, AuditTrail(False))
        seal.add_all(store.read(self.session_id))
        seal.seal()
        store.release(self.session_id)
        written = store.report(self.session_id).to_json()
        (store.folder(self.session_id) / "report.json").write_bytes(written)
        return self.session_id

    def _append(self, store: JournalEventStore) -> None:
        first = getattr(self, "_written", 0)
        told = [
            new_event(position, round(at * 1e6), type, content)
            for position, (at, type, content) in enumerate(self.events[first:], first)
        ]
        store.append(self.session_id, told, first - 1)
        self._written = len(self.events)

    def _add_audio(self, store: JournalEventStore) -> None:
        folder = store.folder(self.session_id)
        source = folder / "source.ogg"
        record_speech(source, self.speech, self.began + 0.02, self.now)
        self._own(seal_audio(store.disk, source, folder))
        source.unlink()

    def _item(self, **item: Any) -> None:
        self._items += 1
        item = {"id": f"item_{self._items}", "created_at": self.now} | item
        self.tell("conversation_item_added", item=item)

    def _request(self, lasted: float, *, ttft: float, begun: float | None = None) -> None:
        ended = self.now if begun is None else begun + lasted
        metrics = {"type": "llm_metrics", "timestamp": ended, "duration": lasted, "ttft": ttft}
        metrics |= {"cancelled": False, "prompt_tokens": 240, "completion_tokens": 31}
        metadata = {"model_name": "scripted", "model_provider": "earwitness"}
        self.tell("metrics_collected", metrics=metrics | {"metadata": metadata})

    def _own(self, fact: Any) -> None:
        type, content = dump(fact)
        self.events.append((self.now, type, content))


def record_speech(
    path: Path, speech: list[tuple[str, float, float]], began: float, ended: float
) -> None:
    """An Ogg Opus file: a tone on the left while the caller speaks, on the right for the agent."""
    samples = round((ended - began) * RATE)
    sound = array("h", bytes(4 * samples))
    for who, since, until in speech:
        side, pitch = (0, 210) if who == "user" else (1, 160)
        for place in range(max(0, round((since - began) * RATE)), round((until - began) * RATE)):
            loudness = 6000 + 5000 * math.sin(place / 2900) * math.sin(place / 11_000)
            if place < samples:
                sound[2 * place + side] = round(
                    loudness * math.sin(place * pitch / RATE * math.tau)
                )
    with av.open(str(path), "w", format="ogg") as file:
        stream = file.add_stream("libopus", rate=RATE, layout="stereo")
        frame = av.AudioFrame(format="s16", layout="stereo", samples=samples)
        frame.sample_rate = RATE
        frame.planes[0].update(sound.tobytes())
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def restaurant(session_id: str, began: float, **members: Any) -> Call:
    """A call with everything in it: tools, an interruption, an error, a handoff."""
    call = Call(session_id, began, **members)
    call.pause(0.6)
    call.says("Good evening, Trattoria Marconi. What can I do for you?", 3.1)
    call.pause(0.7)
    call.user("Good evening! A table for four tonight at eight, please.", 3.4)
    call.tool("find_table", 1.35)
    call.says("We have a table by the window at eight. Under which name?", 3.3)
    call.pause(0.5)
    call.user("Rossi. And could you put a bottle of the 2016 Barolo aside for us?", 3.9)
    call.tool("reserve_wine", 2.6, fails=True)
    call.says(
        "I am afraid the cellar does not answer; let me tell you about our other",
        2.2,
        interrupted=True,
    )
    call.user("No, never mind. One more thing: my daughter is allergic to nuts.", 3.6, silence=0.4)
    call.fails()
    call.says("I will hand you over to the kitchen.", 1.9, ttft=1.4)
    call.hands_over("kitchen")
    call.says("Marta, from the kitchen. Which dish do you have in mind?", 2.8)
    call.pause(0.4)
    call.user("Is the tiramisu safe for her?", 1.6)
    call.says("It is: there are no nuts in it, and I have put the allergy on your booking.", 4.2)
    call.pause(0.5)
    call.user("Perfect, thank you. Goodbye!", 1.7)
    call.says("Thank you for calling. See you at eight!", 2.2)
    return call


def long_call(session_id: str, began: float, turns: int) -> Call:
    """A call of many turns, six events each and more."""
    call = Call(session_id, began)
    for turn in range(turns):
        call.pause(0.5)
        call.user(f"Question number {turn}: what is on the menu?", 1.5)
        if turn % 7 == 3:
            call.tool("look_up_menu", 0.8, fails=turn % 35 == 3)
        call.says(f"Answer number {turn}: pasta, and more pasta.", 2.0, ttft=0.2 + turn % 9 / 10)
    return call


HOSTILE: Final = (
    "<script>window.hacked = true</script><img src=x onerror='window.hacked = true'>"
    " \u202egnp.tpircs\u202c \x00 \x1b[31m \u2028 {{ 7 * 7 }} </textarea>"
)


def hostile(session_id: str, began: float) -> Call:
    """A call of which everything that anybody could choose is meant to do harm."""
    call = Call(session_id, began, agent=HOSTILE, job={"room": HOSTILE, "agent": HOSTILE})
    call.user(HOSTILE, 1.5)
    call.tool(HOSTILE, 0.5)
    call.fails(HOSTILE)
    call.says("word " * 20_000, 2.0)
    call.user("x" * 100_000, 1.0)
    call.says(HOSTILE, 1.0, interrupted=True)
    return call
