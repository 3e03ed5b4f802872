"""`earwitness export` writes what was said, and nothing that was said can be more than that."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness import JournalEventStore
from earwitness.cli.export_formats import BREAKER, FORMATS, md, srt, txt, vtt
from earwitness.projections.captions import Caption
from tests.cli.running import Run
from tests.livekit.recording import recorded

SAID = [
    Caption(
        1.0,
        2.5,
        "user",
        "",
        "A table for 2 & 3 <b>please</b>\n\n00:00:09.000 --> 00:00:10.000",
        False,
    ),
    Caption(3.25, 3.25, "agent", "host", "# At what", True),
    Caption(3725.5, 3730.0, "user", "", "1. [eight](http://x)", False),
]

GOLDEN = {
    "vtt": """WEBVTT

00:00:01.000 --> 00:00:02.500
<v User>A table for 2 &amp; 3 &lt;b&gt;please&lt;/b&gt;
00:00:09.000 --&gt; 00:00:10.000

00:00:03.250 --> 00:00:03.251
<v Agent host># At what —

01:02:05.500 --> 01:02:10.000
<v User>1. [eight](http://x)
""",
    "srt": """1
00:00:01,000 --> 00:00:02,500
User: A table for 2 & 3 <|b>please<|/b>
00:00:09.000 --|> 00:00:10.000

2
00:00:03,250 --> 00:00:03,251
Agent host: # At what —

3
01:02:05,500 --> 01:02:10,000
User: 1. [eight](http://x)
""".replace("|", BREAKER),
    "txt": """[0:01.0] User: A table for 2 & 3 <b>please</b>
    00:00:09.000 --> 00:00:10.000
[0:03.2] Agent host: # At what —
[1:02:05.5] User: 1. [eight](http://x)
""",
    "md": r"""**User** 0:01.0

> A table for 2 \& 3 \<b\>please\</b\>
>
> 00\:00\:09.000 --\> 00\:00\:10.000

**Agent host** 0:03.2

> \# At what —

**User** 1:02:05.5

> 1\. \[eight\](http\://x)
""",
}

HOSTILE = st.text(
    st.sampled_from("a1 -><&;{}\\*_#[]()!|.:,\n\r\x00\x1b\u2028\u202e\ud800\u200b=`~+$@^")
    | st.characters(),
    max_size=60,
)
CAPTIONS = st.lists(
    st.builds(
        Caption,
        begin=st.floats(0, 1e5),
        end=st.floats(0, 1e5),
        speaker=st.sampled_from(["user", "agent"]),
        agent=HOSTILE,
        text=HOSTILE.filter(str.strip),
        interrupted=st.booleans(),
    ),
    max_size=4,
)


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_as_it_should_be(name: str):
    assert FORMATS[name](SAID) == GOLDEN[name]


def cues(text: str, name: str) -> list[tuple[float, float]]:
    """What another reader of the format takes for cues."""
    with av.open(io.BytesIO(text.encode()), format=name) as container:
        return [
            (float(packet.pts * packet.time_base), float(packet.duration * packet.time_base))
            for packet in container.demux()
            if packet.pts is not None
        ]


@pytest.mark.parametrize(("name", "reader"), [("vtt", "webvtt"), ("srt", "srt")])
def test_another_reader_finds_the_same_cues(name: str, reader: str):
    expected = [(each.begin, max(0.001, each.end - each.begin)) for each in SAID]
    assert cues(FORMATS[name](SAID), reader) == [
        pytest.approx(pair, abs=0.002) for pair in expected
    ]


@given(CAPTIONS)
def test_no_words_are_more_than_words_in_webvtt(captions: list[Caption]):
    header, *blocks = vtt(captions).rstrip("\n").split("\n\n")
    assert header == "WEBVTT"
    assert len(blocks) == len(captions)
    for block in blocks:
        timing, *payload = block.split("\n")
        assert re.fullmatch(r"\d\d+:\d\d:\d\d\.\d{3} --> \d\d+:\d\d:\d\d\.\d{3}", timing)
        assert "-->" not in "".join(payload)
        assert all(payload)
        assert re.fullmatch(r"<v (User|Agent[^<>]*)>[^<>]*", "".join(payload), re.DOTALL)
    check_plain(vtt(captions))


@given(CAPTIONS)
def test_no_words_are_more_than_words_in_subrip(captions: list[Caption]):
    blocks = srt(captions).rstrip("\n").split("\n\n") if captions else []
    assert len(blocks) == len(captions)
    for number, block in enumerate(blocks, 1):
        first, timing, *payload = block.split("\n")
        assert first == str(number)
        assert timing.count(" --> ") == 1
        assert payload
        assert "-->" not in "".join(payload)
        assert not re.search(r"<[^\u200b]|{[^\u200b]", "".join(payload))
    check_plain(srt(captions))


@given(CAPTIONS)
def test_no_words_forge_a_speaker_in_plain_text(captions: list[Caption]):
    lines = txt(captions).split("\n")[:-1]
    assert sum(line.startswith("[") for line in lines) == len(captions)
    assert all(line.startswith(("[", "    ")) for line in lines)
    check_plain(txt(captions))


@given(CAPTIONS)
def test_no_words_are_markup_in_markdown(captions: list[Caption]):
    text = md(captions)
    assert len(re.findall(r"^\*\*", text, re.MULTILINE)) == len(captions)
    for line in text.split("\n"):
        words = re.sub(r"\\.", "x", line.removeprefix("> "))
        if line.startswith("> "):
            assert not re.search(r"[*_`<>\[\]#|~&]|^\d+[.)]|^[-+]", words)
    check_plain(text)


def check_plain(text: str) -> None:
    """A terminal and a file can take it."""
    assert not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]",
        text.replace("\t", ""),
    )
    text.encode()


@given(CAPTIONS)
def test_what_was_said_can_be_read_back_from_webvtt(captions: list[Caption]):
    _, *blocks = vtt(captions).rstrip("\n").split("\n\n")
    for caption, block in zip(captions, blocks, strict=True):
        said = block.split(">", 2)[2]
        for reference, letter in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
            said = said.replace(reference, letter)
        words = re.sub(
            r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffd\s]", "", caption.text
        )
        assert re.sub(r"[\ufffd\s]", "", said).removesuffix("—") == words.removesuffix("—")


async def test_a_session_is_exported(run: Run, store: JournalEventStore, tmp_path: Path) -> None:
    play: Any = await recorded("interruption", store)
    await play.recorder.finalize()
    printed = run("export", "last")
    assert printed.out.startswith("WEBVTT\n\n00:00:0")
    assert "<v User>What do you serve?" in printed.out
    assert re.search(r"<v Agent[^>]*>Our menu begins —", printed.out)
    file = tmp_path / "call.srt"
    assert run("export", "last", "--format", "srt", "--output", str(file)).out == ""
    assert "User: What do you serve?" in file.read_text()
