"""Ways to say a number, for tests that make them up."""

from __future__ import annotations

from hypothesis import strategies as st

ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"]
TEENS += ["eighteen", "nineteen"]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ZEROS = ["zero", "oh", "o", "nought"]
BETWEEN_DIGITS = [" ", ", ", "-"]
BETWEEN_GROUPS = [" ", ", ", " uh ", ", um, ", " and then ", "... ", " okay ", " - ", " sorry, "]


def pair(digits: str) -> str:
    """Two digits as people say them: "forty-one", "oh five", "eleven"."""
    number = int(digits)
    if number < 10:
        return f"oh {ONES[number]}" if number else "double zero"
    if number < 20:
        return TEENS[number - 10]
    return TENS[number // 10] + (f"-{ONES[number % 10]}" if number % 10 else "")


@st.composite
def one_by_one(draw: st.DrawFn, digits: str) -> str:
    words = [draw(st.sampled_from(ZEROS)) if d == "0" else ONES[int(d)] for d in digits]
    return draw(st.sampled_from(BETWEEN_DIGITS)).join(words)


def repeated(digits: str) -> str:
    """Equal neighbours as "double" and "triple"."""
    said, place = [], 0
    while place < len(digits):
        word = ONES[int(digits[place])]
        times = 1
        while times < 3 and digits[place + times : place + times + 1] == digits[place]:
            times += 1
        said.append(("", "", "double ", "triple ")[times] + word)
        place += times
    return " ".join(said)


def ways(digits: str) -> st.SearchStrategy[str]:
    """The ways to say or write a few digits of a longer number."""
    said: list[st.SearchStrategy[str]] = [
        one_by_one(digits),
        st.just(repeated(digits)),
        st.just(digits),
        st.just(" ".join(digits)),
    ]
    if len(digits) == 4:
        said.append(st.just(f"{pair(digits[:2])} {pair(digits[2:])}"))
    return st.one_of(said)


@st.composite
def breaths(draw: st.DrawFn, number: str, most: int = 4) -> list[str]:
    """A number as somebody says it, in groups and in one breath or several."""
    groups, rest = [], number
    while rest:
        size = draw(st.integers(2, 4)) if len(rest) > 5 else len(rest)
        groups.append(draw(ways(rest[:size])))
        rest = rest[size:]
    said = [[groups[0]]]
    for group in groups[1:]:
        if len(said) < most and draw(st.booleans()):
            said.append([])
        said[-1].append(group)
    return [draw(st.sampled_from(BETWEEN_GROUPS)).join(breath) for breath in said]
