"""Looks for a card's number in everything that a recording leaves behind."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CARD = "4539148803436467"
"""A number that is right by Luhn's formula, and nobody's."""

SHORTEST = 7
"""Digits in a row that no time, hash or count has by chance in these tests."""

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

# What in a log is neither said by anybody nor chosen by the application.
STRUCTURE = frozenset(
    {
        *("id", "call_id", "item_id", "group_id", "speech_id", "request_id", "session_id"),
        *("update_ids", "provider_request_ids", "order", "history_sha256", "$redacted", "c", "s"),
        *("t", "created_at", "timestamp", "started_at", "clock", "duration_ms", "e2e_latency"),
        *("host", "sdk", "sdk_version", "earwitness", "platform", "python", "options"),
    }
)


def spoken(digits: str) -> str:
    """The digits as they are said one by one."""
    return " ".join(WORDS[int(digit)] for digit in digits)


def leaks(folder: Path, number: str = CARD) -> list[str]:
    """The files and folders that hold a part of a number, in any of its written forms."""
    found = []
    for path in sorted(folder.rglob("*")):
        held = path.name.encode() + (b"\n" + path.read_bytes() if path.is_file() else b"")
        if part := _part_in(held, number):
            found.append(f"{path.relative_to(folder)}: {part}")
    return found


def _part_in(data: bytes, number: str) -> str:
    for text in _readings(data):
        squeezed = re.sub(r"(?<=\d)[\s.,/_\-\"\\\[\]:]+(?=\d)", "", text)
        for candidate in (text, squeezed):
            for start in range(len(number) - SHORTEST + 1):
                if (part := number[start : start + SHORTEST]) in candidate:
                    return part
    return ""


def _readings(data: bytes) -> Iterator[str]:
    """The bytes as text, and what they may be in base64 or hexadecimal digits."""
    text = data.decode("utf-8", "replace")
    # Salts and commitments are random: any few digits are in some of them.
    text = re.sub(r'"(?:c|s)":"[0-9a-f]+"', "", text)
    text = re.sub(r'"[tn]":\d+|"wall_ns":\d+|"monotonic_ns":\d+|\d+\.\d+|"[0-9a-f]{64}"', "", text)
    yield text
    for token in re.findall(r"[A-Za-z0-9+/]{8,}={0,2}", text):
        try:
            yield base64.b64decode(token + "=" * (-len(token) % 4)).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            continue
    for token in re.findall(r"(?:[0-9a-f]{2}){8,}", text):
        yield bytes.fromhex(token).decode("utf-8", "replace")


def digits_said(payload: Any) -> list[str]:
    """Every text of a payload in which there is a digit, written or said, but for structure."""
    return [text for text in _texts(payload) if _has_digit(text)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, member in value.items():
            if name not in STRUCTURE:
                yield name
                yield from _texts(member)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _has_digit(text: str) -> bool:
    text = re.sub(r"\[\w+:[0-9a-f]{8}\]", "", text)  # a pseudonym
    words = re.findall(r"[a-z]+", text.casefold())
    return any(map(str.isdigit, text)) or not set(WORDS).isdisjoint(words)
