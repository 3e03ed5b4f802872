"""What `earwitness verify` says as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict

from ..exceptions import EarwitnessError
from ..integrity.vkey import VerifierKey
from ..verify import Verification
from .verify_store import Verdict

if TYPE_CHECKING:
    from ..evidence import Evidence


def verified(verdict: Verdict) -> dict[str, Any]:
    """The verification of a store."""
    document: dict[str, Any] = {
        "sound": verdict.exit_code == 0,
        "keys": [key_name(key) for key in verdict.keys],
        "own_keys": verdict.own_keys,
        "sessions": [_session(session) for session in verdict.sessions],
        "findings": [asdict(finding) for finding in verdict.findings],
        "store_log": None if verdict.store_log is None else _session(verdict.store_log),
        "pruned": verdict.pruned,
        "audit_log": None,
    }
    if (log := verdict.audit_log) is not None:
        document["audit_log"] = {
            "lines": log.lines,
            "sessions": len(log.checkpoints),
            "checkpoints": sum(map(len, log.checkpoints.values())),
            "malformed": [asdict(line) for line in log.malformed],
        }
    return document


def proven(evidence: Evidence) -> dict[str, Any]:
    """The verification of one event's evidence."""
    event = evidence.event
    return {
        "sound": True,
        "origin": evidence.origin,
        "position": event.position,
        "recorded_at": event.recorded_at / 1e6,
        "type": event.type,
        "size": evidence.size,
        "signed_by": [key_name(key) for key in evidence.signers],
        "withheld": event.withheld,
        "payload": None if event.withheld else event.plain_payload,
    }


def flawed(error: EarwitnessError) -> dict[str, Any]:
    """The verification of evidence that is not sound."""
    told = {name: getattr(error, name) for name in ("what", "where", "expected", "got")}
    return {"sound": False, "flaw": told}


def key_name(key: VerifierKey) -> str:
    """The name and the id of a key, as they begin its verifier key."""
    return f"{key.name}+{key.id.hex()}"


def _session(session: Verification) -> dict[str, Any]:
    return asdict(session) | {
        "folder": str(session.folder),
        "sound": session.sound,
        "after_checkpoint": session.after_checkpoint,
    }
