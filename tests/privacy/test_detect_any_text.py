"""Any text at all can be looked at: detectors never raise, and their work grows with the text."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from earwitness.privacy.detectors import Context, Detector, detect
from tests.privacy.corpus import every_detector

DETECTORS = every_detector()

# Pieces that are something to one detector or another, to be put together without sense.
PIECES = [
    "4111 1111 1111 1111", "4111", "4", "four", "one", "oh", "for", "double", "triple", "hundred",
    "thousand", "sorry", "uh", "and", "card", "security code", "password is", "born", "social",
    "phone", "order", "DE89", "D E", "plus", "+", "@", "at", "dot", "gmail", "com", "eyJ", "sk-",
    "-----BEGIN PRIVATE KEY-----", "1.2.3.4", "::1", "\u0664", "\u00b2", "\u1e9e", "\u0130", "'s",
    "\u2019s", "May", "first", "$", "%", ":", "/", "\n", "\0", "\ud83d", "\ude00", "\u200b",
]  # fmt: skip
SENTENCES = st.lists(st.sampled_from(PIECES), max_size=30).flatmap(
    lambda pieces: st.sampled_from(["", " ", ", "]).map(lambda between: between.join(pieces))
)
TEXTS = st.text(st.characters(codec=None)) | SENTENCES

# What costs the most where work is done twice: looked for, found, and looked for again.
TEDIOUS = [
    "4 ", "4-", "one ", "four, ", "for one ", "double ", "one hundred ", "sorry 4 ", "last four ",
    "a@", "a.", "a@a.", "at at dot com ", "a dot b at ", "a dot 4 at gmail dot com 4 four, ",
    "d e 8 9 ", "DE89 ", "1.", "1.1.1.1 ", "1:", "::", "-eyJ", "eyJa.", "xoxb-",
    "SG.aaaaaaaaaaaaaaaa", "-----BEGIN PRIVATE KEY-----",
    "password is ", "password:", "born 3 may ", "card 4 ", "security code 1 ", "+1 ", "http://a:",
    "PRIVATE+KEY+", " 212-555-0123", "\u0664", "\ud800", "\0", "x", " ", "\n",
]  # fmt: skip
SHORT, LONG = 1_000, 8_000
# Linear is 8, quadratic 64: far from both, since other work shares the machine.
GROWTH = 26
# Among these the others would not be seen.
COSTLY = {"ibans", "phone numbers"}


@given(TEXTS, TEXTS, TEXTS)
@example("\ud800", "\ud800", "\ud800")
@example("", "", "")
@example("4" * 100_000, "", "")
@example("four " * 20_000, "4111 1111", "card?")
def test_findings_of_any_text_are_in_it_in_order_and_apart(text: str, tail: str, prompt: str):
    context = Context().prompted(prompt).after(tail)
    place = 0
    for finding in detect(text, DETECTORS, context):
        assert place <= finding.start < finding.end <= len(text)
        place = finding.end


@given(TEXTS, TEXTS)
def test_the_same_text_in_the_same_context_gives_the_same(text: str, tail: str):
    context = Context().after(tail)
    assert detect(text, DETECTORS, context) == detect(text, DETECTORS, context)


@given(TEXTS)
def test_what_is_found_is_not_in_the_repr_of_a_finding_or_a_context(text: str):
    context = Context().prompted(text).after(text)
    assert repr(context) == "Context()"
    for finding in detect(text, DETECTORS):
        where = (finding.start, finding.end, finding.kind, finding.partial)
        assert repr(finding) == "Finding(start={}, end={}, kind={!r}, partial={})".format(*where)


@pytest.mark.parametrize("unit", TEDIOUS, ids=repr)
@pytest.mark.parametrize(
    "names", [COSTLY, {each.name for each in DETECTORS} - COSTLY], ids=["costly", "others"]
)
def test_work_grows_with_the_text_and_not_with_its_square(names: set[str], unit: str):
    detectors = [detector for detector in DETECTORS if detector.name in names]

    def work(length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length]
        return min(_seconds(detectors, text) for _ in range(2))

    # What takes no time at all cannot be compared.
    assert work(LONG) / max(work(SHORT), 2e-4) < GROWTH


def _seconds(detectors: list[Detector], text: str) -> float:
    began = time.process_time()
    detect(text, detectors)
    return time.process_time() - began
