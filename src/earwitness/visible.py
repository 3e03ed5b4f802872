"""What somebody else wrote, as a person may be shown it.

Names, ids and everything that was said come from callers, models and other people's code. Some
characters act where they are shown, on a terminal or on the direction of writing; they are spelt.
"""

from __future__ import annotations

import unicodedata
from typing import Final

# Unicode's categories of characters that act instead of showing: controls, formats (the
# bidirectional ones among them), lone surrogates, separators of lines.
_ACTING: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# The joiners are part of how emoji and several scripts are spelt.
_KEPT: Final = {"\n": "\n", "\t": " ", "\u200c": "\u200c", "\u200d": "\u200d"}


def visible(text: object) -> str:
    r"""A text as it may be shown: what would act there is spelt out, as ``\x1b``.

    A line feed remains one, a tab becomes a space.
    """
    plain = str(text)
    if plain.isascii() and plain.isprintable():
        return plain
    return "".join(_KEPT.get(char) or _spelt(char) for char in plain)


def _spelt(char: str) -> str:
    if unicodedata.category(char) not in _ACTING:
        return char
    return char.encode("unicode_escape").decode("ascii")
