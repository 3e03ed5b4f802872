"""One event's payload, field by field: what stays, what is replaced, what is withheld."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final

from .conversation import ASSISTANT, USER
from .forms import ID, KEPT, NUMBER, SAID, WORD, Chosen, Each, Form, Members
from .means import Means
from .searching import RESERVED, WITHHELD, Search, add_member

MARKS: Final = {"paused": "[paused]", "consent": "[no consent]"}

_STRUCTURE: Final = frozenset({WORD, ID, NUMBER, KEPT})
_MOST: Final = 10**12  # a card has thirteen digits at least, and no count or time has
_WORD: Final = re.compile(r"[\w.:/+@#=<>~()\[\],-]{0,200}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SHORT_ID: Final = re.compile(r"[a-zA-Z]+_[0-9a-f]{12}(/[a-z]+_\d{1,3})?")  # LiveKit's shortuuid
_FEW_DIGITS: Final = 9


def is_suspicious(word: str) -> bool:
    """True if a word has what a number or an address is made of."""
    return "@" in word or sum(map(str.isdigit, word)) >= _FEW_DIGITS


class Treatment:
    """The treatment of one event.

    Args:
        means: the policy, and what was said before.
        type: the event's tag.
        hidden: why nothing that was said may be kept at this moment, if so.

    Attributes:
        replaced: how many things were replaced, by kind.
        withheld: how many were withheld, by reason.
    """

    def __init__(self, means: Means, type: str, hidden: str | None) -> None:
        self.replaced: Counter[str] = Counter()
        self.withheld: Counter[str] = Counter()
        self._means = means
        self._policy = means.policy
        self._conversation = means.conversation
        self._hidden = hidden
        self._search = Search(means, type, self.replaced, self.withheld)

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
                self._search.who = told
        shaped: dict[str, Any] = {}
        for key, member in value.items():
            if key in form.known:
                shaped[key] = self.shaped(form.known[key], member, key)
            else:
                add_member(shaped, self._key(form.rest, key), self._treated(form.rest, member, key))
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
        return self._search.value(field, value, name) if action == "detect" else value

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
                treated = None if member is None else self._structure(kind, member, key)
                key = self._key("other", key) if self._says(key) else key
                add_member(shaped, key, treated)
            return shaped
        if kind == KEPT or not self._says(value):
            return value
        if kind == ID:  # what tells it from others as well
            self.replaced["id"] += 1
            return self._means.stand_in(value)
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
        elif field == "messages" and self._search.who in (USER, ASSISTANT):
            self._conversation.heard(self._search.who, value)

    def _pseudonym(self, field: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self._pseudonym(field, item) for item in value]
        pseudonym = self._means.pseudonym
        if not isinstance(value, str) or pseudonym is None:
            return self._blank(value, WITHHELD, "policy")
        kind = _SINGULAR.get(field, field)
        self.replaced[kind] += 1
        return f"[{kind}:{pseudonym(kind, value)}]"

    def _key(self, field: str, key: str) -> str:
        """The name of a member that is content itself."""
        if key in RESERVED:
            return key
        hidden = self._hidden is not None and field in SAID
        if not hidden and self._policy.action(field) == "detect":
            return self._search.key(key)
        treated = self._treated(field, key, "")
        return treated if isinstance(treated, str) else WITHHELD


_SINGULAR: Final = {"identities": "identity", "rooms": "room", "paths": "path", "notes": "note"}
