"""From what was said to what is searched, and from what is typed to what is asked.

FTS5's tokenizer (``unicode61`` in https://sqlite.org/fts5.html) takes letters and digits for words
and everything else for what separates them. Scripts that are written without spaces would be one
long word a line, so their letters are set apart with zero width spaces, in what is indexed and in
what is asked alike; a run of them is then found as a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MATCH_BEGINS: Final = "\x02"
MATCH_ENDS: Final = "\x03"

_APART: Final = "\u200b"
# Thai to Lao, Myanmar, Khmer, the kana, the ideographs.
_UNSPACED: Final = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)
# SQL takes the first for the end of a text, and the others mark what was found.
_RESERVED: Final = re.compile("[\x00\x02\x03]")
_ASKED: Final = re.compile(r'"([^"]*)"?|(\S+)')


def storable(text: str) -> str:
    """A text that SQLite takes: no null characters, no halves of surrogate pairs."""
    return _RESERVED.sub("\ufffd", text).encode("utf-8", "replace").decode("utf-8")


def searchable(text: str) -> str:
    """A text as it is indexed."""
    return _UNSPACED.sub(rf"{_APART}\1{_APART}", storable(text))


def readable(text: str) -> str:
    """An indexed text as it was."""
    return text.replace(_APART, "")


def match_expression(asked: str) -> str | None:
    """What FTS5 is asked for: every word, the last of them perhaps still being typed.

    What stands between double quotes is a phrase. None if no word is asked for at all.
    """
    phrases = []
    for quoted, word in _ASKED.findall(asked):
        if _has_word(text := quoted or word):
            still_typed = "" if quoted else "*"
            phrases.append((searchable(text).replace('"', '""'), still_typed))
    if not phrases:
        return None
    *whole, (last, still_typed) = phrases
    return " ".join([*(f'"{text}"' for text, _ in whole), f'"{last}"{still_typed}'])


def _has_word(text: str) -> bool:
    return any(unicodedata.category(char)[0] in "LN" for char in text)
