"""Session ids as folder names: one to one, readable where they can be, and never a way out.

An id may be anything: ``../..``, empty, ten kilobytes, another script's look-alike. Its folder's
name consists of ``[A-Za-z0-9_-]`` as they stand and ``%xx`` for every other byte of its UTF-8.

* An id with a capital letter has ``~`` and 16 hex characters of its SHA-256 after it, since some
  file systems take ``A`` and ``a`` for the same.
* A name that would grow past 160 characters is cut to its first 80, with ``~`` and the whole
  SHA-256 after it; the id itself is kept in a file of the folder.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

MAX_NAME: Final = 160
_KEPT_OF_LONG: Final = 80
_UNSAFE: Final = re.compile(rb"[^A-Za-z0-9_-]")
_ESCAPED: Final = re.compile(r"%([0-9a-f]{2})")
_NAME: Final = re.compile(r"((?:[A-Za-z0-9_-]|%[0-9a-f]{2})+|%)(~[0-9a-f]{16}|~[0-9a-f]{64})?")


def folder_name(stream: str) -> str:
    """The name of the stream's folder."""
    raw = stream.encode("utf-8", "surrogatepass")
    name = _UNSAFE.sub(lambda byte: b"%%%02x" % byte[0][0], raw).decode("ascii") or "%"
    digest = hashlib.sha256(raw).hexdigest()
    if len(name) > MAX_NAME:
        return f"{name[:_KEPT_OF_LONG]}~{digest}"
    return f"{name}~{digest[:16]}" if name != name.lower() else name


def stream_name(folder: str) -> str | None:
    """The stream whose folder has this name, or None if the name alone does not tell.

    None also for what is no stream's folder at all.
    """
    match = _NAME.fullmatch(folder)
    if match is None:
        return None
    text = "" if match[1] == "%" else match[1]
    raw = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text).encode("latin-1")
    try:
        stream = raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
    return stream if folder_name(stream) == folder else None
