"""An index of a store's sessions and of what was said in them, for looking things up quickly.

It is derived from the logs and from nothing else, and never the truth: whatever it is asked, it
first looks which logs have changed, and reads what it has not read yet. Missing, damaged, or of
another version of Earwitness, it is made anew. It may be deleted at any time.

It is an SQLite file, ``<store>/.index/catalogue.sqlite``, or where the store may not be written
to, a file of the cache folder of whoever looks. It holds what was said: treat it as the logs.
"""

from .entries import Entry, Latency, Match
from .filters import Filter, Page
from .index import Catalogue, Progress

__all__ = ["Catalogue", "Entry", "Filter", "Latency", "Match", "Page", "Progress"]
