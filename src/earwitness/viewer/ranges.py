"""Bytes that are in memory, answered whole or in part (RFC 9110, section 14)."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)


def in_ranges(request: Request, data: bytes, media_type: str, name: str) -> Response:
    """The bytes, or the one range of them that was asked for.

    Args:
        request: what was asked.
        data: all there is.
        media_type: what it is.
        name: what a browser is to call it; nothing in it needs quoting.
    """
    headers = {"Accept-Ranges": "bytes", "Content-Disposition": f'inline; filename="{name}"'}
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    if found is None or not any(found.groups()):  # several ranges may be answered with all
        return Response(data, headers=headers, media_type=media_type)
    size = len(data)
    if found[1]:
        start, end = int(found[1]), min(int(found[2]) + 1 if found[2] else size, size)
    else:
        start, end = max(0, size - int(found[2])), size
    if start >= end:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return Response(data[start:end], 206, headers=headers, media_type=media_type)
