"""How well the detectors do on the corpus; what the documentation says of it is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.privacy import corpus

PAGE = Path(__file__).parents[2] / "docs/reference/detectors.md"

# Below what is reached, so that a new utterance may fail; far above what would be of no use.
RECALL = {"card": 0.93, "digits": 0.95, "cvv": 0.93}
PRECISION = {"digits": 0.6}
FLOOR = 0.8


@pytest.fixture(scope="module", params=[False, True], ids=["looked at", "held out"])
def scores(request: pytest.FixtureRequest) -> dict[str, corpus.Score]:
    return corpus.score(corpus.part(request.param), corpus.every_detector())


def test_the_corpus_is_large_and_much_of_it_gives_nothing_away():
    utterances = corpus.part(held_out=False) + corpus.part(held_out=True)
    harmless = [utterance for utterance in utterances if not utterance.marked]
    assert len(utterances) >= 400
    assert len(harmless) >= 300


@pytest.mark.parametrize("kind", corpus.KINDS)
def test_of_each_kind_enough_is_found(kind: str, scores: dict[str, corpus.Score]):
    score = scores[kind]
    print(corpus.table(scores))
    assert score.marked >= 2
    assert score.recall >= RECALL.get(kind, FLOOR), score.missed


@pytest.mark.parametrize("kind", corpus.KINDS)
def test_of_each_kind_little_is_found_that_is_none(kind: str, scores: dict[str, corpus.Score]):
    assert scores[kind].precision >= PRECISION.get(kind, FLOOR), scores[kind].wrong


def test_the_documentation_has_the_figures_that_the_corpus_gives():
    page = PAGE.read_text(encoding="utf-8")
    for held_out in (False, True):
        scores = corpus.score(corpus.part(held_out), corpus.every_detector())
        assert corpus.table(scores) in page


def test_the_documentation_names_every_utterance_that_is_missed():
    page = re.sub(r"\s+", " ", PAGE.read_text(encoding="utf-8"))
    scores = corpus.score(
        corpus.part(held_out=False) + corpus.part(held_out=True), corpus.every_detector()
    )
    missed = [text for score in scores.values() for text in score.missed]
    assert [text for text in missed if f"`{text}`" not in page] == []
