"""A timestamp authority: certificates of our own, and openssl that signs by them."""

from __future__ import annotations

import datetime as dt
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.witness.serving import answering

CONFIGURATION = """
[tsa]
default_tsa = authority

[authority]
serial = serial
signer_cert = authority.pem
signer_key = authority.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
tsa_name = yes
ess_cert_id_alg = sha256
"""


def openssl_can_stamp() -> bool:
    """Whether there is an openssl here that has `ts`."""
    try:
        run = subprocess.run(["openssl", "ts", "-help"], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return run.returncode == 0


@dataclass
class Authority:
    """An authority, in a folder of its own."""

    folder: Path
    root: x509.Certificate

    @property
    def root_file(self) -> Path:
        return self.folder / "root.pem"

    def reply(self, query: bytes) -> bytes:
        """The DER response to a DER request, be it granted or not."""
        (self.folder / "query.tsq").write_bytes(query)
        command = "openssl ts -reply -config tsa.cnf -queryfile query.tsq -out reply.tsr"
        subprocess.run(command.split(), cwd=self.folder, capture_output=True, check=True)
        return (self.folder / "reply.tsr").read_bytes()

    @contextmanager
    def served(self) -> Iterator[str]:
        """Its URL."""
        with answering(
            lambda path, body: (200, "application/timestamp-reply", self.reply(body))
        ) as url:
            yield f"{url}/tsr"


def new_authority(folder: Path) -> Authority:
    """An authority in a new folder, with a root of its own."""
    folder.mkdir()
    root_key, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    root = _certificate("Root", root_key, "Root", root_key, None)
    usage = ExtendedKeyUsageOID.TIME_STAMPING
    certificate = _certificate("Authority", key, "Root", root_key, usage)
    pem = PrivateFormat.PKCS8, NoEncryption()
    (folder / "authority.key").write_bytes(key.private_bytes(Encoding.PEM, *pem))
    (folder / "authority.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIGURATION)
    return Authority(folder, root)


def _certificate(
    subject: str,
    key: EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: EllipticCurvePrivateKey,
    usage: x509.ObjectIdentifier | None,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=usage is None, path_length=None), critical=True)
    )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    return builder.sign(issuer_key, SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
