"""One event's payload, field by field: what stays, what is replaced, what is withheld."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from .conversation import ASSISTANT, USER
from .detectors import Finding
from .documents import read_document
from .keypad import KIND as KEYS
from .keypad import are_keys
from .paths import ID, KEPT, NUMBER, SAID, TABLE, WORD, Chosen, Each, Form, Members

if TYPE_CHECKING:
    from .redaction import Redactor

WITHHELD: Final = "[withheld]"
MARKS: Final = {"paused": "[paused]", "consent": "[no consent]"}

_STRUCTURE: Final = frozenset({WORD, ID, NUMBER, KEPT})
_MOST: Final = 10**12  # a card has thirteen digits at least, and no count or time has
_WORD: Final = re.compile(r"[\w.:/+@#=<>~()\[\],-]{0,200}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SHORT_ID: Final = re.compile(r"[a-zA-Z]+_[0-9a-f]{12}(/[a-z]+_\d{1,3})?")  # LiveKit's shortuuid
_FEW_DIGITS: Final = 9
# Members whose short numbers may be parts of a longer one; "guests" is none of them.
_TELLING: Final = re.compile(
    r"digit|dtmf|key|card|pan\b|cv[vc]|csc|code|number|input|account|pin\b|^$", re.IGNORECASE
)
_SHORT_PART: Final = 4
_LONG_PART: Final = 12
_RESERVED: Final = frozenset({"$repr", "$type", "$float", "$map"})


def is_suspicious(word: str) -> bool:
    """True if a word has what a number or an address is made of."""
    return "@" in word or sum(map(str.isdigit, word)) >= _FEW_DIGITS


class Treatment:
    """The treatment of one event.

    Args:
        redactor: whose policy and memory it is.
        type: the event's tag.
        hidden: why nothing that was said may be kept at this moment, if so.

    Attributes:
        replaced: how many things were replaced, by kind.
        withheld: how many were withheld, by reason.
    """

    def __init__(self, redactor: Redactor, type: str, hidden: str | None) -> None:
        self.replaced: Counter[str] = Counter()
        self.withheld: Counter[str] = Counter()
        self._redactor = redactor
        self._policy = redactor.policy
        self._conversation = redactor.conversation
        self._type = type
        self._hidden = hidden
        self._who = ""
        self._deadline = redactor.clock() + self._policy.budget_ms / 1000
        self._late = False
        self._in_parts = False

    def shaped(self, form: Form, value: Any, name: str) -> Any:
        """The value as it may be written, given its form and the name of the member it is."""
        if isinstance(form, Chosen):
            return self.shaped(form.choose(value), value, name)
        if isinstance(form, Members):
            if not isinstance(value, dict):
                return self._treated(form.rest, value, name)
            return self._members(form, value)
        if isinstance(form, Each):
            if not isinstance(value, list):
                return value if value is None else self._treated("other", value, name)
            return [self.shaped(form.form, item, name) for item in value]
        return self._treated(form, value, name)

    def _members(self, form: Members, value: dict[str, Any]) -> dict[str, Any]:
        for telling in ("name", "role"):
            if isinstance(told := value.get(telling), str):
                self._who = told
        shaped: dict[str, Any] = {}
        for key, member in value.items():
            if key in form.known:
                shaped[key] = self.shaped(form.known[key], member, key)
            else:
                _add(shaped, self._key(form.rest, key), self._treated(form.rest, member, key))
        return shaped

    def _treated(self, field: str, value: Any, name: str) -> Any:
        if value is None or value == "":
            return value
        if field in _STRUCTURE:
            return self._structure(field, value, name)
        if self._hidden is not None and field in SAID:
            self._note(field, value)
            return self._blank(value, MARKS[self._hidden], self._hidden)
        action = self._policy.action(field)
        if action == "withhold":
            self._note(field, value)
            return self._blank(value, WITHHELD, "policy")
        if action == "pseudonymise":
            return self._pseudonym(field, value)
        return self._searched(field, value, name) if action == "detect" else value

    # -- structure -----------------------------------------------------------------------------

    def _structure(self, kind: str, value: Any, name: str) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return value if kind == KEPT or abs(value) < _MOST else self._other(value, name)
        if isinstance(value, list):
            return [None if item is None else self._structure(kind, item, name) for item in value]
        if isinstance(value, dict):
            shaped: dict[str, Any] = {}
            for key, member in value.items():
                key = self._key("other", key) if self._says(key) else key
                _add(shaped, key, None if member is None else self._structure(kind, member, key))
            return shaped
        if kind == KEPT or not self._says(value):
            return value
        if kind == ID:  # what tells it from others as well
            self.replaced["id"] += 1
            return self._redactor.stand_in(value)
        return self._other(value, name)

    def _says(self, word: str) -> bool:
        """True if what should be a mere name or id says something."""
        if _WORD.fullmatch(word) is None:
            return True
        if not is_suspicious(word) or _SHORT_ID.fullmatch(word) or _DIGEST.fullmatch(word):
            return False
        try:
            return bool(self._conversation.lone(word))
        except Exception:
            return True

    def _other(self, value: Any, name: str) -> Any:
        return self._treated("other", value, name)

    # -- content -------------------------------------------------------------------------------

    def _blank(self, value: Any, mark: str, why: str) -> Any:
        if value is None or value in ("", [], {}):
            return value
        if isinstance(value, list):
            return [self._blank(item, mark, why) for item in value]
        self.withheld[why] += 1
        return {mark: mark} if isinstance(value, dict) else mark

    def _note(self, field: str, value: Any) -> None:
        """Take note of what is not read: what comes after it may be the other half."""
        if not isinstance(value, str):
            return
        if field == "transcripts":
            self._conversation.heard_breath(value)
        elif field == "messages" and self._who in (USER, ASSISTANT):
            self._conversation.heard(self._who, value)

    def _pseudonym(self, field: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self._pseudonym(field, item) for item in value]
        pseudonym = self._redactor.pseudonym
        if not isinstance(value, str) or pseudonym is None:
            return self._blank(value, WITHHELD, "policy")
        kind = _SINGULAR.get(field, field)
        self.replaced[kind] += 1
        return f"[{kind}:{pseudonym(kind, value)}]"

    def _key(self, field: str, key: str) -> str:
        """The name of a member that is content itself."""
        if key in _RESERVED:
            return key
        hidden = self._hidden is not None and field in SAID
        if hidden or self._policy.action(field) != "detect":
            treated = self._treated(field, key, "")
            return treated if isinstance(treated, str) else WITHHELD
        try:
            return self._without(key, self._conversation.lone(key))
        except Exception:
            return self._give_up("failed")

    def _searched(self, field: str, value: Any, name: str) -> Any:
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

    def _searched_members(self, field: str, value: dict[str, Any]) -> Any:
        if value.keys() == {"$bytes"}:
            self.withheld["unreadable"] += 1
            return WITHHELD
        shaped: dict[str, Any] = {}
        before, self._in_parts = self._in_parts, self._in_parts or self._are_parts(value.values())
        for key, member in value.items():
            _add(shaped, self._key(field, key), self._searched(field, member, key))
        self._in_parts = before
        return shaped

    def _searched_items(self, field: str, items: list[Any], name: str) -> list[Any]:
        if self._policy.keypad and len(items) > 1 and are_keys(items):
            self.replaced[KEYS] += len(items)
            return [f"[{KEYS}]"] * len(items)
        before, self._in_parts = self._in_parts, self._in_parts or self._are_parts(items)
        searched = [self._searched(field, item, name) for item in items]
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
        if text[:1] in ("{", "[") and (document := read_document(text)) is not None:
            value, write = document
            treated = self._searched(field, value, name)
            return write(treated) if treated != value else self._whole(text)
        try:
            if field == "interims":
                # One that grows shows more with each: what it had before goes with the rest.
                return self._give_up("interim") if self._conversation.interim(text) else text
            found = self._find(field, text, name)
        except Exception:
            return self._give_up("failed")
        if self._redactor.clock() > self._deadline:
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
        if field == "messages" and self._who in (USER, ASSISTANT):
            return self._conversation.message(self._who, text)
        if name == "output":
            name = self._who
        elif self._type not in TABLE:
            name = f"{self._type}.{name}"
        found = self._conversation.leaf(f"{self._type} {field}", field, name, text)
        if self._in_parts and not found and self._conversation.has_number(text):
            return [Finding(0, len(text), "digits", partial=True)]
        if self._in_parts or _TELLING.search(name) or sum(map(str.isdigit, text)) >= _SHORT_PART:
            return found
        return [finding for finding in found if not (finding.partial and finding.kind == "digits")]

    def _give_up(self, why: str) -> str:
        self.withheld[why] += 1
        return WITHHELD

    def _without(self, text: str, found: list[Finding]) -> str:
        parts, end = [], 0
        for finding in found:
            parts += [text[end : finding.start], self._marker(finding)]
            end = finding.end
            self.replaced[finding.kind] += 1
        return "".join(parts) + text[end:]

    def _marker(self, finding: Finding) -> str:
        pseudonym = self._redactor.pseudonym
        if not self._policy.pseudonyms or pseudonym is None or finding.partial or not finding.value:
            return f"[{finding.kind}]"
        return f"[{finding.kind}:{pseudonym(finding.kind, finding.value)}]"


_SINGULAR: Final = {"identities": "identity", "rooms": "room", "paths": "path", "notes": "note"}


def _add(members: dict[str, Any], key: str, value: Any) -> None:
    """Add a member whose name may have become another's."""
    name, number = key, 2
    while name in members:
        name, number = f"{key} {number}", number + 1
    members[name] = value
