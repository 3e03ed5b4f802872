"""The corpus of utterances, and how well detectors do on it.

A marked stretch is *found* when findings cover every letter and digit of it, whatever kind they
are of: what matters is that nothing of it is written. A finding is *right* when it touches a
stretch that is marked as of its kind, and bare digits when they touch any. A stretch that only a
later breath completes is marked ``digits``, since that is all that can be known of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from attrs import define, field, frozen

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
    PaymentCards,
    PhoneNumbers,
    Secrets,
    SocialSecurityNumbers,
    detect,
)

FILE = Path(__file__).with_name("corpus.txt")
KINDS = ("card", "digits", "cvv", "iban", "phone", "email", "ip", "ssn", "birth", "secret")

# So many turns apart are those that the detectors were never looked at beside.
HELD_OUT = 4

_MARK = re.compile(rf"\{{({'|'.join(KINDS)}): ([^{{}}]*)\}}")


def every_detector() -> list[Detector]:
    """All that ship, for callers from the United States and Britain."""
    return [
        PaymentCards(),
        CardSecurityCodes(),
        Ibans(),
        PhoneNumbers(regions=("US", "GB")),
        Emails(),
        IpAddresses(),
        SocialSecurityNumbers(),
        BirthDates(),
        Secrets(),
        DigitRuns(),
    ]


@frozen
class Stretch:
    start: int
    end: int
    kind: str


@frozen
class Utterance:
    """What was said in one breath, what of it is sensitive, and what had been said before."""

    text: str
    marked: tuple[Stretch, ...]
    context: Context


@define
class Score:
    """How well one kind of thing is found."""

    marked: int = 0
    found: int = 0
    findings: int = 0
    right: int = 0
    missed: list[str] = field(factory=list)
    wrong: list[str] = field(factory=list)

    @property
    def recall(self) -> float:
        return self.found / self.marked if self.marked else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.findings if self.findings else 1.0


def turns() -> list[list[Utterance]]:
    """The turns of the corpus, breath by breath."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [_turn(line) for line in lines if line and not line.startswith("#")]


def part(held_out: bool) -> list[Utterance]:
    """The utterances of every fourth turn, or those of the others."""
    return [
        utterance
        for number, turn in enumerate(turns())
        if (number % HELD_OUT == HELD_OUT - 1) == held_out
        for utterance in turn
    ]


def score(utterances: Iterable[Utterance], detectors: Sequence[Detector]) -> dict[str, Score]:
    """How well the detectors do, by kind."""
    scores: defaultdict[str, Score] = defaultdict(Score)
    for utterance in utterances:
        findings = detect(utterance.text, detectors, utterance.context)
        for stretch in utterance.marked:
            _count_marked(scores[stretch.kind], stretch, utterance, findings)
        for finding in findings:
            _count_finding(scores[finding.kind], finding, utterance)
    return dict(scores)


def table(scores: dict[str, Score]) -> str:
    """The scores as the table that stands in the documentation."""
    rows = ["| kind | marked | recall | findings | precision |", "|---|--:|--:|--:|--:|"]
    for kind in KINDS:
        each = scores.get(kind, Score())
        rows.append(
            f"| `{kind}` | {each.marked} | {each.recall:.2f} "
            f"| {each.findings} | {each.precision:.2f} |"
        )
    return "\n".join(rows)


def _count_marked(
    score: Score, stretch: Stretch, utterance: Utterance, findings: Iterable[Finding]
) -> None:
    covered = {place for finding in findings for place in range(finding.start, finding.end)}
    score.marked += 1
    if all(
        place in covered or not utterance.text[place].isalnum()
        for place in range(stretch.start, stretch.end)
    ):
        score.found += 1
    else:
        score.missed.append(utterance.text)


def _count_finding(score: Score, finding: Finding, utterance: Utterance) -> None:
    score.findings += 1
    if any(
        finding.kind in (stretch.kind, "digits")
        and stretch.start < finding.end
        and finding.start < stretch.end
        for stretch in utterance.marked
    ):
        score.right += 1
    else:
        score.wrong.append(utterance.text)


def _turn(line: str) -> list[Utterance]:
    prompt, asked, said = line.rpartition(" >> ")
    context = Context().prompted(prompt) if asked else Context()
    return list(_breaths(said, context))


def _breaths(said: str, context: Context) -> Iterator[Utterance]:
    for breath in said.split(" // "):
        text, marked, rest = "", [], 0
        for mark in _MARK.finditer(breath):
            text += breath[rest : mark.start()]
            marked.append(Stretch(len(text), len(text) + len(mark[2]), mark[1]))
            text += mark[2]
            rest = mark.end()
        text += breath[rest:]
        yield Utterance(text, tuple(marked), context)
        context = context.after(text)
