"""What each detector finds, what it leaves alone, and what it refuses."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import frozen

from earwitness import DetectorError
from earwitness.privacy.detectors import (
    BirthDates,
    CardSecurityCodes,
    Context,
    Detector,
    DigitRuns,
    Emails,
    Finding,
    Ibans,
    IpAddresses,
    Pattern,
    PaymentCards,
    PhoneNumbers,
    Presidio,
    Secrets,
    SocialSecurityNumbers,
    Words,
    detect,
)


def found(text: str, *detectors: Detector, context: Context = Context()) -> list[str]:  # noqa: B008
    """What is found in a text, as it stands there."""
    return [text[f.start : f.end] for f in detect(text, detectors, context)]


def values(text: str, *detectors: Detector) -> list[str]:
    return [finding.value for finding in detect(text, detectors)]


@frozen
class Finds:
    """A detector that finds what it was told to."""

    findings: tuple[Finding, ...] = ()
    name: str = "told"

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        return iter(self.findings)


class TestDetect:
    def test_overlapping_findings_become_one_that_covers_them_all(self):
        parts = Finds((Finding(0, 6, "card", value="v"), Finding(4, 9, "phone")))
        assert detect("0123456789", [parts]) == [Finding(0, 9, "card", value="v")]

    def test_what_only_touches_stays_apart(self):
        parts = (Finding(0, 4, "card"), Finding(4, 9, "phone"))
        assert detect("0123456789", [Finds(parts)]) == list(parts)

    @pytest.mark.parametrize(
        ("weak", "strong"),
        [
            (Finding(0, 9, "ssn", partial=True), Finding(1, 3, "phone")),
            (Finding(0, 9, "digits"), Finding(1, 3, "phone")),
            (Finding(0, 3, "phone"), Finding(1, 9, "card")),
        ],
        ids=["partial", "bare digits", "shorter"],
    )
    def test_the_stronger_finding_gives_the_kind(self, weak: Finding, strong: Finding):
        for order in [(weak, strong), (strong, weak)]:
            [one] = detect("0123456789", [Finds(order)])
            assert (one.start, one.end, one.kind) == (0, 9, strong.kind)

    @pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 2), (8, 11), (11, 12)])
    def test_a_finding_outside_of_the_text_is_refused(self, start: int, end: int):
        with pytest.raises(DetectorError, match="outside") as caught:
            detect("0123456789", [Finds((Finding(start, end, "card"),))])
        assert caught.value.where == "detector 'told'"

    def test_what_a_detector_raises_comes_through(self):
        class Broken(Finds):
            def find(self, text: str, context: Context) -> Iterator[Finding]:
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            detect("anything", [Broken()])

    def test_whatever_has_a_name_and_finds_is_a_detector(self):
        assert isinstance(Finds(), Detector)
        assert isinstance(PaymentCards(), Detector)


class TestPaymentCards:
    def test_one_number_has_one_value_however_it_is_said(self):
        texts = ["4242 4242 4242 4242", "4242-4242-4242-4242", "forty two " * 8, "4242, um, " * 4]
        for text in texts:
            assert values(text, PaymentCards()) == ["4242424242424242"]

    @pytest.mark.parametrize("number", ["4242424242424241", "1234567812345670", "424242424242424"])
    def test_what_is_wrong_by_luhn_or_of_no_network_is_none(self, number: str):
        assert found(number, PaymentCards()) == []

    @pytest.mark.parametrize("word", ["sorry", "no wait", "I mean", "scratch that", "correction"])
    def test_a_group_that_is_put_right_takes_the_place_of_the_wrong_one(self, word: str):
        said = (
            f"four two four two, four two four two, four four four two, {word}, four two four two"
        )
        assert values(said + ", four two four two", PaymentCards()) == ["4242424242424242"]

    def test_a_number_that_is_begun_anew_is_found(self):
        said = "four two four three, no, four two four two, " + "four two four two, " * 3
        assert values(said, PaymentCards()) == ["4242424242424242"]

    def test_words_that_count_digits_are_no_digits(self):
        half = "four two four two four two four two"
        said = f"{half}, the last eight are {half}"
        assert values(said, PaymentCards()) == ["4242424242424242"]

    def test_what_follows_a_number_in_the_same_breath_goes_with_it(self):
        assert found("4242 4242 4242 4242 12/27 317", PaymentCards()) == [
            "4242 4242 4242 4242 12/27 317"
        ]

    def test_digits_of_other_scripts_are_digits(self):
        assert values("\uff14\uff12" * 8, PaymentCards()) == ["4242424242424242"]

    @pytest.mark.parametrize(
        ("language", "said"),
        [
            ("de", "zweiundvierzig " * 8),
            ("de", "vier zwo vier zwo, äh, vier zwo vier zwo, und dann " + "vier zwo " * 4),
            ("es", "cuarenta y dos " * 8),
            (
                "es",
                "cuatro dos cuatro dos, eh, " + "cuatro dos " * 3 + "y luego " + "cuatro dos " * 3,
            ),
        ],
    )
    def test_other_languages_say_cards_too(self, language: str, said: str):
        assert values(said, PaymentCards(languages=(language,))) == ["4242424242424242"]
        assert found(said, PaymentCards()) == []


class TestCardSecurityCodes:
    def test_a_code_has_no_value(self):
        assert values("security code 317", CardSecurityCodes()) == [""]

    def test_three_digits_that_nobody_asked_for_are_none(self):
        assert found("three one seven", CardSecurityCodes()) == []

    def test_three_digits_are_one_after_a_question_for_one(self):
        asked = Context().prompted("And the security code?")
        assert found("it's 317", CardSecurityCodes(), context=asked) == ["317"]

    def test_of_a_longer_number_after_its_name_the_code_is_the_beginning(self):
        assert found("security code 317, and 212 555 0123", CardSecurityCodes()) == ["317"]

    def test_a_code_in_three_breaths_is_found_in_each(self):
        context = Context().prompted("And the security code?")
        for digit in ("three", "one", "seven"):
            assert found(f"uh {digit}", CardSecurityCodes(), context=context) == [digit]
            context = context.after(f"uh {digit}")

    def test_the_name_of_a_member_is_a_question_for_its_value(self):
        for name in ("cvv", "cvc2", "securityCode", "card_security_code"):
            assert found("317", CardSecurityCodes(), context=Context().prompted(name)) == ["317"]

    def test_a_small_number_in_a_longer_answer_is_none(self):
        asked = Context().prompted("What is the security code?")
        assert found("can we be two people", CardSecurityCodes(), context=asked) == []


class TestDigitRuns:
    @pytest.mark.parametrize(
        "text",
        [
            "a table for four at seven thirty",
            "for four",
            "order number four five one two seven",
            "room 1204",
            "in nineteen ninety nine",
            "March 3rd, 2026",
            "on 05/03/2027",
            "at sixteen thirty",
            "$1250",
            "1250 \u20ac",
            "call me around seven, for six",
            "four five one two seven is what it says",
        ],
    )
    def test_what_explains_itself_or_does_not_end_the_text_is_left_alone(self, text: str):
        assert found(text, DigitRuns()) == []

    def test_digits_that_end_a_text_are_partial(self):
        [finding] = detect("it is four five one two, um", [DigitRuns()])
        assert (finding.start, finding.end, finding.partial) == (6, 23, True)

    def test_thirteen_digits_are_found_whatever_they_are_called(self):
        [finding] = detect("order number 1234567890123 has come", [DigitRuns()])
        assert (finding.partial, finding.kind) == (False, "digits")

    def test_digits_with_words_between_are_found_when_they_are_many_together(self):
        text = "four nine one six, let me find my glasses, 3385 0608 2832 that was it my dear"
        assert found(text, DigitRuns()) == ["four nine one six", "3385 0608 2832"]

    def test_numbers_far_apart_are_not_many_together(self):
        text = f"4242 4242 is one thing{' and more' * 20} and 4242 4242 is another"
        assert found(text, DigitRuns()) == []

    def test_what_is_harmless_beside_what_is_not_does_not_explain_a_number(self):
        asked = Context().prompted("And a phone number for the booking?")
        assert found("six one seven", DigitRuns(), context=asked) == ["six one seven"]
        asked = Context().prompted("What is the card number for this order?")
        assert found("4111", DigitRuns(), context=asked) == ["4111"]
        asked = Context().prompted("You have my card. What is the order number?")
        assert found("order 58210, please", DigitRuns(), context=asked) == []

    def test_after_a_telephone_is_named_two_digits_are_enough_and_one_is_not(self):
        assert found("call me at 212-555-0123", DigitRuns()) == ["212-555-0123"]
        asked = Context().prompted("What is your phone number?")
        assert found("it's two one, uh", DigitRuns(), context=asked) == ["two one"]
        assert found("two", DigitRuns(), context=asked) == []

    def test_after_a_card_is_named_two_digits_are_enough(self):
        assert found("my card begins with 42 I believe", DigitRuns()) == ["42"]

    def test_what_the_question_asks_for_is_left_alone(self):
        asked = Context().prompted("What is your order number?")
        assert found("four five one two seven", DigitRuns(), context=asked) == []

    def test_what_was_only_mentioned_before_a_request_is_not_spared(self):
        asked = Context().prompted("Your total is 84 dollars. Go ahead.")
        assert found("four five one two seven", DigitRuns(), context=asked) != []

    def test_a_telephone_number_in_several_breaths_is_found_where_one_is_watched_for(self):
        digits = DigitRuns(watched=("card", "phone"), spared=("other",))
        context = Context()
        for breath in ("my phone is two one two", "five five five", "oh one two three"):
            [last] = detect(breath, [PhoneNumbers(), digits], context)
            context = context.after(breath)
        assert (last.kind, last.value) == ("phone", "+12125550123")

    def test_how_many_digits_are_enough_can_be_said(self):
        assert found("it is four five", DigitRuns(at_least=2)) == ["four five"]
        assert found("phone 212 555 0123", DigitRuns(spared=())) == ["212 555 0123"]


class TestIbans:
    def test_one_account_has_one_value_however_it_is_said(self):
        spoken = "D E eight nine, three seven oh four, double oh four four, oh five three two, "
        spoken += "oh one three oh oh oh"
        for text in ("DE89 3704 0044 0532 0130 00", "de89370400440532013000", spoken):
            assert values(text, Ibans()) == ["DE89370400440532013000"]

    def test_what_is_wrong_by_its_check_digits_is_none(self):
        assert found("DE88 3704 0044 0532 0130 00", Ibans()) == []

    def test_words_after_it_are_not_a_part_of_it(self):
        assert found("NL91 ABNA 0417 1643 00 at my bank", Ibans()) == ["NL91 ABNA 0417 1643 00"]


class TestPhoneNumbers:
    def test_one_number_has_one_value_however_it_is_said(self):
        spoken = "two one two, triple five, oh one two three"
        for text in ("(212) 555-0123", "+1 212 555 0123", "1-212-555-0123", spoken):
            assert values(text, PhoneNumbers()) == ["+12125550123"]

    def test_a_number_is_one_where_it_is_dialled_from(self):
        assert values("030 901820", PhoneNumbers()) == []
        assert values("030 901820", PhoneNumbers(regions=("DE",))) == ["+4930901820"]

    def test_nine_digits_are_no_german_number_without_the_zero(self):
        assert found("301234567", PhoneNumbers(regions=("DE",))) == []

    def test_a_plus_makes_a_number_of_any_country(self):
        assert values("plus four nine three zero nine oh one eight two oh", PhoneNumbers()) == [
            "+4930901820"
        ]

    def test_a_country_code_that_does_not_exist_makes_no_number(self):
        assert found("+999 123 4567", PhoneNumbers()) == []

    def test_an_order_number_is_none(self):
        assert found("order number 2125550123", PhoneNumbers()) == []

    def test_an_extension_is_left_where_it_is(self):
        assert found("212-555-0123, extension 204", PhoneNumbers()) == ["212-555-0123"]

    def test_a_local_number_needs_to_be_named(self):
        assert found("5550123", PhoneNumbers()) == []
        assert found("my phone is 5550123", PhoneNumbers()) == ["5550123"]

    def test_a_region_that_does_not_exist_is_refused(self):
        with pytest.raises(DetectorError, match="no telephone numbers"):
            PhoneNumbers(regions=("XX",))


class TestEmails:
    def test_one_address_has_one_value_however_it_is_said(self):
        spoken = ["john dot smith four two at gmail dot com", "John dot Smith 42 at gmail.com"]
        for text in ("john.smith42@gmail.com", "John.Smith42@Gmail.com", *spoken):
            assert values(text, Emails()) == ["john.smith42@gmail.com"]

    def test_an_address_may_be_spelled_or_have_a_lone_sign(self):
        texts = {
            "it's j i m k at gmail dot com": "jimk@gmail.com",
            "kim @ gmail.com": "kim@gmail.com",
            "kim at sign gmail dot com": "kim@gmail.com",
            "my email is kim lee at big minus corp dot example": "kimlee@big-corp.example",
            "kim_lee at mail.example.com": "kim_lee@mail.example.com",
        }
        assert [values(text, Emails()) for text in texts] == [[value] for value in texts.values()]

    @pytest.mark.parametrize(
        "text", ["find us at example dot com", "meet me at nine", "look at dot com", "a@b", "@home"]
    )
    def test_what_is_no_address_of_somebody_is_left_alone(self, text: str):
        assert found(text, Emails()) == []

    def test_a_quoted_address_is_found_without_its_quotes(self):
        assert found("<kim@example.org>, 'lee@example.org'.", Emails()) == [
            "kim@example.org",
            "lee@example.org",
        ]


class TestIpAddresses:
    def test_an_address_of_version_6_is_found_in_its_shortest_form(self):
        assert values("2001:0db8:0:0:0:0:0:1", IpAddresses()) == ["2001:db8::1"]

    @pytest.mark.parametrize("text", ["12:30:45", "1.2.3", "256.1.1.1", "1.2.3.4.5", "std::cout"])
    def test_what_only_looks_like_one_is_none(self, text: str):
        assert found(text, IpAddresses()) == []


class TestSocialSecurityNumbers:
    def test_nine_digits_in_its_groups_need_no_name(self):
        assert values("536-90-4399", SocialSecurityNumbers()) == ["536904399"]

    @pytest.mark.parametrize("number", ["000-12-3456", "666-12-3456", "900-12-3456", "536904399"])
    def test_a_number_that_nobody_has_or_names_is_none(self, number: str):
        assert found(number, SocialSecurityNumbers()) == []

    def test_the_last_four_are_found_where_they_are_named(self):
        [finding] = detect("the last four of my social are 4399", [SocialSecurityNumbers()])
        assert (finding.partial, finding.value) == (True, "")


class TestBirthDates:
    def test_a_date_is_one_only_where_it_is_named(self):
        assert found("on 05/03/1984", BirthDates()) == []
        assert found("born on 05/03/1984", BirthDates()) == ["05/03/1984"]


class TestSecrets:
    @pytest.mark.parametrize(
        "text",
        [
            "my password is not working",
            "I forgot my password",
            "the secret is to stir slowly",
            "our token limit is 4096",
            "no pin needed",
        ],
    )
    def test_talk_about_secrets_gives_none_away(self, text: str):
        assert found(text, Secrets()) == []

    def test_a_whole_private_key_is_found_and_one_that_is_cut_off(self):
        key = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----"
        assert found(f"here: {key} ok", Secrets()) == [key]
        assert found(f"here: {key[:40]}", Secrets()) == [key[:40]]

    def test_a_signing_key_of_earwitness_is_one(self):
        key = "PRIVATE+KEY+calls+0a1b2c3d+AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
        assert found(f"key={key}", Secrets()) == [key]

    def test_a_secret_in_the_next_breath_is_found(self):
        context = Context().after("okay, my password is")
        assert found("open sesame", Secrets(), context=context) == ["open sesame"]

    def test_the_value_of_a_member_that_is_named_like_a_secret_is_one(self):
        for name in ("password", "api_key", "accessToken", "clientSecret"):
            assert found("x y", Secrets(), context=Context().prompted(name)) == ["x y"]


class TestPatterns:
    def test_a_pattern_finds_what_it_matches(self):
        [finding] = detect("patient MRN-00412 is here", [Pattern("mrn", r"MRN-\d{5}")])
        assert (finding.kind, finding.value) == ("mrn", "MRN-00412")

    def test_a_pattern_can_need_more_than_it_takes_out(self):
        pattern = Pattern("member", r"member number (?P<secret>\d{1,12})")
        assert found("your member number 5512, thanks", pattern) == ["5512"]

    @pytest.mark.parametrize("expression", ["(", "a*", "", "(?=x)|"])
    def test_what_is_no_use_as_a_pattern_is_refused(self, expression: str):
        with pytest.raises(DetectorError):
            Pattern("mrn", expression)

    @pytest.mark.parametrize("kind", ["", "MRN", "a b", "a]", "9", "x" * 32])
    def test_a_kind_that_could_be_mistaken_for_content_is_refused(self, kind: str):
        with pytest.raises(DetectorError):
            Pattern(kind, "a")
        with pytest.raises(DetectorError):
            Words(kind, ["a"])


class TestWords:
    def test_words_are_found_whole_in_any_case_and_the_longest_first(self):
        words = Words("project", ["blue", "Blue  Heron", "C++"])
        assert found("BLUE\theron, bluebell, blue, c++!", words) == ["BLUE\theron", "blue", "c++"]

    def test_a_word_has_one_value(self):
        assert values("Blue Heron and blue  heron", Words("project", ["blue heron"])) == [
            "blue heron",
            "blue heron",
        ]

    @pytest.mark.parametrize("words", [[], [""], ["a", "  "]])
    def test_a_list_without_words_is_refused(self, words: list[str]):
        with pytest.raises(DetectorError):
            Words("project", words)


class Analyzer:
    """Stands in for Presidio's: finds every "Kim"."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}

    def analyze(self, **asked: Any) -> Iterable[SimpleNamespace]:
        self.asked = asked
        start = asked["text"].find("Kim")
        found = SimpleNamespace(start=start, end=start + 3, entity_type="PERSON", score=0.85)
        return [found] if start >= 0 else []


