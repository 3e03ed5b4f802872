"""What the documentation tells an auditor to type does what it says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from earwitness.evidence import prove, verify_evidence
from earwitness.integrity.proof import format_proof
from tests.seal.recordings import SIGNER, Recording, sealed

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END_OF_BLOCK = "-- end of block --"

OPENSSL_PAGE = BLOCK.findall((DOCS / "how-to/verify-with-openssl.md").read_text("utf-8"))
EXAMPLE = OPENSSL_PAGE[0][1].encode()
SCRIPTS = [text for kind, text in OPENSSL_PAGE if kind == "sh"]


@pytest.fixture(scope="module", autouse=True)
def openssl() -> None:
    path = shutil.which("openssl")
    version = path and subprocess.run([path, "version"], capture_output=True, check=False).stdout
    if not version or not re.match(rb"OpenSSL [3-9]", version):
        pytest.skip("needs openssl 3 or newer: it verifies Ed25519 with -rawin")


def printed(folder: Path, evidence: bytes, key: str | None = None) -> list[str]:
    """What each block of the page prints in a POSIX shell."""
    (folder / "evidence.txt").write_bytes(evidence)
    script = f"echo {END_OF_BLOCK}\n".join(SCRIPTS)
    if key is not None:
        script = re.sub(r"^KEY=.*$", f"KEY={key}", script, flags=re.MULTILINE)
    ran = subprocess.run(
        ["sh", "-u"], input=script.encode(), cwd=folder, capture_output=True, check=False
    )
    return ran.stdout.decode().split(END_OF_BLOCK + "\n")


def test_the_commands_print_what_the_page_says(tmp_path: Path) -> None:
    shown = []
    for kind, text in OPENSSL_PAGE[1:]:
        if kind == "sh":
            shown.append("")
        else:
            shown[-1] = text
    assert printed(tmp_path, EXAMPLE) == shown


def test_the_reference_shows_the_same_evidence_and_it_is_sound() -> None:
    (_, shown), *_ = BLOCK.findall((DOCS / "reference/evidence.md").read_text("utf-8"))
    assert shown.encode() == EXAMPLE
    assert verify_evidence(EXAMPLE, [SIGNER.verifier]).event.payload["transcript"] == "Olá"


def says_sound(folder: Path, evidence: bytes) -> bool:
    """Whether an auditor who follows the page takes the evidence for sound."""
    _, _, _, signature, commitments, roots, places = printed(folder, evidence, str(SIGNER.verifier))
    pairs = [text.splitlines() for text in (commitments, roots)]
    index, position, rest = places.splitlines()
    equal = all(len(pair) == 2 and pair[0] == pair[1] for pair in pairs)
    return "Successfully" in signature and equal and index == position and rest == "0"


@pytest.mark.parametrize("position", [0, 1, 7, 8, 14])
def test_an_auditor_finds_evidence_sound(
    position: int, recording: Recording, tmp_path: Path
) -> None:
    assert says_sound(tmp_path, prove(recording.store, "call", position))


def test_an_auditor_finds_the_only_event_of_a_log_sound(
    recording: Recording, tmp_path: Path
) -> None:
    line = recording.lines[0]
    proof = format_proof(0, [], sealed([line]))
    assert says_sound(tmp_path, b"earwitness/evidence@v1\n" + line + b"\n" + proof)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb'"d":\{', b'"d":{ '),
        (rb'"s":"[0-9a-f]{4}', b'"s":"0000'),
        (rb'"t":1', b'"t":2'),
        (rb'"c":"[0-9a-f]{4}', b'"c":"0000'),
        (rb"index 7", b"index 6"),
        (rb"index 7\n....", b"index 7\nAAAA"),
        (rb"/call\n15\n", b"/call\n16\n"),
        (rb"/call\n15\n....", b"/call\n15\nAAAA"),
        (rb"kitchen ........", b"kitchen HbJFwgAA"),
    ],
)
def test_an_auditor_finds_what_was_changed(
    old: bytes, new: bytes, recording: Recording, tmp_path: Path
) -> None:
    evidence = prove(recording.store, "call", 7)
    changed = re.sub(old, new, evidence, count=1)
    assert changed != evidence
    assert not says_sound(tmp_path, changed)
