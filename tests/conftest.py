from pathlib import Path

import pytest
from hypothesis import settings

# The clock of a shared machine says nothing about the code.
# Half of the usual examples; `pytest --hypothesis-profile=thorough` takes ten times as many.
settings.register_profile("thorough", deadline=None, max_examples=500)
settings.register_profile("earwitness", deadline=None, max_examples=50)
settings.load_profile("earwitness")


@pytest.fixture(autouse=True)
def default_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store used when a test names none."""
    store = tmp_path / "recordings"
    monkeypatch.setenv("EARWITNESS_STORE", str(store))
    return store