class TestPresidio:
    def test_what_presidio_finds_is_found_by_its_kind(self):
        [finding] = detect("This is Kim.", [Presidio(analyzer=Analyzer())])
        assert (finding.start, finding.end, finding.kind, finding.value) == (8, 11, "person", "Kim")

    def test_presidio_is_asked_as_the_detector_was_told(self):
        analyzer = Analyzer()
        presidio = Presidio(analyzer=analyzer, language="de", entities=("PERSON",), threshold=0.7)
        detect("Das ist Kim.", [presidio])
        assert analyzer.asked == {
            "text": "Das ist Kim.",
            "language": "de",
            "entities": ["PERSON"],
            "score_threshold": 0.7,
        }

    def test_presidio_is_not_given_what_utf_8_cannot_hold(self):
        analyzer = Analyzer()
        [finding] = detect("\ud83d\ude00 Kim", [Presidio(analyzer=analyzer)])
        assert finding.start == 3
        assert analyzer.asked["text"] == "\ufffd\ufffd Kim"

    def test_presidio_is_not_asked_about_nothing(self):
        analyzer = Analyzer()
        assert detect(" ", [Presidio(analyzer=analyzer)]) == []
        assert analyzer.asked == {}

    def test_without_an_analyser_presidio_makes_its_own(self, monkeypatch: pytest.MonkeyPatch):
        module = SimpleNamespace(AnalyzerEngine=Analyzer)
        monkeypatch.setitem(sys.modules, "presidio_analyzer", module)
        assert [finding.kind for finding in detect("Kim", [Presidio()])] == ["person"]

    def test_a_kind_can_be_renamed(self):
        presidio = Presidio(analyzer=Analyzer(), kinds={"PERSON": "name"})
        assert [finding.kind for finding in detect("Kim", [presidio])] == ["name"]


@pytest.mark.parametrize(
    ("make", "module", "extra"),
    [
        (PaymentCards, "stdnum.luhn", "redact"),
        (Ibans, "stdnum.iban", "redact"),
        (SocialSecurityNumbers, "stdnum.us.ssn", "redact"),
        (PhoneNumbers, "phonenumbers", "redact"),
        (Presidio, "presidio_analyzer", "presidio"),
    ],
)
def test_a_library_that_is_missing_is_named_with_its_extra(
    make: type[Detector], module: str, extra: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DetectorError, match="not installed") as caught:
        make()
    assert caught.value.hint == f'pip install "earwitness[{extra}]"'


@pytest.mark.parametrize("make", [CardSecurityCodes, DigitRuns, Emails, BirthDates, Secrets])
def test_a_language_that_is_unknown_is_refused_before_a_call_begins(make: Any):
    with pytest.raises(DetectorError, match="no data for this language"):
        make(languages=("tlh",))
