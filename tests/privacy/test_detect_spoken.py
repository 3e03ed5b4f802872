"""Numbers are read as they are said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness import DetectorError
from earwitness.privacy.spoken import available, forget, read, vocabulary

ENGLISH = {
    "four one one one": ["4111"],
    "four one one one, double two, triple five": ["411122555"],
    "oh nought zero one": ["0001"],
    "o one o two": ["0102"],
    "forty-one eleven": ["4111"],
    "forty one oh five": ["4105"],
    "four thousand one hundred eleven": ["4111"],
    "four thousand one hundred and eleven": ["4111"],
    "four thousand": ["4000"],
    "4 thousand": ["4000"],
    "twenty-two hundred": ["2200"],
    "eight hundred five five five": ["800555"],
    "two thousand and six": ["2006"],
    "4111 one one one one": ["41111111"],
    "4 triple 1": ["4111"],
    "4-1-1-1": ["4111"],
    "4,111": ["4111"],
    "three zeros and two fives": ["00055"],
    "four one uh one sorry one": ["4111"],
    "\u0664\u0661\u0661\u0661": ["4111"],
    "FOUR One oNe one": ["4111"],
    "one two for three four five six": ["1243456"],
    "one two for three": ["12", "3"],
    "eleven oh eleven": ["11011"],
    "one two three four to double five": ["1234255"],
    "twenty to thirty or ten to twelve": ["20", "30", "10", "12"],
    "table for two to four": ["2", "4"],
    "four, the last four are 1111": ["441111"],
    "this one and another one": [],
    "this one two three": ["123"],
    "oh, okay": [],
    "oh no": [],
    "to for ate won": [],
    "at 4:30": ["4", "30"],
    "2pm on the 3rd": [],
    "hundred percent": ["100"],
    "": [],
}

GERMAN = {
    "vier eins eins eins": ["4111"],
    "einundvierzig elf": ["4111"],
    "viertausendeinhundertelf": ["4111"],
    "vier tausend ein hundert elf": ["4111"],
    "doppel zwei dreimal fünf": ["22555"],
    "zwo drei äh vier": ["234"],
    "dreißig null null": ["3000"],
}

SPANISH = {
    "cuatro uno uno uno": ["4111"],
    "cuarenta y uno once": ["4111"],
    "cuatro mil ciento once": ["4111"],
    "cuatrocientos once": ["411"],
    "veintidós dieciséis": ["2216"],
    "doble dos triple cinco": ["22555"],
}


def numbers(text: str, *languages: str) -> list[str]:
    return [run.digits for run in read(text, languages or ("en",)).runs]


@pytest.mark.parametrize(("text", "expected"), ENGLISH.items(), ids=list(ENGLISH))
def test_english_numbers_are_read_as_they_are_meant(text: str, expected: list[str]):
    assert numbers(text) == expected


@pytest.mark.parametrize(("text", "expected"), GERMAN.items(), ids=list(GERMAN))
def test_german_numbers_are_read_as_they_are_meant(text: str, expected: list[str]):
    assert numbers(text, "de") == expected


@pytest.mark.parametrize(("text", "expected"), SPANISH.items(), ids=list(SPANISH))
def test_spanish_numbers_are_read_as_they_are_meant(text: str, expected: list[str]):
    assert numbers(text, "es") == expected


def test_languages_can_be_mixed():
    assert numbers("four uno eins 1", "en", "de", "es") == ["4111"]


@given(st.integers(0, 9999))
def test_every_number_below_ten_thousand_is_read_in_german(number: int):
    assert numbers(_in_german(number), "de") == [str(number)]


@given(st.text(st.characters(codec=None)) | st.text("four1 -,.ohdublef9\u0664\u0130"))
def test_a_run_stands_where_its_numerals_are(text: str):
    place = 0
    for run in read(text).runs:
        assert place <= run.start < run.end <= len(text)
        assert re.fullmatch("[0-9]+", run.digits)
        place = run.end


def test_what_tells_what_a_number_is_is_found_in_identifiers_too():
    names = ["card number", "cardNumber", "card_number", "CARD-NUMBER", "card's number"]
    assert [read(name).cues[0].name for name in names] == ["card"] * len(names)


def test_a_word_that_only_contains_a_cue_is_none():
    assert read("discard the cardigan, spinning").cues == []


@pytest.mark.parametrize("code", available())
def test_every_language_has_all_that_is_asked_for(code: str):
    ours, english = vocabulary((code,)), vocabulary(("en",))
    assert set(english.words) <= set(ours.words)
    assert {int(n) for n in ours.numbers.values()} >= {*range(21), 30, 40, 50, 60, 70, 80, 90}
    cues = {phrase.name for phrases in ours.phrases.values() for phrase in phrases}
    assert {"card", "cvv", "phone", "email", "birth", "password", "other", "expiry"} <= cues


def test_a_language_without_data_is_refused():
    with pytest.raises(DetectorError) as caught:
        vocabulary(("tlh",))
    assert (caught.value.where, caught.value.expected) == ("language 'tlh'", "de, en, es")


def test_nothing_that_was_read_is_kept_once_forgotten():
    read("four one one one")
    forget()
    assert read.cache_info().currsize == 0


def _in_german(number: int) -> str:
    ones = "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf".split()  # noqa: SIM905
    teens = "dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn".split()  # noqa: SIM905
    tens = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()  # noqa: SIM905
    small = [*ones, *teens]

    def below_hundred(n: int) -> str:
        if n < 20:
            return small[n]
        stem = {0: "", 1: "einund"}.get(n % 10, f"{small[n % 10]}und")
        return stem + tens[n // 10 - 2]

    thousands, rest = divmod(number, 1000)
    hundreds, below = divmod(rest, 100)
    said = ("ein" if thousands == 1 else small[thousands]) + "tausend" if thousands else ""
    said += ("ein" if hundreds == 1 else small[hundreds]) + "hundert" if hundreds else ""
    return said + (below_hundred(below) if below or not said else "")
