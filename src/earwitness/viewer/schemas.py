"""The schemas of what the API answers, by their names in the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from ..projections.exchanges import STAGES
from ..projections.marks import LANES

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_NUMBER: Final[Schema] = {"type": "number"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_MOMENT: Final[Schema] = {"type": "integer", "description": "microseconds since the Unix epoch"}
_LENGTH: Final[Schema] = {"type": "integer", "description": "microseconds"}
_SECONDS: Final[Schema] = {"type": "number", "description": "seconds"}
_TRUTH: Final[Schema] = {"type": "boolean"}
_ANY: Final[Schema] = {}


def _object(**members: Schema) -> Schema:
    return {"type": "object", "required": list(members), "properties": members}


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _mapping(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_ENTRY: Final = _object(
    session_id=_TEXT,
    segment=_TEXT | {"description": "what stands for the session in a path"},
    state={"enum": ["live", "closed", "interrupted", "damaged"]},
    integrity={
        "enum": ["live", "sealed", "unsealed", "interrupted", "damaged", "sound", "not sound"]
    },
    opened_at=_MOMENT,
    seconds=_SECONDS,
    events=_COUNT,
    encrypted=_TRUTH,
    lost=_COUNT,
    last_at=_MOMENT,
    last_type=_TEXT,
    close_reason=_or_null(_TEXT),
    agent=_TEXT,
    agents=_array(_TEXT),
    room=_TEXT,
    job_id=_TEXT,
    tags=_array(_TEXT),
    turns=_COUNT,
    latency=_or_null(_object(median=_SECONDS, worst=_SECONDS)),
    tools=_mapping(_COUNT),
    errors=_COUNT,
    sealed=_COUNT,
    damage=_or_null(_TEXT),
    match=_or_null(_ref("Match")),
)
_FACTS: Final = _object(
    **_ENTRY["properties"],
    sdk=_mapping(_ANY),
    job=_mapping(_ANY),
    usage=_array(_mapping(_ANY)),
    audio=_or_null(_object(started_at=_MOMENT, seconds=_SECONDS)),
    unread=_array(_TEXT),
)
_LATENCY: Final = _object(
    gap=_or_null(_ref("Spread")),
    stages={"type": "object", "properties": {stage: _ref("Spread") for stage in STAGES}},
    waterfalls=_array(_ref("Waterfall")),
)
_MEDIANS: Final = ("seconds", "turns", "latency_median", "latency_worst", "errors", "tools")

SCHEMAS: Final[dict[str, Schema]] = {
    "Session": _ENTRY,
    "Match": _object(
        position=_COUNT,
        speaker={"enum": ["user", "agent"]},
        parts=_array(_object(text=_TEXT, found=_TRUTH)),
        lines=_COUNT | {"description": "in how many lines it was found"},
    ),
    "Page": _object(
        sessions=_array(_ref("Session")),
        total=_COUNT,
        next=_or_null(_TEXT | {"description": "`after` for the next page"}),
        waiting=_COUNT | {"description": "how many logs have still to be read"},
    ),
    "Facts": _FACTS,
    "Line": _object(
        position=_COUNT,
        at=_MOMENT,
        until=_or_null(_MOMENT),
        kind={"enum": ["user", "agent", "tool", "error", "handoff", "recording"]},
        turn=_COUNT,
        agent=_TEXT,
        text=_TEXT,
        outcome=_TEXT,
    ),
    "Story": _object(**{"total": _COUNT, "from": _COUNT, "lines": _array(_ref("Line"))}),
    "Mark": _object(
        lane={"enum": list(LANES)},
        start=_MOMENT,
        end=_or_null(_MOMENT),
        position=_COUNT,
        kind=_TEXT,
        label=_TEXT,
        count=_COUNT,
    ),
    "Timeline": _object(
        start=_MOMENT,
        end=_MOMENT,
        lanes=_object(**{lane: _array(_ref("Mark")) for lane in LANES}),
    ),
    "Spread": _object(count=_COUNT, median=_LENGTH, p90=_LENGTH, p95=_LENGTH, worst=_LENGTH),
    "Segment": _object(stage={"enum": list(STAGES)}, start=_MOMENT, length=_LENGTH),
    "Waterfall": _object(
        turn=_COUNT,
        position=_COUNT,
        start=_MOMENT,
        gap=_LENGTH,
        since={"enum": ["speech", "silence", "message"]},
        segments=_array(_ref("Segment")),
    ),
    "Latency": _object(
        **_LATENCY["properties"],
        **{"total": _COUNT, "from": _COUNT},
        slowest=_or_null(_object(turn=_COUNT, index=_COUNT)),
    ),
    "Event": _object(
        position=_COUNT,
        recorded_at=_MOMENT,
        type=_TEXT,
        commitment=_TEXT,
        salt=_or_null(_TEXT),
        withheld=_TRUTH,
        encrypted=_TRUTH,
        payload=_ANY,
    ),
    "Events": _object(
        events=_array(_ref("Event")),
        total=_COUNT,
        next=_or_null(_COUNT | {"description": "`after` for the next page"}),
    ),
    "Comparison": _object(
        a=_object(**_FACTS["properties"], **_LATENCY["properties"]),
        b=_or_null(_object(**_FACTS["properties"], **_LATENCY["properties"])),
        median=_or_null(_object(sessions=_COUNT, **{n: _or_null(_NUMBER) for n in _MEDIANS})),
    ),
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "hint": _TEXT,
        },
    },
}
"""JSON Schema 2020-12, as OpenAPI 3.1 has it."""
