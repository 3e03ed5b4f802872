"""The API gives back what is in the store, some of it at a time, and changes nothing."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

from earwitness import JournalEventStore
from earwitness.evidence import verify_evidence
from earwitness.keys import read_verifier_keys
from tests.cli.running import begin, damage, record, say
from tests.replaying import replay, replay_long

CALL = "/api/v1/sessions/call-000000"


def ids(answer: dict) -> list[str]:
    return [each["session_id"] for each in answer["sessions"]]


def test_sessions_are_listed_a_page_at_a_time(client: TestClient, calls: list[str]) -> None:
    first = client.get("/api/v1/sessions", params={"limit": 3}).json()
    assert (ids(first), first["total"], first["waiting"]) == (calls[:1:-1], 5, 0)
    rest = client.get("/api/v1/sessions", params={"limit": 3, "after": first["next"]}).json()
    assert (ids(rest), rest["next"]) == (calls[1::-1], None)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"room": "table-3"}, [3]),
        ({"agent": "osteria"}, [4, 1]),
        ({"tag": "allergy"}, [2]),
        ({"reason": "error"}, [3]),
        ({"errors": "true"}, [3, 0]),
        ({"errors": "false"}, [4, 2, 1]),
        ({"state": "closed", "room": ""}, [4, 3, 2, 1, 0]),
        ({"state": "live"}, []),
        ({"min_seconds": "10"}, []),
        ({"until": "2001-01-01"}, []),
        ({"search": "barolo"}, [0]),
        ({"search": "?!"}, []),
    ],
)
def test_sessions_can_be_asked_for(
    asked: dict[str, str], found: list[int], client: TestClient, calls: list[str]
) -> None:
    answer = client.get("/api/v1/sessions", params=asked).json()
    assert ids(answer) == [calls[number] for number in found]


def test_a_search_shows_the_line(client: TestClient, calls: list[str]) -> None:
    [found] = client.get("/api/v1/search", params={"q": "bottle barolo"}).json()["sessions"]
    match = found["match"]
    assert "".join(part["text"] for part in match["parts"]).startswith("Lovely. Could you put a")
    assert [part["text"] for part in match["parts"] if part["found"]] == ["bottle", "Barolo"]
    event = client.get(f"{CALL}/events/{match['position']}").json()
    assert "Barolo" in event["payload"]["item"]["content"][0]


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": "0"},
        {"limit": "1e3"},
        {"limit": "९"},
        {"limit": "9" * 40},
        {"after": "nonsense"},
        {"since": "yesterday"},
        {"since": "0000-00-00"},
        {"state": "dead"},
        {"errors": "yes"},
        {"min_seconds": "-1"},
        {"min_seconds": "nan"},
        {"search": "x" * 1001},
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(
    asked: dict[str, str], client: TestClient
) -> None:
    refused = client.get("/api/v1/sessions", params=asked)
    assert refused.status_code == 400
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert problem["type"] == "urn:earwitness:problem:bad-parameter"
    assert problem["detail"].startswith(next(iter(asked)))


def test_a_session_tells_of_itself(client: TestClient, calls: list[str]) -> None:
    facts = client.get(CALL).json()
    assert facts["job"] == {
        "job": "AJ_000000",
        "room": "table-0",
        "room_id": "RM_000000",
        "agent": "trattoria",
    }
    assert facts["sdk"] == {"name": "livekit-agents", "version": "1.8.9"}
    assert (facts["turns"], facts["errors"], facts["audio"]) == (6, 1, None)
    assert facts["usage"][0]["type"] == "llm_usage"


def test_a_story_is_told_in_windows(client: TestClient, calls: list[str]) -> None:
    whole = client.get(f"{CALL}/story").json()
    assert len(whole["lines"]) == whole["total"]
    some = client.get(f"{CALL}/story", params={"from": 3, "count": 2}).json()
    assert some["lines"] == whole["lines"][3:5]
    around = client.get(f"{CALL}/story", params={"at": whole["lines"][8]["at"], "count": 3}).json()
    assert whole["lines"][8] in around["lines"]
    assert around["lines"] == whole["lines"][around["from"] : around["from"] + 3]
    behind = client.get(f"{CALL}/story", params={"from": 10**6}).json()
    assert behind["lines"] == []


def test_a_timeline_has_its_lanes(client: TestClient, calls: list[str]) -> None:
    whole = client.get(f"{CALL}/timeline", params={"pixels": 20_000}).json()
    assert list(whole["lanes"]) == [
        *("user", "agent", "tools", "interruptions", "errors", "handoffs", "recording"),
    ]
    assert [mark["kind"] for mark in whole["lanes"]["errors"]] == ["recoverable"]
    few = client.get(f"{CALL}/timeline", params={"pixels": 1}).json()
    assert len(few["lanes"]["agent"]) < len(whole["lanes"]["agent"])


def test_a_timeline_that_ends_before_it_begins_is_refused(
    client: TestClient, calls: list[str]
) -> None:
    refused = client.get(f"{CALL}/timeline", params={"from": 2, "to": 1})
    assert refused.status_code == 400


def test_the_parts_of_a_gap_add_up_to_it(client: TestClient, calls: list[str]) -> None:
    latency = client.get(f"{CALL}/latency").json()
    assert latency["waterfalls"]
    for waterfall in latency["waterfalls"]:
        assert sum(each["length"] for each in waterfall["segments"]) == waterfall["gap"]
    slowest = max(latency["waterfalls"], key=lambda each: each["gap"])
    assert latency["slowest"]["turn"] == slowest["turn"]


def test_events_are_given_in_windows(
    client: TestClient, calls: list[str], store: JournalEventStore
) -> None:
    found, after = [], -1
    while after is not None:
        answer = client.get(f"{CALL}/events", params={"after": after, "limit": 30}).json()
        found += answer["events"]
        after = answer["next"]
    recorded = list(store.read("call-000000"))
    assert [each["position"] for each in found] == [event.position for event in recorded]
    assert [each["payload"] for each in found] == [event.plain_payload for event in recorded]


def test_events_of_some_types(client: TestClient, calls: list[str]) -> None:
    answer = client.get(f"{CALL}/events", params={"types": "error,close", "limit": 1}).json()
    assert [each["type"] for each in answer["events"]] == ["error"]
    rest = client.get(
        f"{CALL}/events", params={"types": "error,close", "after": answer["next"]}
    ).json()
    assert [each["type"] for each in rest["events"]] == ["close"]
    assert rest["next"] is None


@pytest.mark.parametrize("position", ["81", "-1", "x", "9" * 30, "१"])
def test_an_event_that_is_not_there(position: str, client: TestClient, calls: list[str]) -> None:
    refused = client.get(f"{CALL}/events/{position}")
    assert refused.status_code == 404
    assert refused.json()["type"] == "urn:earwitness:problem:no-such-event"


def test_evidence_convinces_whoever_has_the_key(
    client: TestClient, calls: list[str], store: JournalEventStore
) -> None:
    answer = client.get(f"{CALL}/events/6/evidence")
    keys = read_verifier_keys(store.root / "keys/verifier.key")
    evidence = verify_evidence(answer.content, keys)
    assert evidence.event.position == 6
    assert "attachment" in answer.headers["content-disposition"]


def test_an_event_that_is_not_sealed_has_no_evidence(
    client: TestClient, store: JournalEventStore
) -> None:
    recorder = begin(store, "call")
    say(recorder, "close", reason="later")
    refused = client.get("/api/v1/sessions/call/events/1/evidence")
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "urn:earwitness:problem:not-sealed",
    )


def test_log_and_report_are_the_recorded_ones(
    client: TestClient, calls: list[str], store: JournalEventStore
) -> None:
    log = client.get(f"{CALL}/log")
    assert log.content == (store.folder("call-000000") / "log.jsonl").read_bytes()
    assert "call-000000.log.jsonl" in log.headers["content-disposition"]
    report = client.get(f"{CALL}/report")
    assert report.json() == json.loads(store.report("call-000000").to_json())


def test_audio_is_given_in_ranges(
    client: TestClient, calls: list[str], store: JournalEventStore
) -> None:
    (store.folder("call-000000") / "audio.ogg").write_bytes(bytes(range(200)))
    part = client.get(f"{CALL}/audio", headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["content-type"] == "audio/ogg"
    beyond = client.get(f"{CALL}/audio", headers={"range": "bytes=900-"})
    assert beyond.status_code == 416
    assert client.get("/api/v1/sessions/call-000001/audio").status_code == 404


def test_two_sessions_are_compared(client: TestClient, calls: list[str]) -> None:
    both = client.get("/api/v1/compare", params={"a": calls[0], "b": calls[1]}).json()
    assert (both["a"]["session_id"], both["b"]["session_id"]) == (calls[0], calls[1])
    assert both["a"]["gap"]["count"] == 5
    assert both["median"] is None


def test_a_session_is_compared_with_the_median_of_others(
    client: TestClient, calls: list[str]
) -> None:
    answer = client.get("/api/v1/compare", params={"a": calls[0], "errors": "false"}).json()
    assert answer["b"] is None
    assert answer["median"]["sessions"] == 3
    assert (answer["median"]["turns"], answer["median"]["errors"]) == (6, 0)


@pytest.mark.parametrize(
    "name", ["nope", "%2e%2e", "%2e%2e%2f%2e%2e", "a%00b", "call-00000*", "x" * 5000, "%5B"]
)
@pytest.mark.parametrize("part", ["", "/story", "/events/0", "/log", "/report", "/live", "/verify"])
def test_a_session_that_is_not_there(
    name: str, part: str, client: TestClient, calls: list[str]
) -> None:
    refused = client.get(f"/api/v1/sessions/{name}{part}")
    assert refused.status_code == 404


@pytest.mark.parametrize(
    "session_id", ["", "../..", "live", "AJ_Xy", "Ünï\n\x00\x1b[2J", "\ud800", "x" * 900]
)
def test_a_session_may_be_called_anything(
    session_id: str, client: TestClient, store: JournalEventStore
) -> None:
    record(store, session_id, "Hello?")
    [listed] = client.get("/api/v1/sessions").json()["sessions"]
    address = f"/api/v1/sessions/{listed['segment']}"
    assert client.get(address).json()["session_id"] == session_id
    assert client.get(f"{address}/story").json()["total"] == 1
    for part in ("/report", "/log", "/events/0/evidence"):
        assert client.get(address + part).status_code == 200
    assert client.get(f"/sessions/{listed['segment']}").status_code == 200


def test_a_session_may_be_called_by_its_plain_id(
    client: TestClient, store: JournalEventStore
) -> None:
    record(store, "AJ_Xy", "Hello?")
    assert client.get("/api/v1/sessions/AJ_Xy").json()["session_id"] == "AJ_Xy"


def test_a_damaged_log_is_told_as_such(client: TestClient, store: JournalEventStore) -> None:
    record(store, "call", "Hello?")
    damage(store, "call")
    refused = client.get("/api/v1/sessions/call/story")
    assert (refused.status_code, refused.json()["type"]) == (
        422,
        "urn:earwitness:problem:damaged-log",
    )
    assert str(store.root) not in refused.text
    assert client.get("/api/v1/sessions/call").json()["state"] == "damaged"


def test_a_session_that_was_deleted_is_gone(client: TestClient, calls: list[str]) -> None:
    assert client.get(f"{CALL}/story").status_code == 200
    store = JournalEventStore(client.app._app.state.viewer.store.root)
    folder = store.folder("call-000000")
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert client.get(f"{CALL}/story").status_code == 404
    assert client.get(CALL).status_code == 404


def test_a_session_that_grows_tells_more(client: TestClient, store: JournalEventStore) -> None:
    recorder = begin(store, "call")
    address = "/api/v1/sessions/call"
    assert client.get(f"{address}/story").json()["total"] == 0
    for number in range(3):
        item = {"id": str(number), "type": "message", "role": "user", "content": ["Hello?"]}
        say(recorder, "conversation_item_added", item=item | {"created_at": 1795000000 + number})
        assert client.get(f"{address}/story").json()["total"] == number + 1
        assert client.get(address).json()["turns"] == 1


def test_an_erased_payload_is_not_told_any_more(
    client: TestClient, calls: list[str], store: JournalEventStore
) -> None:
    spoken = client.get("/api/v1/search", params={"q": "barolo"}).json()["sessions"][0]["match"]
    log = store.folder("call-000000") / "log.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    line = lines[spoken["position"]]
    lines[spoken["position"]] = line[: line.index(b',"s":')] + b"}\n"
    aside = log.with_name("aside")
    aside.write_bytes(b"".join(lines))
    aside.replace(log)
    event = client.get(f"{CALL}/events/{spoken['position']}").json()
    assert (event["withheld"], event["payload"]) == (True, None)
    assert "bottle of the 2016 Barolo aside" not in client.get(f"{CALL}/story").text


def test_a_long_session_is_given_in_windows(client: TestClient, store: JournalEventStore) -> None:
    replay_long(store.root, "long", 20_000)
    events = client.get("/api/v1/sessions/long/events", params={"after": 15_000, "limit": 2}).json()
    assert [each["position"] for each in events["events"]] == [15_001, 15_002]
    story = client.get("/api/v1/sessions/long/story", params={"from": 2000}).json()
    assert len(story["lines"]) == 100
    timeline = client.get("/api/v1/sessions/long/timeline", params={"pixels": 500})
    assert sum(map(len, timeline.json()["lanes"].values())) < 7 * 4 * 500


def test_a_large_store_is_read_in_the_background(
    store: JournalEventStore, client: TestClient
) -> None:
    replay(store.root, 600)
    answers = [client.get("/api/v1/sessions", params={"limit": 1}).json()]
    while answers[-1]["waiting"]:
        answers.append(client.get("/api/v1/sessions", params={"limit": 1}).json())
    assert answers[-1]["total"] == 600
    totals = [answer["total"] for answer in answers]
    assert totals == sorted(totals)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/api/v1/sessions", f"{CALL}", f"{CALL}/log", "/"])
def test_nothing_can_be_written(
    method: str, path: str, client: TestClient, calls: list[str]
) -> None:
    assert client.request(method, path).status_code == 405


def test_a_head_has_no_body(client: TestClient, calls: list[str]) -> None:
    for path in ("/api/v1/sessions", f"{CALL}/log", f"{CALL}/live", f"{CALL}/verify"):
        answer = client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")


def test_looking_leaves_the_recording_as_it_was(
    client: TestClient, calls: list[str], store: JournalEventStore
) -> None:
    def files() -> dict[str, bytes]:
        found = store.folder("call-000000").iterdir()
        return {file.name: file.read_bytes() for file in found}

    before = files()
    for part in ("", "/story", "/timeline", "/latency", "/events", "/report", "/log", "/verify"):
        assert client.get(f"{CALL}{part}").status_code == 200
    assert files() == before


def test_who_looked_at_what_is_told(store: JournalEventStore, calls: list[str]) -> None:
    from tests.viewer.conftest import asking

    class Record:
        def __init__(self) -> None:
            self.looks: list[tuple[str, str, str]] = []

        def looked(self, what: str, session_id: str, who: str) -> None:
            self.looks.append((what, session_id, who))

    access = Record()
    with asking(store, access=access) as client:
        client.get(f"{CALL}/story")
        client.get("/api/v1/search", params={"q": "barolo"})
        client.get("/sessions/call-000001")
    assert access.looks == [
        ("story", "call-000000", "testclient"),
        ("search", "", "testclient"),
        ("page", "call-000001", "testclient"),
    ]
