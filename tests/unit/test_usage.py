"""Usage is what LiveKit counted, or the sum of what it measured."""

from attrs import evolve

from earwitness.projections.usage import fold_usage
from tests.unit.facts import log, metrics, usage

LLM = {"model_provider": "openai", "model_name": "gpt"}


def test_the_last_count_of_livekit_is_the_usage_without_what_is_zero():
    first = usage({"type": "llm_usage", "model": "gpt", "input_tokens": 5, "output_tokens": 0})
    last = usage(
        {"type": "llm_usage", "model": "gpt", "input_tokens": 9, "provider": ""},
        {"type": "stt_usage", "audio_duration": 1.5},
    )
    assert fold_usage(log(first, metrics(type="llm_metrics", prompt_tokens=3), last)) == [
        {"type": "llm_usage", "model": "gpt", "input_tokens": 9},
        {"type": "stt_usage", "audio_duration": 1.5},
    ]


def test_without_a_count_the_measures_are_added_up_by_model():
    facts = [
        metrics(type="llm_metrics", metadata=LLM, prompt_tokens=3, completion_tokens=2),
        metrics(type="llm_metrics", metadata=LLM, prompt_tokens=4, prompt_cached_tokens=1),
        metrics(type="llm_metrics", label="another", prompt_tokens=1),
        metrics(type="tts_metrics", label="voice", characters_count=8, audio_duration=0.5),
        metrics(type="stt_metrics", label="ears", audio_duration=1.5),
        metrics(type="vad_metrics", label="silero", inference_count=9),
    ]
    llm = {"type": "llm_usage", "provider": "openai", "model": "gpt"}
    another = {"type": "llm_usage", "provider": "", "model": "another"}
    voice = {"type": "tts_usage", "provider": "", "model": "voice"}
    ears = {"type": "stt_usage", "provider": "", "model": "ears"}
    assert fold_usage(log(*facts)) == [
        llm | {"input_tokens": 7, "output_tokens": 2, "input_cached_tokens": 1},
        another | {"input_tokens": 1},
        voice | {"characters_count": 8, "audio_duration": 0.5},
        ears | {"audio_duration": 1.5},
    ]


def test_a_count_of_nothing_is_no_usage():
    assert fold_usage(log(usage(), metrics(type="llm_metrics", prompt_tokens=3))) == []


def test_what_is_no_amount_is_not_added():
    facts = [
        metrics(type="llm_metrics", prompt_tokens=amount)
        for amount in ("3", True, None, [1], {"$float": "nan"}, 10**400, 2)
    ]
    assert fold_usage(log(*facts))[0]["input_tokens"] == 2


def test_withheld_events_are_passed_over():
    [event] = log(usage({"type": "llm_usage", "input_tokens": 5}))
    assert fold_usage([evolve(event, salt=None, data=None)]) == []
