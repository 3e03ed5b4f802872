"""What the detectors find in the content of one event, in whatever it is wrapped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from ..events import AnswerPlayed
from .conversation import ASSISTANT, USER
from .detectors import Finding
from .documents import read_document
from .keypad import KIND as KEYS
from .keypad import are_keys
from .means import Means
from .paths import TABLE

WITHHELD: Final = "[withheld]"
RESERVED: Final = frozenset({"$repr", "$type", "$float", "$map"})
"""Names of members that mean something themselves; see :mod:`earwitness.values`."""

_SAID: Final = frozenset({"transcripts", "interims", "messages"})
# Members whose short numbers may be parts of a longer one; "guests" is none of them.
_TELLING: Final = re.compile(
    r"digit|dtmf|key|card|pan\b|cv[vc]|csc|code|number|input|account|pin\b|^$", re.IGNORECASE
)
_SHORT_PART: Final = 4
_LONG_PART: Final = 12


class Search:
    """The search of one event's content.

    Args:
        means: the policy, and what was said before.
        type: the event's tag.
        replaced: counts what is replaced, by kind.
        withheld: counts what is withheld, by reason.

    Attributes:
        who: who said what is looked at, or which tool was given it.
    """

    def __init__(
        self, means: Means, type: str, replaced: Counter[str], withheld: Counter[str]
    ) -> None:
        self.who = ""
        self._means = means
        self._policy = means.policy
        self._conversation = means.conversation
        self._type = type
        self._replaced = replaced
        self._withheld = withheld
        self._deadline = means.clock() + self._policy.budget_ms / 1000
        self._late = False
        self._in_parts = False

    def value(self, field: str, value: Any, name: str) -> Any:
        """A value without what is found in it.

        Args:
            field: the field that it is.
            value: plain JSON.
            name: the name of the member that holds it.
        """
        if value is None or isinstance(value, bool) or value == "":
            return value
        if isinstance(value, list):
            return self._searched_items(field, value, name)
        if isinstance(value, dict):
            return self._searched_members(field, value)
        if isinstance(value, str):
            return self._text(field, value, name)
        if isinstance(value, float) and not value.is_integer():
            return value
        number = str(abs(int(value)))
        treated = self._text(field, number, name)
        return value if treated == number else treated

    def key(self, key: str) -> str:
        """The name of a member without what is found in it."""
        if key in RESERVED:
            return key
        try:
            return self._without(key, self._conversation.lone(key))
        except Exception:
            return self._give_up("failed")

    def _searched_members(self, field: str, value: dict[str, Any]) -> Any:
        if value.keys() == {"$bytes"}:
            self._withheld["unreadable"] += 1
            return WITHHELD
        shaped: dict[str, Any] = {}
        before, self._in_parts = self._in_parts, self._in_parts or self._are_parts(value.values())
        for key, member in value.items():
            add_member(shaped, self.key(key), self.value(field, member, key))
        self._in_parts = before
        return shaped

    def _searched_items(self, field: str, items: list[Any], name: str) -> list[Any]:
        if self._policy.keypad and len(items) > 1 and are_keys(items):
            self._replaced[KEYS] += len(items)
            return [f"[{KEYS}]"] * len(items)
        before, self._in_parts = self._in_parts, self._in_parts or self._are_parts(items)
        searched = [self.value(field, item, name) for item in items]
        self._in_parts = before
        return searched

    def _are_parts(self, members: Iterable[Any]) -> bool:
        """True if members or items are something together that none of them is."""
        parts = [str(part) for part in members if type(part) in (str, int)]
        parts = [part for part in parts if 0 < sum(map(str.isdigit, part)) < _LONG_PART]
        try:
            found = self._conversation.lone(" ".join(parts)) if len(parts) > 1 else []
            return any(not finding.partial for finding in found)
        except Exception:
            return True

    def _text(self, field: str, text: str, name: str) -> str:
        if self._late or len(text) > self._policy.longest:
            return self._give_up("slow" if self._late else "long")
        if (
            field not in _SAID
            and text[:1] in ("{", "[")
            and (document := read_document(text)) is not None
        ):
            value, write = document
            treated = self.value(field, value, name)
            return write(treated) if treated != value else self._whole(text)
        try:
            if field == "interims":
                # One that grows shows more with each: what it had before goes with the rest.
                return self._give_up("interim") if self._conversation.interim(text) else text
            found = self._find(field, text, name)
        except Exception:
            return self._give_up("failed")
        if self._means.clock() > self._deadline:
            self._late = True
            return self._give_up("slow")
        return self._without(text, found)

    def _whole(self, text: str) -> str:
        """A text, of whose value there is nothing to say, without what it says beside that."""
        try:
            found = [each for each in self._conversation.lone(text) if not each.partial]
        except Exception:
            return self._give_up("failed")
        return self._without(text, found)

    def _find(self, field: str, text: str, name: str) -> list[Finding]:
        if field == "transcripts":
            return self._conversation.breath(text)
        if field == "messages" and self._type == AnswerPlayed.TAG:
            return self._conversation.answer(text)
        if field == "messages" and self.who in (USER, ASSISTANT):
            return self._conversation.message(self.who, text)
        if name == "output":
            name = self.who
        elif self._type not in TABLE:
            name = f"{self._type}.{name}"
        found = self._conversation.leaf(f"{self._type} {field}", field, name, text)
        if self._in_parts and not found and self._conversation.has_number(text):
            return [Finding(0, len(text), "digits", partial=True)]
        if self._in_parts or _TELLING.search(name):
            return found
        return [each for each in found if not _is_short(each, text)]

    def _give_up(self, why: str) -> str:
        self._withheld[why] += 1
        return WITHHELD

    def _without(self, text: str, found: list[Finding]) -> str:
        parts, end = [], 0
        for finding in found:
            parts += [text[end : finding.start], self._marker(finding)]
            end = finding.end
            self._replaced[finding.kind] += 1
        return "".join(parts) + text[end:]

    def _marker(self, finding: Finding) -> str:
        pseudonym = self._means.pseudonym
        if not self._policy.pseudonyms or pseudonym is None or finding.partial or not finding.value:
            return f"[{finding.kind}]"
        return f"[{finding.kind}:{pseudonym(finding.kind, finding.value)}]"


def _is_short(finding: Finding, text: str) -> bool:
    """True for a few digits that may be the part of a number, and of which nothing tells so."""
    digits = sum(map(str.isdigit, text[finding.start : finding.end]))
    return finding.partial and finding.kind == "digits" and digits < _SHORT_PART


def add_member(members: dict[str, Any], key: str, value: Any) -> None:
    """Add a member whose name may have become another's."""
    name, number = key, 2
    while name in members:
        name, number = f"{key} {number}", number + 1
    members[name] = value
