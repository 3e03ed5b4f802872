from collections.abc import Iterator

import pytest

from tests.faults.tally import tally
from tests.faults.zygote import Zygote


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """The process whose children are killed."""
    zygote = Zygote(tmp_path_factory.mktemp("children"))
    yield zygote
    zygote.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if tally.kills:
        terminalreporter.section("what the kills did")
        for line in tally.lines():
            terminalreporter.write_line(line)
