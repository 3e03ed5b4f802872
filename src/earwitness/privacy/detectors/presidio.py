"""Microsoft Presidio as a detector: names, places and whatever else its recognisers know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import field, frozen

from .extras import library
from .finding import Context, Finding

# Presidio's names of what other detectors find, too.
_KINDS: Final = {
    "CREDIT_CARD": "card",
    "EMAIL_ADDRESS": "email",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip",
    "PHONE_NUMBER": "phone",
    "US_SSN": "ssn",
}

# spaCy takes no lone surrogates; what stands in their place must be as long.
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@frozen
class Presidio:
    """What an analyser of Presidio finds; the kind is Presidio's, in small letters: ``person``.

    It takes milliseconds a text, on the event loop of the call, and names are found by a model:
    sometimes. By default Presidio loads a large language model of spaCy, which is to be
    installed beside it; give it an analyser of your own to choose another.

    Needs presidio-analyzer, which comes with the extra ``presidio``.

    Attributes:
        analyzer: a ``presidio_analyzer.AnalyzerEngine``; made on the spot if none is given.
        language: the language of the texts, as Presidio names it.
        entities: which of Presidio's entities to look for; all of them by default.
        threshold: how sure Presidio must be, from 0 to 1.
        kinds: the kind of an entity, where it is to be another than its name.

    Raises:
        DetectorError: no analyser is given, and presidio-analyzer is not installed.
    """

    analyzer: Any = field(default=None, repr=False)
    language: str = "en"
    entities: Sequence[str] | None = None
    threshold: float = 0.5
    kinds: Mapping[str, str] = field(default=_KINDS, repr=False)
    name: str = field(default="presidio", init=False)

    def __attrs_post_init__(self) -> None:
        if self.analyzer is None:
            module = library(
                "presidio_analyzer",
                detector=self.name,
                package="presidio-analyzer",
                extra="presidio",
            )
            object.__setattr__(self, "analyzer", module.AnalyzerEngine())

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        if not text.strip():
            return
        entities = None if self.entities is None else list(self.entities)
        found = self.analyzer.analyze(
            text=_SURROGATE.sub("\ufffd", text),
            language=self.language,
            entities=entities,
            score_threshold=self.threshold,
        )
        for result in found:
            kind = self.kinds.get(result.entity_type, result.entity_type.lower().replace("_", "-"))
            yield Finding(result.start, result.end, kind, value=text[result.start : result.end])
