"""The report of one session, and the digest of its chat history, folded anew."""

from __future__ import annotations

from ..sinks import REPORT_NAME
from ..stores.contents import path_of
from ..stores.logfile import LOG_NAME
from .files import Files
from .findings import Verification
from .log import LogReading


def check_report(result: Verification, files: Files, log: LogReading) -> None:
    """Compare the report with what the events fold to, where they can tell."""
    path = path_of(result.folder / REPORT_NAME, log.key)
    told = result.withheld == result.erased and not result.encrypted and not log.erasing
    report = log.report() if told else None
    closed = result.state == "closed"
    closed_report = None if closed else log.closed_report()
    if report is None or (not closed and closed_report is None):
        for each in sorted(result.folder.glob(f"{REPORT_NAME}*")):
            result.unchecked.append(f"{each.name}: {_why(result, log)}")
        return
    if closed and not result.withheld:
        _check_history(result, log)
    # A recording that was closed and is open again has the report of its close, or that of the
    # recovery which has yet to close it.
    if path.exists() or not log.report_failed:
        files.check_report(REPORT_NAME, report, closed_report)


def _check_history(result: Verification, log: LogReading) -> None:
    if log.closed is None or log.fold is None:
        return
    (own, position), digest = log.closed, log.fold.history_digest()
    if own.history_sha256 != digest:
        where = f"{LOG_NAME}, event {position} ({own.TAG})"
        told = f"SHA-256 {digest}", f"SHA-256 {own.history_sha256}"
        result.find("history", where, *told, event=position)


def _why(result: Verification, log: LogReading) -> str:
    if log.erasing:
        return "an erasure is not finished"
    if result.withheld != result.erased:
        return "payloads are withheld"
    if result.encrypted:
        return "payloads are encrypted"
    if result.state != "closed":
        return "the recording is not closed"
    return "the events cannot be folded"
