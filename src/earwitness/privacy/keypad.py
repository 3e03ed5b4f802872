"""Keys pressed on a telephone (DTMF), wherever LiveKit or an application writes them.

LiveKit's ``GetDtmfTask`` (``beta/workflows/dtmf_inputs.py``) tells the model of them in
``<dtmf_inputs>1 2 3</dtmf_inputs>``, gives them to its tools as a list of keys, and returns them
with a space between each two. ``sip_dtmf_received`` has one key an event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from .detectors import Context, Finding

KIND: Final = "dtmf"

_KEY: Final = r"[0-9*#A-D]"
_TAGGED: Final = re.compile(r"<dtmf_inputs>(.*?)(?:</dtmf_inputs>|\Z)", re.DOTALL | re.IGNORECASE)
_SPACED: Final = re.compile(rf"(?<![\w*#]){_KEY}(?: {_KEY}){{2,}}(?![\w*#])")
_NAMED: Final = re.compile(r"dtmf|keypad", re.IGNORECASE)
_ONE: Final = re.compile(_KEY)


class Keypad:
    """Finds keys that were pressed, as a :class:`~earwitness.privacy.detectors.Detector`."""

    name = "keypad"

    def find(self, text: str, context: Context) -> Iterator[Finding]:
        """Keys between LiveKit's tags, keys with spaces between them, and what is named so."""
        if _NAMED.search(context.prompt) and _is_name(context.prompt) and text.strip():
            yield Finding(0, len(text), KIND)
        for match in _TAGGED.finditer(text):
            if match[1]:
                yield Finding(*match.span(1), KIND)
        for match in _SPACED.finditer(text):
            yield Finding(*match.span(), KIND)


def are_keys(items: list[Any]) -> bool:
    """True for a list of keys, each an item."""
    return bool(items) and all(_is_key(item) for item in items)


def _is_key(item: Any) -> bool:
    return _ONE.fullmatch(str(item)) is not None if type(item) in (str, int) else False


def _is_name(prompt: str) -> bool:
    return " " not in prompt.strip()
