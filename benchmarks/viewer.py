"""How long it takes to look: ``python -m benchmarks.viewer [SESSIONS] [EVENTS]``.

A store of 10,000 sessions and one session of 100,000 events are made by replaying a recorded call.
What is promised of them: a list and a search within 300 ms, a long session open within 2 s. Each
figure is the best of some runs, in milliseconds of wall time; a busy machine makes it larger, so no
test holds it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.testclient import TestClient

from earwitness.catalogue import Catalogue, Filter
from earwitness.opening import open_store
from earwitness.viewer import create_app
from tests.replaying import replay, replay_long

COMMAND = [sys.executable, "-c", "from earwitness.cli import main; main()"]
LONG = "/api/v1/sessions/long"


def best_of(runs: int, act: Callable[[], object]) -> float:
    """The shortest run, in milliseconds."""
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1000)
    return min(taken)


def show(what: str, milliseconds: float, promised: str = "") -> None:
    print(f"{what:<48}{milliseconds:>9,.0f} ms  {promised}")


def measure(root: Path, sessions: int, events: int) -> None:
    show(f"replay {sessions:,} sessions", best_of(1, lambda: replay(root, sessions)))
    replay_long(root, "long", events)
    store = open_store(root)
    catalogue = Catalogue(store)
    show("index them for the first time", best_of(1, catalogue.refresh))
    show("see that nothing has changed", best_of(5, catalogue.refresh))
    show("a page of the list", best_of(5, catalogue.page), "300 ms with the look before it")
    for words in ("barolo", "table for", '"table for four"'):
        asked = Filter(search=words)
        show(f"search for {words}", best_of(5, lambda asked=asked: catalogue.page(asked)), "300 ms")
    for arguments in (["--version"], ["ls"], ["ls", "--search", "barolo"]):
        command = [*COMMAND, *arguments, *(["--store", str(root)] if arguments[0] == "ls" else [])]
        run = best_of(5, lambda command=command: subprocess.run(command, stdout=subprocess.PIPE))
        show(f"earwitness {' '.join(arguments)}, the whole process", run)
    measure_pages(root, events)


def measure_pages(root: Path, events: int) -> None:
    client = TestClient(create_app(open_store(root)), base_url="http://localhost")
    show("GET /", best_of(5, lambda: client.get("/")), "300 ms")
    show("GET /?search=barolo", best_of(5, lambda: client.get("/?search=barolo")), "300 ms")
    began = time.perf_counter()
    for path in ("/sessions/long", f"{LONG}/timeline", f"{LONG}/story", f"{LONG}/latency"):
        taken = best_of(1, lambda path=path: client.get(path))
        show(f"first GET {path}", taken)
    total = (time.perf_counter() - began) * 1000
    show(f"open a session of {events:,} events, all of it", total, "2,000 ms to its timeline")


if __name__ == "__main__":
    amounts = [int(argument) for argument in sys.argv[1:]]
    with TemporaryDirectory() as folder:
        measure(Path(folder) / "store", *(amounts + [10_000, 100_000][len(amounts) :]))
