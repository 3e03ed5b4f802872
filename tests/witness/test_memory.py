"""What a witness remembers outlives it, and is shared by all who serve it."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from earwitness import ProofError, SealFormatError, SigningKeyError, StoreError
from earwitness.disk import Disk
from earwitness.integrity.cosignature import CosignerKey
from earwitness.integrity.note import parse_signatures
from earwitness.witnessing.identity import read_signer, witness_signer
from earwitness.witnessing.memory import origin_hash
from earwitness.witnessing.witness import LatestSize, Witness
from tests.witness.logs import LOG, OTHER_WITNESS, WITNESS, Log, cosigned, new_witness, times

ROOT = Path(__file__).parents[2]
HONEST = Log()
FORK = Log("fork", forked_at=8)

# A witness that is killed at its nth system call; if it has made fewer, before it can tell; and
# only after it has told if it is to be killed never.
DIE = """
import os, signal, sys
from pathlib import Path
from earwitness.disk import Disk
from earwitness.witnessing.witness import Witness
from tests.witness.logs import LOG, WITNESS, Log

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class DyingDisk(Disk):
    left = None

def dying(name):
    def call(self, *arguments):
        if DyingDisk.left == 0:
            die()
        if DyingDisk.left is not None:
            DyingDisk.left -= 1
        return getattr(super(DyingDisk, self), name)(*arguments)
    return call

for name in ("open", "close", "write", "fsync", "rename"):
    setattr(DyingDisk, name, dying(name))

witness = Witness(Path(sys.argv[1]), WITNESS, [LOG.verifier], disk=DyingDisk())
DyingDisk.left = int(sys.argv[2])
(signature,) = witness.add_checkpoint(Log().request(8, 20))
print("signed", flush=True)
if sys.argv[3] == "tell":
    print(signature, flush=True)
die()
"""

# A witness that brings its branch event by event, as long as it is taken.
COMPETE = """
import sys
from pathlib import Path
from earwitness.exceptions import ProofError
from earwitness.witnessing.witness import LatestSize
from tests.witness.logs import Log, new_witness

witness, log = new_witness(Path(sys.argv[1])), Log(sys.argv[2], forked_at=3)
print("ready", flush=True)
sys.stdin.readline()
old_size = 0
for size in range(1, 40):
    for _ in range(100):
        if old_size > size:
            break
        try:
            answer = witness.add_checkpoint(log.request(old_size, size))
        except ProofError:
            break
        if not isinstance(answer, LatestSize):
            print(size, *answer, flush=True)
            old_size = size
            break
        old_size = answer.size
