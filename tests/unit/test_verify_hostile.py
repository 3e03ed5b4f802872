"""No bytes that anybody may put into a session's folder bring the verifier down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness import Event, values
from earwitness.codec import new_event
from earwitness.events import OWN_EVENTS, RecordingClosed
from earwitness.verify import Verification
from tests.seal.recordings import SIGNER, Recording
from tests.unit.forging import AT, own, said, seal, sealed_call, write_log

FILES = ("log.jsonl", "checkpoint", "report.json")
TYPES = (*OWN_EVENTS, "conversation_item_added", "function_tools_executed", "error", "close")

json_values: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["id", "type", "item", "message", "1", 10**400]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "item", "type", "payload", "position", "order", "report", "$x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return sealed_call(tmp_path_factory.mktemp("hostile"), "call")


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Its log and its checkpoint are written by the tests."""
    return sealed_call(tmp_path_factory.mktemp("forged"), "call")


@st.composite
def edits(draw: Any) -> Callable[[bytes], bytes]:
    """Replaces a few bytes at some place by others."""
    place, length = draw(st.floats(0, 1)), draw(st.integers(0, 200))
    inserted = draw(
        st.binary(max_size=200)
        | st.sampled_from([b"\n", b"\r\n", b"\x00", b'"', b"}", b"[" * 5000, b"\n\n", b"{}\n"])
    )

    def edit(content: bytes) -> bytes:
        start = int(place * len(content))
        return content[:start] + inserted + content[start + length :]

    return edit


@settings(max_examples=300)
@given(name=st.sampled_from(FILES), edit=edits())
def test_every_edit_is_found_or_makes_no_difference(
    sealed: Recording, name: str, edit: Callable[[bytes], bytes]
) -> None:
    content = (sealed.folder / name).read_bytes()
    changed = edit(content)
    found = sealed.verify_with(name, changed)
    harmless = (
        name == "log.jsonl" and changed.startswith(content) and b"\n" not in changed[len(content) :]
    )
    assert found.sound == (changed == content or harmless)


@settings(max_examples=100)
@given(name=st.sampled_from(FILES), content=st.binary(max_size=500))
def test_no_content_at_all_brings_the_verifier_down(
    sealed: Recording, name: str, content: bytes
) -> None:
    assert not sealed.verify_with(name, content).sound


@settings(max_examples=200)
@given(
    facts=st.lists(
        st.tuples(st.sampled_from(TYPES), json_values | st.dictionaries(st.text(), json_values)),
        min_size=1,
        max_size=6,
    )
)
def test_no_payload_brings_the_verifier_down(
    forged: Recording, facts: Sequence[tuple[str, Any]]
) -> None:
    """Not even one that the key has signed."""
    events = [
        new_event(position, AT, type, values.encode(payload))
        for position, (type, payload) in enumerate(facts)
    ]
    verify(forged, events)


@pytest.mark.parametrize("depth", [300, 450, 600, 900, 990, 20_000])
@pytest.mark.parametrize("type", TYPES)
def test_no_nesting_brings_the_verifier_down(forged: Recording, type: str, depth: int) -> None:
    nested = b'{"item":{"id":"x","a":' + b"[" * depth + b"]" * depth + b"}}"
    report = {"events": [], "chat_history": {"items": []}}
    opened = said(0, "recording_opened", {"session_id": "call", "format": 1, "report": report})
    verify(forged, [opened, new_event(1, AT, type, nested)])


def verify(recording: Recording, events: list[Event]) -> Verification:
    closed = RecordingClosed(reason="x", history_sha256="0" * 64)
    events = [*events, own(len(events), closed)]
    write_log(recording.store, "call", events)
    seal(recording.store, "call", events, SIGNER)
    return recording.verify()
