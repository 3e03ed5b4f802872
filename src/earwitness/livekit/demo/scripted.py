"""A language model that answers from a script: no network, no weights, no surprises."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from attrs import field, frozen
from livekit.agents import APIConnectOptions, APIError, llm
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS


@frozen
class ToolCall:
    """One call of a tool; an empty `call_id` is filled in with a fresh one."""

    name: str
    arguments: dict[str, Any] = field(factory=dict)
    call_id: str = ""


@frozen
class Reply:
    """One answer of the model: its text, then its tool calls, then its failure, each optional."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    failure: Exception | None = None


Script = Iterable[Reply] | Callable[[llm.ChatContext], Reply]


def say(text: str, *calls: ToolCall) -> Reply:
    """The model says `text`, and makes the calls in parallel."""
    return Reply(text, calls)


def call(name: str, call_id: str = "", **arguments: Any) -> Reply:
    """The model calls one tool and says nothing."""
    return Reply(calls=(ToolCall(name, arguments, call_id),))


def fail(message: str, *, recoverable: bool = False, after: str = "") -> Reply:
    """The model's service fails, after it has said `after`.

    LiveKit retries a recoverable failure, and the retry takes the next reply of the script.
    """
    return Reply(after, failure=APIError(message, retryable=recoverable))


class ScriptedLLM(llm.LLM[Any]):
    """Answers each request with the next reply of the script, or with what a function returns.

    `thinking` is how long it waits before its first word, in seconds. A request after the
    script's end fails with `LookupError`.
    """

    def __init__(self, script: Script, *, thinking: float = 0.0, model: str = "scripted") -> None:
        super().__init__()
        self._choose = script if callable(script) else _in_turn(script)
        self._thinking = thinking
        self._model = model
        self._requests = 0

    @property
    def model(self) -> str:
        return self._model

    @property
    def provider(self) -> str:
        return "earwitness"

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[Any] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: Any,
    ) -> llm.LLMStream:
        return _ScriptedStream(
            self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options
        )


class _ScriptedStream(llm.LLMStream):
    _llm: ScriptedLLM

    async def _run(self) -> None:
        model = self._llm
        model._requests += 1
        request = f"request_{model._requests}"
        await asyncio.sleep(model._thinking)
        reply = model._choose(self.chat_ctx)
        for word in re.findall(r"\s*\S+", reply.text):
            self._send(request, content=word)
        if reply.failure is not None:
            raise reply.failure
        if reply.calls:
            self._send(request, tool_calls=_tool_calls(request, reply.calls))
        self._event_ch.send_nowait(
            llm.ChatChunk(id=request, usage=_usage(_words(self.chat_ctx), len(reply.text.split())))
        )

    def _send(self, request: str, **delta: Any) -> None:
        content = llm.ChoiceDelta(role="assistant", **delta)
        self._event_ch.send_nowait(llm.ChatChunk(id=request, delta=content))


def _in_turn(replies: Iterable[Reply]) -> Callable[[llm.ChatContext], Reply]:
    remaining = iter(replies)

    def choose(_: llm.ChatContext) -> Reply:
        try:
            return next(remaining)
        except StopIteration:
            raise LookupError("the script has no reply left for this request") from None

    return choose


def _tool_calls(request: str, calls: Iterable[ToolCall]) -> list[llm.FunctionToolCall]:
    return [
        llm.FunctionToolCall(
            name=each.name,
            arguments=json.dumps(each.arguments),
            call_id=each.call_id or f"{request}_call_{position}",
        )
        for position, each in enumerate(calls)
    ]


def _words(chat_ctx: llm.ChatContext) -> int:
    """A stand-in for the prompt's tokens: its words."""
    texts = (item.text_content or "" for item in chat_ctx.items if item.type == "message")
    return sum(len(text.split()) for text in texts)


def _usage(prompt: int, completion: int) -> llm.CompletionUsage:
    return llm.CompletionUsage(
        prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion
    )
