from __future__ import annotations

from random import Random

import pytest

from tests.seal.recordings import Recording, record, recovered


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """A closed recording with blobs, audio and report, sealed to its end."""
    folder = tmp_path_factory.mktemp("seal")
    audio = folder / "call.ogg"
    audio.write_bytes(Random(1).randbytes(1_000))
    return record(folder / "store", "call", audio=audio)


@pytest.fixture(scope="module")
def other(recording: Recording) -> Recording:
    """Another session of the same store, sealed by the same key."""
    return record(recording.store.root, "other call")


@pytest.fixture(scope="module")
def mended(recording: Recording, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """A recording whose recorder died, closed and sealed by recovery."""
    return recovered(tmp_path_factory.mktemp("mended"), recording)


@pytest.fixture
def random(request: pytest.FixtureRequest) -> Random:
    """Chance that is the same in each run."""
    return Random(request.node.name)
