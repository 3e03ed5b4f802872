"""One HTTP POST to another party's service, bounded in time and in size."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import frozen

from .exceptions import EarwitnessError

TIMEOUT_SECONDS: Final = 20.0
MAX_ANSWER_BYTES: Final = 1 << 20
_STEP: Final = 1 << 16


@frozen
class Answer:
    """What a service answered.

    Attributes:
        status: the HTTP status, whichever it is.
        content_type: the media type, in lower case and without parameters.
        body: all of it.
    """

    status: int
    content_type: str
    body: bytes

    @property
    def summary(self) -> str:
        """The status, and how the body begins. The text is the other party's."""
        return f"status {self.status}: {self.body[:200].decode('utf-8', 'replace').strip()}"


class _AsItIs(urllib.request.HTTPErrorProcessor):
    """Hands every answer on: a refusal is one too, and what is posted follows no redirect."""

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:
        return response

    https_response = http_response


def post(url: str, body: bytes, content_type: str, *, timeout: float = TIMEOUT_SECONDS) -> Answer:
    """Post a body, and read the answer.

    Args:
        url: ``http:`` or ``https:``.
        body: what is posted.
        content_type: its media type.
        timeout: seconds that the service may be silent, and that its answer may take to read.

    Raises:
        EarwitnessError: the URL is no such URL, or the answer is too large.
        OSError: there was no answer.
    """
    _check_url(url)
    headers = {"Content-Type": content_type, "User-Agent": "earwitness"}
    request = urllib.request.Request(url, body, headers, method="POST")
    deadline = time.monotonic() + timeout
    try:
        with urllib.request.build_opener(_AsItIs).open(request, timeout=timeout) as response:
            content = _read(response, deadline, url)
            return Answer(response.status, response.headers.get_content_type(), content)
    except urllib.error.URLError as error:
        raise _unanswered(error.reason, url) from error
    except (TimeoutError, http.client.HTTPException, ConnectionError) as error:
        raise _unanswered(error, url) from error


def _check_url(url: str) -> None:
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https"):
        expected = "http://… or https://…"
        raise EarwitnessError("This is not the URL of a service.", where=url, expected=expected)


def _read(response: http.client.HTTPResponse, deadline: float, url: str) -> bytes:
    content = b""
    while step := response.read1(_STEP):
        content += step
        if len(content) > MAX_ANSWER_BYTES:
            raise EarwitnessError(
                "The answer is too large.",
                where=url,
                expected=f"at most {MAX_ANSWER_BYTES} bytes",
                got="more",
            )
        if time.monotonic() > deadline:
            raise TimeoutError
    return content


def _unanswered(reason: object, url: str) -> OSError:
    told = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return OSError(getattr(reason, "errno", None) or 0, f"No answer: {told}", url)
