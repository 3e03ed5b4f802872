import asyncio
from collections.abc import Iterator

import pytest

from earwitness import JournalEventStore
from tests.faults.logs import find_log
from tests.faults.tally import tally
from tests.faults.zygote import Zygote
from tests.livekit.recording import recorded


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """The process whose children are killed."""
    zygote = Zygote(tmp_path_factory.mktemp("children"))
    yield zygote
    zygote.close()


@pytest.fixture(scope="session")
def call_log(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The lines of a call that was recorded to its end; the last three are about its end."""
    root = tmp_path_factory.mktemp("call")

    async def call() -> None:
        play = await recorded("handoff", JournalEventStore(root))
        await play.recorder.finalize()

    asyncio.run(call())
    log = find_log(root)
    assert log is not None
    return log.whole.splitlines(keepends=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if tally.kills:
        terminalreporter.section("what the kills did")
        for line in tally.lines():
            terminalreporter.write_line(line)
