"""Programs that are not ours verify what we sign."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from earwitness.integrity.checkpoint import Checkpoint, sign_checkpoint
from earwitness.integrity.merkle import Tree, inclusion_proof, leaf_hash
from earwitness.integrity.note import parse_note
from earwitness.integrity.proof import format_proof
from earwitness.keys import generate

SIZE = 13
INDEX = 9
LEAVES = [b'{"n":%d}' % n for n in range(SIZE)]
PROGRAM = Path(__file__).with_name("verify.go")

# Debian's golang-golang-x-mod-dev puts its sources here; elsewhere $GOPATH may hold them.
GO_FOLDERS = [os.environ.get("GOPATH", ""), "/usr/share/gocode"]
GO_PACKAGES = ["golang.org/x/mod/sumdb/note", "golang.org/x/mod/sumdb/tlog"]


def run(
    *command: str | Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


def signed() -> tuple[str, bytes]:
    """A new log's verifier key, and the proof of one of its leaves."""
    signer = generate("earwitness.example/calls")
    tree = Tree()
    for leaf in LEAVES:
        tree.append(leaf)
    checkpoint = sign_checkpoint(Checkpoint(f"{signer.name}/7", SIZE, tree.root()), signer)
    hashes = [leaf_hash(leaf) for leaf in LEAVES]
    proof = format_proof(INDEX, inclusion_proof(hashes, INDEX, SIZE), checkpoint)
    return str(signer.verifier), proof


# openssl


@pytest.fixture(scope="session")
def openssl() -> str:
    path = shutil.which("openssl")
    version = re.match(r"OpenSSL (\d+)", run(path, "version").stdout) if path else None
    if path is None or version is None or int(version[1]) < 3:
        pytest.skip("needs openssl 3 or newer: it signs and verifies Ed25519 with -rawin")
    return path


def openssl_verifies(openssl: str, folder: Path, text: bytes, signature: bytes, key: bytes) -> bool:
    pem = Ed25519PublicKey.from_public_bytes(key).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    files = {"text": text, "sig": signature, "key": pem}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    text_file, sig_file, key_file = (folder / name for name in files)
    verified = run(
        *(openssl, "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key_file),
        *("-in", text_file, "-sigfile", sig_file),
    )
    return verified.returncode == 0 and "Signature Verified Successfully" in verified.stdout


def test_openssl_verifies_a_checkpoints_signature(openssl: str, tmp_path: Path):
    signer = generate("earwitness.example/calls")
    checkpoint = Checkpoint(signer.name, SIZE, bytes(32))
    signature = parse_note(sign_checkpoint(checkpoint, signer)).signatures[0].signature
    text, key = checkpoint.text.encode(), signer.verifier.public_key
    assert openssl_verifies(openssl, tmp_path, text, signature, key)
    assert not openssl_verifies(openssl, tmp_path, b"1" + text, signature, key)


# Go's golang.org/x/mod, which the Go command itself verifies its checksum database with


@pytest.fixture(scope="session")
def go_verify(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of verify.go."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("needs Go (Debian: apt install golang-go golang-golang-x-mod-dev)")
    env = os.environ | {
        "GO111MODULE": "off",
        "GOFLAGS": "",
        "GOCACHE": str(tmp_path_factory.mktemp("gocache")),
        "GOPATH": os.pathsep.join(filter(None, GO_FOLDERS)),
    }
    if run(go, "list", *GO_PACKAGES, env=env).returncode != 0:
        pytest.skip("needs golang.org/x/mod (Debian: apt install golang-golang-x-mod-dev)")
    program = tmp_path_factory.mktemp("go") / "verify"
    built = run(go, "build", "-o", program, PROGRAM, env=env)
    assert built.returncode == 0, built.stderr
    return program


def go_says(program: Path, folder: Path, key: str, proof: bytes, leaf: bytes) -> tuple[int, str]:
    for name, content in (("proof", proof), ("leaf", leaf)):
        (folder / name).write_bytes(content)
    said = run(program, key, folder / "proof", folder / "leaf")
    return said.returncode, said.stdout.strip() or said.stderr.strip()


def test_go_verifies_a_proof_and_its_checkpoint(go_verify: Path, tmp_path: Path):
    key, proof = signed()
    said = go_says(go_verify, tmp_path, key, proof, LEAVES[INDEX])
    assert said == (0, f"leaf {INDEX} is in a tree of {SIZE}")


def test_go_refuses_another_leaf_and_another_key(go_verify: Path, tmp_path: Path):
    key, proof = signed()
    other, _ = signed()
    assert go_says(go_verify, tmp_path, key, proof, LEAVES[0])[0] == 1
    assert go_says(go_verify, tmp_path, other, proof, LEAVES[INDEX])[0] == 1
