"""Which time between a question and its answer each stage claims, by what LiveKit measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .exchanges import Exchange, Span, duration, message_metrics, moment


def before_the_answer(exchange: Exchange, start: int) -> Iterator[Span]:
    """What came first, from the moment in which the user had stopped speaking."""
    metrics = message_metrics(exchange.asked)
    heard = duration(metrics.get("transcription_delay"))
    decided = duration(metrics.get("end_of_turn_delay"))
    called = duration(metrics.get("on_user_turn_completed_delay"))
    if heard is not None:
        # A transcript that came after the decision kept nobody waiting.
        waited = heard if decided is None else min(heard, decided)
        yield Span("transcription", start, start + waited)
    if decided is not None:
        yield Span("end_of_turn", start, start + decided)
    if called is not None:
        # The message is made just before the callback, or earlier for a reply begun beforehand.
        made = moment(exchange.asked.get("created_at")) or start
        since = max(made, start + (decided or 0))
        yield Span("callback", since, since + called)


def answering(exchange: Exchange, work: Sequence[Span], end: int) -> Iterator[Span]:
    """What the answer took, each part placed by its own clock, or else backwards from its end.

    Args:
        exchange: the question and the answer.
        work: what was done in this time, by its start.
        end: when the answer was heard.
    """
    metrics = message_metrics(exchange.answered)
    tools = [span for span in work if span.stage == "tools"]
    requests = [span for span in work if span.stage == "model"]
    forwarded = end - (duration(metrics.get("playback_latency")) or 0)
    voice = _voice(metrics, [span for span in work if span.stage == "voice"], forwarded)
    if requests and (first := requests[-1].first) is not None:
        answer = _with_its_node(requests.pop().start, first, metrics)
    else:
        answer = _before(voice.start, metrics)
    yield Span("playout", forwarded, end)
    yield voice
    yield answer
    yield _sentence(answer, metrics)
    yield from tools
    for step in requests:
        if not step.cancelled:  # one that was begun too early, and thrown away
            yield _until_a_tool(step, tools)


def _voice(metrics: dict[str, Any], voices: Sequence[Span], forwarded: int) -> Span:
    """The synthesis whose first byte was there last before it was sent out."""
    ready = [span for span in voices if span.end <= forwarded]
    measured = max(ready, key=lambda span: span.end, default=Span("voice", forwarded, forwarded))
    lasted = duration(metrics.get("tts_node_ttfb"))
    return measured if lasted is None else Span("voice", measured.end - lasted, measured.end)


def _with_its_node(start: int, first: int, metrics: dict[str, Any]) -> Span:
    """The request of the answer from when its node began: an application may do more in there."""
    token = duration(metrics.get("llm_node_ttft")) or 0
    return Span("model", min(start, first - token), first)


def _before(speakable: int, metrics: dict[str, Any]) -> Span:
    """The request of the answer, where only its durations are known."""
    token = duration(metrics.get("llm_node_ttft")) or 0
    begun = speakable - max(token, duration(metrics.get("llm_node_ttfs")) or 0)
    return Span("model", begun, begun + token)


def _sentence(answer: Span, metrics: dict[str, Any]) -> Span:
    sentence = duration(metrics.get("llm_node_ttfs")) or 0
    return Span("sentence", answer.end, max(answer.end, answer.start + sentence))


def _until_a_tool(step: Span, tools: Sequence[Span]) -> Span:
    called = min((tool.start for tool in tools if tool.start >= step.start), default=step.end)
    return Span("model", step.start, min(step.end, called))
