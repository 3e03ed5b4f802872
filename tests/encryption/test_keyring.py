"""Where the keys are that wrap data keys, and what is said when they are not there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from earwitness.encryption.keyring import (
    CommandKeyring,
    Keyring,
    SecretKeyring,
    WrappedKey,
    add_key,
    new_key,
    open_keyring,
)
from earwitness.exceptions import KeyringError

SECRET = bytes(range(32))

# A key management service for the tests: it adds one to each byte.
SERVICE = """
import base64, json, sys
asked = json.load(sys.stdin)
step = 1 if asked["operation"] == "wrap" else -1
data = bytes((byte + step) % 256 for byte in base64.b64decode(asked["data"]))
print(json.dumps({"key": "service", "data": base64.b64encode(data).decode()}))
"""


@pytest.fixture(params=["secret", "command"])
def keyring(request: pytest.FixtureRequest) -> Keyring:
    if request.param == "secret":
        return SecretKeyring(new_key())
    return CommandKeyring([sys.executable, "-c", SERVICE])


def test_what_is_wrapped_can_be_unwrapped(keyring: Keyring) -> None:
    wrapped = keyring.wrap(SECRET, "call")
    assert wrapped.data != SECRET
    assert keyring.unwrap(wrapped, "call") == SECRET


def test_a_key_that_was_wrapped_for_one_session_is_not_anothers() -> None:
    keyring = SecretKeyring(new_key())
    with pytest.raises(KeyringError, match="did not wrap"):
        keyring.unwrap(keyring.wrap(SECRET, "call"), "other call")


def test_the_first_key_wraps_and_every_key_unwraps() -> None:
    old, new = new_key("old"), new_key("new")
    wrapped_by_old = SecretKeyring(old).wrap(SECRET, "call")
    both = SecretKeyring(f"# keys of the kitchen\n{new}\n\n{old}\n")
    assert both.names == ["new", "old"]
    assert both.wrap(SECRET, "call").keyring_key == "new"
    assert both.unwrap(wrapped_by_old, "call") == SECRET


def test_a_key_that_is_missing_is_named() -> None:
    wrapped = SecretKeyring(new_key("old")).wrap(SECRET, "call")
    with pytest.raises(KeyringError) as error:
        SecretKeyring(new_key("new")).unwrap(wrapped, "call")
    assert (error.value.expected, error.value.got) == ("a key named 'old'", "new")


@pytest.mark.parametrize(
    "line",
    ["", "hunter2", "AES-256-GCM-SIV+name", "AES-256-GCM-SIV+name+c2hvcnQ=", "AES-128+n+AAAA"],
)
def test_a_line_that_is_no_key_is_refused_and_not_repeated(line: str) -> None:
    with pytest.raises(KeyringError) as error:
        SecretKeyring(line)
    assert not line or line not in str(error.value)


@pytest.mark.parametrize(
    "program",
    ["raise SystemExit(3)", "print('what')", "print('{}')", "print('[]')"],
    ids=["fails", "no JSON", "no members", "no object"],
)
def test_a_command_that_does_not_answer_is_told_by_its_name(program: str) -> None:
    keyring = CommandKeyring([sys.executable, "-c", program])
    with pytest.raises(KeyringError, match="could not wrap a key") as error:
        keyring.wrap(SECRET, "call")
    assert sys.executable in error.value.where


def test_a_command_that_is_not_there_is_told() -> None:
    with pytest.raises(KeyringError) as error:
        CommandKeyring(["no such program"]).unwrap(WrappedKey("name", b""), "call")
    assert error.value.got == "FileNotFoundError"


def test_what_a_session_is_called_reaches_no_shell(tmp_path: Path) -> None:
    program = f"import sys; open({str(tmp_path / 'asked')!r}, 'w').write(sys.stdin.read())"
    hostile = "'; touch /tmp/owned; $(reboot) \u2028"
    with pytest.raises(KeyringError):
        CommandKeyring([sys.executable, "-c", program]).wrap(SECRET, hostile)
    assert json.loads((tmp_path / "asked").read_text())["context"] == hostile


def test_a_keyring_is_described_by_a_file_a_variable_or_a_command(tmp_path: Path) -> None:
    name = add_key(tmp_path / "keys" / "ring")
    by_file = open_keyring(f"file:{tmp_path}/keys/ring")
    assert isinstance(by_file, SecretKeyring)
    assert by_file.names == [name]
    by_variable = open_keyring("env:RING", environ={"RING": new_key("mine")})
    assert isinstance(by_variable, SecretKeyring)
    assert by_variable.names == ["mine"]
    assert isinstance(open_keyring("command:kms --region 'eu west'"), CommandKeyring)


def test_without_a_description_there_is_no_keyring() -> None:
    assert open_keyring(environ={}) is None


@pytest.mark.parametrize("described", ["keys", "file:", "env:", "command:", "env:NOTHING"])
def test_what_describes_no_keyring_is_refused(described: str) -> None:
    with pytest.raises(KeyringError):
        open_keyring(described, environ={})


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="cannot be read"):
        open_keyring(f"file:{tmp_path / 'nothing'}")


def test_a_new_key_comes_before_the_others_in_a_file_of_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "ring"
    first, second = add_key(path), add_key(path)
    assert SecretKeyring(path.read_text()).names == [second, first]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ring"
    path.write_text("my diary")
    with pytest.raises(KeyringError):
        add_key(path)
    assert path.read_text() == "my diary"


@pytest.mark.parametrize(("mode", "warns"), [(0o600, False), (0o400, False), (0o644, True)])
def test_a_keyring_that_others_may_read_is_used_and_told_of_once(
    mode: int, warns: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "ring"
    add_key(path)
    path.chmod(mode)
    for _ in range(2):
        assert open_keyring(f"file:{path}") is not None
    assert [record.message for record in caplog.records] == [
        f"Others than its owner may use the keyring {path}: its mode is 0644."
    ] * warns
