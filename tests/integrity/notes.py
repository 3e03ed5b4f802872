"""The published note and keys, and what many tests of notes need."""

from __future__ import annotations

from earwitness.integrity.note import Note, Signature
from earwitness.integrity.signer import Ed25519Signer

# The example of C2SP signed-note.
FOO_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
FOO_NOTE = (
    "This is an example message.\n"
    "\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYj"
    "OBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()

# The example of the documentation of Go's golang.org/x/mod/sumdb/note, secret since 2019 to nobody.
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_SIGNATURE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb"
    "6KE6RyyBwJnAM="
)

ALICE = Ed25519Signer.from_seed("alice.example/calls", bytes(range(32)))
BOB = Ed25519Signer.from_seed("bob.example/w1", bytes(range(32, 64)))


def signature(signer: Ed25519Signer, text: str) -> Signature:
    key = signer.verifier
    return Signature(key.name, key.id, signer.sign(text.encode()))


def note(text: str, *signers: Ed25519Signer) -> Note:
    return Note(text, tuple(signature(signer, text) for signer in signers))
