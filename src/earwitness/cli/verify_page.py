"""What `earwitness verify` found, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..verify import Finding, Verification
from .formats import counted
from .page import from_here
from .terminal import named, new_table, print_table, state_of, styled
from .verify_documents import key_name
from .verify_store import Verdict

_UNBOUNDED: Final = 10_000


def print_verdict(console: Console, verdict: Verdict, store: Path) -> None:
    """Print a line for each session, what is wrong with them, and a summary."""
    if not (verdict.sessions or verdict.findings or verdict.audit_log or verdict.store_log):
        console.print(f"No sessions in {store} yet.")
        return
    print_table(console, _sessions(console, verdict), indent=0)
    for session in [*verdict.sessions, *_store_log(verdict)]:
        if not session.sound:
            title = Text("\n") + named(session.session_id) + styled(" in ", "dim")
            # A path that the console had broken over two lines could not be copied.
            folder = styled(from_here(session.folder), "dim")
            console.print(title + folder, soft_wrap=True)
            print_table(console, _wrongs(session))
    print_table(console, _findings(verdict.findings), f"The store, {store}")
    if verdict.audit_log is not None and verdict.audit_log.malformed:
        print_table(console, _malformed(verdict), "The audit log")
    console.print()
    for line in _summary(verdict):
        console.print(line)


def _sessions(console: Console, verdict: Verdict) -> Table:
    table = new_table("session", "state", "sealed", "verdict")
    for session in verdict.sessions:
        line = named(session.session_id), state_of(session.state), _sealed(session)
        table.add_row(*line, _verdict(session, verdict))
    for log in _store_log(verdict):
        table.add_row(styled(log.session_id, "dim"), "", _sealed(log), _verdict(log, verdict))
    for column in table.columns[:-1]:
        column.no_wrap = True
    if not verdict.sessions:
        return table
    # No id may be broken, not even one with spaces in it: it is there to be copied.
    table.columns[0].min_width = max(named(each.session_id).cell_len for each in verdict.sessions)
    anywhere = console.options.update(width=_UNBOUNDED)
    if Measurement.get(console, anywhere, table).minimum <= console.width:
        return table
    return _narrow(verdict)


def _narrow(verdict: Verdict) -> Table:
    table = Table.grid()
    for session in verdict.sessions:
        table.add_row(named(session.session_id))
        facts = state_of(session.state) + Text(", ") + _sealed(session) + Text(" sealed: ")
        table.add_row(Padding(facts + _verdict(session, verdict), (0, 0, 0, 2)))
    for log in _store_log(verdict):
        table.add_row(styled(log.session_id, "dim"))
        facts = _sealed(log) + Text(" sealed: ") + _verdict(log, verdict)
        table.add_row(Padding(facts, (0, 0, 0, 2)))
    return table


def _store_log(verdict: Verdict) -> list[Verification]:
    return [] if verdict.store_log is None else [verdict.store_log]


def _sealed(session: Verification) -> Text:
    return styled(f"{session.sealed:,} of {session.events:,}")


def _verdict(session: Verification, verdict: Verdict) -> Text:
    if session.findings:
        amount = len(session.findings) + session.more_findings
        said = styled(f"not sound, {counted(amount, 'finding')}", "bold red")
    elif session.unread:
        said = styled("could not be read", "bold yellow")
    else:
        said = styled("sound", "green")
    remarks = "".join(f", {remark}" for remark in _remarks(session, verdict))
    return said + styled(remarks, "yellow" if session.sound else "dim")


def _remarks(session: Verification, verdict: Verdict) -> Iterator[str]:
    """What is no fault, and has to be known."""
    if session.sealed and session.after_checkpoint:
        yield f"{counted(session.after_checkpoint, 'event')} after the last checkpoint"
    elif session.events and session.sound and not session.sealed:
        yield "nothing sealed"
    if session.erased:
        yield f"{counted(session.erased, 'payload')} erased"
    if session.withheld > session.erased:
        yield f"{session.withheld - session.erased:,} withheld"
    if session.encrypted:
        yield f"{session.encrypted:,} encrypted"
    if session.torn_bytes:
        yield f"{counted(session.torn_bytes, 'byte')} of an unfinished line"
    if verdict.audit_log is not None and not session.published:
        yield "not in the audit log"
    if verdict.quorum.keys:
        names = ", ".join(session.cosigned_by) or "none of the witnesses"
        yield f"{counted(session.cosigned, 'event')} countersigned by {names}"
    for name in session.left:
        yield f"{name} was erased and is still there"
    for told in session.unchecked if session.sound else ():
        yield f"{told.partition(':')[0]} not compared"


def _wrongs(session: Verification) -> Table:
    table = _findings(session.findings)
    for told in session.unread:
        table.add_row(styled("not read", "yellow"), told)
    if session.more_findings:
        table.add_row("", f"and {counted(session.more_findings, 'finding')} more")
    return table


def _findings(findings: Sequence[Finding]) -> Table:
    table = new_table()
    for finding in findings:
        table.add_row(styled(finding.rule, "red"), finding.where)
        table.add_row(styled("  expected", "dim"), finding.expected)
        table.add_row(styled("  got", "dim"), finding.got)
    return table


def _malformed(verdict: Verdict) -> Table:
    table = new_table()
    for line in verdict.audit_log.malformed if verdict.audit_log is not None else ():
        table.add_row(styled(line.where, "yellow"), line.what)
    return table


def _summary(verdict: Verdict) -> Iterator[Text]:
    sessions = verdict.sessions
    sound = sum(session.sound for session in sessions)
    wrong = sum(bool(session.findings) for session in sessions)
    counts = [f"{sound:,} sound", f"{wrong:,} not sound"]
    if unread := len(sessions) - sound - wrong:
        counts.append(f"{unread:,} could not be read")
    told = f"{counted(len(sessions), 'session')}: {', '.join(counts)}."
    yield styled(told, "green" if verdict.exit_code == 0 else "bold red")
    if (log := verdict.audit_log) is not None:
        checkpoints = counted(sum(map(len, log.checkpoints.values())), "checkpoint")
        known = counted(len(log.checkpoints), "session")
        yield styled(f"The audit log tells of {checkpoints} of {known}.")
    if verdict.pruned:
        gone = counted(len(verdict.pruned), "session")
        yield styled(f"{gone} of them pruned, as the store's log tells.")
    if verdict.keys:
        yield styled(_trust(verdict), "dim")


def _trust(verdict: Verdict) -> str:
    keys = ", ".join(map(key_name, verdict.keys))
    if verdict.own_keys:
        return f"Trusted: {keys}, from the store itself. --key takes an auditor's own."
    return f"Trusted: {keys}."
