"""Numbers as they are said: "four one one one, double two" is read as what it means.

Nothing is rewritten. A text is read as runs of numerals, each of which knows where it stands,
so that what is found can be taken out of the text as it was said. English ships beside German
and Spanish; a language is one data file, ``<code>.toml``.

==========  ==========================================================================
vocabulary  the words of one language or several, from their data files
numerals    the numbers in a text, one by one: digits, words, and "double two"
runs        numerals that follow each other as the parts of one number do
reading     all of that of one text, and the words that tell what a number is
==========  ==========================================================================
"""

from .numerals import Numeral, Word
from .reading import Cue, Reading, forget, read
from .runs import Run, may_stand_between
from .vocabulary import ENGLISH, Vocabulary, available, known, vocabulary

__all__ = [
    "ENGLISH",
    "Cue",
    "Numeral",
    "Reading",
    "Run",
    "Vocabulary",
    "Word",
    "available",
    "forget",
    "known",
    "may_stand_between",
    "read",
    "vocabulary",
]
