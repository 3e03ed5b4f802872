"""Whoever fills the signer's port, only right signatures get out."""

from __future__ import annotations

import pytest

from earwitness import SealFormatError, SignatureError
from earwitness.integrity.note import verify_note
from earwitness.integrity.signer import Ed25519Signer, Signer, sign_checked, sign_note
from earwitness.integrity.vkey import VerifierKey
from tests.integrity.notes import ALICE, BOB, PETER_KEY, PETER_SIGNATURE, PETER_TEXT
from tests.integrity.notes import signature as signature_of


class KeyService:
    """A signer as somebody else would write it, around a key it never sees."""

    def __init__(self, verifier: VerifierKey, answer: bytes) -> None:
        self.name = verifier.name
        self.verifier = verifier
        self.answer = answer
        self.asked: list[bytes] = []

    def sign(self, message: bytes) -> bytes:
        self.asked.append(message)
        return self.answer


def test_a_signed_text_is_verified_by_the_signers_key():
    made = sign_note("hello\n", ALICE)
    assert verify_note(made, [ALICE.verifier]) == {ALICE.verifier: made.signatures[0]}


def test_the_signature_of_gos_documentation_is_made_again(peter: Ed25519Signer):
    assert str(peter.verifier) == PETER_KEY
    assert str(sign_note(PETER_TEXT, peter).signatures[0]) == PETER_SIGNATURE


@pytest.fixture
def peter() -> Ed25519Signer:
    # The private key of tests.integrity.notes.PETER_SECRET.
    seed = "810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173"
    return Ed25519Signer.from_seed("PeterNeumann", bytes.fromhex(seed))


def test_any_object_of_that_form_is_a_signer():
    service = KeyService(ALICE.verifier, ALICE.sign(b"hello\n"))
    assert isinstance(service, Signer)
    assert sign_note("hello\n", service) == sign_note("hello\n", ALICE)
    assert service.asked == [b"hello\n"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(ALICE.sign(b"another\n"), id="of another text"),
        pytest.param(BOB.sign(b"hello\n"), id="of another key"),
        pytest.param(signature_of(ALICE, "hello\n").signature[:-1], id="cut short"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_signature_that_would_not_verify_is_not_let_out(answer: bytes):
    service = KeyService(ALICE.verifier, answer)
    with pytest.raises(SignatureError, match="own verifier key does not accept"):
        sign_note("hello\n", service)
    with pytest.raises(SignatureError):
        sign_checked(service, b"hello\n")


def test_what_a_signer_raises_is_left_to_the_caller():
    class Unreachable(KeyService):
        def sign(self, message: bytes) -> bytes:
            raise ConnectionError

    with pytest.raises(ConnectionError):
        sign_note("hello\n", Unreachable(ALICE.verifier, b""))


def test_a_signer_does_not_show_its_key():
    assert "private" not in repr(ALICE).lower()


def test_no_signer_is_made_with_a_name_that_no_key_may_have():
    with pytest.raises(SealFormatError, match="cannot have this name"):
        Ed25519Signer.from_seed("two words", bytes(32))


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_no_signer_is_made_of_a_seed_of_another_length(size: int):
    with pytest.raises(ValueError, match="32 bytes"):
        Ed25519Signer.from_seed("alice", bytes(size))
