"""Verifying a log, against nothing but parsing its lines and hashing what has to be hashed."""

from __future__ import annotations

import gc
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from earwitness.keys import read_verifier_keys
from earwitness.verify import verify_session

from ..measuring import Row, in_turn, milliseconds, seconds
from ..places import new_folder
from ..recorded import recorded

EVENTS: Final = 100_000
QUICK_EVENTS: Final = 300
ROUNDS: Final = 7


async def measure(quick: bool) -> list[Row]:
    with new_folder() as folder:
        session = await recorded(QUICK_EVENTS if quick else EVENTS, folder)
        await session.recorder.finalize()
        store, session_id = session.store, session.recorder.session_id
        log = store.folder(session_id) / "log.jsonl"
        keys = read_verifier_keys(folder / "keys" / "verifier.key")
        del session  # whoever verifies has no call in memory
        gc.collect()

        def verify() -> None:
            found = verify_session(store, session_id, keys)
            assert found.sound, found.findings
            assert found.sealed == found.events

        taken = await in_turn(
            2 if quick else ROUNDS,
            {"verify": lambda: seconds(verify), "least": lambda: seconds(_parse_and_hash, log)},
        )
    return [
        Row.of(
            f"verify {EVENTS:,} events, against parsing and hashing them",
            "at most 2.5",
            taken["verify"] / taken["least"],
            at_most=2.5,
            figures={
                "verifying, ms": milliseconds(taken["verify"]),
                "parsing and hashing, ms": milliseconds(taken["least"]),
            },
        )
    ]


def _parse_and_hash(log: Path) -> bytes:
    """Each line parsed by msgspec; its commitment, its leaf and one node hashed by hashlib."""
    decode = msgspec.json.Decoder().decode
    root = b""
    with log.open("rb") as lines:
        for line in lines:
            decode(line)
            committed = line.index(b',"s":"')
            sha256(line[committed + 6 : -2]).hexdigest()
            leaf = sha256(b"\x00" + line[:committed] + b"}").digest()
            root = sha256(b"\x01" + root + leaf).digest()
    return root