"""


def run(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def is_countersigned(witness: Witness, log: Log, size: int) -> bool:
    """Whether the witness, told its latest size, countersigns the log at that size."""
    answer = witness.add_checkpoint(log.request(0, size))
    if isinstance(answer, LatestSize):
        try:
            cosigned(witness, log.request(answer.size, size))
        except ProofError:
            return False
    return True


def test_a_witness_killed_at_any_moment_has_promised_nothing_that_it_forgets(
    tmp_path: Path,
) -> None:
    signed, calls = "", 0
    while not signed:
        folder = tmp_path / str(calls)
        cosigned(new_witness(folder), FORK.request(0, 8))
        signed = run(DIE, folder, calls, "hide").communicate(timeout=60)[0]
        # Nobody heard of the larger tree. Whichever it remembers, it stays with that.
        again = new_witness(folder)
        forked = is_countersigned(again, FORK, 20)
        assert is_countersigned(again, HONEST, 20) is not forked
        assert not (signed and forked)
        calls += 1
        assert calls < 100
    assert calls > 5


def test_what_a_killed_witness_has_told_it_stays_with(tmp_path: Path) -> None:
    cosigned(new_witness(tmp_path), FORK.request(0, 8))
    told = run(DIE, tmp_path, 1000, "tell").communicate(timeout=60)[0]
    assert times(HONEST, 20, parse_signatures(told.removeprefix("signed\n")))
    assert not is_countersigned(new_witness(tmp_path), FORK, 20)


def test_a_witness_killed_before_it_could_answer_answers_when_asked_again(tmp_path: Path) -> None:
    cosigned(new_witness(tmp_path), HONEST.request(0, 8))
    assert run(DIE, tmp_path, 1000, "hide").communicate(timeout=60)[0] == "signed\n"
    again = new_witness(tmp_path)
    assert again.add_checkpoint(HONEST.request(8, 20)) == LatestSize(20)
    assert times(HONEST, 20, cosigned(again, HONEST.request(20, 20)))
    with pytest.raises(ProofError):
        again.add_checkpoint(FORK.request(20, 20))


def test_two_processes_that_share_a_folder_countersign_one_lineage(tmp_path: Path) -> None:
    rivals = {name: run(COMPETE, tmp_path, name) for name in ("left", "right")}
    for rival in rivals.values():
        assert rival.stdout is not None
        assert rival.stdout.readline() == "ready\n"
    for rival in rivals.values():
        assert rival.stdin is not None
        rival.stdin.write("go\n")
        rival.stdin.flush()
    taken = []
    for name, rival in rivals.items():
        for line in rival.communicate(timeout=60)[0].splitlines():
            size, _, signature = line.partition(" ")
            head = Log(name, forked_at=3).head(int(size))
            assert times(Log(name, forked_at=3), int(size), parse_signatures(f"{signature}\n"))
            taken.append((head.size, head.root))
    assert len(taken) >= 39
    assert any(
        all(log.head(size).root == root for size, root in taken)
        for log in (Log(name, forked_at=3) for name in rivals)
    )


def test_threads_that_share_a_witness_countersign_one_lineage(tmp_path: Path) -> None:
    witness = new_witness(tmp_path)
    branches = [Log(f"branch {number}") for number in range(8)]

    def bring(log: Log) -> bool:
        return not isinstance(witness.add_checkpoint(log.request(0, 5)), LatestSize)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(bring, branches)) == 1


def test_what_the_disk_does_not_take_is_not_countersigned(tmp_path: Path) -> None:
    class FullDisk(Disk):
        def write(self, fd: int, data: bytes | memoryview) -> int:
            raise OSError(28, "No space left on device")

    cosigned(new_witness(tmp_path), HONEST.request(0, 8))
    full = Witness(tmp_path, WITNESS, [LOG.verifier], disk=FullDisk())
    with pytest.raises(OSError, match="No space"):
        full.add_checkpoint(HONEST.request(8, 20))
    assert cosigned(new_witness(tmp_path), FORK.request(8, 20))


@pytest.mark.parametrize("damage", [b"", b"nonsense\n", HONEST.note(4), FORK.note(10)])
def test_a_damaged_memory_is_an_error_and_not_a_beginning(tmp_path: Path, damage: bytes) -> None:
    witness = new_witness(tmp_path)
    cosigned(witness, HONEST.request(0, 10))
    (tmp_path / "logs" / origin_hash(HONEST.origin)).write_bytes(damage)
    for old_size in (0, 4, 10):
        with pytest.raises(StoreError, match="does not bear its signature"):
            witness.add_checkpoint(HONEST.request(old_size, 20))


def test_every_byte_of_a_memory_counts(tmp_path: Path) -> None:
    witness = new_witness(tmp_path)
    cosigned(witness, HONEST.request(0, 10))
    path = tmp_path / "logs" / origin_hash(HONEST.origin)
    whole = path.read_bytes()
    of_the_log = whole.index("— ".encode()), whole.rindex("— ".encode())
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        if not of_the_log[0] <= place < of_the_log[1]:  # the log's own signature is but kept
            with pytest.raises(StoreError):
                witness.add_checkpoint(HONEST.request(10, 20))


def test_the_memory_of_one_log_does_not_pass_for_that_of_another(tmp_path: Path) -> None:
    witness, other = new_witness(tmp_path), Log(origin="log.example/other")
    cosigned(witness, HONEST.request(0, 10))
    logs = tmp_path / "logs"
    (logs / origin_hash(HONEST.origin)).rename(logs / origin_hash(other.origin))
    with pytest.raises(StoreError):
        witness.add_checkpoint(other.request(10, 20))


def test_a_folder_belongs_to_one_witness(tmp_path: Path) -> None:
    new_witness(tmp_path)
    with pytest.raises(StoreError, match="belongs to another"):
        Witness(tmp_path, OTHER_WITNESS, [LOG.verifier])


def test_a_witness_makes_its_key_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: witness_signer(tmp_path / "w"), range(8)))
    assert len({signer.verifier for signer in made}) == 1
    assert (tmp_path / "w" / "signing.key").stat().st_mode & 0o777 == 0o600


def test_a_key_is_named_when_it_is_made_and_never_again(tmp_path: Path) -> None:
    assert witness_signer(tmp_path, "witness.example/w1").name == "witness.example/w1"
    assert witness_signer(tmp_path, "witness.example/w1").name == "witness.example/w1"
    with pytest.raises(StoreError, match="another name"):
        witness_signer(tmp_path, "witness.example/w2")
    with pytest.raises(SealFormatError):
        witness_signer(tmp_path / "new", "two words")


def test_the_environments_key_is_not_the_witnesss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARWITNESS_SIGNING_KEY", "PRIVATE+KEY+nonsense")
    assert witness_signer(tmp_path).name.startswith("witness-")


def test_a_key_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    signer = witness_signer(tmp_path)
    Witness(tmp_path, signer, [LOG.verifier])
    (tmp_path / "signing.key").unlink()
    with pytest.raises(StoreError, match="key is gone"):
        witness_signer(tmp_path)


def test_a_key_may_be_kept_elsewhere(tmp_path: Path) -> None:
    made = witness_signer(tmp_path / "elsewhere")
    read = read_signer(tmp_path / "elsewhere" / "signing.key")
    assert read.verifier == made.verifier
    witness = Witness(tmp_path / "state", read, [LOG.verifier])
    assert (tmp_path / "state" / "cosigner.key").read_text() == f"{CosignerKey.of(made)}\n"
    assert witness.key == CosignerKey.of(made)


def test_a_file_without_a_key_is_an_error_that_does_not_repeat_it(tmp_path: Path) -> None:
    (tmp_path / "signing.key").write_text("hunter2")
    with pytest.raises(SigningKeyError) as raised:
        witness_signer(tmp_path)
    assert "hunter2" not in str(raised.value)
