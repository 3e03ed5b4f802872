"""Passwords, keys and tokens."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import field, frozen

from ..spoken import ENGLISH, Cue, known
from .finding import Context, Finding
from .heard import Heard, hear

# How those who give out tokens begin them, each with at least so many characters after it.
_PREFIXES: Final = (
    r"sk-(?:proj-|ant-|or-)?[\w-]{16,}",  # OpenAI, Anthropic
    r"[sr]k_(?:live|test)_\w{16,}",  # Stripe
    r"whsec_\w{16,}",
    r"gh[pousr]_\w{30,}",  # GitHub
    r"github_pat_\w{30,}",
    r"glpat-[\w-]{20,}",  # GitLab
    r"xox[abeoprs]-[\w-]{10,}",  # Slack
    r"xapp-[\w-]{10,}",
    r"(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}",  # Amazon
    r"AIza[\w-]{35}",  # Google
    r"ya29\.[\w-]{20,}",
    r"GOCSPX-[\w-]{20,}",
    r"(?:AC|SK)[0-9a-f]{32}",  # Twilio
    r"SG\.[\w-]{16,}\.[\w-]{16,}",  # SendGrid
    r"hf_[A-Za-z0-9]{30,}",  # Hugging Face
    r"npm_[A-Za-z0-9]{30,}",
    r"pypi-[\w-]{30,}",
    r"dop_v1_[0-9a-f]{32,}",  # DigitalOcean
    r"gsk_[A-Za-z0-9]{30,}",  # Groq
    r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?",  # JSON Web Token, RFC 7519
)
_KNOWN: Final = re.compile(rf"(?<![\w-])(?:{'|'.join(_PREFIXES)})")
_PEM: Final = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
_SIGNING_KEY: Final = re.compile(r"PRIVATE\+KEY\+[^\s+]{1,255}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{20,}")
_IN_HEADER: Final = re.compile(r"(?i)\b(?:bearer|basic)\s{1,3}([\w.~+/=-]{16,})")
_IN_URL: Final = re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,100}:([^\s/@]{1,200})@")

# After its name: `password is x`, `"password": "x"`, `password=x`.
_ASSIGNED: Final = re.compile(r"""["']?\s{0,3}[:=]\s{0,3}["']?([^\s"',;}&]{1,400})""")
_TOKEN: Final = re.compile(r"\S{1,400}")
_LONGEST_TOKEN: Final = 400
_NAMES: Final = ("password", "token")
_NEAR: Final = 40
_MOST_LINKS: Final = 3
_LINK_SIGNS: Final = frozenset(" \t\n,:='\"-")
_FEW_DIGITS: Final = range(3, 13)
_CLAUSE_ENDS: Final = re.compile(r"[,.;!?\n](?:\s|\Z)|\n|\Z")
_LONGEST_CLAUSE: Final = 80
_SHORTEST_RANDOM: Final = 6
_BITS_A_CHARACTER: Final = 2.5


@frozen
class Secrets:
    """Passwords, keys and tokens, kind ``secret``.

    Found are tokens that begin as those of well-known services do, JSON Web Tokens, PEM private
    keys, passwords in URLs and headers; what follows a name such as "password" or "API key" and
    "is", ":" or "=", up to the end of its clause; and the whole answer to a question for one.
    "My password is not working" gives nothing away. A secret has no value: a pseudonym would
    tell who has the same password.

    Attributes:
        languages: those that a password may be named in.
    """

    languages: Sequence[str] = field(default=ENGLISH, converter=known)
    name: str = field(default="secrets", init=False)

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        for pattern in (_KNOWN, _PEM, _SIGNING_KEY):
            for match in pattern.finditer(text):
                yield Finding(*match.span(), "secret")
        for pattern in (_IN_HEADER, _IN_URL):
            for match in pattern.finditer(text):
                yield Finding(*match.span(1), "secret")
        heard = hear(text, context, self.languages)
        for cue in heard.reading.cues:
            stretch = _named(heard, cue) if cue.name in _NAMES else None
            if stretch is not None and (found := heard.finding(*stretch, "secret")):
                yield found
        if _is_answer(heard) and text.strip():
            yield Finding(0, len(text), "secret")


def _named(heard: Heard, cue: Cue) -> tuple[int, int] | None:
    """The secret that follows its name, if one does."""
    following = heard.text[cue.end : cue.end + 2 * _LONGEST_TOKEN]
    if (assigned := _ASSIGNED.match(following)) and not _is_harmless(heard, assigned[1]):
        return cue.end + assigned.start(1), cue.end + assigned.end(1)
    if digits := _digits_after(heard, cue):
        return digits
    start, linked = _after_links(heard, cue)
    token = _TOKEN.match(heard.text, start)
    if token is None or _is_harmless(heard, token[0]):
        return None
    if _is_random(token[0]):
        return token.span()
    if not linked or cue.name != "password":
        return None
    clause = _CLAUSE_ENDS.search(heard.text, start, min(start + _LONGEST_CLAUSE, len(heard.text)))
    return start, clause.start() if clause else start + _LONGEST_CLAUSE


def _digits_after(heard: Heard, cue: Cue) -> tuple[int, int] | None:
    """The digits of a PIN, as they stand behind its name with nothing but fillers between."""
    runs = heard.reading.runs
    next_run = bisect_left(runs, cue.end, key=lambda run: run.start)
    if next_run == len(runs) or cue.name != "password":
        return None
    run = runs[next_run]
    near = run.start - cue.end <= _NEAR and heard.reading.only_fillers(cue.end, run.start)
    return (run.start, run.end) if near and len(run.digits) in _FEW_DIGITS else None


def _after_links(heard: Heard, cue: Cue) -> tuple[int, bool]:
    """Where the words that link a name to its secret end, and whether there is any."""
    words = heard.reading.words_between(cue.end, cue.end + _NEAR)
    end, linked = cue.end, heard.text[cue.start : cue.end].endswith(("'s", "\u2019s"))
    for word in words[:_MOST_LINKS]:
        if word.text not in heard.reading.vocabulary.words["secrets.links"]:
            break
        end, linked = word.end, True
    while end < len(heard.text) and heard.text[end] in _LINK_SIGNS:
        end += 1
    return end, linked


def _is_harmless(heard: Heard, token: str) -> bool:
    """True if a name is followed by a word that says something about the secret, not it."""
    word = token.strip(".,;:!?\"'").casefold()
    return not word or word in heard.reading.vocabulary.words["secrets.no_secret"]


def _is_random(token: str) -> bool:
    """True for a token of letters and digits that nobody would say, by its entropy."""
    token = token.strip(".,;:!?\"'")
    if len(token) < _SHORTEST_RANDOM or token.isalpha() or token.isdecimal():
        return False
    bits = -sum(n / len(token) * math.log2(n / len(token)) for n in Counter(token).values())
    return bits >= _BITS_A_CHARACTER and any(sign.isdigit() for sign in token)


def _is_answer(heard: Heard) -> bool:
    """True if the prompt is a secret's name, or ends with a question for one."""
    asked = heard.asked_for()
    if asked is None or asked.name not in _NAMES:
        return False
    if not any(sign.isspace() for sign in heard.prompt.text):
        return True
    words = heard.reading.words_between(heard.begins, len(heard.text))
    known = heard.reading.vocabulary.words
    return asked.name == "password" and not (words and words[0].text in known["secrets.no_answer"])
