"""However a card's number is said, in however many breaths, nothing of it is left."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.privacy.detectors import (
    CardSecurityCodes,
    Context,
    Detector,
    DigitRuns,
    PaymentCards,
    detect,
)
from earwitness.privacy.policy import Policy
from earwitness.privacy.presets import gdpr_minimal, hipaa
from tests.privacy.saying import ONES, TEENS, TENS, ZEROS, breaths

DETECTORS: list[Detector] = [PaymentCards(), CardSecurityCodes(), DigitRuns()]

NUMBER_WORDS = {*ONES, *TEENS, *TENS, *ZEROS, "double", "triple", "hundred"}

CARDS = [
    "4111111111111111",
    "4012888888881881",
    "4916338506082832",
    "5425233430109903",
    "5555555555554444",
    "5105105105105100",
    "2223003122003222",
    "6011000990139424",
    "371449635398431",
    "30569309025904",
]


PHONES = ["2125550123", "16465550199", "5550143"]


def left_of(
    said: list[str], context: Context, detectors: Sequence[Detector] = DETECTORS
) -> list[str]:
    """What is left of each breath."""
    left = []
    for breath in said:
        rest, place = "", 0
        for finding in detect(breath, detectors, context):
            rest += breath[place : finding.start] + f"[{finding.kind}]"
            place = finding.end
        left.append(rest + breath[place:])
        context = context.after(breath)
    return left


def numbers_in(texts: list[str]) -> list[str]:
    """The words and digits of a number that are left, judged without the code that reads them."""
    words = re.findall(r"[a-z]+|\d", " ".join(texts).lower())
    return [word for word in words if word.isdecimal() or word in NUMBER_WORDS]


@given(st.sampled_from(CARDS).flatmap(breaths))
def test_nothing_is_left_of_a_card_that_was_asked_for(said: list[str]):
    context = Context().prompted("Could you read me the number on your card?")
    assert numbers_in(left_of(said, context)) == []


@given(st.sampled_from(CARDS).flatmap(breaths))
def test_nothing_is_left_of_a_card_that_is_named(said: list[str]):
    said[0] = f"My card number is {said[0]}"
    assert numbers_in(left_of(said, Context())) == []


@given(st.sampled_from(CARDS).flatmap(lambda number: breaths(number, most=1)))
def test_nothing_is_left_of_a_card_that_comes_out_of_the_blue(said: list[str]):
    assert numbers_in(left_of([f"Yes, {said[0]}, please."], Context())) == []


@pytest.mark.parametrize("preset", [hipaa, gdpr_minimal])
@given(said=st.sampled_from(PHONES).flatmap(breaths), named=st.booleans())
def test_nothing_is_left_of_a_telephone_number_under_a_preset_that_looks_for_them(
    preset: Callable[[], Policy], said: list[str], named: bool
):
    context = Context() if named else Context().prompted("What's the best number to reach you?")
    said = [f"My phone number is {said[0]}", *said[1:]] if named else said
    assert numbers_in(left_of(said, context, preset().detectors)) == []


def test_a_card_said_digit_by_digit_is_found_once_it_was_asked_for():
    said = [*"4111111111111111"]
    context = Context().prompted("Your card number, please.")
    assert numbers_in(left_of(said, context)) == []


def test_a_backchannel_of_the_other_party_does_not_end_a_number():
    context = Context().prompted("The card number?")
    for breath in ("four one one one", "one one one one", "one one one one", "one one one one"):
        assert numbers_in(left_of([breath], context)) == []
        context = context.after(breath).prompted("Mm-hm, go on.")


@pytest.mark.parametrize(
    "said",
    [
        "Sorry, can you repeat the last part?",
        "And in that case, what comes next?",
        "For the record, once more?",
    ],
)
def test_nor_does_a_turn_of_phrase_that_names_nothing(said: str):
    for preset in (hipaa, gdpr_minimal):
        context = Context().prompted("The card number?").after("four five three nine")
        context = context.prompted(said)
        assert numbers_in(left_of(["one four eight eight"], context, preset().detectors)) == []


def test_the_last_breath_of_a_card_tells_that_it_was_one():
    context = Context().after("four two four two").after("four two four two four two four two")
    [finding] = detect("four two four two", DETECTORS, context)
    assert (finding.kind, finding.partial, finding.value) == ("card", False, "4242424242424242")


def test_the_first_breath_is_partial_digits():
    [finding] = detect("It is four two four two", DETECTORS)
    assert (finding.kind, finding.partial, finding.value) == ("digits", True, "")


def test_a_context_does_not_change():
    context = Context()
    context.after("four one one one").prompted("And then?")
    assert context == Context()


@pytest.mark.parametrize(
    "repeated",
    [
        "Okay, four two four two, four two four two, then what?",
        "4242 4242, was that it?",
        "So it ends in four two four two, right?",
        "Four two, four two and then?",
    ],
)
def test_what_the_agent_repeats_of_a_number_goes_too(repeated: str):
    told = Context().prompted("It's four two four two, four two four two")
    assert numbers_in(left_of([repeated], told)) == []


def test_what_the_agent_repeats_of_an_order_stays():
    told = Context().prompted("my order number is four two four two")
    [left] = left_of(["Order four two four two is on its way to you."], told)
    assert left == "Order four two four two is on its way to you."
