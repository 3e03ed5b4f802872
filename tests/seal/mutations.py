"""Every way of changing a log that we can think of, and what a verifier has to say of each."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final

# Written down here once more, so that the package is not judged by its own ideas.
LINE: Final = re.compile(
    rb'\{"n":(?P<n>0|[1-9][0-9]{0,18}),"t":(?P<t>0|[1-9][0-9]{0,18}),'
    rb'"type":"(?P<type>[a-z0-9_.]+)","c":"(?P<c>[0-9a-f]{64})"'
    rb'(?:,"s":"(?P<s>[0-9a-f]{32})","d":(?P<d>[^\n]+))?\}'
)

Lines = list[bytes]


def fields(line: bytes) -> dict[str, bytes]:
    match = LINE.fullmatch(line.rstrip(b"\n"))
    assert match is not None
    return match.groupdict()


def withheld(line: bytes) -> bytes:
    """The line without salt and payload."""
    return line[: line.index(b'"c":"') + 70] + b"}\n"


def renumbered(lines: Lines) -> Lines:
    """The lines with the positions that they should have where they stand."""
    return [
        re.sub(rb'^\{"n":\d+', b'{"n":%d' % number, line, count=1)
        for number, line in enumerate(lines)
    ]


def recommitted(line: bytes, payload: bytes) -> bytes:
    """The line with another payload, and a commitment to that."""
    known = fields(line)
    commitment = hashlib.sha256(known["s"] + payload).hexdigest().encode()
    return line.replace(known["c"], commitment).replace(known["d"], payload)


def withheld_variants(lines: Lines, random: Random, amount: int) -> Iterator[Lines]:
    """Logs with withheld payloads: each one, all but each one, all of them, and some of them."""
    places = set(range(len(lines)))
    chosen = [{place} for place in places]
    chosen += [places - {place} for place in places]
    chosen += [places]
    chosen += [{place for place in places if random.random() < 0.5} for _ in range(amount)]
    for some in chosen:
        yield [withheld(line) if place in some else line for place, line in enumerate(lines)]


# -- one byte ----------------------------------------------------------------------------------


def byte_changes(data: bytes, random: Random, rounds: int = 1) -> Iterator[bytes]:
    """Each byte changed, once in each round."""
    for _ in range(rounds):
        for place, byte in enumerate(data):
            other = byte ^ random.randrange(1, 256)
            yield data[:place] + bytes([other]) + data[place + 1 :]


def byte_insertions(data: bytes, random: Random, amount: int) -> Iterator[bytes]:
    """A byte more, anywhere before the end."""
    for place in _places(len(data), random, amount):
        yield data[:place] + random.randbytes(1) + data[place:]


def byte_removals(data: bytes, random: Random, amount: int) -> Iterator[bytes]:
    """A byte less."""
    for place in _places(len(data), random, amount):
        yield data[:place] + data[place + 1 :]


def truncations(data: bytes, random: Random, amount: int) -> Iterator[bytes]:
    """Less at the end, down to nothing."""
    for place in {0, len(data) - 1, *_places(len(data), random, amount)}:
        yield data[:place]


def _places(size: int, random: Random, amount: int) -> list[int]:
    return sorted(random.sample(range(size), min(amount, size)))


# -- whole lines -------------------------------------------------------------------------------


def line_removals(lines: Lines) -> Iterator[Lines]:
    for place in range(len(lines)):
        yield lines[:place] + lines[place + 1 :]


def line_insertions(lines: Lines) -> Iterator[Lines]:
    """Each line once more, at each place but the end."""
    for line, place in itertools.product(lines, range(len(lines))):
        yield [*lines[:place], line, *lines[place:]]


def line_swaps(lines: Lines) -> Iterator[Lines]:
    for one, other in itertools.combinations(range(len(lines)), 2):
        swapped = lines.copy()
        swapped[one], swapped[other] = swapped[other], swapped[one]
        yield swapped


def line_truncations(lines: Lines) -> Iterator[Lines]:
    for size in range(len(lines)):
        yield lines[:size]


def forgeries(lines: Lines) -> Iterator[Lines]:
    """Another payload, with a commitment that fits."""
    for place, line in enumerate(lines):
        if (payload := fields(line)["d"]) is not None:
            yield [*lines[:place], recommitted(line, payload + b" "), *lines[place + 1 :]]


REARRANGEMENTS: Final[Sequence[Callable[[Lines], Iterator[Lines]]]] = (
    line_removals,
    line_insertions,
    line_swaps,
    line_truncations,
)


def rearrangements(lines: Lines) -> Iterator[bytes]:
    """Lines removed, added, swapped and cut off, each also with the positions put right."""
    for rearrange in REARRANGEMENTS:
        for changed in rearrange(lines):
            if changed != lines:
                yield b"".join(changed)
            if (put_right := renumbered(changed)) != lines:
                yield b"".join(put_right)
    yield from map(b"".join, forgeries(lines))


def forged(lines: Lines) -> Lines:
    """The log with an agent that listened where it spoke."""
    spoke, listened = b'"new_state": "speaking"', b'"new_state": "listening"'
    return [
        recommitted(line, payload.replace(spoke, listened))
        if (payload := fields(line)["d"]) is not None and spoke in payload
        else line
        for line in lines
    ]


# -- what is to be said of it ------------------------------------------------------------------


def broken_rule(lines: Lines, changed: bytes) -> tuple[str, int]:
    """The rule that a changed log breaks first, and the number of the line that breaks it.

    Args:
        lines: the log as it was; all of it was sealed.
        changed: the log as it is.
    """
    found = changed.split(b"\n")[:-1]
    for number, (before, after) in enumerate(zip(lines, found, strict=False)):
        if before[:-1] != after:
            rule = _difference(before, after)
            return "size" if rule == "root" and len(found) < len(lines) else rule, number + 1
    return "size" if len(found) < len(lines) else "unsealed", len(found)


def _difference(before: bytes, after: bytes) -> str:
    match = LINE.fullmatch(after)
    if match is None:
        return "format"
    was = fields(before)
    if match["n"] != was["n"]:
        return "position"
    if any(match[name] != was[name] for name in ("t", "type", "c")):
        # Who changes a commitment and not the payload has not committed to the payload.
        return "root"
    return "commitment"
